//! Creating a personal access token: `POST` to the token interface, signed by one of the user's tokens or by the user's
//! password. One request, never repeated: what it made is shown once.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::life::{days_after, days_until, next_end};
use super::record::Record;
use super::refusal::{conclude, refusal, signature};
use super::signature::{cap, has_fingerprint};
use super::signer::{Signer, signer_or_route, web_of};
use super::{Dialect, Product, WEB};
use crate::domain::{CreateRequest, CreatedToken, Expiry, Grant, Host, Kind, Predecessor};
use crate::hosts::version::is_before;
use crate::hosts::{Act, Authority, Outcome, RequestError, Route, order};
use crate::net::{NetError, NetErrorKind, Request, Response};
use crate::secret::{Secret, SecretText};

/// What the vendor allows, unless an administrator sets something else.
const LONGEST_LIFE: i64 = 365;
const LONGEST_NAME: usize = 40;

fn wrong(message: impl Into<String>, hint: impl Into<String>) -> RequestError {
    RequestError { message: message.into(), hint: hint.into() }
}

/// How a token would be made.
///
/// # Errors
/// [`RequestError`] where the product is known to refuse it.
pub fn route(
    product: &'static Product,
    host: &Host,
    request: &CreateRequest,
    using: Option<&Authority>,
) -> Result<Route, RequestError> {
    check(product, host, request)?;
    let signer = match signer_or_route(product, using) {
        Ok(signer) => signer,
        Err(route) => return Ok(route),
    };
    let may = match (product.dialect, request.scopes.as_slice()) {
        (Dialect::Pat, _) => "It can do whatever its user can".to_owned(),
        (Dialect::Bamboo, []) => "With READ, which is what Bamboo gives where nothing is asked for".to_owned(),
        (Dialect::Bamboo, scopes) => format!("With {}", scopes.join(", ")),
    };
    Ok(Route::AtHost(format!(
        "POST {}{} makes a token named \"{}\", signed {}. {may}",
        web_of(host),
        product.tokens,
        request.name,
        signer.words()
    )))
}

fn check(product: &Product, host: &Host, request: &CreateRequest) -> Result<(), RequestError> {
    let name = product.name;
    if let Some(version) = host.version.as_deref().filter(|v| is_before(v, product.first_version) == Some(true)) {
        return Err(wrong(
            format!("{name} {version} has no personal access tokens"),
            format!("They came with {name} {}; ask the administrator to upgrade.", product.first_version),
        ));
    }
    if request.kind.is_some_and(|k| k != Kind::Pat) {
        return Err(wrong(format!("{name} makes personal access tokens only"), "Leave the kind out."));
    }
    if request.at.is_some() {
        return Err(wrong(
            format!("{name} makes a token for the user who signs and for nobody else, not even for an administrator"),
            "Sign as the account that the token shall belong to.",
        ));
    }
    let length = request.name.chars().count();
    if request.name.trim().is_empty() {
        return Err(wrong("the token needs a name", "The name is how it is found in the list later."));
    }
    if product.dialect == Dialect::Pat && length > LONGEST_NAME {
        return Err(wrong(
            format!("{name} takes names of up to {LONGEST_NAME} characters; this one has {length}"),
            "Give a shorter one.",
        ));
    }
    if product.dialect == Dialect::Pat && !request.scopes.is_empty() {
        return Err(wrong(
            format!("tokens of {name} have no scopes: each can do whatever its user can"),
            "Leave the scopes out; to limit it, make it for a user that has fewer permissions.",
        ));
    }
    if let Some(unknown) = request.scopes.iter().find(|s| !product.facts.scopes.iter().any(|f| f.name == **s)) {
        let known: Vec<_> = product.facts.scopes.iter().map(|s| s.name.as_str()).collect();
        return Err(wrong(format!("{name} has no permission `{unknown}`"), format!("There are {}.", known.join(", "))));
    }
    if let (Some(since), Some(_)) = (no_life(product, host), request.expires) {
        return Err(wrong(
            format!("tokens of this {name} have no end: that came with {since}"),
            "Leave the date out, and note one on the record instead.",
        ));
    }
    Ok(())
}

