//! Users, tokens and failed log-ins of the site. Every secret is fake by construction: the 20 random bytes of a real
//! token are the text `KEYRACK-FAKE-TOKEN-0`.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::SimCredential;
use super::answers::user_json;
use crate::domain::{Kind, Verdict};

pub(super) const PASSWORD: &str = "keyrack-demo";
pub(super) const PROJECT: &str = "ACME";
pub(super) const REPOSITORY: &str = "web";

/// The rest of every token, after its number and a colon.
const TAIL: &str = "KEYRACK-FAKE-TOKEN-0";
/// Numbers of spare tokens begin here.
const FIRST_SPARE: u64 = 700_000_000_000;
const SPARES: u64 = 1_000_000;
/// Numbers of tokens that are made begin here.
const FIRST_MADE: u64 = 900_000_000_000;
/// Wrong passwords after which an account needs a CAPTCHA.
const PATIENCE: u32 = 3;

#[derive(Debug)]
pub(super) struct User {
    pub name: &'static str,
    pub slug: &'static str,
    pub display_name: &'static str,
    pub id: u32,
    /// What the user may do in the project; a token never has more.
    level: &'static [&'static str],
    /// On the allow list of Basic authentication.
    basic: bool,
}

pub(super) const ADMINISTRATOR: &[&str] =
    &["PROJECT_ADMIN", "PROJECT_WRITE", "PROJECT_READ", "REPO_ADMIN", "REPO_WRITE", "REPO_READ"];
const WRITER: &[&str] = &["PROJECT_WRITE", "PROJECT_READ", "REPO_WRITE", "REPO_READ"];

const USERS: &[User] = &[
    User { name: "jdoe", slug: "jdoe", display_name: "Jo Doe", id: 101, level: ADMINISTRATOR, basic: true },
    User { name: "Build.Bot", slug: "build.bot", display_name: "Build Bot", id: 102, level: WRITER, basic: true },
    User {
        name: "svc-release",
        slug: "svc-release",
        display_name: "Release",
        id: 103,
        level: ADMINISTRATOR,
        basic: false,
    },
    User { name: "kim", slug: "kim", display_name: "Kim Locked", id: 104, level: WRITER, basic: true },
    User { name: "remote", slug: "remote", display_name: "Remote Worker", id: 105, level: WRITER, basic: true },
];

pub(super) fn users() -> std::slice::Iter<'static, User> {
    USERS.iter()
}

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    User(&'a str),
    Project,
    Repository,
}

/// What is special about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Alive,
    Deleted,
    /// Its user failed to log in too often.
    Captcha,
    /// Requests with it come from outside the network, where single sign-on answers.
    Sso,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub number: u64,
    pub owner: Owner<'static>,
    name: String,
    permissions: Vec<&'static str>,
    /// Days between creation and now.
    age: i64,
    /// Life in days, where it has an end.
    days: Option<i64>,
    /// When it was made, for those made since the site began.
    made: Option<Timestamp>,
    fate: Fate,
}

/// A token that the site begins with.
#[derive(Debug, Clone, Copy)]
struct Seed {
    number: u64,
    owner: Owner<'static>,
    name: &'static str,
    permissions: &'static [&'static str],
    age: i64,
    days: Option<i64>,
    fate: Fate,
}

const fn token(number: u64, owner: Owner<'static>, name: &'static str, permissions: &'static [&'static str]) -> Seed {
    Seed { number, owner, name, permissions, age: 120, days: None, fate: Fate::Alive }
}

impl From<&Seed> for Token {
    fn from(seed: &Seed) -> Self {
        Self {
            number: seed.number,
            owner: seed.owner,
            name: seed.name.to_owned(),
            permissions: seed.permissions.to_vec(),
            age: seed.age,
            days: seed.days,
            made: None,
            fate: seed.fate,
        }
    }
}

