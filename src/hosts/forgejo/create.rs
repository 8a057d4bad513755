//! Creating: `POST /users/{name}/tokens` by Basic, or a site administrator's route on Forgejo 16 and later.
//!
//! `--at` names what is not the signer's own: an account (administrators), or repositories that the token is limited to
//! (Forgejo 15 and later), as `OWNER/NAME,OWNER/NAME`; both as `ACCOUNT:OWNER/NAME`. Sent once.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::answers::{self, Asker};
use super::rows::{self, Row};
use super::sending::Signer;
use super::server::{self, Product, Server};
use super::{API, FACTS, Forgejo, WEB};
use crate::domain::{CreateRequest, CreatedToken, Expiry, GrantSource, Host, Kind, Predecessor};
use crate::hosts::segment::segment;
use crate::hosts::{Act, Authority, Create, Outcome, RequestError, Route, order};
use crate::net::{NetError, NetErrorKind, Request, Response};
use crate::secret::{Secret, SecretText};

/// What a token for certain repositories can have.
const LIMITED_SCOPES: [&str; 4] = ["read:repository", "write:repository", "read:issue", "write:issue"];
/// The modifier that has no power of its own.
const PUBLIC_ONLY: &str = "public-only";

/// For whom, and limited to what.
#[derive(Debug, Default, PartialEq, Eq)]
struct At<'a> {
    account: Option<&'a str>,
    repositories: Vec<(&'a str, &'a str)>,
}

impl<'a> At<'a> {
    fn of(at: Option<&'a str>) -> Result<Self, RequestError> {
        let Some(at) = at.map(str::trim).filter(|at| !at.is_empty()) else { return Ok(Self::default()) };
        let (account, list) = match at.split_once(':') {
            Some((account, list)) => (Some(account.trim()), Some(list)),
            None if at.contains('/') => (None, Some(at)),
            None => (Some(at), None),
        };
        let pair = |name: &'a str| {
            let (owner, repository) = name.trim().split_once('/')?;
            let plain = |part: &str| segment(part).is_some() && !part.contains('/');
            (plain(owner) && plain(repository)).then_some((owner, repository))
        };
        let repositories: Option<Vec<_>> = list.map_or(Some(Vec::new()), |list| list.split(',').map(pair).collect());
        match repositories {
            Some(repositories) if account.is_none_or(|a| segment(a).is_some()) => Ok(Self { account, repositories }),
            _ => Err(RequestError {
                message: "that names neither an account nor repositories".to_owned(),
                hint: "Write it as ACCOUNT, as OWNER/NAME,OWNER/NAME, or as ACCOUNT:OWNER/NAME.".to_owned(),
            }),
        }
    }
}

impl Create for Forgejo {
    fn route(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
        if request.scopes.is_empty() {
            // Also where a successor is wanted for a token whose scopes the host never told.
            let why = "which scopes it shall have is not known: name them (such as read:repository), or choose them on the \
                       page";
            return Ok(Route::Guided { why: why.to_owned() });
        }
        let server = Server::recorded(host);
        let at = check(server, request)?;
        let Some(using) = using else {
            return Ok(Route::NeedsAuthority { why: who_can(server).to_owned(), password: true });
        };
        let Some((signer, path)) = plan(server, using, &at)? else {
            return Ok(Route::NeedsAuthority { why: who_can(server).to_owned(), password: true });
        };
        let api = host.endpoints.get(API).map_or_else(|| format!("{}/api/v1", host.url), Clone::clone);
        let limits = match at.repositories.len() {
            0 => String::new(),
            _ => format!(
                ", for {} alone",
                at.repositories.iter().map(|(o, n)| format!("{o}/{n}")).collect::<Vec<_>>().join(", ")
            ),
        };
        Ok(Route::AtHost(format!(
            "POST {}{path}, signed {}, makes a token `{}` with {}{limits}. It has no expiry at the host",
            api.trim_end_matches('/'),
            signer.words(),
            request.name,
            request.scopes.join(", ")
        )))
    }

    fn successor(&self, _host: &Host, old: &Predecessor<'_>) -> CreateRequest {
        let named = old.last.and_then(|last| last.remote_name.as_deref()).unwrap_or(old.label);
        let grants = old.last.map(|last| last.grants.as_slice()).unwrap_or_default();
        let told = grants.iter().filter(|g| g.source == GrantSource::Told);
        let repositories = old.last.map(|last| last.limited_to.as_slice()).unwrap_or_default();
        let account = old
            .last
            .and_then(|last| last.identity.as_ref().map(|who| who.login.as_str()))
            .or(old.username)
            .filter(|login| !login.is_empty());
        let at = match (account, repositories.is_empty()) {
            (account, true) => account.map(str::to_owned),
            (Some(account), false) => Some(format!("{account}:{}", repositories.join(","))),
            (None, false) => Some(repositories.join(",")),
        };
        CreateRequest {
            name: dated(named, &old.now.strftime("%Y-%m-%d").to_string()),
            kind: Some(Kind::Pat),
            scopes: told.map(|g| g.name.clone()).collect(),
            expires: old.expires,
            at,
        }
    }

    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(create(act, request))
    }
}

