//! The add wizard: the way through, every refusal, going back, leaving.

use keyrack::domain::{
    Candidate, Checksum, CredentialId, Draft, Expiry, FamilyId, Finding, Grant, HostChoice, HostId, Identified,
    Identity, Kind, Owner, Severity, Validation, Verdict,
};
use keyrack::error::{Error, ErrorKind};
use keyrack::secret::{Secret, SecretText};
use keyrack::ui::effect::{AddFx, Effect};
use keyrack::ui::msg::{AddMsg, Msg};

use crate::harness::{FAKE, Ui, days, fixture, now};
use crate::snapshot;

fn candidate(family: &str, kind: Kind, certain: bool) -> Candidate {
    Candidate { family: FamilyId::new(family), kind, certain, carries: Vec::new(), checksum: Checksum::None }
}

fn identified(candidates: Vec<Candidate>) -> Identified {
    Identified {
        secret: Secret::token(FAKE.into()),
        username: None,
        url: None,
        notes: Vec::new(),
        warnings: Vec::new(),
        candidates,
        duplicate: None,
    }
}

fn github() -> Identified {
    let mut found = identified(vec![candidate("github", Kind::ClassicPat, true)]);
    found.candidates[0].checksum = Checksum::Ok;
    found.notes.push("quotes around it were left out".to_owned());
    found
}

fn accepted() -> Validation {
    let mut found = Validation::new(Verdict::Valid, "accepted by GET /user", now());
    found.identity = Some(Identity {
        id: "1".to_owned(),
        login: "octo-bot".to_owned(),
        name: "Octo".to_owned(),
        kind: "bot".to_owned(),
    });
    found.expiry = Expiry::At(days(61));
    found.grants = vec![Grant::told("repo"), Grant::told("read:org")];
    found
}

trait Wizard {
    fn recognised(&mut self, found: Identified) -> &mut Self;
    fn answered(&mut self, result: Result<Vec<(String, Validation)>, Error>) -> &mut Self;
    fn draft(&mut self) -> Draft;
}

impl Wizard for Ui {
    /// Pastes and answers with what it is.
    fn recognised(&mut self, found: Identified) -> &mut Self {
        self.keys("a").paste(FAKE);
        let job = self.job();
        self.send(Msg::Add(AddMsg::Identified { job, result: Ok(Box::new(found)) }))
    }

    /// Answers the check of the draft.
    fn answered(&mut self, result: Result<Vec<(String, Validation)>, Error>) -> &mut Self {
        let job = self.job();
        self.send(Msg::Add(AddMsg::Checked { job, result }))
    }

    /// The draft of the last check.
    fn draft(&mut self) -> Draft {
        let draft = self.take().into_iter().rev().find_map(|e| match e {
            Effect::Add(AddFx::Check { draft, .. }) => Some(*draft),
            _ => None,
        });
        draft.expect("no draft was checked")
    }
}

/// The wizard at the details of a GitHub token, with the profiles that are shipped.
fn with_profiles() -> Ui {
    let mut data = crate::harness::fixture();
    data.profiles = keyrack::config::profiles::shipped();
    let mut ui = Ui::with((80, 24), data);
    ui.recognised(github());
    ui
}

#[test]
fn paste_is_asked_for() {
    snapshot!(Ui::new().keys("aNotAToken"));
}

#[test]
fn from_paste_to_the_rack() {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("a").paste(FAKE);
    let job = ui.job();
    assert_eq!(ui.take(), [Effect::Add(AddFx::Identify { job, text: FAKE.into() })]);
    ui.sees("recognising it, offline");
    ui.send(Msg::Add(AddMsg::Identified { job, result: Ok(Box::new(github())) }));
    snapshot!("details", ui);
    ui.keys("deploy-key<enter>").sees("asking the host whether it works");
    ui.answered(Ok(vec![("github.com".to_owned(), accepted())]));
    snapshot!("checked", ui);
    let draft = ui.draft();
    assert_eq!((draft.label.as_str(), draft.kind), ("deploy-key", None));
    assert_eq!(draft.hosts, [HostChoice::Known { host: HostId(1), role: None }], "the only GitHub host is proposed");
    assert_eq!(draft.secret, Secret::token(FAKE.into()));
    ui.keys("<enter>").sees("putting it on the rack");
    let job = ui.job();
    let checked = vec![("github.com".to_owned(), accepted())];
    assert_eq!(ui.take(), [Effect::Add(AddFx::Keep { job, draft: Box::new(draft), checked })]);
    ui.send(Msg::Add(AddMsg::Kept { job, result: Ok(CredentialId("9".to_owned())) }));
    let mut data = fixture();
    data.credentials.push(crate::harness::credential("9", "deploy-key", "github", Kind::ClassicPat, &[1]));
    ui.load(data).sees("deploy-key is on the rack");
    assert_eq!(ui.under_cursor(), "deploy-key");
}

