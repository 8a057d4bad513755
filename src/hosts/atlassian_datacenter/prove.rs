//! Validation as far as the products agree: is the token accepted, whose is it, which record is its own.
//!
//! 1. The list of tokens comes before anything else: being used moves "last used", so later it would only say "now".
//! 2. A page that names the caller proves the token. Where no header names the same user, the page is asked for once
//!    more without the token: only if that is refused, or names nobody, did the token make the difference.
//! 3. A refusal is looked at twice: a product without tokens (too old, switched off) refuses every one, and another
//!    product, or a context path that was left out, is no word on the token.
//!
//! Always as Bearer: a token as password answers 401, and failed log-ins by Basic lead to a CAPTCHA.

use super::detect::{locate, manifest, moved, wrong_product};
use super::manage::{Listing, NoList, get, list};
use super::own::{Own, own};
use super::record::Record;
use super::refusal::{Act, Asked, conclude, refusal};
use super::signature::{cap, captcha, has_fingerprint, is_anonymous, login, note_login};
use super::signer::Signer;
use super::{Caller, Dialect, Product, WEB, Who, token};
use crate::domain::{Finding, Identity, Kind, Validation, Verdict};
use crate::hosts::Session;
use crate::hosts::version::is_before;
use crate::net::{NetError, Request, Response};

/// An accepted token.
pub struct Proved {
    /// Whose it is.
    pub who: Who,
    /// What the host lists of the user's tokens; none where it lists nothing.
    pub listed: Option<Listing>,
}

/// Asks whether the token is accepted.
///
/// # Errors
/// The verdict, where it is not or nothing could be learned.
pub async fn prove(session: &Session<'_>, product: &'static Product) -> Result<Proved, Box<Validation>> {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    let asked = asked(session, product);
    let wrong_kind = matches!(session.kind, Kind::ApiToken | Kind::ScopedApiToken).then_some("cloud-token");
    if let Some(name) = token::elsewhere(session.secret.token.reveal()).or(wrong_kind) {
        return Err(Box::new(wire.conclude(product.facts, name, &[("web", &web)])));
    }
    let lost = |error: &NetError| Box::new(wire.unreachable(error));
    let signer = Signer::Token(&session.secret.token);
    let (listed, no_list) = match list(wire, product, signer).await {
        Ok(listing) => (Some(listing), None),
        Err(NoList::Net(error)) => return Err(lost(&error)),
        // Nothing more is asked of an account that is locked, or of a server that is overloaded or down.
        Err(NoList::Answer(answer)) if captcha(&answer).is_some() || matches!(answer.status, 429 | 503) => {
            let said = refusal(&asked, &answer).unwrap_or_else(|| conclude(&asked, &answer, "captcha"));
            return Err(Box::new(said));
        }
        Err(NoList::Answer(answer)) => {
            wire.note(format!("no list of tokens: status {}", answer.status));
            (None, Some(answer))
        }
    };
    let answer = wire.send(signer.sign(get(wire, product.whoami))).await.map_err(|e| lost(&e))?;
    note_login(wire, &answer);
    if let Some(verdict) = refusal(&asked, &answer) {
        return Err(Box::new(look_closer(session, product, verdict, no_list.as_ref()).await));
    }
    match caller(product, &answer) {
        Some(Caller::Known(who)) => {
            let who = masked(session, who);
            match login(&answer) {
                Some(named) if named.eq_ignore_ascii_case(&who.login) => Ok(Proved { who, listed }),
                // A cache answered with what it had told somebody else.
                Some(_) => Err(Box::new(conclude(&asked, &answer, "unproven"))),
                None => {
                    prove_difference(session, product, &asked).await?;
                    Ok(Proved { who, listed })
                }
            }
        }
        Some(Caller::Anonymous) if has_fingerprint(&answer) => {
            let verdict = conclude(&asked, &answer, "anonymous");
            Err(Box::new(look_closer(session, product, verdict, no_list.as_ref()).await))
        }
        Some(Caller::Anonymous) => Err(Box::new(conclude(&asked, &answer, "unproven"))),
        None => {
            let verdict = conclude(&asked, &answer, "not-the-product");
            Err(Box::new(look_closer(session, product, verdict, no_list.as_ref()).await))
        }
    }
}

