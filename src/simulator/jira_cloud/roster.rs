//! The credentials on the demo rack: every verdict that Atlassian Cloud can give, the most telling ones first.

use jiff::{SignedDuration, Timestamp};

use super::super::SimCredential;
use super::platform::{ACCOUNTS, TENANTS, TOKENS, Tenant, access_token, secret};
use crate::domain::{Kind, Verdict};

/// One row: label on the rack, token's name, kind, a tag, what to know of it, and what checking gives.
type Row = (&'static str, &'static str, Kind, &'static str, &'static str, Verdict);

const SOURCE: &[Row] = &[
    (
        "configuration-manager",
        "configuration-manager",
        Kind::ApiToken,
        "source",
        "site admin at both sites",
        Verdict::Valid,
    ),
    ("jira-reader", "jira-reader", Kind::ApiToken, "ci", "has scopes: works at the gateway only", Verdict::Valid),
    ("old-integration", "old-integration", Kind::ApiToken, "old", "revoked by its owner", Verdict::Rejected),
    ("deploy-bot", "deploy-bot", Kind::ServiceAccountToken, "ci", "a service account", Verdict::Valid),
    (
        "eva-laptop",
        "eva-laptop",
        Kind::ApiToken,
        "laptop",
        "too many failed log-ins: a CAPTCHA waits",
        Verdict::Blocked,
    ),
    ("org-admin", "org-admin", Kind::AdminKey, "admin", "lists and revokes tokens of managed accounts", Verdict::Valid),
    ("org-blind", "org-blind", Kind::AdminKey, "admin", "made without read:orgs:admin", Verdict::Limited),
    ("confluence-publisher", "confluence-publisher", Kind::ScopedApiToken, "wiki", "no scope of Jira", Verdict::Valid),
    ("wiki-writer", "wiki-writer", Kind::ApiToken, "wiki", "its account may not use Jira", Verdict::Valid),
    ("finn-hotel", "finn-hotel", Kind::ApiToken, "laptop", "outside the allowed networks", Verdict::Blocked),
    ("dan-partner", "dan-partner", Kind::ApiToken, "partner", "external users' tokens are blocked", Verdict::Blocked),
    ("last-year", "last-year", Kind::ApiToken, "old", "lived its 365 days", Verdict::Rejected),
    ("gus-script", "gus-script", Kind::ApiToken, "old", "its account was deactivated", Verdict::Rejected),
    ("org-list", "org-list", Kind::AdminKey, "admin", "with scopes: lists, and revokes nothing", Verdict::Valid),
];

const TARGET: &[Row] = &[
    (
        "configuration-target",
        "configuration-target",
        Kind::ApiToken,
        "target",
        "of the same administrator, made for this site",
        Verdict::Valid,
    ),
    ("ben-at-target", "ben-laptop", Kind::ApiToken, "target", "its account may not use this site", Verdict::Rejected),
];

/// Labels of the roster that are used at both sites, and what as at this one.
pub(super) fn shared(tenant: &Tenant) -> Vec<(String, String)> {
    let role = if tenant.cloud_id == TENANTS[0].cloud_id { "source" } else { "target" };
    vec![("configuration-manager".to_owned(), role.to_owned())]
}

/// The roster of a site.
pub(super) fn of(tenant: &Tenant, now: Timestamp) -> Vec<SimCredential> {
    let source = tenant.cloud_id == TENANTS[0].cloud_id;
    let rows = if source { SOURCE } else { TARGET };
    let mut all: Vec<SimCredential> = rows.iter().filter_map(known).collect();
    if source {
        let hours = |n| now.checked_add(SignedDuration::from_hours(n)).unwrap_or(now);
        let app = |label: &str, ends, note: &str, expect| {
            made(label, Kind::OauthToken, None, access_token(ends), note, expect)
        };
        let old = "KeyrackFakeTokenOld01a2b".to_owned();
        let ben = Some(ACCOUNTS[1].email);
        all.insert(2, app("app-session", hours(-2), "an OAuth access token that has ended", Verdict::Expired));
        all.push(app("app-session-new", hours(1), "an OAuth access token, good for an hour", Verdict::Expiring));
        all.push(made("script-2022", Kind::ApiToken, ben, old, "24 characters: of before 2023", Verdict::Rejected));
        let no_address = secret("ATATT3xFfGF0", "no-address");
        all.push(made(
            "no-address",
            Kind::ApiToken,
            None,
            no_address,
            "kept without its e-mail address",
            Verdict::Unreachable,
        ));
    }
    all
}

fn known(row: &Row) -> Option<SimCredential> {
    let (label, name, kind, tag, note, expect) = *row;
    let token = TOKENS.iter().find(|t| t.label == name)?;
    let username = (kind != Kind::AdminKey).then(|| token.account().email);
    let mut credential = made(label, kind, username, token.secret(), note, expect);
    credential.tags.push(tag.to_owned());
    Some(credential)
}

fn made(label: &str, kind: Kind, username: Option<&str>, secret: String, note: &str, expect: Verdict) -> SimCredential {
    SimCredential {
        label: label.to_owned(),
        kind,
        username: username.map(str::to_owned),
        secret,
        tags: vec!["atlassian".to_owned()],
        note: note.to_owned(),
        expect,
    }
}

/// The `n`th further token, of Ana's; each site has its own.
pub(super) fn spare(tenant: &Tenant, n: usize) -> SimCredential {
    let place = if tenant.cloud_id == TENANTS[0].cloud_id { "" } else { "test" };
    let text = secret("ATATT3xFfGF0", &format!("spare{place}{n}"));
    made(&format!("jira{place}-spare-{n}"), Kind::ApiToken, Some(ACCOUNTS[0].email), text, "", Verdict::Valid)
}