const TOKENS: &[Seed] = &[
    token(100_000_000_001, Owner::User("jdoe"), "bitbucket-read", &["PROJECT_READ", "REPO_READ"]),
    Seed {
        age: 30,
        days: Some(90),
        ..token(100_000_000_002, Owner::User("build.bot"), "bitbucket-build", &["PROJECT_WRITE", "REPO_WRITE"])
    },
    token(100_000_000_003, Owner::User("svc-release"), "project-admin", &["PROJECT_ADMIN", "REPO_ADMIN"]),
    token(100_000_000_004, Owner::Project, "acme-project", &["PROJECT_WRITE", "REPO_WRITE"]),
    token(100_000_000_005, Owner::Repository, "acme-web", &["REPO_ADMIN"]),
    Seed { fate: Fate::Deleted, ..token(100_000_000_006, Owner::User("jdoe"), "old-deploy", &["REPO_READ"]) },
    Seed {
        fate: Fate::Captcha,
        ..token(100_000_000_007, Owner::User("kim"), "kim-laptop", &["PROJECT_READ", "REPO_WRITE"])
    },
    Seed {
        fate: Fate::Sso,
        ..token(100_000_000_008, Owner::User("remote"), "remote-vpn", &["PROJECT_READ", "REPO_READ"])
    },
];

impl Token {
    /// The number as the REST interface shows it.
    pub(super) fn id(&self) -> String {
        format!("{:012}", self.number)
    }

    pub(super) fn secret(&self) -> String {
        format!("BBDC-{}", STANDARD.encode(format!("{:012}:{TAIL}", self.number)))
    }

    /// The record. Field `expiryDate` is not documented; real versions may tell no end at all.
    pub(super) fn json(&self, now: Timestamp) -> Value {
        let created = self.made.unwrap_or_else(|| days_from(midnight(now), -self.age));
        let mut record = json!({
            "id": self.id(), "name": self.name, "permissions": self.permissions,
            "createdDate": created.as_millisecond(),
        });
        if self.made.is_none() {
            record["lastAuthenticated"] = json!(midnight(now).as_millisecond());
        }
        if let Some(days) = self.days {
            record["expiryDate"] = json!(days_from(created, days).as_millisecond());
        }
        if let Owner::User(slug) = self.owner
            && let Some(user) = users().find(|u| u.slug == slug)
        {
            record["user"] = user_json(user);
        }
        record
    }
}

/// Dates are whole days, so that they do not move between two requests.
fn midnight(now: Timestamp) -> Timestamp {
    now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp())
}

fn days_from(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(at)
}

fn spare_token(number: u64) -> Option<Token> {
    (FIRST_SPARE..FIRST_SPARE + SPARES)
        .contains(&number)
        .then(|| Token::from(&token(number, Owner::User("build.bot"), "spare", &["PROJECT_READ", "REPO_READ"])))
}

/// A wish for a token that was found to be in order.
pub(super) struct Wish {
    pub name: String,
    pub permissions: Vec<&'static str>,
    pub days: Option<i64>,
}

/// Somebody who is logged in.
#[derive(Debug)]
pub(super) struct Caller {
    user: Option<&'static User>,
    /// The token used; none for a password.
    token: Option<Token>,
}

impl Caller {
    /// The log-in name, as the header has it. The name of the made-up user behind a token of a project or repository
    /// is not documented.
    pub(super) fn name(&self) -> String {
        match (self.user, &self.token) {
            (Some(user), _) => user.name.to_owned(),
            (None, Some(token)) => format!("access-token-user%2F{}", token.id()),
            (None, None) => String::new(),
        }
    }

    pub(super) fn user_id(&self) -> u32 {
        self.user.map_or(900, |u| u.id)
    }

