//! The file store of a home, set up with the least scrypt work that the format knows: opening it costs nothing, and is the
//! same code.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use age::secrecy::ExposeSecret as _;

/// Sets it up below a data directory.
pub fn set_up(data: &Path, passphrase: &str) {
    let secrets = data.join("secrets");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&secrets).unwrap();
    let identity = age::x25519::Identity::generate();
    let mut recipient = age::scrypt::Recipient::new(age::secrecy::SecretString::from(passphrase));
    recipient.set_work_factor(1);
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let path = secrets.join("identity.age");
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    let mut writer = encryptor.wrap_output(file).unwrap();
    writeln!(writer, "{}", identity.to_string().expose_secret()).unwrap();
    writer.finish().unwrap();
}
