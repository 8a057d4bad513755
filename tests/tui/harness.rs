//! A model with fixture data at a fixed moment, keys in keymap notation, and the screen as text.

use std::sync::LazyLock;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use keyrack::config::Chord;
use keyrack::config::keymap::{DEFAULT, Keymap};
use keyrack::config::theme::{DARK, Theme};
use keyrack::domain::{
    Binding, Credential, CredentialId, Evidence, Expiry, FamilyId, Grant, Host, HostId, Identity, Kind, Profiles,
    SecretState, Standing, StoreKind, Validation, Verdict,
};
use keyrack::hosts::facts::Facts;
use keyrack::ui::effect::{Effect, RackFx};
use keyrack::ui::msg::{CheckMsg, JobId, Msg, Passphrase, RackData, RackMsg, StoreMsg, StoreState};
use keyrack::ui::{self, Model, Setup};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// A token that is none, and must never be seen.
pub const FAKE: &str = "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";

/// The moment of every test.
pub fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// A moment before [`now`].
pub fn ago(minutes: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_mins(minutes)).unwrap()
}

/// A moment after [`now`].
pub fn days(days: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

const GITHUB: &str = r#"
id = "github"
name = "GitHub"
about = "github.com"
docs = "https://docs.github.com"
default_url = "https://github.com"
url_example = "https://github.com"
verbs = { validate = "at-host", identity = "at-host", grants = "at-host", expiry = "at-host", inventory = "at-host", create = "at-host", rotate = "guided", revoke = "at-host", git = "none" }
endpoints = []
findings = []
[[kinds]]
kind = "classic-pat"
name = "Personal access token (classic)"
revoke = "at-host"
page = "{web}/settings/tokens"
revoke_steps = ["Delete it."]
[[kinds]]
kind = "fine-grained-pat"
name = "Fine-grained PAT"
revoke = "at-host"
page = "{web}/settings/tokens"
revoke_steps = ["Delete it."]
"#;

const GITLAB: &str = r#"
id = "gitlab"
name = "GitLab"
about = "gitlab.com and self-managed"
docs = "https://docs.gitlab.com"
default_url = "https://gitlab.com"
url_example = "https://gitlab.example.com"
verbs = { validate = "at-host", identity = "at-host", grants = "at-host", expiry = "at-host", inventory = "at-host", create = "at-host", rotate = "guided", revoke = "at-host", git = "none" }
endpoints = []
findings = []
[[kinds]]
kind = "pat"
name = "Personal access token"
revoke = "at-host"
page = "{web}/-/user_settings/personal_access_tokens"
revoke_steps = ["Revoke it."]
"#;

const JIRA: &str = r#"
id = "jira-cloud"
name = "Jira Cloud"
about = "Jira and Confluence Cloud"
docs = "https://support.atlassian.com"
default_url = ""
url_example = "https://NAME.atlassian.net"
verbs = { validate = "at-host", identity = "at-host", grants = "at-host", expiry = "asked", inventory = "at-host", create = "at-host", rotate = "guided", revoke = "guided", git = "none" }
endpoints = []
findings = []
[[kinds]]
kind = "api-token"
name = "API token"
username = "e-mail address of the account"
revoke = "guided"
page = "https://id.atlassian.com/manage-profile/security/api-tokens"
revoke_steps = ["Open the page.", "Revoke the token."]
"#;

const CODECOMMIT: &str = r#"
id = "codecommit"
name = "AWS CodeCommit"
about = "IAM access keys"
docs = "https://docs.aws.amazon.com"
default_url = ""
url_example = "https://git-codecommit.eu-central-1.amazonaws.com"
verbs = { validate = "at-host", identity = "at-host", grants = "at-host", expiry = "asked", inventory = "at-host", create = "at-host", rotate = "guided", revoke = "at-host", git = "none" }
endpoints = []
findings = []
[[kinds]]
kind = "access-key"
name = "Access key"
username = "access key id"
second = "session token"
revoke = "at-host"
page = "https://console.aws.amazon.com/iam"
revoke_steps = ["Deactivate, then delete it."]
"#;

fn families() -> Vec<&'static Facts> {
    static FACTS: LazyLock<Vec<Facts>> =
        LazyLock::new(|| [GITHUB, GITLAB, JIRA, CODECOMMIT].iter().map(|t| toml::from_str(t).unwrap()).collect());
    FACTS.iter().collect()
}

