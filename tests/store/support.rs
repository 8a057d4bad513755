//! Ids and secrets to store, a quickly opened age store, running a test again in another process, and keyrings that
//! misbehave on purpose.

use std::any::Any;
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Condvar, Mutex};

use age::secrecy::ExposeSecret;
use keyrack::domain::CredentialId;
use keyrack::secret::{Secret, SecretText};
use keyrack::store::age_file::AgeFileStore;
use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error as KeyringError, Result as KeyringResult};

/// The passphrase of every store here.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// Set in a process that runs one test again, to what the test wants it to know.
const INSIDE: &str = "KEYRACK_TEST_INSIDE";

/// A credential id; the same for the same number.
pub fn id(number: u32) -> CredentialId {
    CredentialId(format!("6f1c2a70-3b0e-4c55-9a57-{number:012x}"))
}

/// A secret of one part.
pub fn secret(token: &str) -> Secret {
    Secret::token(token.into())
}

/// The passphrase as the stores take it.
pub fn passphrase() -> SecretText {
    PASSPHRASE.into()
}

/// Sets a store up whose passphrase costs next to nothing to check, as `age` itself could have written it.
pub fn quick_store(data_dir: &Path) -> AgeFileStore {
    let identity = age::x25519::Identity::generate();
    let text = format!("# made by a test\n\n{}\n", identity.to_string().expose_secret());
    write_identity(data_dir, &sealed_with_passphrase(text.as_bytes()));
    AgeFileStore::open(data_dir, &passphrase()).unwrap()
}

/// Bytes encrypted to [`PASSPHRASE`] with the least work there is.
pub fn sealed_with_passphrase(plain: &[u8]) -> Vec<u8> {
    let mut recipient = age::scrypt::Recipient::new(PASSPHRASE.to_owned().into());
    recipient.set_work_factor(1);
    age::encrypt(&recipient, plain).unwrap()
}

/// Puts an `identity.age` where the store of `data_dir` looks for it, with the right modes.
pub fn write_identity(data_dir: &Path, bytes: &[u8]) {
    let dir = AgeFileStore::dir(data_dir);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).unwrap();
    write_private(&dir.join("identity.age"), bytes);
}

/// Writes a file of mode 0600.
pub fn write_private(path: &Path, bytes: &[u8]) {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap().write_all(bytes).unwrap();
}

/// The permission bits of a file or directory.
pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// What the outer half of a test told this process, where it is the inner half.
pub fn inside() -> Option<String> {
    std::env::var(INSIDE).ok()
}

/// A command that runs this test binary's test `name` alone, in a cleared environment where [`inside`] gives `told`;
/// `wrapper` is what runs it (`env`, `bash -c …`, `dbus-run-session -- …`).
pub fn again(wrapper: &[&str], name: &str, told: &str) -> Command {
    again_as(&std::env::current_exe().unwrap(), wrapper, name, told)
}