/// The name of a successor: names are unique while both live, and there is no renaming. A date from the last time goes.
fn dated(name: &str, today: &str) -> String {
    let is_date = |tail: &str| {
        tail.len() == 11
            && tail
                .bytes()
                .enumerate()
                .all(|(i, b)| if matches!(i, 0 | 5 | 8) { b == b'-' } else { b.is_ascii_digit() })
    };
    let stem = name.len().checked_sub(11).and_then(|at| name.split_at_checked(at));
    let stem = stem.filter(|(_, tail)| is_date(tail)).map_or(name, |(stem, _)| stem);
    let new = format!("{stem}-{today}");
    if new == name { format!("{new}-2") } else { new }
}

/// Wishes that the host is known to refuse.
fn check(server: Server, request: &CreateRequest) -> Result<At<'_>, RequestError> {
    let refuse = |message: String, hint: &str| Err(RequestError { message, hint: hint.to_owned() });
    let at = At::of(request.at.as_deref())?;
    if request.name.trim().is_empty() {
        return refuse("a token needs a name".to_owned(), "Give it with --name.");
    }
    if request.kind.is_some_and(|kind| kind != Kind::Pat) {
        return refuse("only access tokens (kind pat) are made by the API".to_owned(), "");
    }
    if request.scopes.iter().all(|s| s == PUBLIC_ONLY) {
        let hint = "Name at least one with --scope, such as read:repository: public-only alone has no power.";
        return refuse("a token must have a scope".to_owned(), hint);
    }
    if let Some(unknown) = request.scopes.iter().find(|s| !FACTS.scopes.iter().any(|known| known.name == **s)) {
        let hint = "Since version 1.20 scopes are read: or write: with activitypub, admin, issue, misc, notification, \
                    organization, package, repository or user; besides all and public-only.";
        return refuse(format!("`{}` is no scope of this host", crate::sanitize::short(unknown, 60)), hint);
    }
    if !at.repositories.is_empty() {
        if server.is_known() && !server.limits_repositories() {
            let hint = "Leave the repositories away: the scopes then count for all that the account reaches.";
            return refuse("only Forgejo 15 and later limits tokens to repositories".to_owned(), hint);
        }
        if let Some(other) = request.scopes.iter().find(|s| !LIMITED_SCOPES.contains(&s.as_str())) {
            let hint = "It can have read:repository, write:repository, read:issue and write:issue alone.";
            return refuse(format!("a token for certain repositories cannot have `{other}`"), hint);
        }
    }
    Ok(at)
}

/// Who signs, and the path. None where what was given cannot sign.
fn plan<'a>(server: Server, using: &'a Authority, at: &At<'_>) -> Result<Option<(Signer<'a>, String)>, RequestError> {
    if using.kind.is_some() && server.has_admin_routes() {
        let Some(signer) = Signer::token(using) else { return Ok(None) };
        let account = at.account.or_else(|| signer.user()).and_then(segment);
        return match account {
            Some(account) => Ok(Some((signer, format!("/admin/users/{account}/tokens")))),
            None => Err(RequestError {
                message: "a site administrator's token makes tokens for an account, and none is named".to_owned(),
                hint: "Name it with --at ACCOUNT.".to_owned(),
            }),
        };
    }
    let signer = if server.wants_password() { Signer::password(using) } else { Signer::basic(using) };
    let Some((signer, user)) = signer.and_then(|signer| Some((signer, signer.user()?))) else { return Ok(None) };
    // Older servers make the token for whoever signs, whatever the path says.
    if let Some(account) = at.account.filter(|account| !account.eq_ignore_ascii_case(user)) {
        return Err(RequestError {
            message: format!("{user} cannot make a token for {}", crate::sanitize::short(account, 60)),
            hint: "Sign as that account; or with a site administrator's token, on Forgejo 16 and later.".to_owned(),
        });
    }
    Ok(segment(user).map(|user| (signer, format!("/users/{user}/tokens"))))
}

/// Continued by the caller, so without a full stop.
fn who_can(server: Server) -> &'static str {
    match server.product {
        Some(Product::Gitea) => {
            "Gitea makes tokens for an account's user name and password (a one-time code besides where it has a second \
             factor), or for one of its tokens with write:user that has every scope of the new one"
        }
        Some(Product::Forgejo) if server.has_admin_routes() => {
            "Forgejo makes tokens for an account's user name and password (a one-time code besides where it has a second \
             factor), or for a site administrator's token with write:admin"
        }
        _ => {
            "tokens are made with the account's user name and password (a one-time code besides where it has a second \
             factor)"
        }
    }
}

