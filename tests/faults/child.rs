//! A child process that runs one verb: this test binary again, playing a role.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;

use keyrack::simulator::SimCredential;

use crate::scene::{Scene, Verb, core, network, rack_of, run_as};
use crate::store::{DirStore, Faulty, Strike, When};

const VERB: &str = "KEYRACK_FAULTS_VERB";
const HOME: &str = "KEYRACK_FAULTS_HOME";
const LABEL: &str = "KEYRACK_FAULTS_LABEL";
const SECRET: &str = "KEYRACK_FAULTS_SECRET";
const STORE: &str = "KEYRACK_FAULTS_STORE";
const LIMIT: &str = "KEYRACK_FAULTS_LIMIT";

/// What a child says begins with this, to tell it from what the test harness says.
const SAID: &str = "> ";

/// Where a fault strikes inside the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    Nowhere,
    /// Killed at this call of the secret store.
    Store(usize, When),
    /// Killed when the rack's log would grow beyond this many bytes.
    RackKill(u64),
    /// Writing the rack's log beyond this many bytes fails.
    RackFull(u64),
}

pub struct Player {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// What it told its user; none where it was killed.
    pub told: Option<String>,
    /// Calls of the secret store.
    pub calls: usize,
}

impl Player {
    /// Starts it; it waits for [`Player::go`] before it does anything.
    pub fn start(scene: &Scene, label: &str, seed: &SimCredential, inside: Inside) -> Self {
        Self::start_verb(scene, scene.verb, label, seed, inside)
    }

    /// With a verb that is not the scene's.
    pub fn start_verb(scene: &Scene, verb: Verb, label: &str, seed: &SimCredential, inside: Inside) -> Self {
        let exe = std::env::current_exe().unwrap();
        let mut command = match inside {
            // An ignored signal stays ignored across exec; the write then fails like on a full disk.
            Inside::RackFull(_) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(exe);
                shell
            }
            _ => Command::new(exe),
        };
        command
            .args(["--exact", "child::role", "--ignored", "--nocapture", "--test-threads=1"])
            .env(VERB, verb.name())
            .env(HOME, scene.path())
            .env(LABEL, label)
            .env(
                SECRET,
                seed.username
                    .as_deref()
                    .map_or_else(|| format!("\n{}", seed.secret), |u| format!("{u}\n{}", seed.secret)),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        match inside {
            Inside::Nowhere => {}
            Inside::Store(n, when) => {
                command.env(STORE, format!("{n} {}", if when == When::Before { "before" } else { "after" }));
            }
            Inside::RackKill(limit) | Inside::RackFull(limit) => {
                command.env(LIMIT, limit.to_string());
            }
        }
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut player = Self { child, lines };
        assert_eq!(player.hear().as_deref(), Some("ready"));
        scene.site.asked_by(player.child.id());
        player
    }

    pub fn go(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }

    fn hear(&mut self) -> Option<String> {
        loop {
            let line = self.lines.next()?.ok()?;
            // The harness may have begun the line.
            if let Some((_, said)) = line.split_once(SAID) {
                return Some(said.to_owned());
            }
        }
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let told = self.hear();
        let calls = self.hear().and_then(|c| c.parse().ok()).unwrap_or(0);
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        Ended { status, told, calls }
    }
}

/// Runs the verb in a child of its own.
pub async fn play(scene: &Scene, inside: Inside) -> Ended {
    let mut player = Player::start(scene, crate::scene::TARGET, &scene.target, inside);
    player.go();
    // Off the runtime's threads: they answer for the host.
    tokio::task::spawn_blocking(move || player.end()).await.unwrap()
}

/// The rack's log, which every commit grows.
pub fn log_of(home: &Path) -> PathBuf {
    home.join("rack").join("rack.db-wal")
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{SAID}{text}").unwrap();
    out.flush().unwrap();
}

#[test]
#[ignore = "a role that other tests give to child processes"]
fn role() {
    let (Ok(verb), Some(home)) = (std::env::var(VERB), std::env::var_os(HOME)) else { return };
    let (verb, home) = (Verb::named(&verb), PathBuf::from(home));
    let label = std::env::var(LABEL).unwrap();
    let given = std::env::var(SECRET).unwrap();
    let (username, secret) = given.split_once('\n').unwrap();
    let at = std::env::var(STORE).ok().map(|text| {
        let (n, when) = text.split_once(' ').unwrap();
        let when = if when == "before" { When::Before } else { When::After };
        (n.parse().unwrap(), when, Strike::Kill)
    });
    let store = Arc::new(Faulty::new(DirStore::open(&home), at));
    let core = core(&rack_of(&home), Arc::clone(&store) as _, network());
    let seed = SimCredential {
        label: label.clone(),
        kind: match verb {
            Verb::RevokeByKey | Verb::RotateTwinByKey => keyrack::domain::Kind::AccessKey,
            Verb::RevokeByPassword | Verb::RotateTwinByPassword => keyrack::domain::Kind::HttpAccessToken,
            _ => keyrack::domain::Kind::Unknown,
        },
        username: Some(username.to_owned()).filter(|u| !u.is_empty()),
        secret: secret.to_owned(),
        tags: Vec::new(),
        note: String::new(),
        expect: keyrack::domain::Verdict::Valid,
    };
    say("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    if let Ok(limit) = std::env::var(LIMIT) {
        let limit = Some(limit.parse().unwrap());
        let limit = rustix::process::Rlimit { current: limit, maximum: limit };
        rustix::process::setrlimit(rustix::process::Resource::Fsize, limit).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let result = runtime.block_on(run_as(&core, verb, &label, &seed));
    match result {
        Ok(word) => say(&word),
        Err(_) => say("error"),
    }
    say(&store.calls().to_string());
    // Only a copy outlives the process: the last one to close a rack folds its log into the file.
    let _ = std::fs::copy(log_of(&home), home.join("log-at-the-end"));
}
