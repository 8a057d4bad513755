//! The program itself, with a real file store, killed at any moment and interrupted.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyrack::rack::Rack;
use keyrack::secret::SecretText;
use keyrack::store::age_file::AgeFileStore;

use crate::scene::{Scene, TARGET, Verb};

const PASSPHRASE: &str = "example passphrase of a test";

/// The random moments: so many runs, spread evenly over the time that a whole run takes, each shifted a little.
const KILLS: u32 = 6;

/// A home as a user has it: data directory with rack and file store, and the file with the passphrase.
struct Home(PathBuf);

impl Home {
    /// On the rack and in the store: `n` tokens of the scene's host.
    async fn make(scene: &Scene, n: usize) -> Self {
        let home = Self(scene.path().join("template"));
        std::fs::create_dir_all(home.0.join("config")).unwrap();
        std::fs::write(home.0.join("passphrase"), PASSPHRASE).unwrap();
        let data = home.data();
        let passphrase = SecretText::from(PASSPHRASE);
        std::fs::create_dir_all(&data).unwrap();
        let store =
            tokio::task::spawn_blocking(move || AgeFileStore::create(&data, &passphrase)).await.unwrap().unwrap();
        let mut core = scene.core_over(Arc::new(store));
        core.rack = Rack::open(&home.data().join("rack.db")).unwrap();
        core.rack.add_host(&scene.host()).unwrap();
        for n in 0..n {
            scene
                .put(
                    &core,
                    &format!("token-{n}"),
                    &keyrack::simulator::Site::spare(&*scene.site, 100 + n, core.clock.now()),
                )
                .await;
        }
        home
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// As it is, in another place.
    fn copy(&self, to: &Path) -> Self {
        let done = Command::new("cp").arg("-a").arg(&self.0).arg(to).status().unwrap();
        assert!(done.success());
        Self(to.to_owned())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack"));
        command
            .args(args)
            .env_clear()
            .env("HOME", &self.0)
            .env("USER", "tester")
            .env("KEYRACK_DATA_DIR", self.data())
            .env("KEYRACK_CONFIG_DIR", self.0.join("config"))
            .env("KEYRACK_PASSPHRASE_FILE", self.0.join("passphrase"))
            .env("KEYRACK_STORE", "file")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn start(&self, args: &[&str], input: &str) -> Child {
        let mut child = self.command(args).spawn().unwrap();
        // It may be killed before it reads.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child
    }

    /// The whole output of a run that nothing happens to, and its exit code.
    fn run(&self, args: &[&str], input: &str) -> (String, i32) {
        let out = self.start(args, input).wait_with_output().unwrap();
        let text = [out.stdout, out.stderr].map(|o| String::from_utf8(o).unwrap()).concat();
        (text, out.status.code().unwrap())
    }
}

/// Kills runs of a verb at moments from its start to its end; after each the rack is whole, doctor mends the rest, and the
/// verb can be run again.
async fn killed_at_any_moment(args: &'static [&'static str], tokens: usize) {
    let scene = Scene::new(Verb::Add).await;
    let template = Home::make(&scene, tokens).await;
    let input = scene.target.secret.clone();
    let place = scene.path().to_owned();
    tokio::task::spawn_blocking(move || {
        let whole = template.copy(&place.join("whole"));
        let started = Instant::now();
        let (text, code) = whole.run(args, &input);
        let takes = started.elapsed();
        assert_eq!(code, 0, "{text}");
        for n in 0..KILLS {
            let home = template.copy(&place.join(format!("run-{n}")));
            let shift = Duration::from_micros(u64::from(uuid::Uuid::new_v4().as_fields().0 % 1000));
            let mut child = home.start(args, &input);
            std::thread::sleep(takes * (n + 1) / (KILLS + 1) + shift);
            child.kill().unwrap();
            child.wait().unwrap();
            // Opened first as it was left, then mended, then looked at.
            Rack::open(&home.data().join("rack.db")).unwrap().check().unwrap();
            for verb in [&["doctor", "--fix"][..], &["doctor"]] {
                let (text, code) = home.run(verb, "");
                assert_eq!(code, 0, "kill {n}: {text}");
                assert!(!text.contains("BAD"), "kill {n}: {text}");
            }
            let (text, code) = home.run(args, &input);
            assert!(code == 0 || text.contains("is taken"), "kill {n}: {text}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adding_is_killed_at_any_moment() {
    killed_at_any_moment(&["add", "--label", TARGET, "--host", "the-host"], 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checking_is_killed_at_any_moment() {
    killed_at_any_moment(&["check"], 80).await;
}

fn interrupt(child: &Child) {
    let pid = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_check_keeps_what_it_printed() {
    let scene = Scene::slow(Verb::Add, Duration::from_millis(20)).await;
    let home = Home::make(&scene, 40).await;
    tokio::task::spawn_blocking(move || {
        let mut child = home.start(&["check", "--json-lines", "--concurrency", "1"], "");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        interrupt(&child);
        let printed = 1 + lines.count();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(printed < 40, "it was not interrupted at all");
        let rack = Rack::open(&home.data().join("rack.db")).unwrap();
        assert_eq!(rack.standings().unwrap().len(), printed);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_revocation_finishes_the_one_it_is_at() {
    let scene = Scene::slow(Verb::Add, Duration::from_millis(100)).await;
    let home = Home::make(&scene, 3).await;
    let site = Arc::clone(&scene.site);
    tokio::task::spawn_blocking(move || {
        let child = home.start(&["revoke", "token-0", "token-1", "token-2", "--yes", "--json"], "");
        while site.first_order().is_none() {
            std::thread::yield_now();
        }
        interrupt(&child);
        let out = child.wait_with_output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let ends: Vec<_> = told["results"].as_array().unwrap().iter().map(|r| r["end"].clone()).collect();
        assert_eq!(ends, ["revoked", "cancelled", "cancelled"], "{told}");
        assert_eq!(out.status.code(), Some(130));
        let (text, code) = home.run(&["doctor"], "");
        assert_eq!(code, 0, "{text}");
    })
    .await
    .unwrap();
}
