//! Panics on a terminal of their own, and the one closing message of every job.
#![cfg(unix)]

// The same helper as the tests of the whole program use. The first attribute tells the test of the architecture that
// here the tests begin.
#[cfg(test)]
#[path = "../../tests/pty/support.rs"]
#[allow(dead_code, reason = "the tests of the whole program use the rest")]
mod support;

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::worker::Worker;
use super::{Screens, Source, Start, hook_panics, run};
use crate::diagnose::Surroundings;
use crate::domain::{Clock, CredentialId, Draft, FamilyId, Host, HostChoice, HostId, LookAt, StoreKind};
use crate::net::client::{Network, Timeouts};
use crate::net::proxy::ProxyEnv;
use crate::ops::demo::{Demo, DemoSize};
use crate::ops::{Settings, Vault};
use crate::secret::{Secret, SecretText};
use crate::store::{SecretStore, StoreError};
use crate::ui::effect::{
    AddFx, DiagnoseFx, DoctorFx, Edit, Effect, Export, GivenToken, HostFx, LogFx, PastedExchange, RackFx, RevokeFx,
    StoreFx, Whom,
};
use crate::ui::msg::{
    AddMsg, CheckMsg, DiagnoseMsg, DoctorMsg, HostMsg, JobId, LogMsg, Msg, RackMsg, RevokeMsg, StoreMsg,
};
use support::{Term, command, holds};

/// What a panic must never show.
const PAYLOAD: &str = "KeyrackExamplePayload";

/// A store whose every act is a defect.
struct Broken;

impl SecretStore for Broken {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }

    fn get(&self, _: &CredentialId) -> Result<Secret, StoreError> {
        panic!("{PAYLOAD}")
    }

    fn put(&self, _: &CredentialId, _: &Secret) -> Result<(), StoreError> {
        panic!("{PAYLOAD}")
    }

    fn delete(&self, _: &CredentialId) -> Result<(), StoreError> {
        panic!("{PAYLOAD}")
    }

    fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
        panic!("{PAYLOAD}")
    }
}

async fn demo() -> Demo {
    demo_of(DemoSize::default()).await
}

async fn demo_of(size: DemoSize) -> Demo {
    let second = Duration::from_secs(5);
    let timeouts = Timeouts { connect: second, read: second, total: second };
    let network = Network::new(ProxyEnv::from_vars(|_| None), timeouts, "keyrack/test");
    let settings = Settings { confirm_after: vec![Duration::ZERO], ..Settings::default() };
    Demo::start(size, Clock::System, network, settings).await.unwrap()
}

async fn broken_demo() -> Demo {
    let mut demo = demo().await;
    demo.core.vault = Vault::over(Arc::new(Broken), "it is broken");
    demo
}

