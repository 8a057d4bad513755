//! Accounts, tokens and sites of the platform, and who may come in where. Every secret is fake by construction:
//! `KEYRACK-FAKE` stands in it, in the form of a real one, checksum included.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(super) const PASSWORD: &str = "keyrack-demo";
/// The organisation that owns both sites.
pub(super) const ORGANISATION: &str = "99999999-aaaa-4bbb-8ccc-dddddddddddd";
/// Usual length of a token.
const LENGTH: usize = 192;

/// A site.
#[derive(Debug)]
pub(super) struct Tenant {
    pub name: &'static str,
    pub cloud_id: &'static str,
    pub title: &'static str,
}

pub(super) const TENANTS: [Tenant; 2] = [
    Tenant { name: "acme.atlassian.net", cloud_id: "11111111-2222-4333-8444-555555555555", title: "Acme" },
    Tenant { name: "acme-test.atlassian.net", cloud_id: "66666666-7777-4888-9999-aaaaaaaaaaaa", title: "Acme Test" },
];

/// What is special about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Usual,
    /// Deactivated: its tokens stay listed and do nothing.
    Deactivated,
    /// Needs a CAPTCHA.
    Captcha,
    /// Comes from a network that is not allowed.
    Outside,
    /// Belongs to another organisation, whose tokens are blocked here.
    External,
}

/// An account.
#[derive(Debug)]
pub(super) struct Account {
    pub id: &'static str,
    pub email: &'static str,
    pub name: &'static str,
    /// `atlassian` or `app`.
    pub sort: &'static str,
    pub standing: Standing,
    /// Permissions; what is not among them it has not.
    pub may: &'static [&'static str],
    pub groups: &'static [&'static str],
    /// May use Jira.
    pub jira: bool,
    /// Sites that it may use.
    pub sites: &'static [&'static str],
}

const BOTH: &[&str] = &["acme.atlassian.net", "acme-test.atlassian.net"];
const SOURCE: &[&str] = &["acme.atlassian.net"];
const DEVELOPER: &[&str] = &["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "TRANSITION_ISSUES"];

const fn person(id: &'static str, email: &'static str, name: &'static str) -> Account {
    Account {
        id,
        email,
        name,
        sort: "atlassian",
        standing: Standing::Usual,
        may: DEVELOPER,
        groups: &["jira-users-acme"],
        jira: true,
        sites: SOURCE,
    }
}

pub(super) const ACCOUNTS: [Account; 8] = [
    Account {
        may: &[
            "ADMINISTER",
            "ADMINISTER_PROJECTS",
            "BROWSE_PROJECTS",
            "CREATE_ISSUES",
            "EDIT_ISSUES",
            "USER_PICKER",
            "SYSTEM_ADMIN",
        ],
        groups: &["jira-users-acme", "site-admins", "org-admins"],
        sites: BOTH,
        ..person("5f0000000000000000000001", "ana@acme.dev", "Ana Admin")
    },
    person("5f0000000000000000000002", "ben@acme.dev", "Ben Builder"),
    Account {
        sort: "app",
        may: &["BROWSE_PROJECTS", "CREATE_ISSUES", "USER_PICKER"],
        groups: &[],
        sites: BOTH,
        ..person("5f0000000000000000000003", "deploy-bot@serviceaccount.atlassian.com", "Deploy Bot")
    },
    Account { jira: false, ..person("5f0000000000000000000004", "wiki@acme.dev", "Wiki Writer") },
    Account { standing: Standing::Captcha, ..person("5f0000000000000000000005", "eva@acme.dev", "Eva Eager") },
    Account { standing: Standing::Outside, ..person("5f0000000000000000000006", "finn@acme.dev", "Finn Faraway") },
    Account {
        standing: Standing::External,
        ..person("557058:00000000-0000-4000-8000-000000000007", "dan@partner.example", "Dan External")
    },
    Account { standing: Standing::Deactivated, ..person("5f0000000000000000000008", "gus@acme.dev", "Gus Gone") },
];

/// What sort of token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Without scopes: counts at the site.
    Classic,
    /// With scopes: counts at the gateway.
    Scoped(&'static [&'static str]),
    /// An organisation's key; none: without scopes.
    Key(Option<&'static [&'static str]>),
}

/// A token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// Its name at the host, and part of its text.
    pub label: &'static str,
    /// Index of its account.
    pub account: usize,
    pub sort: Sort,
    /// Days since it was made.
    pub age: i64,
    /// Days it lives.
    pub days: i64,
    /// Revoked before the demo began.
    pub revoked: bool,
}