/// Drives one model.
pub struct Ui {
    pub model: Model,
    /// Everything the model asked for since it was last taken.
    pub effects: Vec<Effect>,
    size: (u16, u16),
}

impl Ui {
    /// Before the first message.
    pub fn bare(size: (u16, u16), no_colour: bool) -> Self {
        Self::built(size, no_colour, Keymap::load(DEFAULT, None).unwrap(), false)
    }

    /// The fixture rack, shown as a demo.
    pub fn demo() -> Self {
        let mut ui = Self::built((80, 24), false, Keymap::load(DEFAULT, None).unwrap(), true);
        ui.send(Msg::Start).load(fixture());
        ui
    }

    /// With a user's keys.
    pub fn with_keymap(size: (u16, u16), data: RackData, keymap: Keymap) -> Self {
        let mut ui = Self::built(size, false, keymap, false);
        ui.send(Msg::Start).load(data);
        ui
    }

    fn built(size: (u16, u16), no_colour: bool, keymap: Keymap, demo: bool) -> Self {
        let setup = Setup {
            now: now(),
            size,
            keymap,
            theme: Theme::load(DARK).unwrap(),
            no_colour,
            zone: TimeZone::UTC,
            families: families(),
            warn_days: 14,
            settings: vec![("Rack".to_owned(), "/home/ana/.local/share/keyrack/rack.db".to_owned())],
            demo,
        };
        Self { model: Model::new(setup), effects: Vec::new(), size }
    }

    /// With that rack loaded and an open keyring.
    pub fn with(size: (u16, u16), data: RackData) -> Self {
        let mut ui = Self::bare(size, false);
        ui.store(Passphrase::None);
        ui.send(Msg::Start);
        ui.load(data);
        ui
    }

    /// With the fixture rack at 80x24.
    pub fn new() -> Self {
        Self::with((80, 24), fixture())
    }

    /// With the fixture rack at 120x40.
    pub fn wide() -> Self {
        let mut ui = Self::with((120, 40), fixture());
        ui.answer_detail();
        ui
    }

    pub fn send(&mut self, msg: Msg) -> &mut Self {
        let effects = ui::update(&mut self.model, msg);
        self.effects.extend(effects);
        self
    }

