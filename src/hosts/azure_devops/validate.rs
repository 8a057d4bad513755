//! Validation: is the credential accepted, whose is it, may it read code, does it end with the global tokens.
//!
//! `connectionData` needs no scope; JSON that names somebody other than the anonymous user proves the token. Where it is
//! refused with a 401 of the product, a list of repositories is asked for before the refusal is believed, since not every
//! narrow scope is confirmed to pass. Further scopes are found one request each, on demand (`probes`).
//!
//! <https://learn.microsoft.com/rest/api/azure/devops/>

use super::address::Place;
use super::answers::{Act, Asked, cap, conclude, conclude_with, refusal, signature};
use super::caller::{NoUser, User, who};
use super::probes::{CODE, Seen, read_code};
use super::send::{Reader, Signer};
use super::{FACTS, WEB, global, token};
use crate::domain::{Expiry, Grant, GrantSource, Kind, Validation, Verdict};
use crate::hosts::Session;
use crate::net::Response;

/// Validates the session's credential.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let asked = Asked { wire, act: Act::Itself, place: Place::of(session.host) };
    let signer = Signer::of(session.kind, &session.secret.token);
    let mut reader = Reader::new(wire, signer, asked.place);
    match who(&reader).await {
        Ok(user) => accepted(session, &asked, &mut reader, &user).await,
        Err(NoUser::Lost(error)) => wire.unreachable(&error),
        Err(NoUser::Refused(answer, name)) => refused(session, &asked, &mut reader, &answer, name).await,
    }
}

async fn accepted(session: &Session<'_>, asked: &Asked<'_>, reader: &mut Reader<'_>, user: &User) -> Validation {
    let wire = &session.wire;
    if user.is_active == Some(false) {
        let mut found = conclude_with(asked, "user-inactive", &[("user", &cap(user.login()))]);
        found.identity = Some(user.identity());
        return found;
    }
    let mut found = Validation::new(Verdict::Valid, "accepted by GET _apis/connectionData", wire.now());
    found.identity = Some(user.identity());
    if reader.signer.bearer {
        claimed(session, &mut found);
    } else {
        if asked.place == Place::Services
            && let Some((end, days)) = global::end(wire.now())
            && global::is_global(wire, reader.signer).await
        {
            found.expiry = Expiry::At(end);
            add(asked, &mut found, "global-pat", &[("days", &days.to_string())]);
        }
        match read_code(reader).await {
            Seen::Held => probed(&mut found),
            Seen::Refused => found.denied.push(CODE.to_owned()),
            Seen::Open(_) => {}
        }
    }
    warn_of_plain_http(asked, &mut found);
    found.evidence = wire.take_evidence();
    found
}

/// What an Entra token says of itself may be believed once Azure DevOps has taken it.
fn claimed(session: &Session<'_>, found: &mut Validation) {
    let Some(claims) = token::claims(session.secret.token.reveal()) else { return };
    found.expiry = claims.ends.map_or(Expiry::Unknown, Expiry::At);
    if claims.audience == token::AUDIENCE {
        found.kind = Some(Kind::EntraToken);
        found.all_grants_told = !claims.scopes.is_empty();
        found.grants = claims.scopes.into_iter().map(Grant::told).collect();
    }
}

async fn refused(
    session: &Session<'_>,
    asked: &Asked<'_>,
    reader: &mut Reader<'_>,
    answer: &Response,
    name: Option<&'static str>,
) -> Validation {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    let name = name.or_else(|| signature(Act::Itself, asked.place, &web, answer));
    let unsure = matches!(name, None | Some("not-accepted" | "unknown-user" | "user-not-authorized"));
    if answer.status == 401 && unsure && super::answers::has_mark(answer) && read_code(reader).await == Seen::Held {
        let mut found = Validation::new(
            Verdict::Valid,
            "accepted by GET _apis/git/repositories; connectionData refused",
            wire.now(),
        );
        probed(&mut found);
        warn_of_plain_http(asked, &mut found);
        found.evidence = wire.take_evidence();
        return found;
    }
    let dead = matches!(
        name,
        Some("sign-in-page" | "sign-in-redirect" | "not-accepted" | "unknown-user" | "anonymous" | "expired")
    );
    let claims = reader.signer.bearer.then(|| token::claims(session.secret.token.reveal())).flatten();
    if let Some(claims) = claims.filter(|_| dead) {
        if let Some(ended) = claims.ends.filter(|at| *at <= wire.now()) {
            return conclude_with(asked, "entra-expired", &[("ended", &ended.to_string())]);
        }
        if session.kind == Kind::EntraToken && claims.audience != token::AUDIENCE {
            return conclude_with(asked, "wrong-audience", &[("audience", &cap(&claims.audience))]);
        }
        return conclude(asked, answer, "entra-not-accepted");
    }
    match name {
        Some(name) => conclude(asked, answer, name),
        None => refusal(asked, answer).unwrap_or_else(|| conclude(asked, answer, "not-azure-devops")),
    }
}

fn probed(found: &mut Validation) {
    found.grants.push(Grant { name: CODE.to_owned(), source: GrantSource::Probed });
}

/// Basic over plain http is readable on the way; on loopback nobody listens.
fn warn_of_plain_http(asked: &Asked<'_>, found: &mut Validation) {
    let web = asked.wire.url(WEB, "");
    let plain = url::Url::parse(&web).is_ok_and(|url| {
        let local = match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        url.scheme() == "http" && !local
    });
    if plain {
        add(asked, found, "plain-http", &[]);
    }
}

fn add(asked: &Asked<'_>, found: &mut Validation, name: &str, args: &[(&str, &str)]) {
    let web = asked.wire.url(WEB, "");
    let page = super::answers::token_page(asked.place, &web);
    let all: Vec<_> = args.iter().copied().chain([("web", web.as_str()), ("page", page.as_str())]).collect();
    let (_, mut finding) = FACTS.finding(name, &all);
    for text in [&mut finding.title, &mut finding.cause, &mut finding.remedy] {
        *text = asked.wire.mask(text);
    }
    found.findings.push(finding);
}
