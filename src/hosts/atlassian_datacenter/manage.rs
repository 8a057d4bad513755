//! The token interface itself: list, look up, delete. Each signed by whoever was named.

use std::collections::BTreeSet;

use serde_json::Value;

use super::record::{Record, records};
use super::refusal::{conclude, knows_caller, refusal, signature};
use super::signature::{cap, has_fingerprint, login};
use super::signer::Signer;
use super::{Dialect, Product, WEB};
use crate::domain::Validation;
use crate::hosts::order::send;
use crate::hosts::segment::segment;
use crate::hosts::{Revocation, Wire};
use crate::net::{NetError, Request, Response};

/// Most pages of a list that are read.
const MOST_PAGES: usize = 40;
/// Lines of a page, where a product has pages.
const PAGE: usize = 25;

/// A list that was read.
#[derive(Debug, Default)]
pub struct Listing {
    /// Its records.
    pub records: Vec<Record>,
    /// Whom the host names as the caller.
    pub login: Option<String>,
    /// What is missing from it and why.
    pub gap: Option<String>,
}

/// Why there is no list.
#[derive(Debug)]
pub enum NoList {
    /// No answer.
    Net(NetError),
    /// An answer that is none.
    Answer(Response),
}

/// Reads the list of the signer's own tokens.
///
/// # Errors
/// [`NoList`] where the first page is not one.
pub async fn list(wire: &Wire<'_>, product: &'static Product, signer: Signer<'_>) -> Result<Listing, NoList> {
    let mut listing = Listing::default();
    let mut start = 0;
    for page in 0..MOST_PAGES {
        let query = match product.dialect {
            Dialect::Pat => String::new(),
            Dialect::Bamboo => format!("?start={start}&limit={PAGE}"),
        };
        let answer = match wire.send(signer.sign(get(wire, &format!("{}{query}", product.tokens)))).await {
            Ok(answer) => answer,
            Err(error) if page == 0 => return Err(NoList::Net(error)),
            Err(error) => {
                listing.gap = Some(format!("The list breaks off after {start} tokens: {error}."));
                break;
            }
        };
        let body = Some(&answer).filter(|a| a.status == 200 && !a.truncated && !is_refused(wire, signer, a));
        let Some(read) = body.and_then(Response::json).and_then(|b| records(product, &b)) else {
            if page == 0 {
                return Err(NoList::Answer(answer));
            }
            listing.gap = Some(format!("The list breaks off after {start} tokens: status {}.", answer.status));
            break;
        };
        listing.login = listing.login.take().or_else(|| login(&answer).map(|l| wire.mask(&l)));
        wire.note(format!("{} tokens", read.len()));
        let count = read.len();
        let known: BTreeSet<String> = listing.records.iter().map(|r| r.id.clone()).collect();
        let new: Vec<Record> = read.into_iter().map(|r| masked(wire, r)).filter(|r| !known.contains(&r.id)).collect();
        // A host that knows no pages answers every one alike.
        let last = product.dialect == Dialect::Pat || count < PAGE || new.is_empty();
        listing.records.extend(new);
        if last {
            return Ok(listing);
        }
        start += count;
    }
    if listing.gap.is_none() {
        listing.gap = Some(format!("Only the first {start} tokens were read."));
    }
    Ok(listing)
}

/// What came of looking for one token by its id.
pub enum Lookup {
    /// It is there.
    Found,
    /// It is not.
    Missing(Box<Validation>),
    /// It is somebody else's, or the signer was refused.
    Refused(Box<Validation>),
    /// No answer.
    Lost(NetError),
}

/// Looks for a token of the signer's by its id. An order to delete is answered with 204 for an unknown id too, so the
/// order alone proves nothing.
pub async fn look_up(wire: &Wire<'_>, product: &'static Product, signer: Signer<'_>, id: &str) -> Lookup {
    let asked = signer.asked(wire, product, id);
    if product.dialect == Dialect::Bamboo {
        return match list(wire, product, signer).await {
            Ok(listing) if listing.records.iter().any(|r| r.id == id) => Lookup::Found,
            Ok(_) => Lookup::Missing(Box::new(wire.conclude(product.facts, "token-not-found", &[("id", id)]))),
            Err(NoList::Net(error)) => Lookup::Lost(error),
            Err(NoList::Answer(answer)) => Lookup::Refused(Box::new(
                refusal(&asked, &answer).unwrap_or_else(|| conclude(&asked, &answer, "not-the-product")),
            )),
        };
    }
    let Some(path) = path(product, id) else {
        return Lookup::Missing(Box::new(wire.conclude(product.facts, "token-not-found", &[("id", id)])));
    };
    let answer = match wire.send(signer.sign(get(wire, &path))).await {
        Ok(answer) => answer,
        Err(error) => return Lookup::Lost(error),
    };
    let there = answer.status == 200
        && !is_refused(wire, signer, &answer)
        && answer.json().and_then(|v| Record::read(product, &v)).is_some_and(|r| r.id == id);
    if there {
        return Lookup::Found;
    }
    match answer.status {
        401 if knows_caller(&answer) => Lookup::Refused(Box::new(conclude(&asked, &answer, "not-yours"))),
        404 if !answer.is_html() && has_fingerprint(&answer) => {
            Lookup::Missing(Box::new(conclude(&asked, &answer, "token-not-found")))
        }
        _ => Lookup::Refused(Box::new(
            refusal(&asked, &answer).unwrap_or_else(|| conclude(&asked, &answer, "not-the-product")),
        )),
    }
}