/// [`again`] with a copy of the test binary.
pub fn again_as(exe: &Path, wrapper: &[&str], name: &str, told: &str) -> Command {
    // A hang must end as a failure of this test, not of the whole run.
    let mut command = Command::new("timeout");
    command.arg("120").args(wrapper).arg(exe).args(["--exact", name, "--nocapture", "--test-threads=1"]);
    command.env_clear().env(INSIDE, told);
    for kept in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

/// Runs the inner half of a test and fails with its output where it failed, or where no test ran at all.
pub fn succeed(mut command: Command) -> Output {
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{:?}: {text}", output.status);
    output
}

/// Whether a test that needs programs of the system is to run. Says no only where the user said so: a test that quietly
/// skips itself proves nothing.
pub fn system_has(programs: &[(&str, &str)]) -> bool {
    if std::env::var_os("KEYRACK_SKIP_SYSTEM").is_some_and(|value| value == "1") {
        return false;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |program: &str| std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
    let mut missing: Vec<&str> =
        programs.iter().filter(|(program, _)| !there(program)).map(|(_, package)| *package).collect();
    missing.dedup();
    assert!(
        missing.is_empty(),
        "this test needs the packages {}: install them, or set KEYRACK_SKIP_SYSTEM=1 to leave such tests out",
        missing.join(", ")
    );
    true
}

/// Every file below a directory.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

/// How a [`Fake`] answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As a keyring should.
    Well,
    /// Never, until [`Fake::release`].
    Stuck,
    /// As if its connection were gone.
    Disconnected,
    /// With an error text that quotes the secret, as a service with a poor sense of privacy might.
    Quoting,
    /// As gnome-keyring before it was ever unlocked: it has nothing, and takes nothing.
    NeverUnlocked,
    /// With bytes that are no secret of keyrack's.
    Garbage,
}

/// A keyring in memory with moods. Copies of an entry can be planted to make it ambiguous.
pub struct Fake {
    shared: Arc<Shared>,
}

struct Shared {
    mood: Mutex<Mood>,
    changed: Condvar,
    /// Service, user and secret.
    entries: Mutex<Entries>,
}

impl Fake {
    pub fn new(mood: Mood) -> Self {
        Self { shared: Arc::new(Shared { mood: mood.into(), changed: Condvar::new(), entries: Mutex::default() }) }
    }

    /// A handle on the same keyring, as connecting again gives.
    pub fn handle(&self) -> Arc<Self> {
        Arc::new(Self { shared: Arc::clone(&self.shared) })
    }

    pub fn release(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
        self.shared.changed.notify_all();
    }

    pub fn plant(&self, service: &str, user: &str, bytes: &[u8]) {
        self.shared.entries.lock().unwrap().push((service.to_owned(), user.to_owned(), bytes.to_vec()));
    }

    pub fn users(&self) -> Vec<String> {
        self.shared.entries.lock().unwrap().iter().map(|(_, user, _)| user.clone()).collect()
    }

    fn entry(&self, service: &str, user: &str, copy: Option<usize>) -> Entry {
        Entry::new_with_credential(Arc::new(FakeEntry {
            shared: Arc::clone(&self.shared),
            service: service.to_owned(),
            user: user.to_owned(),
            copy,
        }))
    }
}

impl CredentialStoreApi for Fake {
    fn vendor(&self) -> String {
        "fake".to_owned()
    }

    fn id(&self) -> String {
        "fake".to_owned()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> KeyringResult<Entry> {
        Ok(self.entry(service, user, None))
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> KeyringResult<Vec<Entry>> {
        self.shared.answer(None)?;
        let entries = self.shared.entries.lock().unwrap();
        let found = entries.iter().filter(|(service, ..)| spec.get("service").is_none_or(|wanted| wanted == service));
        Ok(found.map(|(service, user, _)| self.entry(service, user, None)).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Shared {
    /// Waits while stuck, then fails as the mood has it.
    fn answer(&self, written: Option<&[u8]>) -> KeyringResult<Mood> {
        let mood = *self.changed.wait_while(self.mood.lock().unwrap(), |mood| *mood == Mood::Stuck).unwrap();
        let broken = |text: String| Err(KeyringError::PlatformFailure(Box::new(std::io::Error::other(text))));
        match mood {
            Mood::Disconnected => broken("connection closed".to_owned()),
            Mood::Quoting => broken(format!("cannot take {}", String::from_utf8_lossy(written.unwrap_or_default()))),
            Mood::NeverUnlocked if written.is_some() => {
                Err(KeyringError::NoStorageAccess(Box::new(std::io::Error::other("no result"))))
            }
            mood => Ok(mood),
        }
    }
}

struct FakeEntry {
    shared: Arc<Shared>,
    service: String,
    user: String,
    /// Which of several entries of the same name; `None` is any.
    copy: Option<usize>,
}

type Entries = Vec<(String, String, Vec<u8>)>;

impl FakeEntry {
    /// Where in the list the entry is.
    fn place(&self, entries: &Entries) -> KeyringResult<usize> {
        let same = |(service, user, _): &(String, String, Vec<u8>)| *service == self.service && *user == self.user;
        let all = (0..entries.len()).filter(|place| same(&entries[*place]));
        let places: Vec<usize> = match self.copy {
            None => all.collect(),
            Some(copy) => all.skip(copy).take(1).collect(),
        };
        match places.as_slice() {
            [] => Err(KeyringError::NoEntry),
            [place] => Ok(*place),
            // From the last to the first, so that deleting one leaves the others where they are.
            several => Err(KeyringError::Ambiguous(
                (0..several.len())
                    .rev()
                    .map(|copy| Fake { shared: Arc::clone(&self.shared) }.entry(&self.service, &self.user, Some(copy)))
                    .collect(),
            )),
        }
    }
}

impl CredentialApi for FakeEntry {
    fn set_secret(&self, secret: &[u8]) -> KeyringResult<()> {
        self.shared.answer(Some(secret))?;
        let mut entries = self.shared.entries.lock().unwrap();
        match self.place(&entries) {
            Ok(place) => entries[place].2 = secret.to_vec(),
            Err(KeyringError::NoEntry) => entries.push((self.service.clone(), self.user.clone(), secret.to_vec())),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn get_secret(&self) -> KeyringResult<Vec<u8>> {
        let mood = self.shared.answer(None)?;
        let entries = self.shared.entries.lock().unwrap();
        let bytes = entries[self.place(&entries)?].2.clone();
        Ok(if mood == Mood::Garbage { vec![0xff, 0xfe] } else { bytes })
    }

    fn get_attributes(&self) -> KeyringResult<HashMap<String, String>> {
        self.shared.answer(None)?;
        Ok(HashMap::from([("username".to_owned(), self.user.clone())]))
    }

    fn delete_credential(&self) -> KeyringResult<()> {
        self.shared.answer(None)?;
        let mut entries = self.shared.entries.lock().unwrap();
        let place = self.place(&entries)?;
        entries.remove(place);
        Ok(())
    }

    fn get_credential(&self) -> KeyringResult<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((self.service.clone(), self.user.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