    /// Whether both the user and the token have that permission.
    pub(super) fn holds(&self, permission: &str) -> bool {
        let includes = |held: &str| -> &'static [&'static str] {
            match held {
                "PROJECT_ADMIN" => ADMINISTRATOR,
                "PROJECT_WRITE" => WRITER,
                "PROJECT_READ" => &["PROJECT_READ", "REPO_READ"],
                "REPO_ADMIN" => &["REPO_ADMIN", "REPO_WRITE", "REPO_READ"],
                "REPO_WRITE" => &["REPO_WRITE", "REPO_READ"],
                "REPO_READ" => &["REPO_READ"],
                _ => &[],
            }
        };
        let by_token =
            self.token.as_ref().is_none_or(|t| t.permissions.iter().any(|held| includes(held).contains(&permission)));
        by_token && self.user.is_none_or(|u| u.level.contains(&permission))
    }

    pub(super) fn reads_tokens_of(&self, owner: Owner<'_>) -> bool {
        match (owner, self.user) {
            (Owner::User(slug), Some(user)) => user.slug == slug,
            (Owner::User(_), None) => false,
            _ => self.manages_tokens_of(owner),
        }
    }

    /// A password makes tokens, a token none.
    pub(super) fn makes_tokens_of(&self, owner: Owner<'_>) -> bool {
        self.token.is_none() && self.manages_tokens_of(owner)
    }

    /// A user's tokens: the user with the password. Those of a project or repository: its administrators.
    pub(super) fn manages_tokens_of(&self, owner: Owner<'_>) -> bool {
        match owner {
            Owner::User(slug) => self.token.is_none() && self.user.is_some_and(|u| u.slug == slug),
            Owner::Project => self.holds("PROJECT_ADMIN"),
            Owner::Repository => self.holds("REPO_ADMIN"),
        }
    }
}

/// What comes of the `Authorization` header.
#[derive(Debug)]
pub(super) enum Login {
    Caller(Caller),
    Anonymous,
    Wrong,
    Captcha,
    BasicDisabled,
    InterceptedBySso,
}

/// What changes while the site runs.
#[derive(Debug, Default)]
pub(super) struct State {
    revoked: BTreeSet<u64>,
    made: Vec<Token>,
    failures: BTreeMap<&'static str, u32>,
}

impl State {
    /// Every token that exists, without the spare ones.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        let all = TOKENS.iter().map(Token::from).chain(self.made.iter().cloned());
        all.filter(|t| t.fate != Fate::Deleted && !self.revoked.contains(&t.number))
    }

    /// Makes one.
    pub(super) fn make(&mut self, owner: Owner<'static>, wish: Wish, now: Timestamp) -> Token {
        let number = FIRST_MADE + u64::try_from(self.made.len()).unwrap_or(0);
        let token = Token {
            name: wish.name,
            permissions: wish.permissions,
            days: wish.days,
            made: Some(now),
            ..Token::from(&token(number, owner, "", &[]))
        };
        self.made.push(token.clone());
        token
    }

    /// The token of that owner and id, spare ones too.
    pub(super) fn filed(&self, owner: Owner<'_>, id: &str) -> Option<Token> {
        let number = id.parse().ok()?;
        let known = self.tokens().find(|t| t.number == number);
        known.or_else(|| self.find_spare(number)).filter(|t| t.owner == owner)
    }

    pub(super) fn revoke(&mut self, number: u64) {
        self.revoked.insert(number);
    }

    pub(super) fn login(&mut self, authorization: Option<&str>) -> Login {
        let Some(authorization) = authorization else { return Login::Anonymous };
        if let Some(token) = authorization.strip_prefix("Bearer ") {
            return self.by_token(token);
        }
        let pair = authorization.strip_prefix("Basic ").and_then(|b| STANDARD.decode(b).ok());
        let pair = pair.and_then(|b| String::from_utf8(b).ok());
        let Some((name, password)) = pair.as_deref().and_then(|p| p.split_once(':')) else { return Login::Wrong };
        let Some(user) = users().find(|u| u.name.eq_ignore_ascii_case(name)) else { return Login::Wrong };
        if !user.basic {
            return Login::BasicDisabled;
        }
        let locked = TOKENS.iter().any(|t| t.owner == Owner::User(user.slug) && t.fate == Fate::Captcha);
        let failures = self.failures.entry(user.slug).or_default();
        if locked || *failures >= PATIENCE {
            return Login::Captcha;
        }
        if password == PASSWORD {
            *failures = 0;
            return Login::Caller(Caller { user: Some(user), token: None });
        }
        // A user's own token serves as password; one of a project or repository never does.
        if let Login::Caller(caller) = self.by_token(password)
            && caller.user.is_some_and(|u| u.slug == user.slug)
        {
            return Login::Caller(caller);
        }
        *self.failures.entry(user.slug).or_default() += 1;
        Login::Wrong
    }

    fn by_token(&self, secret: &str) -> Login {
        let Some(token) = self.find(secret) else { return Login::Wrong };
        match token.fate {
            Fate::Deleted => Login::Wrong,
            Fate::Captcha => Login::Captcha,
            Fate::Sso => Login::InterceptedBySso,
            Fate::Alive => {
                let user = match token.owner {
                    Owner::User(slug) => users().find(|u| u.slug == slug),
                    Owner::Project | Owner::Repository => None,
                };
                Login::Caller(Caller { user, token: Some(token) })
            }
        }
    }

    fn find(&self, secret: &str) -> Option<Token> {
        let bytes = STANDARD.decode(secret.strip_prefix("BBDC-")?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (digits, tail) = text.split_once(':')?;
        let number: u64 = digits.parse().ok().filter(|_| tail == TAIL && digits.len() == 12)?;
        let mut all = TOKENS.iter().map(Token::from).chain(self.made.iter().cloned());
        let known = all.find(|t| t.number == number && !self.revoked.contains(&number));
        known.or_else(|| self.find_spare(number))
    }

    fn find_spare(&self, number: u64) -> Option<Token> {
        spare_token(number).filter(|_| !self.revoked.contains(&number))
    }
}

