//! Several processes on one rack, and processes that die. The children are this test binary again, playing a role.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use keyrack::domain::{Credential, SecretState, Verdict};
use keyrack::rack::{Rack, RackError};
use serde_json::json;

use crate::support::{Home, credential, github, id, minute, verdict, with_one};

const ROLE: &str = "KEYRACK_TEST_ROLE";
const RACK: &str = "KEYRACK_TEST_RACK";
const NUMBER: &str = "KEYRACK_TEST_NUMBER";

/// What a child says begins with this, to tell it from what the test harness says.
const SAID: &str = "> ";

struct Player {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Player {
    fn start(role: &str, rack: &Path, number: usize) -> Self {
        Self::spawn(Self::command(role, rack, number)).unwrap()
    }

    fn command(role: &str, rack: &Path, number: usize) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "processes::role", "--ignored", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(RACK, rack)
            .env(NUMBER, number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        command
    }

    fn spawn(mut command: Command) -> std::io::Result<Self> {
        // A copied program is busy for as long as another thread's child, not yet executing, has it open for writing.
        let mut child = loop {
            match command.spawn() {
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                other => break other?,
            }
        };
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Ok(Self { child, lines })
    }

    /// The next thing it says.
    fn hear(&mut self) -> String {
        loop {
            let line = self.lines.next().expect("the child ended without saying what was expected").unwrap();
            // The harness may have begun the line.
            if let Some((_, said)) = line.split_once(SAID) {
                return said.to_owned();
            }
        }
    }

    fn go(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{SAID}{text}").unwrap();
    out.flush().unwrap();
}

fn wait() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
#[ignore = "a role that other tests give to child processes"]
fn role() {
    let (Ok(role), Some(path)) = (std::env::var(ROLE), std::env::var_os(RACK)) else { return };
    let number: usize = std::env::var(NUMBER).unwrap().parse().unwrap();
    let path = Path::new(&path);
    match role.as_str() {
        "open" => {
            say("ready");
            wait();
            match Rack::open(path) {
                Ok(rack) => {
                    let key = rack.fingerprint_key().unwrap();
                    say(&format!("{key:?}"));
                }
                Err(error) => say(&format!("{error:?}")),
            }
        }
        "same-secret" => {
            let rack = Rack::open(path).unwrap();
            let host = rack.hosts().unwrap()[0].id;
            say("ready");
            wait();
            let mine =
                Credential { fingerprint: "same".into(), ..credential(number, &format!("label-{number}"), host) };
            match rack.insert_credential(&mine) {
                Ok(()) => say("won"),
                Err(RackError::DuplicateSecret { existing }) => say(&existing),
                Err(error) => say(&format!("{error:?}")),
            }
        }
        "many-writes" => {
            let rack = Rack::open(path).unwrap();
            let host = rack.hosts().unwrap()[0].id;
            say("ready");
            wait();
            for n in 0..20 {
                let mine = credential(number * 100 + n, &format!("label-{number}-{n}"), host);
                let entry = rack.begin("add", &mine.id, &json!(null)).unwrap();
                rack.insert_credential(&mine).unwrap();
                rack.record(&mine.id, host, &verdict(Verdict::Valid, "good", minute(1))).unwrap();
                rack.finish(entry).unwrap();
            }
            say("done");
        }
        "endless-writes" => {
            let rack = Rack::open(path).unwrap();
            let host = rack.hosts().unwrap()[0].id;
            for n in number.. {
                let mine = credential(n, &format!("label-{n}"), host);
                rack.insert_credential(&mine).unwrap();
                rack.record(&mine.id, host, &verdict(Verdict::Valid, "good", minute(1))).unwrap();
                say(&mine.label);
            }
        }
        "half-a-transaction" => {
            // A cache this small makes SQLite write pages of the open transaction to the log.
            let connection = rusqlite::Connection::open(path).unwrap();
            connection
                .execute_batch(
                    "PRAGMA cache_size = 5; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;
                     UPDATE credential SET note = 'half';
                     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                     INSERT INTO history (credential, host, checked_at, verdict, is_real, validation)
                     SELECT 1, 1, '', 'valid', 1, printf('%500d', i) FROM n;",
                )
                .unwrap();
            say("ready");
            wait();
        }
        "journal" => {
            let rack = Rack::open(path).unwrap();
            let entry = rack.begin("add", &id(number), &json!({"label": "new"})).unwrap();
            rack.step(entry, "stored", &json!({"store": "file"})).unwrap();
            say("ready");
            wait();
        }
        "open-unprivileged" => match Rack::open(path) {
            Ok(_) => say("opened"),
            Err(RackError::Denied { fix, .. }) => say(&format!("denied {fix}")),
            Err(error) => say(&format!("{error:?}")),
        },
        other => panic!("no role {other}"),
    }
}

#[test]
fn processes_that_open_a_new_rack_at_once_get_the_same_rack() {
    let home = Home::new();
    let mut players: Vec<_> = (0..6).map(|n| Player::start("open", &home.rack(), n)).collect();
    players.iter_mut().for_each(|p| assert_eq!(p.hear(), "ready"));
    players.iter_mut().for_each(Player::go);
    let keys: Vec<_> = players.iter_mut().map(Player::hear).collect();
    players.into_iter().for_each(Player::end);
    let key = format!("{:?}", home.open().fingerprint_key().unwrap());
    assert!(keys.iter().all(|k| *k == key), "{keys:?}");
}

#[test]
fn threads_that_open_a_new_rack_at_once_get_the_same_rack() {
    let home = Home::new();
    let keys: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| home.open().fingerprint_key().unwrap())).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|k| *k == keys[0]));
}