const fn token(label: &'static str, account: usize, sort: Sort) -> Token {
    Token { label, account, sort, age: 40, days: 365, revoked: false }
}

const READER: &[&str] = &["read:jira-user", "read:jira-work"];
const PUBLISHER: &[&str] =
    &["read:confluence-user", "read:confluence-content.all", "write:confluence-content", "read:space:confluence"];

pub(super) const TOKENS: [Token; 17] = [
    token("configuration-manager", 0, Sort::Classic),
    token("jira-reader", 1, Sort::Scoped(READER)),
    token("confluence-publisher", 1, Sort::Scoped(PUBLISHER)),
    token("deploy-bot", 2, Sort::Scoped(&["read:jira-user", "read:jira-work", "write:jira-work"])),
    token("wiki-writer", 3, Sort::Classic),
    token("eva-laptop", 4, Sort::Classic),
    token("finn-hotel", 5, Sort::Classic),
    token("dan-partner", 6, Sort::Classic),
    token("gus-script", 7, Sort::Classic),
    Token { revoked: true, ..token("old-integration", 1, Sort::Classic) },
    Token { age: 400, ..token("last-year", 1, Sort::Classic) },
    token("ben-laptop", 1, Sort::Classic),
    token("no-address", 1, Sort::Classic),
    token("configuration-target", 0, Sort::Classic),
    Token { age: 3, days: 30, ..token("org-admin", 0, Sort::Key(None)) },
    Token { age: 3, days: 7, ..token("org-list", 0, Sort::Key(Some(&["read:orgs:admin", "read:tokens:admin"]))) },
    Token { age: 3, days: 7, ..token("org-blind", 0, Sort::Key(Some(&["read:tokens:admin"]))) },
];

impl Token {
    /// The secret: the vendor's layout, filled up to the usual length, with its checksum.
    pub(super) fn secret(&self) -> String {
        let start = if matches!(self.sort, Sort::Key(_)) { "ATCTT3xFfGN0" } else { "ATATT3xFfGF0" };
        secret(start, self.label)
    }

    pub(super) fn id(&self) -> String {
        format!("tok-{}", self.label)
    }

    pub(super) fn created(&self, now: Timestamp) -> Timestamp {
        days(now, -self.age)
    }

    pub(super) fn ends(&self, now: Timestamp) -> Timestamp {
        days(now, self.days - self.age)
    }

    pub(super) fn account(&self) -> &'static Account {
        &ACCOUNTS[self.account]
    }
}

/// A token's text from its beginning and a name.
pub(super) fn secret(start: &str, name: &str) -> String {
    let mut text = format!("{start}KEYRACK-FAKE-{name}-");
    while text.len() < LENGTH - 9 {
        text.push(char::from(b"keyrack"[text.len() % 7]));
    }
    text.push('=');
    let check = crc32fast::hash(text.as_bytes());
    format!("{text}{check:08X}")
}

/// An OAuth access token of Ben's with an end.
pub(super) fn access_token(ends: Timestamp) -> String {
    let claims = json!({
        "iss": "https://auth.atlassian.com", "aud": "api.atlassian.com", "sub": ACCOUNTS[1].id,
        "azp": "KEYRACK-FAKE-client", "iat": ends.as_second() - 3600, "exp": ends.as_second(),
        "scope": "read:jira-user read:jira-work", "https://atlassian.com/3lo": true,
    });
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims.to_string()), part("KEYRACK-FAKE-signature"))
}

pub(super) fn days(now: Timestamp, days: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(now)
}

/// Who came in, and with which scopes; none: without any limit.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub account: &'static Account,
    pub scopes: Option<Vec<String>>,
}

impl Caller {
    /// Whether one of these scopes is there.
    pub(super) fn has(&self, any: &[&str]) -> bool {
        self.scopes.as_ref().is_none_or(|held| any.is_empty() || any.iter().any(|s| held.iter().any(|h| h == s)))
    }
}

/// How a log-in at a site ended.
#[derive(Debug)]
pub(super) enum Login {
    Caller(Caller),
    Anonymous,
    Failed,
    Captcha,
    Password,
    Outside,
    Policy,
}

/// Everything that changes.
#[derive(Debug, Default)]
pub(super) struct Platform {
    revoked: BTreeSet<String>,
    pub wiped: bool,
}

