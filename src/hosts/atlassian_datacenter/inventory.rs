//! The host's own list: the signer's tokens, and, where the signer is a system administrator of a Data Center licence,
//! those of everybody.

use std::collections::BTreeSet;

use super::manage::{
    Listing, NoList, administrators_order, delete, list, order as order_to_delete, still_there, unless_basic,
};
use super::record::{Record, records};
use super::refusal::{conclude, refusal, signature};
use super::signer::{Signer, signer_or_route, web_of};
use super::{Dialect, Product, WEB};
use crate::domain::{Host, RemoteList, RemoteToken};
use crate::hosts::{Act, Authority, Outcome, Revocation, Route};
use crate::net::{Request, Response};

/// Whether who was named may list.
pub fn route(product: &Product, host: &Host, using: Option<&Authority>) -> Route {
    match signer_or_route(product, using) {
        Ok(signer) => Route::AtHost(format!(
            "GET {}{} lists the tokens of the user who signs, signed {}",
            web_of(host),
            product.tokens,
            signer.words()
        )),
        Err(route) => route,
    }
}

/// Reads the list.
pub async fn read(product: &'static Product, act: &Act<'_>) -> Outcome<RemoteList> {
    let wire = &act.wire;
    let signer = match Signer::of(act.using) {
        Ok(signer) => signer,
        Err(name) => {
            let web = wire.url(WEB, "");
            return Outcome::Refused(Box::new(wire.conclude(product.facts, name, &[("web", &web)])));
        }
    };
    let asked = signer.asked(wire, product, "");
    let listing = match list(wire, product, signer).await {
        Ok(listing) => listing,
        Err(NoList::Net(error)) => return Outcome::Unknown(error),
        Err(NoList::Answer(answer)) => {
            let said = refusal(&asked, &answer).unwrap_or_else(|| match answer.status {
                400 => conclude(&asked, &answer, "tokens-disabled"),
                404 => conclude(&asked, &answer, "tokens-unavailable"),
                _ => conclude(&asked, &answer, "not-the-product"),
            });
            let missing = ["basic-disabled", "tokens-disabled", "tokens-unavailable", "wrong-context-path"];
            let no_api = said
                .findings
                .iter()
                .any(|f| missing.iter().any(|name| f.code == format!("{}.{name}", product.facts.id)));
            return if no_api { Outcome::Unsupported(Box::new(said)) } else { Outcome::Refused(Box::new(said)) };
        }
    };
    let everybody = match product.dialect {
        Dialect::Pat => search(product, act, signer).await.told(),
        Dialect::Bamboo => None,
    };
    Outcome::Done(whole(product, act, signer, listing, everybody))
}

/// What came of asking for the tokens of all users.
enum Everybody {
    /// These.
    Told(Vec<Record>),
    /// The signer is no system administrator, or the licence has no such search.
    Closed,
    /// The signer itself was refused: the finding, and the answer.
    Refused(&'static str, Box<Response>),
}

impl Everybody {
    fn told(self) -> Option<Vec<Record>> {
        match self {
            Self::Told(records) => Some(records),
            Self::Closed | Self::Refused(..) => None,
        }
    }
}

/// The tokens of all users.
async fn search(product: &'static Product, act: &Act<'_>, signer: Signer<'_>) -> Everybody {
    let wire = &act.wire;
    let request = Request::post(wire.url(WEB, &format!("{}/search", product.tokens)))
        .header("Accept", "application/json")
        .header("X-Atlassian-Token", "no-check")
        .json(&serde_json::json!({"sortBy": "createdAt", "orderBy": "asc"}));
    let Ok(answer) = wire.send(signer.sign(request)).await else { return Everybody::Closed };
    let said = signature(signer.act(), &wire.url(WEB, ""), &answer);
    // What concerns the log-in would meet every further one. Anything else is how the search is closed to somebody.
    if let Some(name @ ("wrong-password" | "captcha" | "basic-disabled")) = said {
        wire.note("no search over all users");
        return Everybody::Refused(name, Box::new(answer));
    }
    let told = answer.json().filter(|_| answer.status == 200 && said.is_none());
    match told.and_then(|v| records(product, &v)) {
        Some(found) => {
            wire.note(format!("{} tokens of all users", found.len()));
            Everybody::Told(found)
        }
        None => {
            wire.note("no search over all users: that takes a system administrator and a Data Center licence");
            Everybody::Closed
        }
    }
}

fn whole(
    product: &Product,
    act: &Act<'_>,
    signer: Signer<'_>,
    listing: Listing,
    everybody: Option<Vec<Record>>,
) -> RemoteList {
    let wire = &act.wire;
    let named = match signer {
        Signer::Password { user, .. } => Some(user.to_owned()),
        Signer::Token(_) => act.using.username.clone(),
    };
    let owner = listing.login.or(named).unwrap_or_else(|| "the user who signs".to_owned());
    let now = wire.now();
    let mut tokens: Vec<RemoteToken> = listing
        .records
        .into_iter()
        .map(|r| RemoteToken { owner: owner.clone(), ..r.remote(product, &owner, now) })
        .collect();
    let own: BTreeSet<String> = tokens.iter().map(|t| t.id.clone()).collect();
    let of = match &everybody {
        Some(_) => format!("every user of {}", act.host.name),
        None => owner,
    };
    for record in everybody.into_iter().flatten().filter(|r| !own.contains(&r.id)) {
        tokens.push(record.remote(product, "another user", now));
    }
    for token in &mut tokens {
        for text in [&mut token.id, &mut token.name, &mut token.owner] {
            *text = wire.mask(text);
        }
    }
    RemoteList { tokens, of, gaps: listing.gap.into_iter().collect(), evidence: wire.take_evidence() }
}

/// Revokes by the ids that the list gave: many at once where the signer administers, else one after another.
pub async fn revoke(product: &'static Product, act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    match at_once(product, act, ids).await {
        Some(done) => done,
        None => one_by_one(product, act, ids).await,
    }
}

