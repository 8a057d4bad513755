//! A line of GitHub's lists, and its id. No requests here.
//!
//! An id is `ORGANISATION/SORT/NUMBER`, or `admin/NUMBER`, so that revoking knows where and what.

use serde_json::Value;

use super::asking::Asking;
use super::clip;
use crate::domain::{Expiry, Kind, RemoteState, RemoteToken};

/// What a line is, and so how it is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// A fine-grained token's access to an organisation.
    Grant,
    /// A request for it.
    Request,
    /// A token's authorisation for single sign-on.
    Sso,
    /// A classic token at a server.
    Admin,
}

impl Sort {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Request => "request",
            Self::Sso => "sso",
            Self::Admin => "admin",
        }
    }
}

/// `acme/grant/9001`, `admin/17`.
pub(super) fn parse(id: &str) -> Option<(&str, Sort, u64)> {
    let (front, number) = id.rsplit_once('/')?;
    let number = number.parse().ok()?;
    if front == "admin" {
        return Some(("", Sort::Admin, number));
    }
    let (org, sort) = front.split_once('/')?;
    let sort = [Sort::Grant, Sort::Request, Sort::Sso].into_iter().find(|s| s.word() == sort)?;
    is_login(org).then_some((org, sort, number))
}

pub(super) fn is_login(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// A fine-grained token's access to an organisation, or a request for it.
pub(super) fn granted(at: Asking<'_>, row: &Value, org: &str, sort: Sort) -> Option<RemoteToken> {
    let number = row["id"].as_u64()?;
    let text = |name: &str| row[name].as_str().map(|t| at.wire.mask(&clip(t)));
    let time = |name: &str| row[name].as_str().and_then(|t| t.parse().ok());
    let mut grants = Vec::new();
    for part in ["repository", "organization", "other"] {
        let levels = row["permissions"][part].as_object().into_iter().flatten();
        grants.extend(levels.filter_map(|(name, level)| Some(clip(&format!("{name}:{}", level.as_str()?)))));
    }
    let mut notes = match row["repository_selection"].as_str() {
        Some("all") => vec!["reaches all repositories of the organization".to_owned()],
        Some("subset") => vec!["reaches chosen repositories of the organization".to_owned()],
        Some("none") => vec!["reaches no private repository of the organization".to_owned()],
        _ => Vec::new(),
    };
    match sort {
        Sort::Request => {
            notes.insert(0, "waits for approval; until then it reads public data only. Revoking denies it".to_owned());
            notes.extend(text("reason").filter(|r| !r.is_empty()).map(|reason| format!("reason: {reason}")));
        }
        _ => notes.push("revoking takes away this organization's access; the token itself lives on".to_owned()),
    }
    notes.extend(row["token_id"].as_u64().map(|id| format!("token id {id}")));
    let expired = row["token_expired"].as_bool() == Some(true);
    Some(RemoteToken {
        id: format!("{org}/{}/{number}", sort.word()),
        name: text("token_name").unwrap_or_default(),
        kind: Some(Kind::FineGrainedPat),
        owner: row["owner"]["login"].as_str().map(clip).unwrap_or_default(),
        grants,
        created_at: time(if sort == Sort::Request { "created_at" } else { "access_granted_at" }),
        last_used: time("token_last_used_at"),
        expiry: ends(&row["token_expires_at"]),
        state: match sort {
            Sort::Request => RemoteState::Inactive,
            _ if expired => RemoteState::Expired,
            _ => RemoteState::Active,
        },
        tail: None,
        notes,
    })
}

/// A token or key that was authorised for single sign-on.
pub(super) fn authorisation(at: Asking<'_>, row: &Value, org: &str) -> Option<RemoteToken> {
    let number = row["credential_id"].as_u64()?;
    let text = |name: &str| row[name].as_str().filter(|t| !t.is_empty()).map(|t| at.wire.mask(&clip(t)));
    let time = |name: &str| row[name].as_str().and_then(|t| t.parse().ok());
    let sort = text("credential_type").unwrap_or_default();
    let scopes = row["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).map(clip);
    let name = ["authorized_credential_note", "authorized_credential_title"].into_iter().find_map(text);
    let mut notes = vec![
        format!("{sort}, authorised for the single sign-on of {org}"),
        "revoking takes away that authorisation for good; the token itself lives on".to_owned(),
    ];
    notes.extend(text("fingerprint").map(|print| format!("fingerprint {print}")));
    Some(RemoteToken {
        id: format!("{org}/{}/{number}", Sort::Sso.word()),
        name: name.unwrap_or_default(),
        kind: match sort.as_str() {
            // Which of the two sorts of personal access token it is, the list does not tell; scopes do.
            "personal access token" if row["scopes"].as_array().is_some_and(|s| !s.is_empty()) => {
                Some(Kind::ClassicPat)
            }
            "OAuth app token" => Some(Kind::OauthToken),
            "GitHub app token" => Some(Kind::AppToken),
            _ => None,
        },
        owner: text("login").unwrap_or_default(),
        grants: scopes.collect(),
        created_at: time("credential_authorized_at"),
        last_used: time("credential_accessed_at"),
        expiry: ends(&row["authorized_credential_expires_at"]),
        state: match ends(&row["authorized_credential_expires_at"]) {
            Expiry::At(end) if end <= at.wire.now() => RemoteState::Expired,
            _ => RemoteState::Active,
        },
        tail: text("token_last_eight"),
        notes,
    })
}

/// A classic token of a server.
pub(super) fn classic(at: Asking<'_>, row: &Value) -> Option<RemoteToken> {
    let number = row["id"].as_u64()?;
    let text = |name: &str| row[name].as_str().filter(|t| !t.is_empty()).map(|t| at.wire.mask(&clip(t)));
    let scopes = row["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).map(clip);
    let expiry = ends(&row["expires_at"]);
    Some(RemoteToken {
        id: format!("{}/{number}", Sort::Admin.word()),
        name: text("note").unwrap_or_default(),
        kind: Some(Kind::ClassicPat),
        owner: row["user"]["login"].as_str().map(clip).unwrap_or_default(),
        grants: scopes.collect(),
        created_at: row["created_at"].as_str().and_then(|t| t.parse().ok()),
        last_used: None,
        expiry,
        state: match expiry {
            Expiry::At(end) if end <= at.wire.now() => RemoteState::Expired,
            _ => RemoteState::Active,
        },
        tail: text("token_last_eight"),
        notes: row["app"]["name"].as_str().map(|app| format!("made for {}", clip(app))).into_iter().collect(),
    })
}

fn ends(value: &Value) -> Expiry {
    match value {
        Value::Null => Expiry::Never,
        Value::String(text) => text.parse().map_or(Expiry::Unknown, Expiry::At),
        _ => Expiry::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_where_and_what_and_nothing_else() {
        assert_eq!(parse("acme/grant/9001"), Some(("acme", Sort::Grant, 9001)));
        assert_eq!(parse("acme-x/request/7"), Some(("acme-x", Sort::Request, 7)));
        assert_eq!(parse("acme/sso/5"), Some(("acme", Sort::Sso, 5)));
        assert_eq!(parse("admin/17"), Some(("", Sort::Admin, 17)));
        for id in [
            "",
            "9001",
            "acme/9001",
            "acme/grant/x",
            "a/b/grant/1",
            "../grant/1",
            "acme/grant/-1",
            "acme/x/1",
            "ac%2fme/grant/1",
        ] {
            assert_eq!(parse(id), None, "{id}");
        }
    }
}