#[test]
fn a_paste_on_the_rack_opens_the_wizard() {
    let mut ui = Ui::new();
    ui.take();
    ui.paste(FAKE).sees("Add a credential");
    assert!(matches!(&ui.take()[..], [Effect::Add(AddFx::Identify { text, .. })] if text.reveal() == FAKE));
}

#[test]
fn everything_that_was_entered_is_in_the_draft() {
    let mut ui = Ui::new();
    let mut found = identified(vec![candidate("codecommit", Kind::AccessKey, true)]);
    found.username = Some("AKIAIOSFODNN7EXAMPLE".to_owned());
    ui.recognised(found);
    ui.keys(
        "aws<tab><tab>https://git-codecommit.eu-central-1.amazonaws.com=source, gitlab.acme.dev<tab><tab>session-part",
    );
    ui.keys("<tab>90d<tab><space><space><tab>x, y<tab>for the pipeline<enter>");
    let draft = ui.draft();
    let new = HostChoice::New {
        url: "https://git-codecommit.eu-central-1.amazonaws.com".to_owned(),
        family: Some(FamilyId::new("codecommit")),
        role: Some("source".to_owned()),
    };
    assert_eq!(draft.hosts, [new, HostChoice::Known { host: HostId(3), role: None }]);
    assert_eq!(draft.username.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(draft.secret.session, Some(SecretText::from("session-part")));
    assert_eq!(draft.expires, Some(days(90)));
    assert_eq!(draft.owner, Some(Owner::Service));
    assert_eq!(draft.tags, ["x", "y"]);
    assert_eq!(draft.note, "for the pipeline");
    ui.sees_not("session-part");
}

#[test]
fn a_duplicate_is_refused_and_can_be_shown() {
    let mut ui = Ui::new();
    let mut found = github();
    found.duplicate = Some("jira-sync".to_owned());
    ui.recognised(found);
    snapshot!(ui);
    ui.keys("<enter>");
    assert_eq!(ui.under_cursor(), "jira-sync");
}

#[test]
fn after_a_duplicate_another_can_be_pasted() {
    let mut ui = Ui::new();
    let mut found = github();
    found.duplicate = Some("jira-sync".to_owned());
    ui.recognised(found).keys("<esc>").sees("Paste a token");
}

#[test]
fn an_unknown_token_asks_for_a_host() {
    let mut ui = Ui::new();
    ui.recognised(identified(vec![]));
    snapshot!(ui);
    ui.keys("mystery<enter>").sees("say where it is used");
    ui.keys("nowhere<enter>").sees("there is no host nowhere");
    ui.keys("<ctrl-u>git.acme.dev<enter>");
    let draft = ui.draft();
    assert_eq!(draft.hosts, [HostChoice::New { url: "git.acme.dev".to_owned(), family: None, role: None }]);
    assert_eq!(draft.kind, None);
}

#[test]
fn the_kind_can_be_chosen_and_the_proposed_host_follows() {
    let mut ui = Ui::new();
    let both = vec![candidate("github", Kind::ClassicPat, false), candidate("gitlab", Kind::Pat, false)];
    ui.recognised(identified(both)).sees("? may be GitHub").sees("or GitLab").sees("github.com");
    ui.keys("x<tab><space>").sees("gitlab.acme.dev").keys("<enter>");
    let draft = ui.draft();
    assert_eq!(draft.kind, Some(Kind::Pat));
    assert_eq!(draft.hosts, [HostChoice::Known { host: HostId(3), role: None }]);
}

#[test]
fn suggestions_fill_in_hosts() {
    let mut ui = Ui::new();
    ui.recognised(identified(vec![candidate("jira-cloud", Kind::ApiToken, true)]));
    ui.keys("x<tab><tab><ctrl-n>").sees("acme.atlassian.net").keys(", <ctrl-n><ctrl-n><tab>ana@acme.example<enter>");
    let hosts = ui.draft().hosts;
    assert_eq!(hosts, [2, 4].map(|id| HostChoice::Known { host: HostId(id), role: None }));
}

#[test]
fn what_the_kind_needs_is_asked() {
    let mut ui = Ui::new();
    ui.recognised(identified(vec![candidate("jira-cloud", Kind::ApiToken, true)]));
    ui.keys("x<tab><tab>acme.atlassian.net<enter>").sees("this kind needs the e-mail address of the account");
}

#[test]
fn the_jobs_of_a_kind_are_offered_and_go_into_the_draft() {
    let mut ui = with_profiles();
    // Label, kind, host, user name, expires, owner, tags, note, profiles.
    ui.keys("x<tab><tab><tab><tab><tab><tab><tab><tab>").sees("git-integration-for-jira ·");
    ui.keys("<down>, <down><down><enter>");
    let draft = ui.draft();
    assert_eq!(draft.profiles.len(), 2, "{:?}", draft.profiles);
    assert_ne!(draft.profiles[0], draft.profiles[1]);
}

#[test]
fn another_kind_offers_other_jobs_and_keeps_what_was_chosen() {
    let mut ui = with_profiles();
    ui.keys("x<tab><tab><tab><tab><tab><tab><tab><tab>git-read, ").sees("git-integration-for-jira ·");
    // On to the kind, and to that of Jira.
    ui.keys("<tab><tab><right><right><right><tab><tab><tab><tab><tab><tab><tab>");
    ui.sees_not("git-integration-for-jira ·").sees("configuration-manager-cloud").sees("git-read,");
}

#[test]
fn no_job_at_all_is_a_draft_too_and_blanks_are_none() {
    let mut ui = with_profiles();
    ui.keys("x<tab><tab><tab><tab><tab><tab><tab><tab> , ,<enter>");
    assert_eq!(ui.draft().profiles, Vec::<String>::new());
}

#[test]
fn a_label_that_is_taken_is_refused() {
    let mut ui = Ui::new();
    ui.recognised(github()).keys("<enter>").sees("give it a label");
    ui.keys("ci-release<enter>").sees("another credential on the rack has this label");
}

#[test]
fn a_checksum_that_does_not_fit_is_a_warning() {
    let mut ui = Ui::new();
    let mut found = github();
    found.candidates[0].checksum = Checksum::Mismatch;
    found.candidates[0].certain = false;
    found.warnings.push("its checksum does not fit: it may have been cut or mistyped".to_owned());
    ui.recognised(found).sees("! its checksum does not fit");
    ui.keys("x<enter>").draft();
}

#[test]
fn rejected_by_the_host_it_can_be_kept_knowingly() {
    let mut ui = Ui::new();
    ui.recognised(github()).keys("dead<enter>");
    let mut found = Validation::new(Verdict::Rejected, "refused by GET /user", now());
    found.findings = vec![Finding {
        code: "github.bad-credentials".to_owned(),
        title: "Bad credentials".to_owned(),
        cause: "The token is wrong, expired or was deleted; GitHub does not say which.".to_owned(),
        remedy: "Make a new one at https://github.com/settings/tokens.".to_owned(),
        link: String::new(),
        severity: Severity::Error,
    }];
    ui.answered(Ok(vec![("github.com".to_owned(), found)]));
    snapshot!(ui);
    ui.take();
    ui.keys("<enter>").sees("not accepted everywhere: K keeps it anyway");
    assert_eq!(ui.take(), []);
    ui.keys("K");
    assert!(matches!(&ui.take()[..], [Effect::Add(AddFx::Keep { checked, .. })] if checked.len() == 1));
}

#[test]
fn an_unreachable_host_can_be_asked_again_or_left_for_later() {
    let mut ui = Ui::new();
    ui.recognised(github()).keys("later<enter>");
    let error = Error::new(ErrorKind::Unreachable, "github.com could not be reached").hint("check the proxy settings");
    ui.answered(Err(error)).sees("→ check the proxy settings").sees("Nothing was learned about it").take();
    ui.keys("c").sees("asking the host");
    assert_eq!(ui.draft().label, "later");
    let unreachable = Validation::new(Verdict::Unreachable, "the connection was refused", now());
    ui.keys("<esc><enter>")
        .answered(Ok(vec![("github.com".to_owned(), unreachable)]))
        .sees("Nothing was learned")
        .take();
    ui.keys("K");
    assert!(matches!(&ui.take()[..], [Effect::Add(AddFx::Keep { .. })]));
}

#[test]
fn going_back_keeps_what_was_typed() {
    let mut ui = Ui::new();
    ui.recognised(github()).keys("mine<tab><tab><tab><tab><tab><tab>t1<enter>");
    let job = ui.job();
    ui.take();
    ui.keys("<esc>");
    assert_eq!(ui.take(), [Effect::Cancel(job)]);
    ui.sees("mine").sees("t1");
    ui.send(Msg::Add(AddMsg::Checked { job, result: Ok(vec![]) })).sees("mine");
    ui.keys("<enter>").answered(Ok(vec![("github.com".to_owned(), accepted())])).keys("e").sees("mine").sees("t1");
}

#[test]
fn leaving_while_it_is_recognised_cancels() {
    let mut ui = Ui::new();
    ui.keys("a").paste(FAKE);
    let job = ui.job();
    ui.take();
    ui.keys("<esc>");
    assert_eq!(ui.take(), [Effect::Cancel(job)]);
    ui.send(Msg::Add(AddMsg::Identified { job, result: Ok(Box::new(github())) }));
    ui.sees("Paste a token").keys("<esc>").sees("┏ Rack");
}

#[test]
fn a_paste_that_cannot_be_understood_says_why() {
    let mut ui = Ui::new();
    ui.keys("a").sees("Paste a token").keys("<enter>").sees("paste the token here first");
    ui.paste("two\nlines");
    let (job, error) = (ui.job(), Error::usage("two lines that are no credential").hint("paste the token alone"));
    ui.send(Msg::Add(AddMsg::Identified { job, result: Err(error) }));
    ui.sees("two lines that are no credential. paste the token alone");
}

#[test]
fn a_failure_to_keep_it_leaves_everything_as_it_was() {
    let mut ui = Ui::new();
    ui.recognised(github()).keys("x<enter>").answered(Ok(vec![("github.com".to_owned(), accepted())])).keys("<enter>");
    let (job, error) = (ui.job(), Error::new(ErrorKind::Store, "the disk is full"));
    ui.send(Msg::Add(AddMsg::Kept { job, result: Err(error) })).sees("the disk is full").sees("Keep it as x?");
}

#[test]
fn a_locked_store_is_opened_on_the_way() {
    use keyrack::ui::msg::{Passphrase, StoreMsg};
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).recognised(github()).keys("x<enter>");
    ui.answered(Ok(vec![("github.com".to_owned(), accepted())])).take();
    ui.keys("<enter>").sees("Open the secret store").keys("<esc>").sees("Keep it as x?").keys("<enter>pw<enter>");
    let job = ui.job();
    ui.take();
    ui.send(Msg::Store(StoreMsg::Unlocked { job, result: Ok(()) }));
    assert!(matches!(&ui.take()[..], [Effect::Add(AddFx::Keep { .. })]));
}

