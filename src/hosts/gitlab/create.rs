//! Making tokens by API. A user may give the own personal token next to nothing by API, so that one is made on a page;
//! project and group tokens are made by somebody who manages the place, a user's by an administrator.
//!
//! <https://docs.gitlab.com/api/user_tokens/>, <https://docs.gitlab.com/api/project_access_tokens/>,
//! <https://docs.gitlab.com/api/group_access_tokens/>

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::fresh::{self, Asked, LONGEST};
use super::order::{self, Sent};
use super::resource::{Resource, number, tokens_of};
use super::{FACTS, GitLab, PASSWORD, api_of, token};
use crate::domain::{CreateRequest, CreatedToken, Expiry, GrantSource, Host, Kind, Predecessor};
use crate::hosts::{Act, Authority, Create, Outcome, RequestError, Route};
use crate::net::{NetError, NetErrorKind, Request, Response};

/// What a user may give an own personal token by API.
const BY_ITSELF: &[&str] = &["k8s_proxy", "self_rotate"];

/// Roles that a project or group token can have, and their numbers at GitLab.
const ROLES: &[(&str, u64)] =
    &[("guest", 10), ("planner", 15), ("reporter", 20), ("developer", 30), ("maintainer", 40), ("owner", 50)];

/// Where a token is made.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// For the user who signs.
    Own,
    /// For another user, by number; an administrator signs.
    User(String),
    /// In a project or group.
    Shared(Resource),
}

/// A wish that GitLab is not known to refuse.
struct Plan {
    place: Place,
    kind: Kind,
    scopes: Vec<String>,
    /// Number of the role.
    role: Option<u64>,
}

impl Create for GitLab {
    fn route(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
        let plan = plan(request)?;
        if let Some(why) = by_hand(host, &plan) {
            return Ok(Route::Guided { why });
        }
        let api = api_of(host);
        let path = path(&plan.place).unwrap_or_default();
        let personal =
            matches!(using.and_then(|u| u.kind), Some(k) if !matches!(k, Kind::ProjectToken | Kind::GroupToken));
        let (who, what) = match &plan.place {
            Place::Own => {
                ("a token of the user with the `api` scope", "a personal token of the user who signs".to_owned())
            }
            Place::User(id) => {
                ("an administrator's token with the `api` scope", format!("a personal token of user {id}"))
            }
            Place::Shared(of) => (
                "a personal token with the `api` scope of somebody who manages the place (Maintainer or Owner of a \
                 project, Owner of a group)",
                format!("a token of {}", of.words()),
            ),
        };
        Ok(match using {
            Some(Authority { kind: None, .. }) => Route::NeedsAuthority { why: PASSWORD.to_owned(), password: false },
            Some(_) if personal => Route::AtHost(format!("POST {api}{path} makes {what}, signed with {who}")),
            Some(_) => Route::NeedsAuthority {
                why: format!("project and group tokens make no tokens; sign with {who}"),
                password: false,
            },
            None => Route::NeedsAuthority { why: format!("GitLab makes {what} for {who}"), password: false },
        })
    }

    fn successor(&self, _host: &Host, old: &Predecessor<'_>) -> CreateRequest {
        let told = old.last.map(|v| v.grants.as_slice()).unwrap_or_default();
        let scopes = told.iter().filter(|g| g.source == GrantSource::Told).map(|g| g.name.clone()).collect();
        let bot = old.username.or_else(|| old.last.and_then(|v| v.identity.as_ref()).map(|who| who.login.as_str()));
        let at = Resource::of_bot(old.kind, bot).map(|resource| match resource {
            Resource::Project(id) => format!("project:{id}"),
            Resource::Group(id) => format!("group:{id}"),
        });
        let created = old.last.and_then(|v| v.created_at);
        let expiry = old.last.map_or(Expiry::Unknown, |v| v.expiry);
        let expires = old.expires.or_else(|| {
            let date = fresh::same_life(created, expiry, old.now);
            date.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
        });
        let name = old.last.and_then(|v| v.remote_name.clone()).filter(|n| !n.is_empty());
        CreateRequest { name: name.unwrap_or_else(|| old.label.to_owned()), kind: Some(old.kind), scopes, expires, at }
    }

    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(create(act, request))
    }
}

