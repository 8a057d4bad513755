//! Age files: modes and owners, damage, attacks, full and read-only disks, crashes, and several processes at once.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use age::secrecy::ExposeSecret;
use keyrack::domain::StoreKind;
use keyrack::secret::SecretText;
use keyrack::store::age_file::AgeFileStore;
use keyrack::store::choice::{self, Passphrase};
use keyrack::store::{SecretStore, StoreError};
use tempfile::tempdir;

use super::support::*;

const TOKEN: &str = "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";

/// The user that root becomes to find out what an ordinary user cannot do.
const NOBODY: u32 = 65_534;

fn identity_path(data_dir: &Path) -> std::path::PathBuf {
    AgeFileStore::dir(data_dir).join("identity.age")
}

fn open(data_dir: &Path) -> Result<AgeFileStore, StoreError> {
    AgeFileStore::open(data_dir, &passphrase())
}

#[track_caller]
fn assert_damaged<T>(result: Result<T, StoreError>, says: &str) {
    match result.err().expect("it is damaged") {
        StoreError::Damaged { why, .. } if why.contains(says) => {}
        other => panic!("wanted damage because {says}: {other:?}"),
    }
}

#[track_caller]
fn assert_denied<T>(result: Result<T, StoreError>, wanted_fix: &str) {
    match result.err().expect("it is denied") {
        StoreError::Denied { fix, .. } if fix == wanted_fix => {}
        other => panic!("wanted denial with fix {wanted_fix}: {other:?}"),
    }
}

/// The one test that pays for real passphrases throughout.
#[test]
fn a_new_store_is_private_and_opens_with_its_passphrase_alone() {
    let root = tempdir().unwrap();
    let data_dir = root.path().join("new/data");
    assert!(!AgeFileStore::exists(&data_dir));
    assert!(matches!(open(&data_dir), Err(StoreError::Absent { store: StoreKind::File, .. })));
    for call in [AgeFileStore::create, AgeFileStore::open] {
        assert!(
            matches!(call(&data_dir, &"".into()), Err(StoreError::Locked { .. })),
            "an empty passphrase is refused"
        );
    }
    assert!(!data_dir.exists(), "nothing was made for an empty passphrase");

    assert_eq!(choice::passphrase_needed(StoreKind::File, &data_dir), Passphrase::Create);
    let store = choice::open(StoreKind::File, &data_dir, Some(&passphrase())).unwrap();
    store.put(&id(1), &secret(TOKEN)).unwrap();
    assert_eq!(choice::passphrase_needed(StoreKind::File, &data_dir), Passphrase::Open);

    let secrets = AgeFileStore::dir(&data_dir);
    assert_eq!((mode(&data_dir), mode(&secrets)), (0o700, 0o700));
    for file in files_below(&secrets) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let header = String::from_utf8_lossy(&fs::read(identity_path(&data_dir)).unwrap()).into_owned();
    let stanza = header.lines().nth(1).unwrap();
    assert!(stanza.starts_with("-> scrypt ") && stanza.ends_with(" 17"), "{stanza}");

    let wrong = AgeFileStore::open(&data_dir, &"correct horse battery stable".into());
    assert_eq!(wrong.err(), Some(StoreError::WrongPassphrase { store: StoreKind::File }));
    let again = choice::open(StoreKind::File, &data_dir, Some(&passphrase())).unwrap();
    assert_eq!(again.get(&id(1)).unwrap(), secret(TOKEN));
}

#[test]
fn two_that_create_at_once_end_up_with_one_store() {
    let root = tempdir().unwrap();
    let create = || AgeFileStore::create(root.path(), &passphrase());
    let (one, two) = thread::scope(|scope| {
        let (one, two) = (scope.spawn(create), scope.spawn(create));
        (one.join().unwrap().unwrap(), two.join().unwrap().unwrap())
    });
    assert_eq!(one.unlocked().stamp, two.unlocked().stamp);
    one.put(&id(1), &secret(TOKEN)).unwrap();
    assert_eq!(two.get(&id(1)).unwrap(), secret(TOKEN));
    assert_eq!(files_below(&AgeFileStore::dir(root.path())).len(), 2, "the loser's identity is not left behind");
}

