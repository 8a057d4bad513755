//! The host's own list: the signer's tokens, and, where the signer is a system administrator of a Data Center licence,
//! those of everybody.

use std::collections::BTreeSet;

use super::manage::{Listing, NoList, delete, list};
use super::record::records;
use super::refusal::{conclude, refusal, signature};
use super::signer::{Signer, signer_or_route, web_of};
use super::{Dialect, Product, WEB};
use crate::domain::{Host, RemoteList, RemoteToken};
use crate::hosts::{Act, Authority, Outcome, Revocation, Route};
use crate::net::Request;

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
        Dialect::Pat => search(product, act, signer).await,
        Dialect::Bamboo => None,
    };
    Outcome::Done(whole(product, act, signer, listing, everybody))
}

/// The tokens of all users. A refusal only means that the signer is no system administrator, or that the licence has no
/// such search.
async fn search(product: &'static Product, act: &Act<'_>, signer: Signer<'_>) -> Option<Vec<super::record::Record>> {
    let wire = &act.wire;
    let request = Request::post(wire.url(WEB, &format!("{}/search", product.tokens)))
        .header("Accept", "application/json")
        .header("X-Atlassian-Token", "no-check")
        .json(&serde_json::json!({"sortBy": "createdAt", "orderBy": "asc"}));
    let answer = wire.send(signer.sign(request)).await.ok()?;
    if answer.status != 200 || signature(signer.act(), &wire.url(WEB, ""), &answer).is_some() {
        wire.note("no search over all users: that takes a system administrator and a Data Center licence");
        return None;
    }
    let found = answer.json().and_then(|v| records(product, &v));
    wire.note(found.as_ref().map_or_else(|| "not a list".to_owned(), |f| format!("{} tokens of all users", f.len())));
    found
}

fn whole(
    product: &Product,
    act: &Act<'_>,
    signer: Signer<'_>,
    listing: Listing,
    everybody: Option<Vec<super::record::Record>>,
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

/// Revokes by the ids that the list gave, one after another.
pub async fn revoke(product: &'static Product, act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
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