    /// Presses keys: `jj<space>c`, `/prod<enter>`, `<ctrl-c>`.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let name = rest.strip_prefix('<').and_then(|r| r.split_once('>')).filter(|(name, _)| !name.is_empty());
            let (chord, tail) = match name {
                Some((name, tail)) => (name.parse::<Chord>().unwrap(), tail),
                None => (Chord::plain(KeyCode::Char(c)), &rest[c.len_utf8()..]),
            };
            rest = tail;
            self.send(Msg::key(KeyEvent::new(chord.code, chord.modifiers)).unwrap());
        }
        self
    }

    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.send(Msg::Paste(text.into()))
    }

    pub fn click(&mut self, column: u16, row: u16) -> &mut Self {
        let kind = MouseEventKind::Down(MouseButton::Left);
        self.send(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    }

    pub fn wheel(&mut self, down: bool) -> &mut Self {
        let kind = if down { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
        self.send(Msg::Mouse(MouseEvent { kind, column: 5, row: 5, modifiers: KeyModifiers::NONE }))
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.size = (width, height);
        self.send(Msg::Resize(width, height))
    }

    pub fn tick(&mut self, seconds: i64) -> &mut Self {
        self.send(Msg::Tick(now().checked_add(SignedDuration::from_secs(seconds)).unwrap()))
    }

    /// The effects since the last call.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The job of the last effect that began one.
    #[track_caller]
    pub fn job(&self) -> JobId {
        self.effects.iter().rev().find_map(Effect::job).expect("no effect began a job")
    }

    pub fn store(&mut self, passphrase: Passphrase) -> &mut Self {
        let (kind, reason) = match passphrase {
            Passphrase::None => (StoreKind::Keyring, "the Secret Service answers"),
            _ => (StoreKind::File, "no Secret Service answers here, so secrets are kept in encrypted files"),
        };
        self.send(Msg::Store(StoreMsg::State(StoreState { kind, reason: reason.to_owned(), passphrase })))
    }

    /// Answers the last `Load`.
    pub fn load(&mut self, data: RackData) -> &mut Self {
        let job = self.effects.iter().rev().find_map(|e| match e {
            Effect::Rack(RackFx::Load { job }) => Some(*job),
            _ => None,
        });
        let job = job.expect("nothing asked for the rack");
        self.send(Msg::Rack(RackMsg::Loaded { job, result: Ok(Box::new(data)) }))
    }

    /// Answers the last `Detail` with two checks.
    pub fn answer_detail(&mut self) -> &mut Self {
        let (job, id) = self.last_detail().expect("nothing asked for a history");
        self.send(Msg::Rack(RackMsg::Detail { job, id, result: Ok(history()) }))
    }

    pub fn last_detail(&self) -> Option<(JobId, CredentialId)> {
        self.effects.iter().rev().find_map(|e| match e {
            Effect::Rack(RackFx::Detail { job, id }) => Some((*job, id.clone())),
            _ => None,
        })
    }

    /// One result of a check.
    pub fn checked(&mut self, job: JobId, id: &str, host: i64, verdict: Verdict) -> &mut Self {
        let validation = Box::new(Validation::new(verdict, "accepted by GET /user", now()));
        let credential = CredentialId(id.to_owned());
        self.send(Msg::Check(CheckMsg::Checked { job, credential, host: HostId(host), validation }))
    }

    pub fn check_done(&mut self, job: JobId) -> &mut Self {
        self.send(Msg::Check(CheckMsg::Done { job, result: Ok(()) }))
    }

    pub fn buffer(&self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        terminal.draw(|frame| ui::view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, trailing spaces cut.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..buffer.area.height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
    }

    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(text), "`{text}` is not on the screen:\n{screen}");
        self
    }

    #[track_caller]
    pub fn sees_not(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "`{text}` is on the screen:\n{screen}");
        self
    }

    /// Labels in the list, top to bottom.
    pub fn labels(&self) -> Vec<String> {
        let screen = self.screen();
        let is_row = |l: &&str| {
            let sign = l.chars().nth(4).map(String::from).unwrap_or_default();
            Verdict::ALL.iter().any(|v| v.symbol() == sign)
        };
        let rows = screen.lines().skip(3).filter(is_row);
        rows.filter_map(|l| l.chars().skip(6).collect::<String>().split_whitespace().next().map(str::to_owned))
            .collect()
    }

    /// Label under the cursor.
    pub fn under_cursor(&self) -> String {
        let screen = self.screen();
        let row = screen.lines().find(|l| l.contains('▸')).unwrap_or_default();
        let after = row.split('▸').nth(1).unwrap_or_default().trim_start_matches(' ').trim_start_matches('✓');
        after.split_whitespace().nth(1).unwrap_or_default().to_owned()
    }
}

/// Asserts that the screen is as it was when somebody last looked at it; a name tells several of one test apart.
#[macro_export]
macro_rules! snapshot {
    ($ui:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
            insta::assert_snapshot!($ui.screen());
        })
    };
    ($name:literal, $ui:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true, snapshot_suffix => $name }, {
            insta::assert_snapshot!($ui.screen());
        })
    };
}

pub fn credential(id: &str, label: &str, family: &str, kind: Kind, hosts: &[i64]) -> Credential {
    Credential {
        id: CredentialId(id.to_owned()),
        label: label.to_owned(),
        family: FamilyId::new(family),
        kind,
        username: None,
        owner: None,
        expiry: Expiry::Unknown,
        expiry_by_user: false,
        added_at: days(-60),
        tags: Vec::new(),
        note: String::new(),
        profiles: Vec::new(),
        bindings: hosts.iter().map(|h| Binding::new(HostId(*h), None)).collect(),
        store: StoreKind::Keyring,
        secret: SecretState::Present,
        hint: "…x7Qa".to_owned(),
        fingerprint: format!("fingerprint-{id}"),
    }
}

