//! What a wish for a new token comes to: where it is made, of which kind, with which scopes and role. Read without asking
//! anybody and without a clock; what GitLab is known to refuse is refused here.
//!
//! A role is named among the scopes or permissions (`role:developer`, `developer`, `access_level=30`), since a project or
//! group token has one just as it has scopes.

use super::FACTS;
use super::resource::{Resource, number};
use super::token;
use crate::domain::{CreateRequest, Kind};
use crate::hosts::RequestError;

/// Roles that a project or group token can have, and their numbers at GitLab.
const ROLES: &[(&str, u64)] =
    &[("guest", 10), ("planner", 15), ("reporter", 20), ("developer", 30), ("maintainer", 40), ("owner", 50)];

/// How service accounts are named.
const SERVICE_ACCOUNTS: &str = "name it: --at group:PATH/service_accounts/USER_ID or --at project:PATH/service_accounts/USER_ID; \
                                one of the whole instance, as administrator, --at user:USER_ID";

/// Where a token is made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// For the user who signs.
    Own,
    /// For another user, by number; an administrator signs.
    User(String),
    /// In a project or group, or for a service account of one.
    Shared(Resource),
}

/// A wish that GitLab is not known to refuse.
pub(super) struct Plan {
    pub(super) place: Place,
    pub(super) kind: Kind,
    pub(super) scopes: Vec<String>,
    /// Number of the role.
    pub(super) role: Option<u64>,
}

/// Checks the wish as far as it can be without asking and without a clock.
pub(super) fn plan(request: &CreateRequest) -> Result<Plan, RequestError> {
    let place = place(request)?;
    let (roles, scopes): (Vec<&String>, Vec<&String>) = request.scopes.iter().partition(|s| role(s).is_some());
    let granular = scopes.iter().any(|s| s.contains('@'));
    let kind = match &place {
        Place::Shared(of) => of.kind(),
        _ => request.kind.unwrap_or(if granular { Kind::FineGrainedPat } else { Kind::Pat }),
    };
    if request.name.trim().is_empty() {
        return Err(error("the token has no name", "give it one, e.g. --name git-integration-for-jira"));
    }
    let scopes: Vec<String> = scopes.into_iter().cloned().collect();
    if token::is_access(kind) {
        check_scopes(kind, &scopes)?;
    }
    let own_role = kind == Kind::ProjectToken || kind == Kind::GroupToken;
    let role = match (&place, roles.as_slice()) {
        (_, [_, ..]) if kind == Kind::ServiceAccountToken => {
            return Err(error(
                "a service account's token has no role of its own",
                "leave the role out: it acts as its account",
            ));
        }
        (Place::Shared(_), [one]) if own_role => role(one),
        (Place::Shared(of), []) if own_role => {
            return Err(error(
                &format!("a token of {} acts with a role, and none is named", of.words()),
                &format!("name one of {} (at most your own), e.g. --permission role:developer", role_names()),
            ));
        }
        (Place::Shared(_), [_, _, ..]) => return Err(error("more than one role is named", "a token has one role")),
        (_, []) => None,
        _ => return Err(error("a personal token has no role of its own", "leave the role out: it acts as its user")),
    };
    Ok(Plan { place, kind, scopes, role })
}