#[test]
fn creating_with_another_passphrase_does_not_replace_the_store() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    store.put(&id(1), &secret(TOKEN)).unwrap();
    let other = AgeFileStore::create(root.path(), &"another passphrase".into());
    assert_eq!(other.err(), Some(StoreError::WrongPassphrase { store: StoreKind::File }));
    assert_eq!(AgeFileStore::create(root.path(), &passphrase()).unwrap().get(&id(1)).unwrap(), secret(TOKEN));
}

#[test]
fn a_lost_identity_is_not_replaced_while_secrets_need_it() {
    let root = tempdir().unwrap();
    quick_store(root.path()).put(&id(1), &secret(TOKEN)).unwrap();
    fs::remove_file(identity_path(root.path())).unwrap();
    assert!(matches!(open(root.path()), Err(StoreError::Absent { .. })));
    assert_damaged(AgeFileStore::create(root.path(), &passphrase()), "1 stored secrets can only be read with it");
    assert!(!identity_path(root.path()).exists());
}

#[test]
fn what_was_unlocked_opens_the_store_again_until_its_identity_changes() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    store.put(&id(1), &secret(TOKEN)).unwrap();
    let unlocked = store.unlocked();
    assert_eq!(AgeFileStore::resume(root.path(), &unlocked).unwrap().get(&id(1)).unwrap(), secret(TOKEN));
    let shown = format!("{unlocked:?}");
    assert!(!shown.contains("AGE-SECRET-KEY"), "{shown}");

    // The same identity under a new passphrase: what was unlocked with the old one no longer counts.
    write_identity(root.path(), &sealed_with_passphrase(unlocked.identity.reveal().as_bytes()));
    assert!(matches!(AgeFileStore::resume(root.path(), &unlocked), Err(StoreError::Locked { .. })));
    assert_eq!(open(root.path()).unwrap().get(&id(1)).unwrap(), secret(TOKEN));
}

#[test]
fn an_old_identity_added_by_hand_still_reads() {
    let (old, new) = (tempdir().unwrap(), tempdir().unwrap());
    let (old_store, new_store) = (quick_store(old.path()), quick_store(new.path()));
    old_store.put(&id(1), &secret("old")).unwrap();
    new_store.put(&id(2), &secret("new")).unwrap();
    let both = format!("{}{}", new_store.unlocked().identity.reveal(), old_store.unlocked().identity.reveal());
    write_identity(new.path(), &sealed_with_passphrase(both.as_bytes()));
    let name = format!("{}.age", id(1));
    fs::copy(AgeFileStore::dir(old.path()).join(&name), AgeFileStore::dir(new.path()).join(&name)).unwrap();
    let store = open(new.path()).unwrap();
    assert_eq!(store.get(&id(1)).unwrap(), secret("old"));
    assert_eq!(store.get(&id(2)).unwrap(), secret("new"));
}

