//! What a simulated token is.

use serde_json::Value;

use crate::domain::{Kind, Verdict};

/// What state a token is in, apart from what is revoked while the site runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Good,
    Expired,
    Revoked,
    /// The account is blocked.
    Blocked,
    /// The account has used up its requests.
    RateLimited,
    /// A gateway fails in front of GitLab.
    BadGateway,
}

/// The account a token acts as.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) bot: bool,
}

/// What a fine-grained token may do within one boundary.
#[derive(Debug, Clone)]
pub(super) struct Permission {
    pub(super) access: String,
    pub(super) project: Option<u64>,
    pub(super) group: Option<u64>,
    pub(super) names: Vec<String>,
}

/// The boundaries that a request for a new token names.
pub(super) fn permissions(wanted: &Value) -> Vec<Permission> {
    let mut found = Vec::new();
    for scope in wanted.as_array().into_iter().flatten() {
        let access = scope["access"].as_str().unwrap_or_default();
        let names: Vec<&str> =
            scope["permissions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let ids = |field: &str| -> Vec<u64> {
            scope[field].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
        };
        let (projects, groups) = (ids("project_ids"), ids("group_ids"));
        if projects.is_empty() && groups.is_empty() {
            found.push(within(access, None, None, &names));
        }
        found.extend(projects.into_iter().map(|id| within(access, Some(id), None, &names)));
        found.extend(groups.into_iter().map(|id| within(access, None, Some(id), &names)));
    }
    found
}

pub(super) fn within(access: &str, project: Option<u64>, group: Option<u64>, names: &[&str]) -> Permission {
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    Permission { access: access.to_owned(), project, group, names }
}

/// A token of the site.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) secret: String,
    pub(super) id: u64,
    /// Name at GitLab.
    pub(super) name: String,
    pub(super) user: User,
    /// Who may revoke it by number.
    pub(super) owner: u64,
    /// Role of a project or group token.
    pub(super) access_level: Option<u64>,
    /// The project or group whose service account it acts as: `projects` or `groups`, and the number.
    pub(super) service_of: Option<(&'static str, u64)>,
    pub(super) scopes: Vec<String>,
    pub(super) granular: bool,
    pub(super) oauth: bool,
    pub(super) permissions: Vec<Permission>,
    /// Days until the date it ends on; none for a token that does not end.
    pub(super) ends_in_days: Option<i64>,
    pub(super) age_days: i64,
    pub(super) life: Life,
    pub(super) tags: &'static [&'static str],
    pub(super) note: &'static str,
    pub(super) expect: Verdict,
    /// It is on the demo rack; the others are strangers that only GitLab's own list shows.
    pub(super) on_rack: bool,
}

impl Token {
    pub(super) fn has(&self, scopes: &[&str]) -> bool {
        self.scopes.iter().any(|s| scopes.contains(&s.as_str()))
    }

    pub(super) fn permits(&self, permission: &str) -> bool {
        self.permissions.iter().any(|p| p.names.iter().any(|name| name == permission))
    }

    /// The project or group whose bot it acts as: `projects` or `groups`, and the number.
    pub(super) fn resource(&self) -> Option<(&'static str, u64)> {
        let (sort, rest) = self.user.login.split_once('_').filter(|_| self.user.bot)?;
        let sort = match sort {
            "project" => "projects",
            "group" => "groups",
            _ => return None,
        };
        Some((sort, rest.split_once('_')?.0.parse().ok()?))
    }

    /// Any legacy scope is enough; a fine-grained token needs the permission.
    pub(super) fn may_revoke(&self) -> bool {
        !self.granular || self.permits("revoke_personal_access_token")
    }

    pub(super) fn scoped(label: &str, id: u64, user: User, scopes: &[&str], secret: String) -> Self {
        Self {
            label: label.to_owned(),
            kind: Kind::Pat,
            secret,
            id,
            name: label.to_owned(),
            owner: user.id,
            user,
            access_level: None,
            service_of: None,
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            granular: false,
            oauth: false,
            permissions: Vec::new(),
            ends_in_days: Some(98),
            age_days: 61,
            life: Life::Good,
            tags: &[],
            note: "",
            expect: Verdict::Valid,
            on_rack: true,
        }
    }

    pub(super) fn granular(label: &str, id: u64, user: User, permissions: &[Permission], secret: String) -> Self {
        let token = Self::scoped(label, id, user, &["granular"], secret);
        Self { kind: Kind::FineGrainedPat, granular: true, permissions: permissions.to_vec(), ..token }
    }

    pub(super) fn unknown_here(self) -> Self {
        Self { on_rack: false, ..self }
    }

    pub(super) fn about(self, tags: &'static [&'static str], note: &'static str) -> Self {
        Self { tags, note, ..self }
    }

    pub(super) fn ends(self, ends_in_days: Option<i64>) -> Self {
        Self { ends_in_days, ..self }
    }

    pub(super) fn but(self, life: Life, expect: Verdict) -> Self {
        Self { life, expect, ..self }
    }
}

pub(super) fn person(id: u64, login: &str, name: &str) -> User {
    User { id, login: login.to_owned(), name: name.to_owned(), bot: false }
}

pub(super) fn bot(id: u64, of: &str, number: u64, name: &str) -> User {
    let login = format!("{of}_{number}_bot_fake{id:012x}");
    User { id, login, name: name.to_owned(), bot: true }
}

/// The only administrator of the Self-Managed installation.
pub(super) const ADMIN: u64 = 1;