async fn create(act: &Act<'_>, request: &CreateRequest) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let stop = |name: &str, args: &[(&str, &str)]| Box::new(wire.conclude(&FACTS, name, args));
    let plan = match plan(request) {
        Ok(plan) => plan,
        Err(error) => return Outcome::Refused(stop("create-refused", &[("text", &error.message)])),
    };
    if let Some(why) = by_hand(act.host, &plan) {
        return Outcome::Unsupported(stop("create-by-hand", &[("why", &why), ("web", &wire.url("web", ""))]));
    }
    if act.using.kind.is_none() {
        return Outcome::Refused(stop("authority-password", &[]));
    }
    let asked = request.expires.map(fresh::date);
    if let Some(refused) = asked.and_then(|date| fresh::unlikely(wire, date)) {
        return Outcome::Refused(Box::new(refused));
    }
    // For project and group tokens a date must be sent; the host's own choice counts for personal ones.
    let shared = matches!(plan.place, Place::Shared(_));
    let ends = asked.or_else(|| shared.then(|| fresh::date_in(LONGEST, wire.now())));
    let Some(path) = path(&plan.place) else { return Outcome::Refused(stop("create-no-place", &[("text", "")])) };
    let order = Request::post(wire.url("api", &path)).json(&body(&request.name, &plan, ends));
    let lost = |mut error: NetError| {
        let (_, finding) = FACTS.finding("create-unknown", &[("name", &request.name)]);
        let before = if error.detail.is_empty() { String::new() } else { format!("{}; ", error.detail) };
        error.detail = format!("{before}{}", finding.remedy);
        Outcome::Unknown(error)
    };
    match order::send(wire, order, &act.using.secret.token).await {
        Sent::Answer(mut response) if matches!(response.status, 200 | 201) => {
            let asked = Asked { kind: plan.kind, username: None, name: &request.name, ends };
            fresh::take(wire, &mut response, &asked).map_or_else(
                || {
                    let detail = format!("answered {} without a token", response.status);
                    lost(NetError::new(NetErrorKind::Other, wire.url("api", &path), detail))
                },
                Outcome::Done,
            )
        }
        Sent::Answer(response) => refused(act, &response),
        Sent::Never(validation) => Outcome::Refused(validation),
        Sent::Lost(error) => lost(error),
    }
}

fn refused(act: &Act<'_>, response: &Response) -> Outcome<CreatedToken> {
    let unknown_path = super::refusal::Refusal::of(response).is_some_and(|r| r.unknown_path || r.name == "not-allowed");
    let validation = order::of_the_signer(&act.wire, response, |refusal| match refusal.name {
        _ if unknown_path => "create-unsupported",
        "bad-request" => "create-refused",
        "insufficient-scope" => "create-scope-missing",
        "granular-missing" => "create-permission-missing",
        "forbidden" => "create-forbidden",
        "not-found" => "create-no-place",
        "token-unknown" => "create-not-allowed",
        name => name,
    });
    if unknown_path { Outcome::Unsupported(validation) } else { Outcome::Refused(validation) }
}

/// Why it is made on a page, where it is.
fn by_hand(host: &Host, plan: &Plan) -> Option<String> {
    match (&plan.place, plan.kind) {
        (_, kind) if !token::is_access(kind) || kind == Kind::ServiceAccountToken => Some(
            "GitLab's API makes personal, project and group access tokens; this kind is made where it is used".into(),
        ),
        (Place::Own, _) if host.url == FACTS.default_url => {
            Some("GitLab.com has no API by which a user makes a personal token".to_owned())
        }
        (Place::Own, Kind::Pat) if !plan.scopes.iter().all(|s| BY_ITSELF.contains(&s.as_str())) => Some(format!(
            "by API a user gives a personal token only the scopes {}; an administrator can give others (--at USER_ID)",
            BY_ITSELF.join(" and ")
        )),
        _ => None,
    }
}

fn path(place: &Place) -> Option<String> {
    match place {
        Place::Own => Some("/user/personal_access_tokens".to_owned()),
        Place::User(id) => Some(format!("/users/{id}/personal_access_tokens")),
        Place::Shared(resource) => tokens_of(Some(resource)),
    }
}