/// One order of the administrators for all. It is answered with 204 for unknown ids too, so the list of all users is read
/// before and after it. None where it cannot be done so: Bamboo has no such order, and Jira and Confluence take it from
/// system administrators of a Data Center licence only.
async fn at_once(product: &'static Product, act: &Act<'_>, ids: &[String]) -> Option<Vec<Revocation>> {
    if product.dialect != Dialect::Pat || ids.len() < 2 {
        return None;
    }
    let (wire, signer) = (&act.wire, Signer::of(act.using).ok()?);
    let listed = |all: &[Record], id: &String| all.iter().any(|record| record.id == *id);
    let before = match search(product, act, signer).await {
        Everybody::Told(records) => records,
        Everybody::Closed => return None,
        // What refused the signer refuses it again, and a password that failed is not tried once more.
        Everybody::Refused(name, answer) => {
            let said = conclude(&signer.asked(wire, product, ""), &answer, name);
            return Some(ids.iter().map(|_| unless_basic(product, Box::new(said.clone()))).collect());
        }
    };
    let known: Vec<&str> = ids.iter().filter(|id| listed(&before, id)).map(String::as_str).collect();
    let order = administrators_order(wire, known.iter().copied());
    let lost = match order_to_delete(wire, product, signer, "", order).await {
        Ok(()) => None,
        Err(ended) => match *ended {
            Revocation::Unknown(error) => Some(error),
            // Nothing was deleted; each is tried by itself.
            _ => return None,
        },
    };
    // Where the signer was among them, nothing can be read with it any more.
    let after = match &lost {
        None => search(product, act, signer).await.told(),
        Some(_) => None,
    };
    let end = |id: &String| match (&lost, &after) {
        _ if !listed(&before, id) => {
            Revocation::Refused(Box::new(wire.conclude(product.facts, "token-not-found", &[("id", id)])))
        }
        (Some(error), _) => Revocation::Unknown(error.clone()),
        (None, Some(after)) if listed(after, id) => still_there(wire, product, id),
        (None, _) => Revocation::Accepted,
    };
    Some(ids.iter().map(end).collect())
}

async fn one_by_one(product: &'static Product, act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    let wire = &act.wire;
    let mut done = Vec::with_capacity(ids.len());
    let mut stopped: Option<Revocation> = None;
    for id in ids {
        // What refused the signer refuses it again, and a password that failed is not tried once more.
        if let Some(stopped) = &stopped {
            done.push(stopped.clone());
            continue;
        }
        let one = match Signer::of(act.using) {
            Ok(signer) => delete(wire, product, signer, id, false).await,
            Err(name) => {
                let web = wire.url(WEB, "");
                Revocation::Unsupported(Box::new(wire.conclude(product.facts, name, &[("web", &web)])))
            }
        };
        if let Revocation::Refused(said) | Revocation::Unsupported(said) = &one {
            let about_one = ["token-not-found", "not-yours", "still-there", "revoke-refused"];
            let goes_on =
                said.findings.iter().any(|f| about_one.iter().any(|n| f.code == format!("{}.{n}", product.facts.id)));
            stopped = (!goes_on).then(|| one.clone());
        }
        done.push(one);
    }
    done
}