#[test]
fn a_damaged_identity_is_not_called_a_wrong_passphrase() {
    let root = tempdir().unwrap();
    drop(quick_store(root.path()));
    let whole = fs::read(identity_path(root.path())).unwrap();
    let attempt = |bytes: &[u8], says: &str| {
        write_identity(root.path(), bytes);
        assert_damaged(open(root.path()), says);
    };
    attempt(b"", "");
    attempt(b"not an age file at all\n", "not an age file");
    attempt(&[0; 4096], "not an age file");
    for cut in [1, 30, 100, whole.len() - 20, whole.len() - 1] {
        attempt(&whole[..cut], "");
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    attempt(&flipped, "cut short or changed");
    let stretched = [whole.as_slice(), b"more"].concat();
    attempt(&stretched, "cut short or changed");
    attempt(&sealed_with_passphrase(b"no identity in here\n"), "no age identity file");
    attempt(&sealed_with_passphrase(b"# only a comment\n"), "no age identity file");
    attempt(&sealed_with_passphrase(&[0xff, 0xfe]), "no age identity file");
    let recipient = age::x25519::Identity::generate().to_public();
    attempt(&age::encrypt(&recipient, b"x").unwrap(), "not one protected by a passphrase");
    attempt(&vec![b'a'; 1024 * 1024 + 1], "larger than");
    write_identity(root.path(), &whole);
    assert!(open(root.path()).is_ok());
}

#[test]
fn a_file_that_demands_too_much_work_is_refused_before_any_is_done() {
    let root = tempdir().unwrap();
    drop(quick_store(root.path()));
    let whole = fs::read(identity_path(root.path())).unwrap();
    let end = whole.windows(3).position(|bytes| bytes == b" 1\n").expect("the work factor ends the scrypt line");
    for demanded in ["21", "30", "63"] {
        let doctored = [&whole[..end], b" ", demanded.as_bytes(), &whole[end + 2..]].concat();
        write_identity(root.path(), &doctored);
        // 2^30 would take a terabyte: that this returns at all is the proof.
        assert_damaged(open(root.path()), &format!("2^{demanded}"));
    }
    for nonsense in ["0", "64", "255", "256", "99999999999999999999", "-1", "017"] {
        let doctored = [&whole[..end], b" ", nonsense.as_bytes(), &whole[end + 2..]].concat();
        write_identity(root.path(), &doctored);
        let error = open(root.path()).err().unwrap();
        assert!(matches!(error, StoreError::Damaged { .. } | StoreError::WrongPassphrase { .. }), "{error:?}");
    }
}

#[test]
fn a_damaged_secret_is_said_to_be_damaged_and_the_others_still_read() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    store.put(&id(1), &secret(TOKEN)).unwrap();
    store.put(&id(2), &secret("untouched")).unwrap();
    let path = AgeFileStore::dir(root.path()).join(format!("{}.age", id(1)));
    let whole = fs::read(&path).unwrap();
    for cut in [0, 1, 40, whole.len() / 2, whole.len() - 1] {
        write_private(&path, &whole[..cut]);
        assert_damaged(store.get(&id(1)), "");
    }
    for place in [3, 60, 120, whole.len() - 3] {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x20;
        write_private(&path, &flipped);
        assert_damaged(store.get(&id(1)), "");
    }
    write_private(&path, &vec![b'x'; 2 * 1024 * 1024]);
    assert_damaged(store.get(&id(1)), "larger than");
    let stranger = age::x25519::Identity::generate().to_public();
    write_private(&path, &age::encrypt(&stranger, TOKEN.as_bytes()).unwrap());
    assert_damaged(store.get(&id(1)), "another identity");
    let identity = store.unlocked().identity;
    let own: age::x25519::Identity = identity.reveal().lines().last().unwrap().parse().unwrap();
    write_private(&path, &age::encrypt(&own.to_public(), b"three\nlines\nhere").unwrap());
    assert_damaged(store.get(&id(1)), "not in keyrack's format");
    assert_eq!(store.get(&id(2)).unwrap(), secret("untouched"));
    store.put(&id(1), &secret("mended")).unwrap();
    assert_eq!(store.get(&id(1)).unwrap(), secret("mended"));
}

#[test]
fn wrong_modes_are_refused_with_the_command_that_mends_them() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    store.put(&id(1), &secret(TOKEN)).unwrap();
    let (dir, identity) = (AgeFileStore::dir(root.path()), identity_path(root.path()));
    let file = dir.join(format!("{}.age", id(1)));
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();

    for bad in [0o750, 0o701, 0o777] {
        set(&dir, bad);
        assert_denied(open(root.path()), &format!("chmod 0700 {}", dir.display()));
        assert_denied(AgeFileStore::create(root.path(), &passphrase()), &format!("chmod 0700 {}", dir.display()));
    }
    set(&dir, 0o700);
    for bad in [0o640, 0o604, 0o660] {
        set(&identity, bad);
        assert_denied(open(root.path()), &format!("chmod 0600 {}", identity.display()));
        set(&file, bad);
        assert_denied(store.get(&id(1)), &format!("chmod 0600 {}", file.display()));
    }
    // The command is meant to be run as it stands.
    for path in [&identity, &file] {
        assert!(Command::new("sh").args(["-c", &format!("chmod 0600 {}", path.display())]).status().unwrap().success());
    }
    assert_eq!(open(root.path()).unwrap().get(&id(1)).unwrap(), secret(TOKEN));
    set(&file, 0o644);
    store.put(&id(1), &secret("replaced")).unwrap();
    assert_eq!(mode(&file), 0o600, "a replacement is private whatever was there");
}

