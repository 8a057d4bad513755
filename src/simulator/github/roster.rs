//! Who holds which token at the simulated hosts, and how fake tokens are made.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::domain::{Kind, Verdict};

/// How the date of the expiry header is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ends {
    Never,
    /// Days from today, as classic tokens have it.
    Classic(i64),
    /// Days from today, with a numeric offset in hours.
    Offset(i64, i8),
}

/// What a token meets.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    Good,
    /// Organisations left out of lists.
    PartialSso(&'static str),
    /// An organisation that wants single sign-on.
    RequiredSso(&'static str),
    /// Deleted long ago.
    Unknown,
    Suspended,
    IpAllowList(&'static str),
    RateLimited,
    /// A gateway answers in GitHub's place.
    Gateway,
}

pub(super) struct Holder {
    pub(super) label: &'static str,
    pub(super) kind: Kind,
    pub(super) token: String,
    pub(super) login: &'static str,
    pub(super) id: u64,
    /// GitHub's `type` of the account.
    pub(super) account: &'static str,
    /// None where GitHub sends no scope header.
    pub(super) scopes: Option<&'static str>,
    pub(super) ends: Ends,
    pub(super) state: State,
    pub(super) tags: &'static [&'static str],
    pub(super) note: &'static str,
    pub(super) expect: Verdict,
}

impl Ends {
    /// The header's value; always at the same time of day, so that it does not move while a demo runs.
    pub(super) fn header(self, now: Timestamp) -> Option<String> {
        let (days, hours) = match self {
            Self::Never => return None,
            Self::Classic(days) => (days, None),
            Self::Offset(days, hours) => (days, Some(hours)),
        };
        let offset = jiff::tz::offset(hours.unwrap_or(0));
        let day = now.to_zoned(TimeZone::UTC).date().checked_add(days.days()).ok()?;
        let moment = day.at(9, 30, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp();
        let shown = moment.to_zoned(TimeZone::fixed(offset));
        Some(match hours {
            None => shown.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            Some(_) => shown.strftime("%Y-%m-%d %H:%M:%S %z").to_string(),
        })
    }
}

/// A token of 30 characters of data and its checksum: CRC-32 in base 62, six digits.
pub(super) fn summed(prefix: &str, data: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32fast::hash(data.as_bytes());
    let mut check = [b'0'; 6];
    for digit in check.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    format!("{prefix}{data}{}", String::from_utf8_lossy(&check))
}

/// A fake token with 36 characters after its prefix.
fn fake(prefix: &str, name: &str) -> String {
    summed(prefix, &format!("{:0<30}", format!("KeyrackFake{name}")))
}

/// A fake fine-grained token.
fn fake_fine_grained(name: &str) -> String {
    summed("github_pat_", &format!("11KEYRACKFAKEEXAMPLE00_{:0<53}", format!("KeyrackFake{name}")))
}

/// A fake stateless installation token, of the length of real ones; none of its parts decodes to anything.
fn fake_stateless(name: &str) -> String {
    format!("ghs_4711_eyJKeyrackFake.{:0<400}.{:0<86}", format!("KeyrackFake{name}"), "NotASignature")
}

pub(super) fn dot_com_holders() -> Vec<Holder> {
    let base = || Holder {
        label: "",
        kind: Kind::ClassicPat,
        token: String::new(),
        login: "acme-bot",
        id: 4_100_000,
        account: "User",
        scopes: None,
        ends: Ends::Never,
        state: State::Good,
        tags: &[],
        note: "",
        expect: Verdict::Valid,
    };
    vec![
        Holder {
            label: "ci-release",
            token: fake("ghp_", "CiRelease"),
            scopes: Some("gist, read:org, repo, workflow"),
            ends: Ends::Classic(61),
            tags: &["ci", "prod"],
            note: "Tags and uploads releases",
            ..base()
        },
        Holder {
            label: "status-badge",
            token: fake("ghp_", "StatusBadge"),
            login: "mara-dev",
            id: 4_100_217,
            scopes: Some(""),
            tags: &["web"],
            note: "Reads public build states for the team page",
            ..base()
        },
        Holder {
            label: "nightly-mirror",
            token: fake("ghp_", "NightlyMirror"),
            scopes: Some("admin:repo_hook, repo"),
            ends: Ends::Classic(9),
            tags: &["mirror", "prod"],
            note: "Copies acme/platform to the disaster site",
            expect: Verdict::Expiring,
            ..base()
        },
        Holder {
            label: "docs-bot",
            kind: Kind::FineGrainedPat,
            token: fake_fine_grained("DocsBot"),
            login: "docs-bot",
            id: 4_100_310,
            ends: Ends::Offset(88, 2),
            tags: &["docs"],
            note: "Contents read and write on acme/handbook",
            ..base()
        },
        Holder {
            label: "ana-laptop",
            kind: Kind::OauthToken,
            token: fake("gho_", "AnaLaptop"),
            login: "ana-acme",
            id: 4_100_488,
            scopes: Some("gist, read:org, repo"),
            tags: &["people"],
            note: "Made by gh auth login",
            ..base()
        },
        Holder {
            label: "triage-app",
            kind: Kind::AppToken,
            token: fake("ghu_", "TriageApp"),
            login: "ana-acme",
            id: 4_100_488,
            tags: &["apps"],
            note: "User token of the issue triage app",
            ..base()
        },
        Holder {
            label: "platform-installation",
            kind: Kind::AppToken,
            token: fake_stateless("PlatformInstallation"),
            login: "acme",
            id: 77,
            account: "Organization",
            tags: &["apps", "prod"],
            note: "Installation of the deploy app",
            ..base()
        },
        Holder {
            label: "acme-owner",
            token: fake("ghp_", "AcmeOwner"),
            login: "ana-acme",
            id: 4_100_488,
            scopes: Some("admin:org, repo"),
            ends: Ends::Classic(75),
            tags: &["admin"],
            note: "Owner of acme: sees who authorised what for single sign-on",
            ..base()
        },
        Holder {
            label: "jira-link",
            token: fake("ghp_", "JiraLink"),
            scopes: Some("read:org, repo"),
            ends: Ends::Classic(140),
            state: State::PartialSso("21955855,20582480"),
            tags: &["jira"],
            note: "Git Integration for Jira",
            expect: Verdict::Limited,
            ..base()
        },
        Holder {
            label: "payments-audit",
            token: fake("ghp_", "PaymentsAudit"),
            login: "mara-dev",
            id: 4_100_217,
            scopes: Some("repo"),
            ends: Ends::Classic(33),
            state: State::RequiredSso("acme-payments"),
            tags: &["audit"],
            note: "Quarterly access review",
            expect: Verdict::Limited,
            ..base()
        },
        Holder {
            label: "retired-deploy",
            token: fake("ghp_", "RetiredDeploy"),
            state: State::Unknown,
            tags: &["prod"],
            note: "Replaced by the deploy app, never cleaned up",
            expect: Verdict::Rejected,
            ..base()
        },
        Holder {
            label: "branch-office",
            token: fake("ghp_", "BranchOffice"),
            scopes: Some("repo"),
            state: State::IpAllowList("acme-payments"),
            tags: &["office"],
            note: "Works from the office network alone",
            expect: Verdict::Blocked,
            ..base()
        },
        Holder {
            label: "bulk-import",
            token: fake("ghp_", "BulkImport"),
            scopes: Some("repo"),
            state: State::RateLimited,
            tags: &["migration"],
            note: "Imports 40,000 issues",
            expect: Verdict::Unreachable,
            ..base()
        },
    ]
}

pub(super) fn server_holders() -> Vec<Holder> {
    let base = || Holder {
        label: "",
        kind: Kind::ClassicPat,
        token: String::new(),
        login: "build",
        id: 12,
        account: "User",
        scopes: Some("repo"),
        ends: Ends::Never,
        state: State::Good,
        tags: &["internal"],
        note: "",
        expect: Verdict::Valid,
    };
    vec![
        Holder {
            label: "internal-build",
            token: fake("ghp_", "InternalBuild"),
            ends: Ends::Classic(200),
            tags: &["ci", "internal"],
            note: "Build farm, reads all repositories",
            ..base()
        },
        Holder {
            label: "site-admin",
            token: fake("ghp_", "SiteAdmin"),
            login: "ghe-admin",
            id: 1,
            scopes: Some("admin:org, repo, site_admin, user"),
            note: "Break-glass, sealed in the safe",
            ..base()
        },
        Holder {
            label: "left-company",
            token: fake("ghp_", "LeftCompany"),
            login: "tom-acme",
            id: 88,
            state: State::Suspended,
            note: "Tom's scripts",
            expect: Verdict::Blocked,
            ..base()
        },
        Holder {
            label: "lab-scanner",
            token: fake("ghp_", "LabScanner"),
            state: State::Gateway,
            tags: &["internal", "security"],
            note: "Runs behind the lab's gateway",
            expect: Verdict::Unreachable,
            ..base()
        },
    ]
}

/// A fine-grained token's access to the organisation acme, or a request for it.
pub(super) struct Waits {
    pub(super) id: u64,
    pub(super) owner: &'static str,
    pub(super) name: &'static str,
    pub(super) permissions: &'static [(&'static str, &'static str)],
    /// Days until it ends.
    pub(super) ends: Option<i64>,
    /// Of a request.
    pub(super) reason: &'static str,
}

/// What fine-grained tokens may do in acme.
pub(super) fn grants() -> Vec<Waits> {
    vec![
        Waits {
            id: 9_001,
            owner: "mara-dev",
            name: "ci-bot",
            permissions: &[("metadata", "read"), ("contents", "write")],
            ends: Some(39),
            reason: "",
        },
        Waits {
            id: 9_002,
            owner: "docs-bot",
            name: "docs-bot",
            permissions: &[("metadata", "read"), ("contents", "write")],
            ends: Some(88),
            reason: "",
        },
        Waits {
            id: 9_003,
            owner: "ana-acme",
            name: "old laptop",
            permissions: &[("metadata", "read"), ("administration", "write")],
            ends: Some(-30),
            reason: "",
        },
        Waits {
            id: 9_004,
            owner: "tom-acme",
            name: "backup",
            permissions: &[("metadata", "read"), ("contents", "read")],
            ends: None,
            reason: "",
        },
    ]
}

/// What waits for an owner of acme.
pub(super) fn requests() -> Vec<Waits> {
    vec![Waits {
        id: 71,
        owner: "mara-dev",
        name: "preview builds",
        permissions: &[("metadata", "read"), ("pull_requests", "write")],
        ends: Some(90),
        reason: "comments the address of the preview",
    }]
}