impl Platform {
    /// Whether a token still counts.
    pub(super) fn alive(&self, token: &Token, now: Timestamp) -> bool {
        !token.revoked && !self.revoked.contains(&token.id()) && token.ends(now) > now
    }

    /// Whether a token is still listed: revoked ones are not, those that have ended are.
    pub(super) fn listed(&self, token: &Token) -> bool {
        !token.revoked && !self.revoked.contains(&token.id())
    }

    pub(super) fn revoke(&mut self, id: String) {
        self.revoked.insert(id);
    }

    /// Logs in at a site.
    pub(super) fn at_site(&self, authorization: Option<&str>, tenant: &Tenant, now: Timestamp) -> Login {
        let Some(authorization) = authorization else { return Login::Anonymous };
        // A Bearer token means nothing at a site, and is passed over.
        let Some((email, secret)) = basic(authorization) else { return Login::Failed };
        let Some(account) = ACCOUNTS.iter().find(|a| a.email.eq_ignore_ascii_case(&email)) else {
            return Login::Failed;
        };
        match account.standing {
            Standing::Captcha => return Login::Captcha,
            Standing::Outside => return Login::Outside,
            Standing::External => return Login::Policy,
            Standing::Deactivated => return Login::Failed,
            Standing::Usual => {}
        }
        if secret == PASSWORD {
            return Login::Password;
        }
        let classic = |t: &&Token| t.sort == Sort::Classic && t.account().id == account.id && t.secret() == secret;
        let known = TOKENS.iter().find(classic).is_some_and(|t| self.alive(t, now));
        let spare = account.id == ACCOUNTS[0].id && is_spare(&secret);
        match (known || spare) && account.sites.contains(&tenant.name) {
            true => Login::Caller(Caller { account, scopes: None }),
            false => Login::Failed,
        }
    }

    /// Logs in at the gateway: Basic with the address, or the token alone as Bearer. What a token without scopes gets
    /// there is not documented; here it is refused.
    pub(super) fn at_gateway(&self, authorization: Option<&str>, tenant: &Tenant, now: Timestamp) -> Option<Caller> {
        let authorization = authorization?;
        let (email, secret) = match basic(authorization) {
            Some((email, secret)) => (Some(email), secret),
            None => (None, authorization.strip_prefix("Bearer ")?.to_owned()),
        };
        if let Some(caller) = by_access_token(&secret, tenant, now) {
            return email.is_none().then_some(caller);
        }
        let token = TOKENS.iter().find(|t| t.secret() == secret && self.alive(t, now))?;
        let Sort::Scoped(scopes) = token.sort else { return None };
        let account = token.account();
        let right_address = email.is_none_or(|e| account.email.eq_ignore_ascii_case(&e));
        (right_address && account.sites.contains(&tenant.name))
            .then(|| Caller { account, scopes: Some(scopes.iter().map(|s| (*s).to_owned()).collect()) })
    }

    /// The key of a request to the organisation's API.
    pub(super) fn key(&self, authorization: Option<&str>, now: Timestamp) -> Option<&'static Token> {
        let secret = authorization?.strip_prefix("Bearer ")?;
        TOKENS.iter().find(|t| matches!(t.sort, Sort::Key(_)) && t.secret() == secret && self.alive(t, now))
    }
}

fn by_access_token(secret: &str, tenant: &Tenant, now: Timestamp) -> Option<Caller> {
    let payload = URL_SAFE_NO_PAD.decode(secret.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    let account = ACCOUNTS.iter().find(|a| claims["sub"] == a.id && a.sites.contains(&tenant.name))?;
    let fake = URL_SAFE_NO_PAD.encode("KEYRACK-FAKE-signature");
    let scopes = claims["scope"].as_str()?.split(' ').map(str::to_owned).collect();
    (claims["exp"].as_i64()? > now.as_second() && secret.ends_with(&fake))
        .then_some(Caller { account, scopes: Some(scopes) })
}

/// Spare tokens for large demo racks all belong to Ana.
fn is_spare(secret: &str) -> bool {
    let number = secret.strip_prefix("ATATT3xFfGF0KEYRACK-FAKE-spare").and_then(|rest| rest.split('-').next());
    number.is_some_and(|n| !n.is_empty() && self::secret("ATATT3xFfGF0", &format!("spare{n}")) == secret)
}

fn basic(authorization: &str) -> Option<(String, String)> {
    let pair = STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(user, secret)| (user.to_owned(), secret.to_owned()))
}