#[test]
fn only_plain_files_are_read() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    let dir = AgeFileStore::dir(root.path());
    let path = |number: u32| dir.join(format!("{}.age", id(number)));
    write_private(&root.path().join("elsewhere"), b"x");
    symlink(root.path().join("elsewhere"), path(1)).unwrap();
    symlink("/dev/zero", path(2)).unwrap();
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(path(3)).status().unwrap().success());
    fs::create_dir(path(4)).unwrap();
    for number in 1..=4 {
        assert_denied(store.get(&id(number)), "");
    }
    assert_eq!(store.list().unwrap(), [], "and none of them is listed");
    store.put(&id(1), &secret("own")).unwrap();
    assert_eq!(fs::read(root.path().join("elsewhere")).unwrap(), b"x", "a link is replaced, not written through");
}

#[test]
fn foreign_files_are_neither_listed_nor_touched() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    let dir = AgeFileStore::dir(root.path());
    let foreign = ["README", "notes.age", "6F1C2A70-3B0E-4C55-9A57-0D7F3F0C9B11.age", ".hidden", "x.tmp", "id.age.bak"];
    for name in foreign {
        write_private(&dir.join(name), b"mine");
    }
    store.put(&id(1), &secret(TOKEN)).unwrap();
    assert_eq!(open(root.path()).unwrap().list().unwrap(), [id(1)]);
    for name in foreign {
        assert_eq!(fs::read(dir.join(name)).unwrap(), b"mine");
    }
}

#[test]
fn nothing_but_ciphertext_reaches_the_disk() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    let long = TOKEN.repeat(3000);
    store.put(&id(1), &secret(TOKEN)).unwrap();
    store.put(&id(2), &secret(&long)).unwrap();
    store.put(&id(2), &secret(TOKEN)).unwrap();
    store.put(&id(3), &secret(&long)).unwrap();
    let files = files_below(root.path());
    assert_eq!(files.len(), 4);
    for file in files {
        let bytes = fs::read(&file).unwrap();
        for needle in ["KeyrackExampleOnly", "AGE-SECRET-KEY", PASSPHRASE] {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{needle} in {}", file.display());
        }
    }
}

#[test]
fn a_secret_too_long_to_be_read_back_is_not_written() {
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    let longest = secret(&"x".repeat(1000 * 1024));
    store.put(&id(1), &longest).unwrap();
    assert!(store.get(&id(1)).unwrap() == longest);
    let error = store.put(&id(1), &secret(&"x".repeat(1000 * 1024 + 1))).unwrap_err();
    assert!(matches!(&error, StoreError::Io { why, .. } if why.contains("longer")), "{error:?}");
    assert!(store.get(&id(1)).unwrap() == longest);
}

/// A limit on file sizes stands in for a full disk: both fail in the middle of a write.
#[test]
fn a_write_that_fails_half_way_leaves_the_old_secret() {
    const NAME: &str = "age_file::a_write_that_fails_half_way_leaves_the_old_secret";
    if let Some(data_dir) = inside() {
        let data_dir = Path::new(&data_dir);
        let store = open(data_dir).unwrap();
        let error = store.put(&id(1), &secret(&TOKEN.repeat(1000))).unwrap_err();
        assert!(matches!(&error, StoreError::Io { what, .. } if what.contains(&id(1).0)), "{error:?}");
        assert_eq!(store.get(&id(1)).unwrap(), secret("old"));
        assert_eq!(files_below(data_dir).len(), 2, "no temporary file stays");
        return;
    }
    let root = tempdir().unwrap();
    quick_store(root.path()).put(&id(1), &secret("old")).unwrap();
    let limited = ["bash", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "bash"];
    let mut command = again(&limited, NAME, root.path().to_str().unwrap());
    command.env("LLVM_PROFILE_FILE", "/dev/null");
    succeed(command);
}