pub fn standing(id: &str, host: i64, verdict: Verdict, minutes: i64, login: &str) -> Standing {
    Standing {
        credential: CredentialId(id.to_owned()),
        host: HostId(host),
        verdict,
        reason: if verdict == Verdict::Unreachable { "the connection was refused" } else { "GET /user" }.to_owned(),
        checked_at: ago(minutes),
        real: if verdict.is_real() { Some((verdict, ago(minutes))) } else { Some((Verdict::Valid, ago(300))) },
        login: Some(login.to_owned()).filter(|l| !l.is_empty()),
    }
}

pub fn host(id: i64, name: &str, family: &str, url: &str) -> Host {
    Host { id: HostId(id), ..Host::new(name, FamilyId::new(family), url) }
}

/// A small rack with a credential of every colour.
pub fn fixture() -> RackData {
    let mut ci = credential("1", "ci-release", "github", Kind::FineGrainedPat, &[1]);
    ci.expiry = Expiry::At(days(61));
    ci.tags = vec!["prod".to_owned(), "release".to_owned()];
    ci.note = "Used by the release workflow.".to_owned();
    ci.hint = "github_pat_…x7Qa".to_owned();
    let mut jira = credential("2", "jira-sync", "jira-cloud", Kind::ApiToken, &[2, 4]);
    jira.expiry = Expiry::At(days(9));
    jira.expiry_by_user = true;
    jira.username = Some("ana@acme.example".to_owned());
    jira.bindings[0].role = Some("source".to_owned());
    jira.bindings[1].role = Some("target".to_owned());
    let mut old = credential("3", "old-deploy", "gitlab", Kind::Pat, &[3]);
    old.expiry = Expiry::At(days(-3));
    old.tags = vec!["prod".to_owned()];
    let wiki = credential("4", "wiki-bot", "jira-cloud", Kind::ApiToken, &[2]);
    let mut gone = credential("5", "gone", "github", Kind::ClassicPat, &[1]);
    gone.secret = SecretState::Destroyed;
    let lab = credential("6", "lab-runner", "gitlab", Kind::Pat, &[3]);
    RackData {
        profiles: Profiles::default(),
        hosts: vec![
            host(1, "github.com", "github", "https://github.com"),
            host(2, "acme.atlassian.net", "jira-cloud", "https://acme.atlassian.net"),
            host(3, "gitlab.acme.dev", "gitlab", "https://gitlab.acme.dev"),
            host(4, "beta.atlassian.net", "jira-cloud", "https://beta.atlassian.net"),
        ],
        credentials: vec![ci, jira, old, wiki, gone, lab],
        standings: vec![
            standing("1", 1, Verdict::Valid, 2, "octo-bot"),
            standing("2", 2, Verdict::Valid, 2, "ana"),
            standing("2", 4, Verdict::Valid, 2, "ana"),
            standing("3", 3, Verdict::Expired, 60, "deploy"),
            standing("5", 1, Verdict::Revoked, 900, "octo-bot"),
            standing("6", 3, Verdict::Unreachable, 1, "runner"),
        ],
    }
}

/// Two checks of `ci-release`, newest first.
pub fn history() -> Vec<(HostId, Validation)> {
    let mut newest = Validation::new(Verdict::Valid, "accepted by GET /user", ago(2));
    newest.identity = Some(Identity {
        id: "4100217".to_owned(),
        login: "octo-bot".to_owned(),
        name: "Octo".to_owned(),
        kind: "bot".to_owned(),
    });
    newest.grants = vec![Grant::told("contents:read"), Grant::told("metadata:read")];
    newest.evidence = vec![Evidence {
        request: "GET https://api.github.com/user".to_owned(),
        status: Some(200),
        ms: 84,
        detail: "github-authentication-token-expiration: 2027-01-23".to_owned(),
    }];
    let before = Validation::new(Verdict::Unreachable, "the name could not be resolved", ago(500));
    vec![(HostId(1), newest), (HostId(1), before)]
}