#[test]
fn of_processes_that_add_the_same_secret_at_once_one_wins() {
    let home = Home::new();
    let rack = home.open();
    rack.add_host(&github()).unwrap();
    let mut players: Vec<_> = (0..4).map(|n| Player::start("same-secret", &home.rack(), n)).collect();
    players.iter_mut().for_each(|p| assert_eq!(p.hear(), "ready"));
    players.iter_mut().for_each(Player::go);
    let said: Vec<_> = players.iter_mut().map(Player::hear).collect();
    players.into_iter().for_each(Player::end);
    let winner = rack.label_of_fingerprint("same").unwrap().unwrap();
    assert_eq!(rack.credentials().unwrap().len(), 1);
    assert_eq!(said.iter().filter(|s| *s == "won").count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|s| **s == winner).count(), 3, "{said:?}");
}

#[test]
fn processes_and_threads_that_write_at_once_lose_nothing() {
    let home = Home::new();
    let rack = home.open();
    let host = rack.add_host(&github()).unwrap();
    let mut players: Vec<_> = (1..=3).map(|n| Player::start("many-writes", &home.rack(), n)).collect();
    players.iter_mut().for_each(|p| assert_eq!(p.hear(), "ready"));
    players.iter_mut().for_each(Player::go);
    std::thread::scope(|scope| {
        for thread in 4..=5 {
            let rack = rack.clone();
            scope.spawn(move || {
                for n in 0..20 {
                    rack.insert_credential(&credential(thread * 100 + n, &format!("label-{thread}-{n}"), host))
                        .unwrap();
                }
            });
        }
    });
    players.iter_mut().for_each(|p| assert_eq!(p.hear(), "done"));
    players.into_iter().for_each(Player::end);
    assert_eq!(rack.credentials().unwrap().len(), 100);
    assert_eq!(rack.standings().unwrap().len(), 60);
    assert!(rack.open_entries().unwrap().is_empty());
    rack.check().unwrap();
}

#[test]
fn a_process_killed_in_the_middle_of_a_transaction_leaves_a_whole_rack() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let mut player = Player::start("half-a-transaction", &home.rack(), 0);
    assert_eq!(player.hear(), "ready");
    assert_eq!(rack.credentials().unwrap().len(), 1, "readers do not wait and see nothing of it");
    player.kill();
    rack.insert_credential(&credential(2, "after", host)).unwrap();
    drop(rack);
    let rack = home.open();
    rack.check().unwrap();
    assert_eq!(rack.credential(&one.id).unwrap(), Some(one.clone()));
    assert!(rack.history(&one.id, 9).unwrap().is_empty());
    assert_eq!(rack.credentials().unwrap().len(), 2);
}

