//! Users, and the tokens they have.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// From this moment tokens for all organisations are refused.
pub(super) const GLOBAL_END: &str = "2026-12-01T00:00:00Z";

/// A user.
#[derive(Debug)]
pub(super) struct User {
    pub login: &'static str,
    pub name: &'static str,
    pub id: &'static str,
    pub descriptor: &'static str,
    /// Member of Project Collection Administrators.
    pub administrator: bool,
    /// Has the permission Contribute on the repository.
    pub contributes: bool,
    /// May create tokens; the organisation has an allow list.
    pub creates: bool,
}

pub(super) const USERS: &[User] = &[
    User {
        login: "olga@contoso.example",
        name: "Olga Admin",
        id: "11111111-0000-4000-8000-000000000001",
        descriptor: "aad.S0VZUkFDSy1PTEdB",
        administrator: true,
        contributes: true,
        creates: true,
    },
    User {
        login: "dana@contoso.example",
        name: "Dana Example",
        id: "11111111-0000-4000-8000-000000000002",
        descriptor: "aad.S0VZUkFDSy1EQU5B",
        administrator: false,
        contributes: false,
        creates: true,
    },
    User {
        login: "build@contoso.example",
        name: "Build Service",
        id: "11111111-0000-4000-8000-000000000003",
        descriptor: "aad.S0VZUkFDSy1CVUlMRA",
        administrator: false,
        contributes: true,
        creates: false,
    },
];

/// How a request without a good credential is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dead {
    /// The sign-in page with status 203; methods that change get the JSON.
    Page,
    /// A redirect to the sign-in page.
    Redirect,
    /// 401 with JSON.
    Unknown,
    /// 401 with JSON that names an empty user.
    Nobody,
    /// 401 that says so.
    Expired,
    /// 200 and the anonymous user.
    Anonymous,
    /// 403 by conditional access.
    ConditionalAccess,
    /// 403, a permission of the user.
    Permission,
    /// 429.
    Throttled,
    /// IIS takes the header for a Windows log-in.
    Iis,
}

/// What becomes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Alive,
    /// Its user is not active any more.
    Inactive,
    /// `connectionData` refuses it, the rest does not.
    Narrow,
    Dead(Dead),
}

/// A token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub id: String,
    pub user: &'static User,
    pub name: String,
    pub scope: String,
    pub secret: String,
    pub global: bool,
    pub fate: Fate,
    pub valid_from: Timestamp,
    pub valid_to: Timestamp,
}

impl Token {
    /// As the token API shows it.
    pub(super) fn json(&self) -> Value {
        let accounts = if self.global { Value::Null } else { json!(["aaaa1111-0000-4000-8000-000000000001"]) };
        json!({
            "displayName": self.name, "validTo": self.valid_to.to_string(), "scope": self.scope,
            "targetAccounts": accounts, "validFrom": self.valid_from.to_string(), "authorizationId": self.id,
            "token": Value::Null,
        })
    }
}

/// Dates are whole days, so that they do not move between two requests.
pub(super) fn days_from_midnight(now: Timestamp, days: i64) -> Timestamp {
    let midnight = now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp());
    midnight.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(midnight)
}