/// What the demo rack holds.
pub(super) fn roster() -> Vec<SimCredential> {
    let password = format!("demo password: {PASSWORD}");
    let shared = format!("{password} (user jdoe administers {PROJECT})");
    let rows: [(Kind, &str, &str, String, Verdict); 8] = [
        (Kind::HttpAccessToken, "jdoe", "read", password.clone(), Verdict::Valid),
        (Kind::HttpAccessToken, "build.bot", "ci", format!("made for 90 days; {password}"), Verdict::Valid),
        (
            Kind::HttpAccessToken,
            "svc-release",
            "admin",
            "Basic authentication is disabled for this user: revoke it in the browser".to_owned(),
            Verdict::Valid,
        ),
        (Kind::ProjectToken, PROJECT, "ci", shared.clone(), Verdict::Valid),
        (Kind::RepositoryToken, "ACME/web", "ci", shared, Verdict::Valid),
        (Kind::HttpAccessToken, "jdoe", "old", "deleted at the host".to_owned(), Verdict::Rejected),
        (Kind::HttpAccessToken, "kim", "laptop", "too many wrong passwords".to_owned(), Verdict::Blocked),
        (Kind::HttpAccessToken, "remote", "vpn", "single sign-on stands in front".to_owned(), Verdict::Unreachable),
    ];
    TOKENS
        .iter()
        .zip(rows)
        .map(|(token, (kind, username, tag, note, expect))| SimCredential {
            label: token.name.to_owned(),
            kind,
            username: Some(username.to_owned()),
            secret: Token::from(token).secret(),
            tags: vec!["bitbucket".to_owned(), tag.to_owned()],
            note,
            expect,
        })
        .collect()
}

/// The `n`th further token, of the user `build.bot`.
pub(super) fn spare(n: usize) -> SimCredential {
    let number = FIRST_SPARE + u64::try_from(n).unwrap_or(0) % SPARES;
    let token = Token::from(&token(number, Owner::User("build.bot"), "spare", &[]));
    SimCredential {
        label: format!("bitbucket-spare-{n}"),
        kind: Kind::HttpAccessToken,
        username: Some("build.bot".to_owned()),
        secret: token.secret(),
        tags: vec!["bitbucket".to_owned()],
        note: String::new(),
        expect: Verdict::Valid,
    }
}