fn start(demo: Demo) -> Start {
    Start {
        source: Source::Demo(Box::new(demo)),
        config_dir: PathBuf::new(),
        theme: "dark".to_owned(),
        no_colour: false,
        settings: Vec::new(),
        around: Surroundings::default(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Starts a test of this file in a process and on a terminal of its own.
fn on_a_terminal(test: &str, home: &std::path::Path) -> Term {
    let mut command = command(std::env::current_exe().unwrap(), home);
    command.args([&format!("runtime::tests::{test}"), "--exact", "--ignored", "--nocapture"]);
    Term::start(command, 120, 40)
}

#[test]
#[ignore = "needs a terminal of its own: a test below gives it one"]
fn child_that_panics_on_the_thread_of_the_screen() {
    hook_panics();
    let code = runtime().block_on(async {
        let mut screens = Screens::open(start(demo().await)).unwrap();
        let outcome = AssertUnwindSafe(async {
            screens.screen.draw(&screens.model)?;
            panic!("{PAYLOAD}")
        })
        .catch_unwind()
        .await;
        screens.close(outcome).await
    });
    write!(std::io::stdout(), "ended with {code:?}\r\n").unwrap();
}

#[test]
fn a_panic_on_the_thread_of_the_screen_gives_the_terminal_back_and_hides_its_payload() {
    let home = tempfile::tempdir().unwrap();
    let mut term = on_a_terminal("child_that_panics_on_the_thread_of_the_screen", home.path());
    term.sees("ended with Ok(70)");
    term.sees("internal error: keyrack failed at src/runtime/tests.rs:");
    assert!(holds(&term.output(), "\u{1b}[?1049h"), "the screen was up");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
    assert!(!holds(&term.output(), PAYLOAD));
}

#[test]
#[ignore = "needs a terminal of its own: a test below gives it one"]
fn child_whose_store_panics() {
    hook_panics();
    let code = runtime().block_on(async { run(start(broken_demo().await)).await });
    write!(std::io::stdout(), "ended with {code:?}\r\n").unwrap();
}

#[test]
fn a_panic_in_the_background_is_an_error_on_the_screen_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let mut term = on_a_terminal("child_whose_store_panics", home.path());
    term.sees("a background task of keyrack failed");
    // The screen is whole, and goes on.
    term.until("the whole screen", |screen| {
        let lines: Vec<String> = screen.rows(0, 120).collect();
        screen.alternate_screen() && lines[0].contains("keyrack") && lines[39].contains("? help")
    });
    term.types("/acme");
    term.sees("/acme");
    assert!(!holds(&term.output(), "internal error: keyrack failed"), "nothing was written over the screen");
    term.types("\u{3}");
    term.sees("ended with Ok(0)");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
    assert!(!holds(&term.output(), PAYLOAD));
}

/// The job that a message closes.
fn closes(msg: &Msg) -> Option<JobId> {
    match msg {
        Msg::Rack(
            RackMsg::Loaded { job, .. }
            | RackMsg::Detail { job, .. }
            | RackMsg::Saved { job, .. }
            | RackMsg::Forgotten { job, .. },
        )
        | Msg::Add(AddMsg::Identified { job, .. } | AddMsg::Checked { job, .. } | AddMsg::Kept { job, .. })
        | Msg::Check(CheckMsg::Done { job, .. })
        | Msg::Revoke(RevokeMsg::Planned { job, .. } | RevokeMsg::Done { job, .. })
        | Msg::Hosts(HostMsg::Saved { job, .. } | HostMsg::Removed { job, .. } | HostMsg::Tested { job, .. })
        | Msg::Diagnose(DiagnoseMsg::Done { job, .. } | DiagnoseMsg::Exported { job, .. })
        | Msg::Doctor(DoctorMsg::Examined { job, .. })
        | Msg::Log(LogMsg::Loaded { job, .. })
        | Msg::Store(StoreMsg::Unlocked { job, .. }) => Some(*job),
        _ => None,
    }
}

/// One of every kind of effect, each with a job of its own.
fn every_effect(demo: &Demo) -> Vec<Effect> {
    let credentials = demo.core.rack.credentials().unwrap();
    let ids: Vec<CredentialId> = credentials.iter().map(|c| c.id.clone()).collect();
    let one = credentials[0].clone();
    let host = demo.core.rack.hosts().unwrap().remove(0);
    let draft = |label: &str| {
        Box::new(Draft {
            label: label.to_owned(),
            secret: Secret::token(SecretText::new("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".to_owned())),
            kind: None,
            username: None,
            owner: None,
            expires: None,
            tags: Vec::new(),
            note: String::new(),
            profiles: Vec::new(),
            look_at: LookAt::default(),
            hosts: vec![HostChoice::Known { host: host.id, role: None }],
        })
    };
    let edit = Edit {
        id: one.id.clone(),
        label: "renamed".to_owned(),
        tags: Vec::new(),
        note: String::new(),
        expiry: None,
        username: None,
        owner: None,
        bindings: None,
        profiles: None,
        look_at: LookAt::default(),
    };
    let gone = HostId(4711);
    let nowhere = || {
        let file = "/nowhere at all/report.md".to_owned();
        Box::new(Export { found: Vec::new(), file, masked: true, replace: false })
    };
    let given = |host: &str| {
        Whom::Given(Box::new(GivenToken {
            host: host.to_owned(),
            family: None,
            kind: None,
            username: None,
            token: SecretText::new("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".to_owned()),
            profiles: Vec::new(),
            git_url: None,
        }))
    };
    let told = |text: &str| {
        let text = SecretText::new(text.to_owned());
        Whom::Told(Box::new(PastedExchange { text, host: None, family: None, kind: None, username: None }))
    };
    let mut last = 0;
    let mut job = || {
        last += 1;
        JobId(last)
    };
    vec![
        Effect::Rack(RackFx::Load { job: job() }),
        Effect::Rack(RackFx::Detail { job: job(), id: one.id.clone() }),
        Effect::Rack(RackFx::Save { job: job(), edit: Box::new(edit) }),
        Effect::Rack(RackFx::Forget { job: job(), ids: vec![ids[1].clone()] }),
        Effect::Add(AddFx::Identify { job: job(), text: SecretText::new("nonsense".to_owned()) }),
        Effect::Add(AddFx::Check { job: job(), draft: draft("tried") }),
        Effect::Add(AddFx::Keep { job: job(), draft: draft("kept"), checked: Vec::new() }),
        Effect::Check { job: job(), ids: ids.clone(), no_brake: true },
        Effect::Revoke(RevokeFx::Plan { job: job(), ids: vec![ids[2].clone()] }),
        Effect::Revoke(RevokeFx::Run { job: job(), ids: vec![ids[2].clone()], signer: None }),
        Effect::Revoke(RevokeFx::Verify { job: job(), ids: vec![ids[3].clone()] }),
        Effect::Hosts(HostFx::Save { job: job(), host: Box::new(host.clone()) }),
        Effect::Hosts(HostFx::Remove { job: job(), id: gone }),
        Effect::Hosts(HostFx::Test {
            job: job(),
            host: Box::new(Host::new("nowhere", host.family.clone(), "http://127.0.0.1:1")),
        }),
        Effect::Diagnose(DiagnoseFx::Begin { job: job(), whom: Whom::Kept(ids[4].clone()) }),
        Effect::Diagnose(DiagnoseFx::Begin { job: job(), whom: Whom::Kept(CredentialId("nobody".to_owned())) }),
        Effect::Diagnose(DiagnoseFx::Begin { job: job(), whom: given(&host.name) }),
        Effect::Diagnose(DiagnoseFx::Begin { job: job(), whom: given("no such host") }),
        Effect::Diagnose(DiagnoseFx::Begin { job: job(), whom: told("HTTP/1.1 401 Unauthorized\n\n") }),
        Effect::Diagnose(DiagnoseFx::Begin { job: job(), whom: told("nonsense") }),
        Effect::Diagnose(DiagnoseFx::Export { job: job(), export: nowhere() }),
        Effect::Doctor(DoctorFx::Examine { job: job(), size: (80, 24), open: true, mend: false }),
        Effect::Doctor(DoctorFx::Examine { job: job(), size: (80, 24), open: true, mend: true }),
        Effect::Log(LogFx::Load { job: job(), limit: 10 }),
        Effect::Store(StoreFx::Unlock { job: job(), passphrase: SecretText::new("x".to_owned()), create: false }),
    ]
}

/// How often each job was closed when all work had ended.
async fn closings(worker: Worker, mut answers: UnboundedReceiver<Msg>) -> BTreeMap<u64, usize> {
    worker.ended().await;
    let mut count = HashMap::new();
    while let Some(msg) = answers.recv().await {
        if let Some(JobId(job)) = closes(&msg) {
            *count.entry(job).or_default() += 1;
        }
    }
    count.into_iter().collect()
}

#[test]
fn every_job_is_closed_once_whether_it_works_fails_is_cancelled_or_panics() {
    // The hook keeps the panics of the broken store off the output of the tests.
    hook_panics();
    for (broken, cancelled) in [(false, false), (false, true), (true, false), (true, true)] {
        let counted = runtime().block_on(async {
            let demo = if broken { broken_demo().await } else { demo().await };
            let effects = every_effect(&demo);
            let wanted: BTreeMap<u64, usize> = effects.iter().map(|e| (e.job().unwrap().0, 1)).collect();
            let (sender, answers) = unbounded_channel();
            let mut worker = Worker::new(Arc::new(Source::Demo(Box::new(demo))), Surroundings::default(), sender);
            for effect in effects {
                let job = effect.job().unwrap();
                worker.start(effect);
                if cancelled {
                    worker.start(Effect::Cancel(job));
                }
            }
            (closings(worker, answers).await, wanted)
        });
        assert_eq!(counted.0, counted.1, "broken: {broken}, cancelled: {cancelled}");
    }
}

#[test]
fn what_only_reads_is_dropped_at_the_end_and_checks_stop_but_keep_what_they_found() {
    runtime().block_on(async {
        let demo = demo_of(DemoSize { credentials: Some(400), delay: Duration::from_millis(100) }).await;
        let rack = demo.core.rack.clone();
        let ids = rack.credentials().unwrap().into_iter().map(|c| c.id).collect();
        // Takes the connection and never answers.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let host = Host::new("silent", FamilyId::new("github"), url);
        let (sender, mut answers) = unbounded_channel();
        let mut worker = Worker::new(Arc::new(Source::Demo(Box::new(demo))), Surroundings::default(), sender);
        worker.start(Effect::Hosts(HostFx::Test { job: JobId(1), host: Box::new(host) }));
        worker.start(Effect::Check { job: JobId(2), ids, no_brake: true });
        let (mut found, mut closed) = (0, Vec::new());
        while found == 0 {
            found += usize::from(matches!(answers.recv().await.unwrap(), Msg::Check(CheckMsg::Checked { .. })));
        }
        worker.finish().await;
        drop(worker);
        while let Some(msg) = answers.recv().await {
            found += usize::from(matches!(msg, Msg::Check(CheckMsg::Checked { .. })));
            closed.extend(closes(&msg));
        }
        assert_eq!(closed, [JobId(2)], "the check told its end, the test of the host was dropped");
        assert!(found < 400, "the check was cut short");
        assert_eq!(rack.standings().unwrap().len(), found, "what was found until then is kept");
    });
}
