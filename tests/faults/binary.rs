//! The program itself, with a real file store, killed at any moment and interrupted.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyrack::ops::Core;
use keyrack::ops::doctor::Health;
use keyrack::rack::Rack;
use keyrack::secret::SecretText;
use keyrack::store::age_file::{AgeFileStore, Unlocked};

use crate::scene::{Scene, TARGET, Verb, core, network, run};
use crate::store::When;
use crate::watched::HostStrike;

const PASSPHRASE: &str = "example passphrase of a test";

/// The random moments: so many runs, spread evenly over the time that a whole run takes, each shifted a little.
const KILLS: u32 = 5;

/// A home as a user has it: data directory with rack and file store, and the file with the passphrase.
struct Home {
    path: PathBuf,
    /// What opens the store without the passphrase, whose work takes long by design.
    unlocked: Unlocked,
}

impl Home {
    /// On the rack and in the store: `n` tokens of the scene's host.
    async fn make(scene: &Scene, n: usize) -> Self {
        let path = scene.path().join("template");
        let data = path.join("data");
        std::fs::create_dir_all(path.join("config")).unwrap();
        std::fs::write(path.join("passphrase"), PASSPHRASE).unwrap();
        let passphrase = SecretText::from(PASSPHRASE);
        std::fs::create_dir_all(&data).unwrap();
        let store =
            tokio::task::spawn_blocking(move || AgeFileStore::create(&data, &passphrase)).await.unwrap().unwrap();
        let home = Self { path, unlocked: store.unlocked() };
        let core = home.core();
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

    fn rack(&self) -> PathBuf {
        self.data().join("rack.db")
    }

    fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// As it is, in another place.
    fn copy(&self, to: &Path) -> Self {
        let done = Command::new("cp").arg("-a").arg(&self.path).arg(to).status().unwrap();
        assert!(done.success());
        Self { path: to.to_owned(), unlocked: self.unlocked.clone() }
    }

    /// As the library sees it.
    fn core(&self) -> Core {
        let store = AgeFileStore::resume(&self.data(), &self.unlocked).unwrap();
        core(&self.rack(), Arc::new(store), network())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack"));
        command
            .args(args)
            .env_clear()
            .env("HOME", &self.path)
            .env("USER", "tester")
            .env("KEYRACK_DATA_DIR", self.data())
            .env("KEYRACK_CONFIG_DIR", self.path.join("config"))
            .env("KEYRACK_PASSPHRASE_FILE", self.path.join("passphrase"))
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

/// Kills runs of a verb at moments from its start to its end; after each the rack is whole and doctor mends the rest.
async fn killed_at_any_moment(args: &'static [&'static str], tokens: usize) -> (Scene, Vec<Home>) {
    let scene = Scene::new(Verb::Add).await;
    let template = Home::make(&scene, tokens).await;
    let input = scene.target.secret.clone();
    let place = scene.path().to_owned();
    let homes = tokio::task::spawn_blocking(move || {
        let whole = template.copy(&place.join("whole"));
        let started = Instant::now();
        let (text, code) = whole.run(args, &input);
        let takes = started.elapsed();
        assert_eq!(code, 0, "{text}");
        let mut homes = Vec::new();
        for n in 0..KILLS {
            let home = template.copy(&place.join(format!("run-{n}")));
            let shift = Duration::from_micros(u64::from(uuid::Uuid::new_v4().as_fields().0 % 1000));
            let mut child = home.start(args, &input);
            std::thread::sleep(takes * (n + 1) / (KILLS + 1) + shift);
            child.kill().unwrap();
            child.wait().unwrap();
            // Opened first as it was left, then mended, then looked at.
            Rack::open(&home.rack()).unwrap().check().unwrap();
            let (text, code) = home.run(&["doctor", "--fix"], "");
            assert_eq!(code, 0, "kill {n}: {text}");
            homes.push(home);
        }
        homes
    })
    .await
    .unwrap();
    for home in &homes {
        let core = home.core();
        let found = core.doctor(false).await.unwrap();
        assert!(found.iter().all(|c| c.health == Health::Good), "{found:#?}");
    }
    (scene, homes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adding_is_killed_at_any_moment() {
    let (scene, homes) = killed_at_any_moment(&["add", "--label", TARGET, "--host", "the-host"], 1).await;
    for home in homes {
        let core = home.core();
        // It is there whole, or not at all and can be added.
        match core.rack.credential_by_label(TARGET).unwrap() {
            Some(kept) => assert!(core.vault.get(&kept.id).await.unwrap() == scene.target_secret()),
            None => assert_eq!(run(&core, Verb::Add, &scene.target).await.unwrap(), "added"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checking_is_killed_at_any_moment() {
    killed_at_any_moment(&["check"], 80).await;
}

/// Two administrators at one data directory: the second is told by whom and what next, and changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_to_rotate_or_revoke_is_told_that_another_one_is_at_it() {
    let scene = Scene::new(Verb::RotateInPlace).await;
    let home = Home::make(&scene, 4).await;
    scene.site.forget_orders();
    scene.site.arm(0, When::Before, HostStrike::Hold);
    let site = Arc::clone(&scene.site);
    tokio::task::spawn_blocking(move || {
        let first = home.start(&["rotate", "token-3", "--yes", "--json"], "");
        while site.requests() == 0 {
            std::thread::yield_now();
        }
        for verb in ["rotate", "revoke"] {
            let (text, code) = home.run(&[verb, "token-3", "--yes"], "");
            assert!(text.contains("another keyrack is rotating `token-3` at this moment"), "{text}");
            assert!(text.contains("nothing was sent from here") && text.contains("keyrack show token-3"), "{text}");
            assert_eq!(code, 5, "{text}");
        }
        let (text, _) = home.run(&["doctor", "--fix"], "");
        assert!(text.contains("rotate of `token-3` is under way in another keyrack"), "{text}");
        site.disarm();
        let out = first.wait_with_output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(told["results"][0]["end"], "rotated", "{told}");
        assert_eq!(site.orders(), ["ROTATE"]);
        let (text, code) = home.run(&["doctor"], "");
        assert_eq!(code, 0, "{text}");
        let (text, code) = home.run(&["check", "token-3"], "");
        assert_eq!(code, 0, "{text}");
    })
    .await
    .unwrap();
}

fn interrupt(child: &Child) {
    let pid = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_check_keeps_what_it_printed() {
    let scene = Scene::slow(Verb::Add, Duration::from_millis(20)).await;
    let home = Home::make(&scene, 40).await;
    let site = Arc::clone(&scene.site);
    // One is held until the signal is sent, so that they cannot all be done by then.
    site.arm(12, When::Before, HostStrike::Hold);
    tokio::task::spawn_blocking(move || {
        let mut child = home.start(&["check", "--json-lines", "--concurrency", "1"], "");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        interrupt(&child);
        site.disarm();
        let printed = 1 + lines.count();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(printed < 40, "it was not interrupted at all");
        let rack = Rack::open(&home.rack()).unwrap();
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
    // Held until the signal is sent; what is left of the delay is the program's, to hear it.
    site.arm(0, When::Before, HostStrike::HoldOrder);
    tokio::task::spawn_blocking(move || {
        let child = home.start(&["revoke", "token-0", "token-1", "token-2", "--yes", "--json"], "");
        while site.first_order().is_none() {
            std::thread::yield_now();
        }
        interrupt(&child);
        site.disarm();
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