/// Who a page says is calling; the header outranks the body.
fn caller(product: &Product, answer: &Response) -> Option<Caller> {
    if answer.status != 200 {
        return None;
    }
    if is_anonymous(answer) {
        return Some(Caller::Anonymous);
    }
    (product.read_caller)(&answer.json()?)
}

/// Asks for the proof without the token. A refusal that is the product's own, or the anonymous user, shows that the token
/// made the difference.
async fn prove_difference(
    session: &Session<'_>,
    product: &'static Product,
    asked: &Asked<'_>,
) -> Result<(), Box<Validation>> {
    let wire = &session.wire;
    let request = Request::get(wire.url(WEB, product.whoami)).header("Accept", "application/json");
    let answer = wire.send(request).await.map_err(|e| Box::new(wire.unreachable(&e)))?;
    wire.note("asked without the token");
    let refused = answer.status == 401 || matches!(caller(product, &answer), Some(Caller::Anonymous));
    match refused && (has_fingerprint(&answer) || !answer.is_html()) {
        true => Ok(()),
        false => Err(Box::new(conclude(asked, &answer, "unproven"))),
    }
}

/// What a refusal really means: asks the host, without the token, what it is.
async fn look_closer(
    session: &Session<'_>,
    product: &'static Product,
    verdict: Validation,
    no_list: Option<&Response>,
) -> Validation {
    let wire = &session.wire;
    let is = |name: &str| verdict.findings.iter().any(|f| f.code == format!("{}.{name}", product.facts.id));
    let lost = is("wrong-context-path") || is("not-the-product");
    if verdict.verdict != Verdict::Rejected && !lost {
        return verdict;
    }
    let web = wire.url(WEB, "");
    let keep = |mut closer: Validation, before: Validation| {
        // The evidence so far went into the verdict that is replaced.
        closer.evidence = before.evidence.into_iter().chain(closer.evidence).collect();
        closer
    };
    if !lost && no_list.is_some_and(|a| a.status == 400 && has_fingerprint(a)) {
        return keep(wire.conclude(product.facts, "tokens-disabled", &[("web", &web)]), verdict);
    }
    let known = session.host.version.clone().filter(|_| !lost);
    let version = match known {
        Some(version) => Some(version),
        None => match manifest(wire, "").await.ok().and_then(|(m, _)| m) {
            Some(found) if found.type_id != product.type_id => {
                return keep(by(session, wrong_product(wire, product, &found)), verdict);
            }
            Some(found) => found.version,
            None if lost => match locate(wire, product).await {
                Some(found) => return keep(by(session, moved(wire, product, &found)), verdict),
                None => None,
            },
            None => None,
        },
    };
    if lost {
        return keep(Validation { evidence: wire.take_evidence(), ..verdict.clone() }, verdict);
    }
    match version {
        Some(version) if is_before(&version, product.first_version) == Some(true) => {
            keep(wire.conclude(product.facts, "too-old", &[("version", &cap(&version))]), verdict)
        }
        _ if no_list.is_some_and(|a| a.status == 404) => {
            keep(wire.conclude(product.facts, "tokens-unavailable", &[("web", &web)]), verdict)
        }
        _ => keep(Validation { evidence: wire.take_evidence(), ..verdict.clone() }, verdict),
    }
}

fn by(session: &Session<'_>, finding: Finding) -> Validation {
    let mut validation = Validation::new(Verdict::Unreachable, finding.title.clone(), session.wire.now());
    validation.findings.push(finding);
    validation.evidence = session.wire.take_evidence();
    validation
}

