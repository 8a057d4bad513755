//! The token's own record (`/personal_access_tokens/self`) and its user, read leniently: fields come and go with the
//! server's version. No requests here.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::FACTS;
use crate::domain::{Expiry, Grant, GrantSource, Identity, Kind};
use crate::sanitize;

/// Longest text taken over from a host for one field.
const FIELD: usize = 255;

/// What a token tells of itself; <https://docs.gitlab.com/api/personal_access_tokens/>.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OwnRecord {
    /// Number of the token, needed to revoke it with another one.
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) revoked: bool,
    /// Neither revoked nor expired; true where the server does not say.
    pub(super) active: bool,
    pub(super) scopes: Vec<String>,
    /// Permissions of a fine-grained token, `read_job@project:6`.
    pub(super) permissions: Vec<String>,
    pub(super) user_id: Option<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) last_used: Option<Timestamp>,
    pub(super) expiry: Expiry,
    granular: bool,
}

impl OwnRecord {
    /// `None` where the body is something else.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let body = body.as_object()?;
        let flag = |name: &str| body.get(name).and_then(Value::as_bool);
        let time = |name: &str| body.get(name).and_then(Value::as_str).and_then(|t| t.parse().ok());
        // A record of something else may have an id too; these fields are the token's in every version.
        let scopes = body.get("scopes")?.as_array()?;
        let id = number(body.get("id"))?;
        let scopes: Vec<String> = scopes.iter().filter_map(Value::as_str).map(text).collect();
        Some(Self {
            id,
            name: body.get("name").and_then(Value::as_str).map(text),
            revoked: flag("revoked").unwrap_or(false),
            active: flag("active").unwrap_or(true),
            granular: flag("granular").unwrap_or(false) || scopes.iter().any(|s| s == "granular"),
            permissions: permissions(body.get("granular_scopes")),
            scopes,
            user_id: number(body.get("user_id")),
            created_at: time("created_at"),
            last_used: time("last_used_at"),
            expiry: expiry(body.get("expires_at")),
        })
    }

    /// Whether it is a fine-grained token.
    pub(super) fn is_granular(&self) -> bool {
        self.granular
    }

    /// Whether its grants are all there is: scopes always are, permissions where the server lists them (19.2 and later).
    pub(super) fn tells_all(&self) -> bool {
        !self.granular || !self.permissions.is_empty()
    }

    /// Whether `GET /user` is worth asking. A fine-grained token may be allowed to; only asking tells.
    pub(super) fn may_read_user(&self) -> bool {
        self.granular || self.scopes.iter().any(|s| matches!(s.as_str(), "api" | "read_api" | "read_user"))
    }

    /// What it may do, for a token of `kind`.
    pub(super) fn grants(&self, kind: Kind) -> Vec<Grant> {
        if self.granular && !self.permissions.is_empty() {
            return self.permissions.iter().map(Grant::told).collect();
        }
        scope_grants(&self.scopes, kind)
    }
}

/// Scopes as grants, with those they imply. Git and registry access of project and group tokens with `api` is what
/// the server's source says; the documentation is silent, so it stays marked as implied.
pub(super) fn scope_grants(scopes: &[String], kind: Kind) -> Vec<Grant> {
    let of_bot = matches!(kind, Kind::ProjectToken | Kind::GroupToken);
    let implied = FACTS.implied(scopes).into_iter().filter(|name| !(of_bot && name == "read_user"));
    scopes.iter().map(Grant::told).chain(implied.map(|name| Grant { name, source: GrantSource::Implied })).collect()
}

/// A GitLab date is the first day on which the token is dead, from 00:00 UTC; null means that it does not end.
fn expiry(value: Option<&Value>) -> Expiry {
    match value {
        Some(Value::Null) => Expiry::Never,
        Some(Value::String(date)) => date
            .parse::<Date>()
            .ok()
            .and_then(|d| format!("{d}T00:00:00Z").parse().ok())
            .map_or(Expiry::Unknown, Expiry::At),
        _ => Expiry::Unknown,
    }
}

/// Each permission with its boundary: `read_user@user`, `read_job@project:6`, `read_job@group:9`,
/// `read_code@all_memberships`. GitLab gives an id only where the boundary is `selected_memberships`.
fn permissions(value: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    for scope in value.and_then(Value::as_array).into_iter().flatten() {
        let boundary = match (number(scope.get("project_id")), number(scope.get("group_id"))) {
            (Some(id), _) => format!("project:{id}"),
            (None, Some(id)) => format!("group:{id}"),
            (None, None) => scope.get("access").and_then(Value::as_str).map_or("unknown".to_owned(), text),
        };
        let names = scope.get("permissions").and_then(Value::as_array).into_iter().flatten();
        found.extend(names.filter_map(Value::as_str).map(|name| format!("{}@{boundary}", text(name))));
    }
    found
}

