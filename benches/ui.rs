//! What the interface costs: the first frame, a frame among many credentials, a key press, and filtering as one types.
//!
//! Budgets: a key to its frame under 8 ms at 10,000 credentials with checks in flight; filtering
//! 100,000 labels under 10 ms per key; a frame must not grow with the number of credentials.

use crossterm::event::{KeyCode, KeyEvent};
use divan::{Bencher, black_box};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keyrack::config::keymap::{DEFAULT, Keymap};
use keyrack::config::theme::{DARK, Theme};
use keyrack::domain::{
    Binding, Credential, CredentialId, Expiry, FamilyId, Host, HostId, Kind, SecretState, Standing, StoreKind,
    Validation, Verdict,
};
use keyrack::ui::effect::Effect;
use keyrack::ui::msg::{CheckMsg, JobId, Msg, RackData, RackMsg};
use keyrack::ui::rows::Rows;
use keyrack::ui::{self, Model, Setup};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn main() {
    divan::main();
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_435_200).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn data(credentials: usize) -> RackData {
    let hosts: Vec<Host> = (0..50)
        .map(|n| Host {
            id: HostId(n + 1),
            ..Host::new(format!("git{n}.acme.example"), FamilyId::new("gitlab"), format!("https://git{n}.acme.example"))
        })
        .collect();
    let team = ["prod", "staging", "release", "mirror", "backup", "deploy", "nightly"];
    let mut data = RackData { hosts, ..RackData::default() };
    for n in 0..credentials {
        let id = CredentialId(format!("00000000-0000-4000-8000-{n:012}"));
        let host = HostId(i64::try_from(n % 50).unwrap_or(0) + 1);
        data.standings.push(Standing {
            credential: id.clone(),
            host,
            verdict: Verdict::ALL[n % Verdict::ALL.len()],
            reason: "GET /api/v4/personal_access_tokens/self".to_owned(),
            checked_at: now(),
            real: None,
            login: Some(format!("ghuser{}", n % 977)),
        });
        data.credentials.push(Credential {
            id,
            label: format!("{}-{}-{n}", team[n % 7], team[n / 7 % 7]),
            family: FamilyId::new("gitlab"),
            kind: Kind::Pat,
            username: None,
            owner: None,
            expiry: Expiry::Unknown,
            expiry_by_user: false,
            added_at: now(),
            tags: vec![team[n / 3 % 7].to_owned()],
            note: String::new(),
            profiles: Vec::new(),
            bindings: vec![Binding::new(host, None)],
            store: StoreKind::Memory,
            secret: SecretState::Present,
            hint: "…x7Qa".to_owned(),
            fingerprint: String::new(),
        });
    }
    data
}

fn model(credentials: usize) -> Model {
    let mut model = Model::new(setup());
    ui::update(&mut model, Msg::Start);
    let loaded = RackMsg::Loaded { job: JobId(1), result: Ok(Box::new(data(credentials))) };
    ui::update(&mut model, Msg::Rack(loaded));
    model
}

fn key(model: &mut Model, c: char) -> Vec<Effect> {
    Msg::key(KeyEvent::from(KeyCode::Char(c))).map(|msg| ui::update(model, msg)).unwrap_or_default()
}

fn terminal() -> Terminal<TestBackend> {
    Terminal::new(TestBackend::new(120, 40)).unwrap_or_else(|e| match e {})
}

#[divan::bench(args = [10, 1_000, 10_000])]
fn from_loaded_data_to_first_frame(bencher: Bencher, credentials: usize) {
    bencher.with_inputs(|| (Model::new(setup()), data(credentials), terminal())).bench_local_values(
        |(mut model, data, mut terminal)| {
            ui::update(&mut model, Msg::Start);
            let loaded = RackMsg::Loaded { job: JobId(1), result: Ok(Box::new(data)) };
            ui::update(&mut model, Msg::Rack(loaded));
            let _ = terminal.draw(|frame| ui::view(&model, frame));
            (model, terminal)
        },
    );
}

#[divan::bench(args = [10, 1_000, 10_000])]
fn frame(bencher: Bencher, credentials: usize) {
    let model = model(credentials);
    let mut terminal = terminal();
    bencher.bench_local(|| {
        let _ = terminal.draw(|frame| ui::view(&model, frame));
    });
}

#[divan::bench(args = [10, 1_000, 10_000])]
fn key_and_result_to_frame_while_checking(bencher: Bencher, credentials: usize) {
    let mut model = model(credentials);
    let job = key(&mut model, 'C').iter().find_map(Effect::job).unwrap_or(JobId(0));
    let mut terminal = terminal();
    let mut n = 0;
    bencher.bench_local(|| {
        n = (n + 1) % credentials;
        let checked = CheckMsg::Checked {
            job,
            credential: CredentialId(format!("00000000-0000-4000-8000-{n:012}")),
            host: HostId(i64::try_from(n % 50).unwrap_or(0) + 1),
            validation: Box::new(Validation::new(Verdict::Valid, "accepted", now())),
        };
        ui::update(&mut model, Msg::Check(checked));
        black_box(key(&mut model, if n % 2 == 0 { 'j' } else { 'k' }));
        let _ = terminal.draw(|frame| ui::view(&model, frame));
    });
}

/// Each key of the query on top of the one before, as it is typed.
#[divan::bench(args = ["g", "gi", "git", "prod", "ghuser42", "prod 3 user99", "zzz"], sample_count = 10, sample_size = 1)]
fn last_key_of_a_filter_over_100_000(bencher: Bencher, query: &str) {
    let mut rows = Rows::new(14);
    rows.load(data(100_000), now());
    let before: String = query.chars().take(query.chars().count() - 1).collect();
    bencher
        .with_inputs(|| {
            let mut rows = rows.clone();
            rows.set_filter(&before);
            rows
        })
        .bench_local_values(|mut rows| {
            rows.set_filter(query);
            rows
        });
}

fn setup() -> Setup {
    Setup {
        now: now(),
        size: (120, 40),
        keymap: Keymap::load(DEFAULT, None).unwrap_or_else(|_| std::process::abort()),
        theme: Theme::load(DARK).unwrap_or_else(|_| std::process::abort()),
        no_colour: false,
        zone: TimeZone::UTC,
        families: Vec::new(),
        warn_days: 14,
        settings: Vec::new(),
        demo: false,
    }
}