#[test]
fn what_a_killed_process_had_committed_is_there() {
    let home = Home::new();
    with_one(&home);
    let mut said = Vec::new();
    for round in 1..=3 {
        let mut player = Player::start("endless-writes", &home.rack(), round * 1000);
        said.extend((0..15).map(|_| player.hear()));
        player.kill();
        let rack = home.open();
        rack.check().unwrap();
        for label in &said {
            let found = rack.credential_by_label(label).unwrap().unwrap();
            assert_eq!((found.secret, found.bindings.len()), (SecretState::Present, 1));
            assert_eq!(rack.history(&found.id, 9).unwrap().len(), 1);
        }
    }
}

#[test]
fn the_journal_of_a_killed_process_survives_and_can_be_taken_over() {
    let home = Home::new();
    let rack = home.open();
    let locks = || std::fs::read_dir(home.directory().join("rack.db.locks")).unwrap().count();
    let mut player = Player::start("journal", &home.rack(), 7);
    assert_eq!(player.hear(), "ready");
    let [entry] = <[_; 1]>::try_from(rack.open_entries().unwrap()).unwrap();
    assert!(entry.owner_alive);
    assert!(!rack.adopt(entry.id).unwrap());
    assert_eq!(entry.steps, [("stored".to_owned(), json!({"store": "file"}))]);
    assert_eq!(locks(), 2, "that of the child and, since it tried to adopt, our own");

    player.kill();
    let [left] = <[_; 1]>::try_from(rack.open_entries().unwrap()).unwrap();
    assert!(!left.owner_alive);
    assert_eq!((left.id, left.steps, left.detail), (entry.id, entry.steps, json!({"label": "new"})));
    assert_eq!(locks(), 1);
    assert!(rack.adopt(entry.id).unwrap());
    assert!(rack.open_entries().unwrap()[0].owner_alive);
    rack.finish(entry.id).unwrap();
    assert!(rack.open_entries().unwrap().is_empty());
}

/// Modes do not bind root: where the tests run as root, the child does not.
#[test]
#[cfg(unix)]
fn a_directory_that_may_not_be_written_is_refused_with_the_command_that_mends_it() {
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::os::unix::process::CommandExt;

    let temp = tempfile::tempdir().unwrap();
    let directory = temp.path().join("keyrack");
    let path = directory.join("rack.db");
    let root = rustix::process::geteuid().is_root();
    let mode = |p: &Path, mode| std::fs::set_permissions(p, std::fs::Permissions::from_mode(mode)).unwrap();
    drop(Rack::open(&path).unwrap());
    let program = temp.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    if root {
        for p in [temp.path(), &directory, &path, &program] {
            chown(p, Some(65534), Some(65534)).unwrap();
        }
    }
    let ask = || {
        let inner = Player::command("open-unprivileged", &path, 0);
        let mut command = Command::new(&program);
        command.args(inner.get_args()).envs(inner.get_envs().filter_map(|(k, v)| Some((k, v?))));
        command.current_dir(temp.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        if root {
            command.uid(65534).gid(65534);
        }
        let mut player = Player::spawn(command).unwrap();
        let said = player.hear();
        player.end();
        said
    };
    assert_eq!(ask(), "opened");
    mode(&directory, 0o500);
    let real = directory.canonicalize().unwrap();
    assert_eq!(ask(), format!("denied chmod u+rwx {}", real.display()));
    mode(&directory, 0o700);
    mode(&path, 0o400);
    assert_eq!(ask(), format!("denied chmod u+rw {}", real.join("rack.db").display()));
    mode(&directory, 0o500);
    mode(&path, 0o600);
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::remove_file(&path).unwrap();
    mode(&directory, 0o500);
    assert!(ask().starts_with("denied chmod u+rwx "), "no new rack either");
    mode(&directory, 0o700);
}

/// A rack of somebody else, where the tests may give files away.
#[test]
#[cfg(unix)]
fn a_rack_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let home = Home::new();
    drop(home.open());
    std::os::unix::fs::chown(home.rack(), Some(65534), None).unwrap();
    let RackError::Denied { why, fix, .. } = Rack::open(&home.rack()).unwrap_err() else { panic!() };
    assert!(why.contains("65534"), "{why}");
    assert_eq!(fix, "sudo -u '#65534' keyrack", "not to take it away from its owner");
}