/// The version that tokens with an end came with, where this host has an earlier one.
fn no_life(product: &Product, host: &Host) -> Option<&'static str> {
    product.life_since.filter(|since| host.version.as_deref().is_some_and(|v| is_before(v, since) == Some(true)))
}

/// What to ask for so that the new token can take the old one's place.
pub fn successor(product: &Product, host: &Host, old: &Predecessor<'_>) -> CreateRequest {
    let name = old.last.and_then(|v| v.remote_name.as_deref()).unwrap_or(old.label);
    let (name, scopes) = match product.dialect {
        Dialect::Pat => (name.chars().take(LONGEST_NAME).collect(), Vec::new()),
        Dialect::Bamboo => (unique(name, old.now), scopes_of(old)),
    };
    CreateRequest {
        name,
        kind: Some(Kind::Pat),
        scopes,
        expires: next_end(old.expires, old.last, old.now, LONGEST_LIFE).filter(|_| no_life(product, host).is_none()),
        at: None,
    }
}

/// What the old one was told to have, without what that includes.
fn scopes_of(old: &Predecessor<'_>) -> Vec<String> {
    let told = old.last.into_iter().flat_map(|v| &v.grants).filter(|g| g.source == crate::domain::GrantSource::Told);
    told.map(|g| g.name.clone()).collect()
}

/// The name with a date and time behind it, in place of an earlier one: Bamboo refuses a name that is taken.
fn unique(name: &str, now: Timestamp) -> String {
    let stamp = now.strftime("%Y%m%d-%H%M%S").to_string();
    let form = |text: &str| {
        text.len() == stamp.len()
            && text.bytes().enumerate().all(|(n, b)| if n == 8 { b == b'-' } else { b.is_ascii_digit() })
    };
    let base = name.rsplit_once(' ').filter(|(_, last)| form(last)).map_or(name, |(base, _)| base);
    format!("{base} {stamp}")
}

/// Asks the host once.
pub async fn create(product: &'static Product, act: &Act<'_>, request: &CreateRequest) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let web = wire.url(WEB, "");
    let stop = |name: &str, args: &[(&str, &str)]| Outcome::Refused(Box::new(wire.conclude(product.facts, name, args)));
    let signer = match Signer::of(act.using) {
        Ok(signer) => signer,
        Err(name) => return stop(name, &[("web", &web)]),
    };
    let days = match request.expires.map(|end| days_until(wire.now(), end)) {
        None => None,
        Some(None) => return stop("life-over", &[]),
        Some(Some(days)) if days > LONGEST_LIFE && product.dialect == Dialect::Pat => {
            return stop("life-too-long", &[("days", &days.to_string())]);
        }
        Some(Some(days)) => Some(days),
    };
    let post = Request::post(wire.url(WEB, product.tokens))
        .header("Accept", "application/json")
        .header("X-Atlassian-Token", "no-check")
        .json(&body(product, request, days));
    let answer = match order::send(wire, signer.sign(post)).await.for_making() {
        Ok(answer) => answer,
        Err(ended) => return ended,
    };
    read(product, act, signer, request, days, &answer)
}

fn body(product: &Product, request: &CreateRequest, days: Option<i64>) -> Value {
    let mut body = json!({"name": request.name});
    let life = match product.dialect {
        Dialect::Pat => "expirationDuration",
        Dialect::Bamboo => {
            let asked = if request.scopes.is_empty() { vec!["READ".to_owned()] } else { request.scopes.clone() };
            body["permissions"] = json!(asked);
            "daysUntilExpiry"
        }
    };
    if let Some(days) = days {
        body[life] = json!(days);
    }
    body
}

fn read(
    product: &'static Product,
    act: &Act<'_>,
    signer: Signer<'_>,
    request: &CreateRequest,
    days: Option<i64>,
    answer: &Response,
) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let asked = signer.asked(wire, product, "");
    if matches!(answer.status, 200 | 201) && !answer.is_html() {
        let secret = answer.json().and_then(|v| v.get("rawToken")?.as_str().map(SecretText::from));
        return match secret.filter(|s| !s.is_empty()) {
            Some(secret) => {
                // Before anything of this answer is kept or shown.
                wire.learn(&secret);
                Outcome::Done(created(product, act, request, days, secret, answer))
            }
            None if signature(signer.act(), &wire.url(WEB, ""), answer).is_some() => {
                refused(product, signer, act, answer)
            }
            None => unknown(act, "it may have been made, but its secret cannot be read from the answer"),
        };
    }
    let limit = product.dialect == Dialect::Pat && answer.status == 403 && has_fingerprint(answer);
    match signature(signer.act(), &wire.url(WEB, ""), answer) {
        None if limit => Outcome::Refused(Box::new(conclude(&asked, answer, "token-limit"))),
        _ => refused(product, signer, act, answer),
    }
}