fn check_scopes(kind: Kind, scopes: &[String]) -> Result<(), RequestError> {
    let takes = || -> String {
        let known =
            FACTS.scopes.iter().filter(|s| (s.kinds.is_empty() || s.kinds.contains(&kind)) && role(&s.name).is_none());
        known.map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    if scopes.is_empty() {
        return Err(error("no scope is named", &format!("name at least one of {}", takes())));
    }
    for scope in scopes {
        if kind == Kind::FineGrainedPat {
            let fits = scope.split_once('@').is_some_and(|(name, boundary)| !name.is_empty() && is_boundary(boundary));
            if !fits {
                let hint = "a permission of a fine-grained token is written NAME@BOUNDARY: read_user@user, \
                            read_job@project:6, read_issue@group:322, download_code@all_memberships";
                return Err(error(&format!("`{scope}` has no boundary"), hint));
            }
            continue;
        }
        let known = FACTS.scopes.iter().find(|s| s.name == *scope);
        let name = FACTS.kind(kind).map_or("access token", |k| k.name.split(" (").next().unwrap_or_default());
        match known {
            None => {
                return Err(error(&format!("GitLab has no scope `{scope}`"), &format!("a {name} takes {}", takes())));
            }
            Some(facts) if !facts.kinds.is_empty() && !facts.kinds.contains(&kind) => {
                return Err(error(
                    &format!("a {name} cannot have the scope `{scope}`"),
                    &format!("it takes {}", takes()),
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn is_boundary(text: &str) -> bool {
    match text.split_once(':') {
        Some(("project" | "group", id)) => number(id).is_some(),
        Some(_) => false,
        None => matches!(text, "user" | "instance" | "all_memberships" | "personal_projects"),
    }
}

/// `GROUP/PROJECT`, `groups/GROUP`, `project:42`, `group:7`, `group:7/service_accounts/57`, a bare `GROUP`; a number alone is
/// a user's.
fn place(request: &CreateRequest) -> Result<Place, RequestError> {
    let at = request.at.as_deref().map(|at| at.trim().trim_matches('/')).filter(|at| !at.is_empty());
    let project = |path: &str| Place::Shared(Resource::Project(path.to_owned()));
    let group = |path: &str| Place::Shared(Resource::Group(path.to_owned()));
    let Some(at) = at else {
        return match request.kind {
            Some(Kind::ProjectToken) => {
                Err(error("no project is named", "name it: --at GROUP/PROJECT or --at project:ID"))
            }
            Some(Kind::GroupToken) => Err(error("no group is named", "name it: --at group:PATH or --at group:ID")),
            Some(Kind::ServiceAccountToken) => Err(error("no service account is named", SERVICE_ACCOUNTS)),
            _ => Ok(Place::Own),
        };
    };
    let named = match at.split_once(':') {
        _ if at.contains("service_accounts") => match Resource::parse(at) {
            Some(account @ Resource::Service(..)) => Place::Shared(account),
            _ => return Err(error(&format!("`{at}` names no service account"), SERVICE_ACCOUNTS)),
        },
        Some(("project", path)) => project(path),
        Some(("group", path)) => group(path),
        Some(("user", id)) if number(id).is_some() => Place::User(id.to_owned()),
        Some(_) => {
            return Err(error(
                &format!("`{at}` is no place for a GitLab token"),
                "name a project (GROUP/PROJECT, project:ID), a group (group:PATH, group:ID), a service account of one \
                 (group:PATH/service_accounts/USER_ID), or, as administrator, a user by number (user:ID)",
            ));
        }
        None => match at.strip_prefix("groups/") {
            Some(path) => group(path),
            None if request.kind == Some(Kind::ProjectToken) => project(at),
            None if request.kind == Some(Kind::GroupToken) => group(at),
            None if number(at).is_some() => Place::User(at.to_owned()),
            None if at.contains('/') => project(at),
            None => group(at),
        },
    };
    let fits = match (&named, request.kind) {
        (_, None) => true,
        (Place::Shared(of), Some(kind)) => of.kind() == kind,
        (_, Some(kind)) => !matches!(kind, Kind::ProjectToken | Kind::GroupToken),
    };
    if fits {
        Ok(named)
    } else {
        Err(error(&format!("`{at}` does not have tokens of that kind"), "leave one of both out"))
    }
}

/// `role:developer`, `developer`, `access_level=30`.
fn role(text: &str) -> Option<u64> {
    let name = text.strip_prefix("role:").unwrap_or(text);
    let level = text.strip_prefix("access_level=").and_then(|level| level.parse().ok());
    ROLES.iter().find(|(role, number)| *role == name || level == Some(*number)).map(|(_, number)| *number)
}

/// The name of a role, by its number.
pub(super) fn role_of(level: u64) -> Option<&'static str> {
    ROLES.iter().find(|(_, number)| *number == level).map(|(name, _)| *name)
}

fn role_names() -> String {
    ROLES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn error(message: &str, hint: &str) -> RequestError {
    RequestError { message: message.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: Option<Kind>, at: &str) -> Result<Place, RequestError> {
        place(&CreateRequest { kind, at: Some(at.to_owned()), ..CreateRequest::default() })
    }

    #[test]
    fn places_are_read_as_people_write_them() {
        let project = |path: &str| Place::Shared(Resource::Project(path.to_owned()));
        let group = |path: &str| Place::Shared(Resource::Group(path.to_owned()));
        assert_eq!(at(None, "acme/app").unwrap(), project("acme/app"));
        assert_eq!(at(None, "project:42").unwrap(), project("42"));
        assert_eq!(at(None, "acme").unwrap(), group("acme"));
        assert_eq!(at(None, "groups/acme/team").unwrap(), group("acme/team"));
        assert_eq!(at(Some(Kind::GroupToken), "acme/team").unwrap(), group("acme/team"));
        assert_eq!(at(Some(Kind::ProjectToken), "42").unwrap(), project("42"));
        assert_eq!(at(None, "100").unwrap(), Place::User("100".to_owned()));
        assert_eq!(at(None, " ").unwrap(), Place::Own);
        let robot = Resource::Service(Box::new(Resource::Group("acme".to_owned())), "57".to_owned());
        assert_eq!(at(None, "group:acme/service_accounts/57").unwrap(), Place::Shared(robot));
        assert_eq!(at(Some(Kind::ServiceAccountToken), "user:57").unwrap(), Place::User("57".to_owned()));
        assert!(at(None, "acme/service_accounts/57").is_err());
        assert!(at(Some(Kind::Pat), "group:acme/service_accounts/57").is_err());
        assert!(at(Some(Kind::ServiceAccountToken), "group:acme").is_err());
        assert!(at(None, "user:mara").is_err());
        assert!(at(Some(Kind::GroupToken), "project:42").is_err());
        assert!(at(Some(Kind::GroupToken), "").is_err());
    }
}