/// The validation of an accepted token: identity, its own record where that is certain, hints where it is not. `grants`
/// stay to be filled in.
pub async fn accept(session: &Session<'_>, product: &'static Product, proved: &Proved) -> Validation {
    let wire = &session.wire;
    let number = token::number(session.secret.token.reveal());
    let before = proved.listed.as_ref().map_or(&[][..], |l| &l.records);
    let after = match own(before, &[], number.as_deref(), wire.now()) {
        Own::OneOf(_) => match list(wire, product, Signer::Token(&session.secret.token)).await {
            Ok(listing) => listing.records,
            Err(_) => Vec::new(),
        },
        _ => Vec::new(),
    };
    let found = own(before, &after, number.as_deref(), wire.now());
    let who = &proved.who;
    let mut validation = wire.accepted(format!("accepted by GET {} as {}", product.whoami, who.login));
    validation.identity = Some(Identity {
        id: who.id.clone(),
        login: who.login.clone(),
        name: who.name.clone(),
        kind: "user".to_owned(),
    });
    validation.kind = Some(Kind::Pat);
    validation.expiry = found.expiry();
    if let Own::Certain(record) = &found {
        validation.remote_id = Some(record.id.clone());
        validation.remote_name = Some(record.name.clone()).filter(|n| !n.is_empty());
        validation.created_at = record.created_at;
        validation.last_used = record.last_used;
    }
    validation.findings = hints(session, product, &found, who);
    validation
}

/// The records that the token's own can be among.
pub fn candidates<'a>(session: &Session<'_>, proved: &'a Proved) -> Vec<&'a Record> {
    let number = token::number(session.secret.token.reveal());
    let listed = proved.listed.as_ref().map_or(&[][..], |l| &l.records);
    match own(listed, &[], number.as_deref(), session.wire.now()) {
        Own::Certain(record) | Own::Likely(record) => vec![record],
        Own::OneOf(all) => all,
        Own::Absent => Vec::new(),
    }
}

fn hints(session: &Session<'_>, product: &'static Product, found: &Own<'_>, who: &Who) -> Vec<Finding> {
    let mut hints = Vec::new();
    let ends = |record: &Record| match record.expiry.at() {
        Some(end) => format!("ends on {}", end.strftime("%Y-%m-%d")),
        None if product.dialect == Dialect::Pat => "has no end".to_owned(),
        None => "has no end that the list tells".to_owned(),
    };
    let web = session.wire.url(WEB, "");
    match found {
        Own::Likely(record) => {
            let args = [("name", record.name.as_str()), ("id", &record.id), ("ends", &ends(record)), ("web", &web)];
            hints.push(product.facts.finding("own-record-likely", &args).1);
        }
        Own::OneOf(all) => {
            let count = all.len().to_string();
            hints.push(product.facts.finding("own-record-unknown", &[("count", &count), ("web", &web)]).1);
        }
        Own::Certain(_) | Own::Absent => {}
    }
    if let Some(named) = session.username.map(str::trim).filter(|n| !n.is_empty()) {
        let own = [&who.login, &who.email, &who.id];
        if !own.iter().any(|o| o.eq_ignore_ascii_case(named)) {
            let args = [("seen", who.login.as_str()), ("user", &cap(named))];
            hints.push(product.facts.finding("username-differs", &args).1);
        }
    }
    hints
}

/// The circumstances of a request by the token itself.
pub fn asked<'a>(session: &'a Session<'_>, product: &'static Product) -> Asked<'a> {
    let user = session.username.unwrap_or("its user");
    Asked { wire: &session.wire, product, act: Act::Validate, user, id: "" }
}

/// Hosts echo what they were given, and JSON escapes hide an echo until it is decoded.
fn masked(session: &Session<'_>, who: Who) -> Who {
    let clean = |text: String| cap(&session.wire.mask(&text));
    Who { id: clean(who.id), login: clean(who.login), name: clean(who.name), email: clean(who.email) }
}
