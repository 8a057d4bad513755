//! The tokens of the site, those that it begins with among them. Every secret is fake by construction: the 20 random bytes
//! of a real token are the text `KEYRACK-FAKE-TOKEN-0`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::users::users;

pub(super) const PROJECT: &str = "ACME";
pub(super) const REPOSITORY: &str = "web";

/// The rest of every token, after its number and a colon.
pub(super) const TAIL: &str = "KEYRACK-FAKE-TOKEN-0";
/// Numbers of spare tokens begin here.
pub(super) const FIRST_SPARE: u64 = 700_000_000_000;
pub(super) const SPARES: u64 = 1_000_000;
/// Numbers of tokens that are made begin here.
pub(super) const FIRST_MADE: u64 = 900_000_000_000;

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    User(&'a str),
    Project,
    Repository,
}

/// What is special about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
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
    pub name: String,
    pub permissions: Vec<&'static str>,
    /// Days between creation and now.
    pub age: i64,
    /// Life in days, where it has an end.
    pub days: Option<i64>,
    /// When it was made, for those made since the site began.
    pub made: Option<Timestamp>,
    pub fate: Fate,
}

/// A token that the site begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed {
    number: u64,
    pub owner: Owner<'static>,
    pub name: &'static str,
    permissions: &'static [&'static str],
    age: i64,
    days: Option<i64>,
    pub fate: Fate,
}

pub(super) const fn token(
    number: u64,
    owner: Owner<'static>,
    name: &'static str,
    permissions: &'static [&'static str],
) -> Seed {
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

pub(super) const TOKENS: &[Seed] = &[
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
            record["user"] = user.json();
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

/// The spare token of that number.
pub(super) fn spare_token(number: u64) -> Option<Token> {
    (FIRST_SPARE..FIRST_SPARE + SPARES)
        .contains(&number)
        .then(|| Token::from(&token(number, Owner::User("build.bot"), "spare", &["PROJECT_READ", "REPO_READ"])))
}