async fn create(act: &Act<'_>, request: &CreateRequest) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let server = server::learn_for(wire, act.host).await;
    let unfit = || Outcome::Unsupported(Box::new(wire.conclude(&FACTS, "authority-unfit", &[])));
    let not_taken = |error: &RequestError| {
        let args = [("message", error.message.as_str()), ("status", "not sent"), ("web", &wire.url(WEB, ""))];
        Outcome::Refused(Box::new(wire.conclude(&FACTS, "request-refused", &args)))
    };
    let at = match check(server, request) {
        Ok(at) => at,
        Err(error) => return not_taken(&error),
    };
    let (signer, path) = match plan(server, act.using, &at) {
        Ok(Some(plan)) => plan,
        Ok(None) => return unfit(),
        Err(error) => return not_taken(&error),
    };
    let mut body = json!({"name": request.name, "scopes": request.scopes});
    if !at.repositories.is_empty() {
        body["repositories"] =
            at.repositories.iter().map(|(owner, name)| json!({"owner": owner, "name": name})).collect();
    }
    let post = signer.sign(Request::post(wire.url(API, &path)).json(&body));
    let answer = match order::send(wire, post).await.for_making() {
        Ok(answer) => answer,
        Err(ended) => return ended,
    };
    read(act, signer, &answer, request, at.account)
}

fn read(
    act: &Act<'_>,
    signer: Signer<'_>,
    answer: &Response,
    request: &CreateRequest,
    account: Option<&str>,
) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let lost = |why: &str| Outcome::Unknown(NetError::new(NetErrorKind::Other, wire.url(API, ""), why));
    if !(200..=299).contains(&answer.status) {
        return refused(act, signer, answer);
    }
    let Some(mut row) = answer.parse::<Row>().filter(|_| !answer.is_html()) else {
        return lost("the answer to making a token cannot be read");
    };
    let Some(secret) = row.sha1.take().filter(|s| !s.is_empty()).map(SecretText::new) else {
        return lost("the answer to making a token holds none");
    };
    wire.learn(&secret);
    wire.note(format!("token {}", row.id().unwrap_or_default()));
    let mut notes = vec!["The host knows no expiry: keyrack keeps the date that you give it.".to_owned()];
    if request.expires.is_some() {
        notes.push("The end that was asked for is on the rack alone; delete or rotate the token then.".to_owned());
    }
    let scopes = row.scopes().unwrap_or_else(|| request.scopes.clone());
    Outcome::Done(CreatedToken {
        secret: Secret::token(secret),
        kind: Kind::Pat,
        username: account.or_else(|| signer.user()).map(str::to_owned),
        remote_id: row.id(),
        name: row.name().map_or_else(|| request.name.clone(), |name| wire.mask(&name)),
        expiry: Expiry::Unknown,
        grants: rows::grants(&scopes),
        notes,
    })
}

/// A refusal of the act, by who signed it. One that no signer can get over means that it goes by hand.
fn refused<T>(act: &Act<'_>, signer: Signer<'_>, answer: &Response) -> Outcome<T> {
    let found = answers::refusal(&act.wire, asker(signer), answer)
        .unwrap_or_else(|| answers::conclude(&act.wire, answer, "request-refused", &[]));
    let by_hand =
        ["security-key", "password-disabled"].iter().any(|n| found.findings.iter().any(|f| f.code.ends_with(n)));
    if by_hand { Outcome::Unsupported(Box::new(found)) } else { Outcome::Refused(Box::new(found)) }
}

/// How refusals of an act are to be read.
pub(super) fn asker(signer: Signer<'_>) -> Asker<'_> {
    match signer {
        Signer::Password { user, .. } => Asker::Password(user),
        Signer::TokenAsPassword { .. } | Signer::Token { .. } => Asker::Signer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_have_another_name_and_one_date() {
        for (name, new) in [
            ("keyrack-laptop", "keyrack-laptop-2026-11-23"),
            ("keyrack-laptop-2026-01-02", "keyrack-laptop-2026-11-23"),
            ("keyrack-laptop-2026-11-23", "keyrack-laptop-2026-11-23-2"),
            ("é", "é-2026-11-23"),
        ] {
            assert_eq!(dated(name, "2026-11-23"), new);
        }
    }

    #[test]
    fn accounts_and_repositories_are_told_apart() {
        let of = |at: &'static str| At::of(Some(at)).unwrap();
        assert_eq!(of("mara"), At { account: Some("mara"), repositories: vec![] });
        assert_eq!(of("mara/site, acme/web").repositories, [("mara", "site"), ("acme", "web")]);
        assert_eq!(of("mara:acme/web"), At { account: Some("mara"), repositories: vec![("acme", "web")] });
        for odd in ["a/b/c", "/b", "a/..", "..", ":a/b", "mara:x"] {
            assert!(At::of(Some(odd)).is_err(), "{odd}");
        }
    }
}
