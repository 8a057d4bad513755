//! Making tokens by API. A user may give the own personal token next to nothing by API, so that one is made on a page;
//! project and group tokens are made by somebody who manages the place, those of a service account by an Owner of its group
//! or, where it is one of the instance, by an administrator, as a user's are.
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
use super::resource::{Resource, tokens_of};
use super::wish::{Place, Plan, plan};
use super::{FACTS, GitLab, PASSWORD, api_of, token};
use crate::domain::{CreateRequest, CreatedToken, Expiry, GrantSource, Host, Kind, Predecessor};
use crate::hosts::{Act, Authority, Create, Outcome, RequestError, Route};
use crate::net::{NetError, NetErrorKind, Request, Response};

/// What a user may give an own personal token by API.
const BY_ITSELF: &[&str] = &["k8s_proxy", "self_rotate"];

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
            Place::User(id) if plan.kind == Kind::ServiceAccountToken => (
                "an administrator's token with the `api` scope",
                format!("a token of the service account with user number {id}"),
            ),
            Place::User(id) => {
                ("an administrator's token with the `api` scope", format!("a personal token of user {id}"))
            }
            Place::Shared(of @ Resource::Service(..)) => (
                "a personal token with the `api` scope of somebody who manages the service account (an Owner of its group)",
                format!("a token of {}", of.words()),
            ),
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
        let who = old.last.and_then(|v| v.identity.as_ref());
        let name = old.username.or_else(|| who.map(|who| who.login.as_str()));
        let at = match (Resource::of_username(old.kind, name), old.kind) {
            (Some(resource), _) => Some(resource.place()),
            // Where it is an account of the instance, or nothing tells of which group: an administrator can.
            (None, Kind::ServiceAccountToken) => {
                let user = old.username.filter(|u| u.starts_with("user:")).map(str::to_owned);
                user.or_else(|| who.filter(|who| !who.id.is_empty()).map(|who| format!("user:{}", who.id)))
            }
            _ => None,
        };
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
    let shared = plan.kind == Kind::ProjectToken || plan.kind == Kind::GroupToken;
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
            let account = match &plan.place {
                Place::Shared(of @ Resource::Service(..)) => Some(of.place()),
                Place::User(id) if plan.kind == Kind::ServiceAccountToken => Some(format!("user:{id}")),
                _ => None,
            };
            let asked = Asked { kind: plan.kind, username: account.as_deref(), name: &request.name, ends };
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
        (_, kind) if !token::is_access(kind) => Some(
            "GitLab's API makes access tokens of people, projects, groups and service accounts; this kind is made where it \
             is used"
                .into(),
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

#[cfg(test)]
mod tests {
    use super::*;

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
