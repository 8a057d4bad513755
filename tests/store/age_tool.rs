//! Nobody is locked in: the public `age` tool opens what keyrack wrote, with the passphrase and nothing else.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use keyrack::secret::Secret;
use keyrack::store::SecretStore;
use keyrack::store::age_file::AgeFileStore;
use tempfile::tempdir;

use super::support::*;

#[test]
fn age_opens_a_secret_with_the_passphrase_alone() {
    if !system_has(&[("age", "age"), ("script", "bsdutils")]) {
        return;
    }
    let root = tempdir().unwrap();
    let store = AgeFileStore::create(root.path(), &passphrase()).unwrap();
    let secret = Secret { token: "EXAMPLE/secret/key-ü".into(), session: Some("EXAMPLE-session".into()) };
    store.put(&id(1), &secret).unwrap();

    // `age` asks for passphrases on a terminal only; `script` gives it one.
    let age = format!("age -d -o plain -i identity.age {}.age", id(1));
    let mut child = Command::new("timeout")
        .args(["60", "script", "-qec", &age, "/dev/null"])
        .current_dir(AgeFileStore::dir(root.path()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut terminal = child.stdin.take().unwrap();
    terminal.write_all(format!("{PASSPHRASE}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(terminal);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let plain = fs::read(AgeFileStore::dir(root.path()).join("plain")).unwrap();
    assert_eq!(plain, "EXAMPLE/secret/key-ü\nEXAMPLE-session".as_bytes());
}

#[test]
fn keyrack_opens_a_store_made_with_the_age_tool() {
    if !system_has(&[("age", "age"), ("age-keygen", "age")]) {
        return;
    }
    let root = tempdir().unwrap();
    let identity = Command::new("age-keygen").output().unwrap();
    assert!(identity.status.success());
    write_identity(root.path(), &sealed_with_passphrase(&identity.stdout));
    let text = String::from_utf8(identity.stdout).unwrap();
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();

    let path = AgeFileStore::dir(root.path()).join(format!("{}.age", id(1)));
    let mut child = Command::new("age").args(["-r", public, "-o"]).arg(&path).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"made-by-age\n").unwrap();
    assert!(child.wait().unwrap().success());
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();

    let store = AgeFileStore::open(root.path(), &passphrase()).unwrap();
    assert_eq!(store.get(&id(1)).unwrap(), secret("made-by-age"));
    assert_eq!(store.list().unwrap(), [id(1)]);
}