/// Two GitHub hosts on the rack, one of them the public one.
fn two_hosts() -> Ui {
    let mut data = fixture();
    let mut own = crate::harness::host(7, "git.acme.example", "github", "https://git.acme.example");
    own.endpoints.insert("api".to_owned(), "https://api.acme.example/v3".to_owned());
    data.hosts.insert(0, own);
    let mut ui = Ui::with((100, 30), data);
    ui.take();
    ui
}

#[test]
fn of_several_hosts_the_public_one_is_proposed_and_arrows_take_another() {
    let mut ui = two_hosts();
    ui.recognised(github()).keys("k<tab><tab>").sees("Host       github.com").sees("Several are possible");
    ui.sees("git.acme.example · github.com");
    ui.keys("<down>").sees("Host       git.acme.example").keys("<up>").sees("Host       github.com");
    ui.keys("<ctrl-n>,<ctrl-n>").sees("git.acme.example, git.acme.example");
    ui.keys("<tab>").sees("▸ User name");
}

#[test]
fn the_public_host_is_proposed_though_it_is_not_on_the_rack() {
    let mut data = fixture();
    data.hosts = vec![
        crate::harness::host(7, "one", "github", "https://one.example"),
        crate::harness::host(8, "two", "github", "https://two.example"),
    ];
    let mut ui = Ui::with((100, 30), data);
    ui.recognised(github()).sees("Host       https://github.com");
    ui.keys("<tab><tab>").sees("one · two · https://github.com");
}

#[test]
fn the_host_named_in_the_paste_comes_before_all_others() {
    for (url, host) in [
        ("https://git.acme.example/acme/site.git", "git.acme.example"),
        ("https://api.acme.example/v3/user", "git.acme.example"),
        ("https://github.com/acme/site", "github.com"),
        ("https://git.acme.example.evil.example/x", "https://git.acme.example.evil.example/x"),
    ] {
        let mut found = github();
        found.url = Some(url.to_owned());
        let mut ui = two_hosts();
        ui.recognised(found).sees(&format!("Host       {host}\u{20}"));
    }
}

#[test]
fn an_id_with_its_secret_beside_it_is_not_called_half() {
    let mut found = identified(vec![candidate("codecommit", Kind::AccessKey, true)]);
    found.candidates[0].carries = vec![
        ("access key id".to_owned(), "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("part".to_owned(), "the id only, no secret: the other half is still needed".to_owned()),
    ];
    found.username = Some("AKIAIOSFODNN7EXAMPLE".to_owned());
    let mut ui = Ui::new();
    ui.recognised(found).sees("access key id: AKIAIOSFODNN7EXAMPLE").sees_not("other half");
}
