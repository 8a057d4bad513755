//! Who holds which credential. Every secret is fake by construction, and well-formed: long tokens end in the CRC-32 of
//! what stands before it.

use serde_json::{Value, json};

use super::super::SimCredential;
use crate::domain::{Kind, Verdict};

/// Whole length of an Atlassian token, as most are.
const LENGTH: usize = 192;
/// Spare tokens that the site accepts.
const SPARES: usize = 1_000_000;

/// What sort of credential the host takes it for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Api,
    Repository,
    Project,
    Workspace,
    Oauth,
}

impl Sort {
    /// `X-Credential-Type`; what it says of OAuth tokens is not known, so nothing is said.
    pub(super) fn header(self) -> Option<&'static str> {
        match self {
            Self::Api => Some("api_token"),
            Self::Repository => Some("repo_access_token"),
            Self::Project => Some("project_access_token"),
            Self::Workspace => Some("workspace_access_token"),
            Self::Oauth => None,
        }
    }

    pub(super) fn is_access_token(self) -> bool {
        matches!(self, Self::Repository | Self::Project | Self::Workspace)
    }
}

/// What is special about a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Good,
    /// Revoked long ago, or of another product: the host does not know it.
    Unknown,
    /// Its time is over, and the host says so (OAuth).
    Expired,
    /// The workspace allows other networks only.
    IpBlocked,
    RateLimited,
    /// Something in front of the host answers.
    Gateway,
    /// Its account was closed and left the workspace.
    NoWorkspace,
    /// The account was deactivated.
    Inactive,
}

/// A credential as the host knows it.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    pub secret: String,
    pub sort: Sort,
    pub email: &'static str,
    pub username: &'static str,
    pub scopes: Vec<&'static str>,
    pub fate: Fate,
    /// What the account may do in the repository.
    pub permission: &'static str,
}

impl Holder {
    /// Old scopes include others, new ones do not.
    pub(super) fn holds(&self, scope: &str) -> bool {
        let includes = |held: &str| -> &'static [&'static str] {
            match held {
                "repository:write" => &["repository"],
                "pullrequest:write" => &["pullrequest", "repository:write", "repository"],
                "pullrequest" | "project" => &["repository"],
                "account" => &["email"],
                _ => &[],
            }
        };
        self.scopes.iter().any(|held| *held == scope || includes(held).contains(&scope))
    }

    pub(super) fn account_json(&self) -> Value {
        let status = if self.fate == Fate::Inactive { "inactive" } else { "active" };
        let number = self.username.bytes().fold(1_u32, |n, b| n.wrapping_mul(31).wrapping_add(u32::from(b)));
        json!({
            "type": "user", "uuid": format!("{{aaaaaaaa-1111-4222-8333-{number:012x}}}"),
            "account_id": format!("5f{number:022}"), "display_name": name(self.username), "nickname": self.username,
            "username": self.username, "account_status": status, "created_on": "2024-02-01T10:00:00.000000+00:00",
            "has_2fa_enabled": null, "is_staff": false,
        })
    }
}

fn name(username: &str) -> &'static str {
    match username {
        "devone" => "Dev One",
        "acme-ci" => "Acme CI",
        "mara" => "Mara Remote",
        _ => "Former Member",
    }
}

/// `ATATT3xFfGF0…` or `ATCTT3xFfGN0…` with a fitting end.
pub(super) fn long(prefix: &str, name: &str) -> String {
    let body = format!("{prefix}KEYRACK-FAKE-{name}-");
    let padded = format!("{body:_<width$}=", width = LENGTH - 9);
    format!("{padded}{:08X}", crc32fast::hash(padded.as_bytes()))
}

pub(super) fn api(name: &str) -> String {
    long("ATATT3xFfGF0", name)
}

pub(super) fn access(name: &str) -> String {
    long("ATCTT3xFfGN0", name)
}