fn body(name: &str, plan: &Plan, ends: Option<Date>) -> Value {
    let mut body = json!({ "name": name });
    if plan.kind == Kind::FineGrainedPat {
        body["granular_scopes"] = granular(&plan.scopes);
    } else {
        body["scopes"] = json!(plan.scopes);
    }
    if let Some(role) = plan.role {
        body["access_level"] = json!(role);
    }
    if let Some(ends) = ends {
        body["expires_at"] = json!(ends.to_string());
    }
    body
}

/// `read_job@project:6`, as keyrack shows the permissions of a fine-grained token, in the API's form.
fn granular(permissions: &[String]) -> Value {
    let mut by_boundary: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, boundary) in permissions.iter().filter_map(|p| p.split_once('@')) {
        by_boundary.entry(boundary).or_default().push(name);
    }
    by_boundary
        .into_iter()
        .map(|(boundary, names)| match boundary.split_once(':') {
            Some((sort, id)) => json!({
                "access": "selected_memberships", "permissions": names,
                format!("{sort}_ids"): [id.parse::<u64>().unwrap_or_default()],
            }),
            None => json!({ "access": boundary, "permissions": names }),
        })
        .collect()
}

/// Checks the wish as far as it can be without asking and without a clock.
fn plan(request: &CreateRequest) -> Result<Plan, RequestError> {
    let place = place(request)?;
    let (roles, scopes): (Vec<&String>, Vec<&String>) = request.scopes.iter().partition(|s| role(s).is_some());
    let granular = scopes.iter().any(|s| s.contains('@'));
    let kind = match &place {
        Place::Shared(Resource::Project(_)) => Kind::ProjectToken,
        Place::Shared(Resource::Group(_)) => Kind::GroupToken,
        _ => request.kind.unwrap_or(if granular { Kind::FineGrainedPat } else { Kind::Pat }),
    };
    if request.name.trim().is_empty() {
        return Err(error("the token has no name", "give it one, e.g. --name git-integration-for-jira"));
    }
    let scopes: Vec<String> = scopes.into_iter().cloned().collect();
    if token::is_access(kind) {
        check_scopes(kind, &scopes)?;
    }
    let role = match (&place, roles.as_slice()) {
        (Place::Shared(_), [one]) => role(one),
        (Place::Shared(of), []) => {
            return Err(error(
                &format!("a token of {} acts with a role, and none is named", of.words()),
                &format!("name one of {} (at most your own), e.g. --permission role:developer", role_names()),
            ));
        }
        (Place::Shared(_), _) => return Err(error("more than one role is named", "a token has one role")),
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

/// `GROUP/PROJECT`, `groups/GROUP`, `project:42`, `group:7`, a bare `GROUP`; a number alone is a user's.
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
            _ => Ok(Place::Own),
        };
    };
    let named = match at.split_once(':') {
        Some(("project", path)) => project(path),
        Some(("group", path)) => group(path),
        Some(("user", id)) if number(id).is_some() => Place::User(id.to_owned()),
        Some(_) => {
            return Err(error(
                &format!("`{at}` is no place for a GitLab token"),
                "name a project (GROUP/PROJECT, project:ID), a group (group:PATH, group:ID), or, as administrator, a \
                 user by number (user:ID)",
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
        assert!(at(None, "user:mara").is_err());
        assert!(at(Some(Kind::GroupToken), "project:42").is_err());
        assert!(at(Some(Kind::GroupToken), "").is_err());
    }

    #[test]
    fn permissions_go_back_the_way_they_came() {
        let permissions = ["read_user@user", "read_job@project:6", "download_code@project:6", "read_issue@group:9"];
        let permissions = permissions.map(str::to_owned);
        assert_eq!(
            granular(&permissions),
            json!([
                {"access": "selected_memberships", "permissions": ["read_issue"], "group_ids": [9]},
                {"access": "selected_memberships", "permissions": ["read_job", "download_code"], "project_ids": [6]},
                {"access": "user", "permissions": ["read_user"]},
            ])
        );
    }
}