fn refused(product: &'static Product, signer: Signer<'_>, act: &Act<'_>, answer: &Response) -> Outcome<CreatedToken> {
    let asked = signer.asked(&act.wire, product, "");
    let said = refusal(&asked, answer).unwrap_or_else(|| {
        let name = match answer.status {
            400 => "create-refused",
            404 => "tokens-unavailable",
            _ => "not-the-product",
        };
        conclude(&asked, answer, name)
    });
    let basic = format!("{}.basic-disabled", product.facts.id);
    match said.findings.iter().any(|f| f.code == basic) {
        true => Outcome::Unsupported(Box::new(said)),
        false => Outcome::Refused(Box::new(said)),
    }
}

fn unknown(act: &Act<'_>, detail: &str) -> Outcome<CreatedToken> {
    Outcome::Unknown(NetError::new(NetErrorKind::Other, act.wire.url(WEB, ""), detail.to_owned()))
}

fn created(
    product: &Product,
    act: &Act<'_>,
    request: &CreateRequest,
    days: Option<i64>,
    secret: SecretText,
    answer: &Response,
) -> CreatedToken {
    let wire = &act.wire;
    let record = answer.json().and_then(|v| Record::read(product, &v));
    let mut notes = Vec::new();
    let told = record.as_ref().map_or(Expiry::Unknown, |r| r.expiry);
    let asked_end = days.and_then(|d| days_after(wire.now(), d));
    let expiry = match (told, asked_end) {
        (Expiry::Unknown, Some(end)) => Expiry::At(end),
        // Silence in an answer to a wish for an end is no promise that there is none.
        (Expiry::Never, Some(end)) => {
            notes.push(format!("{} did not repeat the end that was asked for.", product.name));
            Expiry::At(end)
        }
        (told, _) => told,
    };
    let day = 24 * 60 * 60;
    if let (Expiry::At(end), Some(wanted)) = (told, request.expires)
        && (end.as_second() - wanted.as_second()).abs() > day
    {
        notes.push(format!(
            "It ends on {}, not on {} as asked.",
            end.strftime("%Y-%m-%d"),
            wanted.strftime("%Y-%m-%d")
        ));
    }
    if let (Expiry::At(end), None) = (told, request.expires) {
        notes.push(format!("{} gave it an end that was not asked for: {}.", product.name, end.strftime("%Y-%m-%d")));
    }
    let permissions = record.as_ref().map(|r| r.permissions.clone()).unwrap_or_default();
    let grants: Vec<String> = permissions.into_iter().map(|p| wire.mask(&p)).collect();
    if !grants.is_empty() && !request.scopes.is_empty() && !request.scopes.iter().all(|s| grants.contains(s)) {
        notes.push(format!("It has {}, not {} as asked.", grants.join(", "), request.scopes.join(", ")));
    }
    let name = record.as_ref().map(|r| wire.mask(&r.name)).filter(|n| !n.is_empty());
    CreatedToken {
        secret: Secret::token(secret),
        kind: Kind::Pat,
        username: None,
        remote_id: record.map(|r| cap(&wire.mask(&r.id))),
        name: name.unwrap_or_else(|| request.name.clone()),
        expiry,
        grants: grants.into_iter().map(Grant::told).collect(),
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_behind_a_name_is_replaced() {
        let now = "2026-11-23T04:00:00Z".parse().unwrap();
        assert_eq!(unique("build", now), "build 20261123-040000");
        assert_eq!(unique("build 20250101-120000", now), "build 20261123-040000");
        assert_eq!(unique("build 2025", now), "build 2025 20261123-040000");
    }
}