/// Deletes one token of the signer's: looked up first, asked once, looked up again. `itself`: the signer is the token
/// that dies, so nothing can be looked up with it afterwards.
pub async fn delete(
    wire: &Wire<'_>,
    product: &'static Product,
    signer: Signer<'_>,
    id: &str,
    itself: bool,
) -> Revocation {
    match look_up(wire, product, signer, id).await {
        Lookup::Found => {}
        Lookup::Missing(said) | Lookup::Refused(said) => return unless_basic(product, said),
        Lookup::Lost(error) => return Revocation::Unknown(error),
    }
    let Some(path) = path(product, id) else {
        return Revocation::Refused(Box::new(wire.conclude(product.facts, "token-not-found", &[("id", id)])));
    };
    if let Err(revocation) = order(wire, product, signer, id, Request::delete(wire.url(WEB, &path))).await {
        return *revocation;
    }
    if itself {
        return Revocation::Accepted;
    }
    match look_up(wire, product, signer, id).await {
        // The signer refused after it was accepted a moment ago: it was the one that died.
        Lookup::Missing(_) | Lookup::Refused(_) => Revocation::Accepted,
        Lookup::Lost(error) => Revocation::Unknown(error),
        Lookup::Found if product.dialect == Dialect::Pat => as_administrator(wire, product, signer, id).await,
        Lookup::Found => still_there(wire, product, id),
    }
}

/// The administrators' endpoint, for a token of somebody else that the usual one left alone. It takes a list of ids and
/// is given this one only.
async fn as_administrator(wire: &Wire<'_>, product: &'static Product, signer: Signer<'_>, id: &str) -> Revocation {
    if order(wire, product, signer, id, administrators_order(wire, [id])).await.is_err() {
        return still_there(wire, product, id);
    }
    match look_up(wire, product, signer, id).await {
        Lookup::Missing(_) | Lookup::Refused(_) => Revocation::Accepted,
        Lookup::Lost(error) => Revocation::Unknown(error),
        Lookup::Found => still_there(wire, product, id),
    }
}

/// The administrators' order to delete these tokens, whosever they are, and no others.
pub fn administrators_order<'a>(wire: &Wire<'_>, ids: impl IntoIterator<Item = &'a str>) -> Request {
    let one = |id: &str| id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from);
    let ids = ids.into_iter().map(one).collect();
    Request::delete(wire.url(WEB, "/rest/pat/latest/admin/tokens")).json(&Value::Array(ids))
}

/// An order was taken and the token is on the list nevertheless.
pub fn still_there(wire: &Wire<'_>, product: &'static Product, id: &str) -> Revocation {
    let web = wire.url(WEB, "");
    Revocation::Refused(Box::new(wire.conclude(product.facts, "still-there", &[("id", id), ("web", &web)])))
}

/// Sends an order to delete, once.
///
/// # Errors
/// What came of it instead.
pub async fn order(
    wire: &Wire<'_>,
    product: &'static Product,
    signer: Signer<'_>,
    id: &str,
    request: Request,
) -> Result<(), Box<Revocation>> {
    let asked = signer.asked(wire, product, id);
    let request = request.header("Accept", "application/json").header("X-Atlassian-Token", "no-check");
    let answer = send(wire, signer.sign(request)).await.for_revoking().map_err(Box::new)?;
    if let Some(said) = refusal(&asked, &answer) {
        return Err(Box::new(unless_basic(product, Box::new(said))));
    }
    match answer.status {
        200..=299 => Ok(()),
        _ => Err(Box::new(Revocation::Refused(Box::new(conclude(&asked, &answer, "revoke-refused"))))),
    }
}

/// Where no password is taken at all, the guide is left.
pub fn unless_basic(product: &Product, said: Box<Validation>) -> Revocation {
    let code = format!("{}.basic-disabled", product.facts.id);
    match said.findings.iter().any(|f| f.code == code) {
        true => Revocation::Unsupported(said),
        false => Revocation::Refused(said),
    }
}

/// A GET for JSON.
pub fn get(wire: &Wire<'_>, path: &str) -> Request {
    Request::get(wire.url(WEB, path)).header("Accept", "application/json")
}

fn path(product: &Product, id: &str) -> Option<String> {
    Some(format!("{}/{}", product.tokens, segment(id)?))
}

fn is_refused(wire: &Wire<'_>, signer: Signer<'_>, answer: &Response) -> bool {
    signature(signer.act(), &wire.url(WEB, ""), answer).is_some()
}

/// Names may be echoes of a token behind JSON escapes.
fn masked(wire: &Wire<'_>, mut record: Record) -> Record {
    for text in [&mut record.id, &mut record.name].into_iter().chain(&mut record.owner) {
        *text = cap(&wire.mask(text));
    }
    for permission in &mut record.permissions {
        *permission = wire.mask(permission);
    }
    record
}