fn api_token(name: &str, username: &'static str, email: &'static str, scopes: &[&'static str]) -> Holder {
    Holder {
        secret: api(name),
        sort: Sort::Api,
        email,
        username,
        scopes: scopes.to_vec(),
        fate: Fate::Good,
        permission: "write",
    }
}

fn access_token(sort: Sort, name: &str, scopes: &[&'static str]) -> Holder {
    Holder {
        secret: access(name),
        sort,
        email: "",
        username: "",
        scopes: scopes.to_vec(),
        fate: Fate::Good,
        permission: "write",
    }
}

const DEV: (&str, &str) = ("devone", "dev.one@acme.example");
const CI: (&str, &str) = ("acme-ci", "ci@acme.example");

/// Key and secret of the OAuth consumer, and what its tokens may do.
pub(super) const CONSUMER: (&str, &str) = ("KEYRACKFAKECONSUME", "KEYRACKFAKECONSUMERSECRET0000000");
pub(super) const CONSUMER_SCOPES: [&str; 3] = ["account", "repository:write", "pullrequest"];
/// The account that owns the consumer.
pub(super) const CONSUMER_OWNER: (&str, &str) = CI;

const WORK: &[&str] = &[
    "read:user:bitbucket",
    "read:workspace:bitbucket",
    "read:repository:bitbucket",
    "write:repository:bitbucket",
    "read:pullrequest:bitbucket",
];

/// Everything the host knows from the beginning, the same order as [`roster`] where both have it.
pub(super) fn holders() -> Vec<Holder> {
    let oauth = |secret: &str, fate| Holder {
        secret: secret.to_owned(),
        sort: Sort::Oauth,
        fate,
        ..api_token("", CI.0, CI.1, &["account", "repository"])
    };
    vec![
        api_token("DEV-LAPTOP", DEV.0, DEV.1, WORK),
        api_token("CI-CLONE", CI.0, CI.1, &["read:repository:bitbucket"]),
        access_token(Sort::Repository, "WEB-DEPLOY", &["repository:write", "pullrequest"]),
        access_token(Sort::Project, "PROJECT", &["repository", "project"]),
        access_token(Sort::Workspace, "WORKSPACE", &["account", "repository:write"]),
        api_token("BY-ACCOUNT-NAME", DEV.0, DEV.1, WORK),
        Holder { fate: Fate::IpBlocked, ..api_token("REMOTE", "mara", "mara@acme.example", WORK) },
        Holder { fate: Fate::Inactive, ..api_token("FORMER", "formerone", "former@acme.example", WORK) },
        Holder { fate: Fate::NoWorkspace, ..api_token("NO-WORKSPACE", "formerone", "former@acme.example", WORK) },
        Holder { permission: "read", ..api_token("READER", "readerone", "reader@acme.example", WORK) },
        Holder { fate: Fate::Unknown, ..api_token("REVOKED", DEV.0, DEV.1, WORK) },
        Holder { fate: Fate::Unknown, ..api_token("JIRA-ONLY", DEV.0, DEV.1, &[]) },
        Holder { fate: Fate::RateLimited, ..api_token("BUSY", CI.0, CI.1, WORK) },
        Holder { fate: Fate::Gateway, ..api_token("BEHIND-GATEWAY", CI.0, CI.1, WORK) },
        oauth("KEYRACK-FAKE-OAUTH-TOKEN-LIVE-0000000000000000", Fate::Good),
        oauth("KEYRACK-FAKE-OAUTH-TOKEN-ENDED-000000000000000", Fate::Expired),
    ]
}

/// The spare token of that text, if it is one.
pub(super) fn spare_holder(secret: &str) -> Option<Holder> {
    let number: usize = secret.split("SPARE-").nth(1)?.get(..6)?.parse().ok()?;
    let spare = spare_token(number);
    (spare == secret).then(|| Holder { secret: spare, ..api_token("", CI.0, CI.1, WORK) })
}

fn spare_token(number: usize) -> String {
    api(&format!("SPARE-{:06}", number % SPARES))
}

/// What the demo rack holds, the most telling first.
pub(super) fn roster() -> Vec<SimCredential> {
    let live = "KEYRACK-FAKE-OAUTH-TOKEN-LIVE-0000000000000000";
    let ended = "KEYRACK-FAKE-OAUTH-TOKEN-ENDED-000000000000000";
    let rows: Vec<(&str, Kind, &str, String, &str, &str, Verdict)> = vec![
        ("bitbucket-laptop", Kind::ScopedApiToken, DEV.1, api("DEV-LAPTOP"), "dev", "", Verdict::Valid),
        (
            "bitbucket-app-password",
            Kind::AppPassword,
            DEV.0,
            "ATBBKEYRACKFAKEAPPPASSWORD0000000000".to_owned(),
            "old",
            "app passwords are gone since 2026-07-28",
            Verdict::Revoked,
        ),
        (
            "bitbucket-account-name",
            Kind::ScopedApiToken,
            DEV.0,
            api("BY-ACCOUNT-NAME"),
            "dev",
            "kept with the account name instead of the e-mail address",
            Verdict::Unreachable,
        ),
        ("web-deploy", Kind::RepositoryToken, "", access("WEB-DEPLOY"), "ci", "", Verdict::Valid),
        ("acme-workspace", Kind::WorkspaceToken, "", access("WORKSPACE"), "ci", "", Verdict::Valid),
        ("acme-project-cloud", Kind::ProjectToken, "", access("PROJECT"), "ci", "", Verdict::Valid),
        (
            "bitbucket-clone",
            Kind::ScopedApiToken,
            CI.1,
            api("CI-CLONE"),
            "ci",
            "without read:user:bitbucket: nobody sees whose it is",
            Verdict::Valid,
        ),
        ("bitbucket-old", Kind::ScopedApiToken, DEV.1, api("REVOKED"), "old", "revoked on the page", Verdict::Rejected),
        (
            "bitbucket-remote",
            Kind::ScopedApiToken,
            "mara@acme.example",
            api("REMOTE"),
            "remote",
            "the workspace allows other networks only",
            Verdict::Blocked,
        ),
        (
            "bitbucket-former",
            Kind::ScopedApiToken,
            "former@acme.example",
            api("FORMER"),
            "old",
            "its account was deactivated",
            Verdict::Limited,
        ),
        (
            "jira-token-at-bitbucket",
            Kind::ApiToken,
            DEV.1,
            api("JIRA-ONLY"),
            "dev",
            "made without scopes, for Jira",
            Verdict::Unreachable,
        ),
        ("bitbucket-consumer", Kind::OauthClient, CONSUMER.0, CONSUMER.1.to_owned(), "app", "", Verdict::Valid),
        ("bitbucket-oauth", Kind::OauthToken, "", live.to_owned(), "app", "", Verdict::Valid),
        (
            "bitbucket-oauth-ended",
            Kind::OauthToken,
            "",
            ended.to_owned(),
            "app",
            "two hours are over",
            Verdict::Expired,
        ),
        ("bitbucket-reader", Kind::ScopedApiToken, "reader@acme.example", api("READER"), "dev", "", Verdict::Valid),
        (
            "bitbucket-left",
            Kind::ScopedApiToken,
            "former@acme.example",
            api("NO-WORKSPACE"),
            "old",
            "its account left the workspace",
            Verdict::Valid,
        ),
        ("bitbucket-busy", Kind::ScopedApiToken, CI.1, api("BUSY"), "ci", "over the rate limit", Verdict::Unreachable),
        (
            "bitbucket-gateway",
            Kind::ScopedApiToken,
            CI.1,
            api("BEHIND-GATEWAY"),
            "ci",
            "a gateway stands in front",
            Verdict::Unreachable,
        ),
    ];
    rows.into_iter()
        .map(|(label, kind, username, secret, tag, note, expect)| SimCredential {
            label: label.to_owned(),
            kind,
            username: Some(username).filter(|u| !u.is_empty()).map(str::to_owned),
            secret,
            tags: vec!["bitbucket".to_owned(), tag.to_owned()],
            note: note.to_owned(),
            expect,
        })
        .collect()
}

/// The `n`th further token.
pub(super) fn spare(n: usize) -> SimCredential {
    SimCredential {
        label: format!("bitbucket-cloud-spare-{n}"),
        kind: Kind::ScopedApiToken,
        username: Some(CI.1.to_owned()),
        secret: spare_token(n),
        tags: vec!["bitbucket".to_owned()],
        note: String::new(),
        expect: Verdict::Valid,
    }
}