/// The user a token acts as, from `GET /user`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) identity: Identity,
    /// `active`, `blocked`, …; empty where not told.
    pub(super) state: String,
    /// Kind of token that the account's name gives away.
    pub(super) kind: Option<Kind>,
}

impl Account {
    /// `None` where the body is something else. `kind` is the token's, as far as it is known.
    pub(super) fn read(body: &Value, kind: Kind) -> Option<Self> {
        let field = |name: &str| body.get(name).and_then(Value::as_str).map(text).unwrap_or_default();
        let id = number(body.get("id"))?;
        let login = field("username");
        let bot = bot_of(&login);
        let sort = match bot {
            Some((Kind::ProjectToken, _)) => "project",
            Some(_) => "group",
            None if kind == Kind::ServiceAccountToken => "service",
            // The field is unconfirmed; without it a bot of another sort looks like a person.
            None if body.get("bot").and_then(Value::as_bool) == Some(true) => "bot",
            None => "user",
        };
        let kind = bot.map(|(kind, _)| kind);
        let identity = Identity { id, name: field("name"), kind: sort.to_owned(), login };
        Some(Self { identity, state: field("state"), kind })
    }
}

/// Kind and project or group id from the name of a bot user: `project_42_bot_4ff0…`, `group_7_bot_4ff0…`. The shape
/// is unconfirmed, so a name that is only similar says nothing.
pub(super) fn bot_of(login: &str) -> Option<(Kind, &str)> {
    let (kind, rest) = match login.split_once('_')? {
        ("project", rest) => (Kind::ProjectToken, rest),
        ("group", rest) => (Kind::GroupToken, rest),
        _ => return None,
    };
    let (id, bot) = rest.split_once('_')?;
    let digits = (1..=19).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    // The random part is not insisted on: nothing but a bot's name begins this way.
    (digits && (bot == "bot" || bot.starts_with("bot_"))).then_some((kind, id))
}

/// An id that is a number in GitLab's answers.
fn number(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_u64).map(|n| n.to_string())
}

fn text(value: &str) -> String {
    sanitize::short(value, FIELD)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_end_a_token_at_the_beginning_of_the_day() {
        let at = "2027-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(expiry(Some(&json!("2027-03-01"))), Expiry::At(at));
        assert_eq!(expiry(Some(&Value::Null)), Expiry::Never);
        assert_eq!(expiry(None), Expiry::Unknown);
        assert_eq!(expiry(Some(&json!("soon"))), Expiry::Unknown);
        assert_eq!(expiry(Some(&json!(20270301))), Expiry::Unknown);
    }

    #[test]
    fn permissions_carry_their_boundary() {
        let scopes = json!([
            {"access": "selected_memberships", "permissions": ["read_job", "download_code"], "project_id": 6, "group_id": null},
            {"access": "selected_memberships", "permissions": ["read_job"], "project_id": null, "group_id": 9},
            {"access": "user", "permissions": ["read_user"], "project_id": null, "group_id": null},
            {"permissions": 7}, "garbage",
        ]);
        let expected = ["read_job@project:6", "download_code@project:6", "read_job@group:9", "read_user@user"];
        assert_eq!(permissions(Some(&scopes)), expected);
    }

    #[test]
    fn bots_are_told_by_an_exact_name_only() {
        assert_eq!(bot_of("project_42_bot_4ffca233d8298ea1"), Some((Kind::ProjectToken, "42")));
        assert_eq!(bot_of("project_42_bot"), Some((Kind::ProjectToken, "42")));
        assert_eq!(bot_of("group_7_bot_x"), Some((Kind::GroupToken, "7")));
        for login in ["project_bot", "project__bot_x", "project_x_bot_y", "group_7_botany", "mara", "projects_1_bot_x"]
        {
            assert_eq!(bot_of(login), None, "{login}");
        }
    }

    #[test]
    fn read_user_is_not_implied_for_bots() {
        let names =
            |kind| scope_grants(&["api".to_owned()], kind).into_iter().map(|g| (g.name, g.source)).collect::<Vec<_>>();
        let implied = |name: &str| (name.to_owned(), GrantSource::Implied);
        assert_eq!(names(Kind::Pat)[0], ("api".to_owned(), GrantSource::Told));
        assert!(names(Kind::Pat).contains(&implied("read_user")));
        assert!(names(Kind::Pat).contains(&implied("write_repository")));
        assert!(!names(Kind::ProjectToken).contains(&implied("read_user")));
        assert!(names(Kind::GroupToken).contains(&implied("read_api")));
    }

    #[test]
    fn other_records_are_not_taken_for_a_token() {
        for body in
            [json!({}), json!([]), json!({"id": 1}), json!({"id": "x", "scopes": []}), json!({"scopes": ["api"]})]
        {
            assert_eq!(OwnRecord::read(&body), None, "{body}");
        }
    }
}