#[test]
fn a_directory_that_may_not_be_written_is_denied_with_the_fix() {
    const NAME: &str = "age_file::a_directory_that_may_not_be_written_is_denied_with_the_fix";
    if let Some(data_dir) = inside() {
        let data_dir = Path::new(&data_dir);
        let dir = AgeFileStore::dir(data_dir);
        let set = |mode: u32| fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();
        let store = open(data_dir).unwrap();
        store.put(&id(1), &secret("old")).unwrap();
        let fix = format!("chmod 0700 {}", dir.display());
        set(0o500);
        assert_eq!(open(data_dir).unwrap().get(&id(1)).unwrap(), secret("old"), "reading is still possible");
        assert_denied(store.put(&id(1), &secret("new")), &fix);
        assert_denied(store.delete(&id(1)), &fix);
        set(0o000);
        assert_denied(store.get(&id(1)), &fix);
        assert_denied(store.list(), &fix);
        assert_denied(open(data_dir), &fix);
        assert!(AgeFileStore::exists(data_dir), "what cannot be seen is not taken for absent");
        set(0o700);
        assert_eq!(store.get(&id(1)).unwrap(), secret("old"));
        return;
    }
    let root = tempdir().unwrap();
    drop(quick_store(root.path()));
    let data_dir = root.path().to_str().unwrap();
    let mut command;
    if rustix::process::geteuid().is_root() {
        // Modes mean nothing to root: become somebody else, with a copy of this program in reach.
        let copy = root.path().join("test-binary");
        fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        for path in files_below(root.path()).into_iter().chain([root.path().to_owned(), AgeFileStore::dir(root.path())])
        {
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        command = again_as(&copy, &[], NAME, data_dir);
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
    } else {
        command = again(&[], NAME, data_dir);
    }
    succeed(command);
}

#[test]
fn another_users_store_is_refused_with_the_command_that_mends_it() {
    if !rustix::process::geteuid().is_root() {
        // Only root can give files away; the rule itself is tested beside the code.
        return;
    }
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    store.put(&id(1), &secret(TOKEN)).unwrap();
    let dir = AgeFileStore::dir(root.path());
    let file = dir.join(format!("{}.age", id(1)));
    for path in [&file, &dir] {
        std::os::unix::fs::chown(path, Some(NOBODY), None).unwrap();
    }
    assert_denied(store.get(&id(1)), &format!("sudo chown 0 {}", file.display()));
    assert_denied(open(root.path()), &format!("sudo chown 0 {}", dir.display()));
}

#[test]
fn a_killed_writer_leaves_the_old_secret_or_the_new_one() {
    const NAME: &str = "age_file::a_killed_writer_leaves_the_old_secret_or_the_new_one";
    let (one, other) = (secret(&"1".repeat(60_000)), secret(&"2".repeat(90_000)));
    if let Some(data_dir) = inside() {
        let store = open(Path::new(&data_dir)).unwrap();
        loop {
            store.put(&id(1), &one).unwrap();
            store.put(&id(1), &other).unwrap();
            std::io::Write::write_all(&mut std::io::stderr(), b"written\n").unwrap();
        }
    }
    let root = tempdir().unwrap();
    let store = quick_store(root.path());
    for rounds in 1..=4 {
        let command = again(&[], NAME, root.path().to_str().unwrap());
        // Killed itself, not the `timeout` above it.
        let mut writer = Command::new(std::env::current_exe().unwrap());
        writer.args(command.get_args().skip(2)).env_clear();
        writer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut writer = writer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(writer.stderr.take().unwrap()).lines();
        assert_eq!(lines.map(Result::unwrap).filter(|line| line == "written").take(rounds).count(), rounds);
        writer.kill().unwrap();
        writer.wait().unwrap();
        let found = store.get(&id(1)).unwrap();
        assert!(found == one || found == other, "neither the old nor the new");
        assert_eq!(store.list().unwrap(), [id(1)]);
        for file in files_below(root.path()) {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    }
    drop(open(root.path()).unwrap());
    assert_eq!(files_below(root.path()).len(), 2, "opening sweeps what the dead left behind");
}

#[test]
fn the_identity_file_is_a_standard_one() {
    let root = tempdir().unwrap();
    let store = AgeFileStore::create(root.path(), &passphrase()).unwrap();
    let text: SecretText = store.unlocked().identity;
    let mut lines = text.reveal().lines();
    let public = lines.next().unwrap().strip_prefix("# public key: ").unwrap();
    let identity: age::x25519::Identity = lines.next().unwrap().parse().unwrap();
    assert_eq!(lines.next(), None);
    assert_eq!(identity.to_public().to_string(), public);
    assert!(identity.to_string().expose_secret().starts_with("AGE-SECRET-KEY-1"));
}
