//! Revoking lines of GitHub's lists by their ids.

use std::collections::BTreeMap;

use serde_json::json;

use super::asking::Asking;
use super::listed::{Sort, parse};
use super::refusal::{self, Signature};
use super::revoke::{delivered, note};
use super::{FACTS, is_github, request};
use crate::domain::Validation;
use crate::hosts::segment::segment;
use crate::hosts::{Act, Revocation};
use crate::net::{Method, Request, Response};

/// Most ids of one request.
const BULK: usize = 100;

/// Grants and requests go in bulk, a hundred of one organisation at once; the others one by one.
pub(super) async fn revoke(act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    let at = Asking::for_act(act);
    let unfit = || Revocation::Refused(Box::new(Signature::new("list-unknown-id").conclude(at)));
    let mut ends: Vec<Revocation> = ids.iter().map(|_| unfit()).collect();
    let mut bulk: BTreeMap<(String, Sort), Vec<(usize, u64)>> = BTreeMap::new();
    let mut single = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        match parse(id) {
            Some((org, sort @ (Sort::Grant | Sort::Request), number)) => {
                bulk.entry((org.to_owned(), sort)).or_default().push((place, number));
            }
            Some((org, sort, number)) => single.push((place, org.to_owned(), sort, number)),
            None => {}
        }
    }
    for ((org, sort), all) in bulk {
        for part in all.chunks(BULK) {
            let numbers: Vec<u64> = part.iter().map(|(_, number)| *number).collect();
            let end = order(at, bulk_order(at, &org, sort, &numbers), 202).await;
            for (place, _) in part {
                ends[*place] = end.clone();
            }
        }
    }
    for (place, org, sort, number) in single {
        let path = match sort {
            Sort::Admin => format!("/admin/tokens/{number}"),
            _ => format!("/orgs/{}/credential-authorizations/{number}", segment(&org).unwrap_or_default()),
        };
        ends[place] = order(at, request(at.wire, Method::Delete, &path), 204).await;
    }
    ends
}

fn bulk_order(at: Asking<'_>, org: &str, sort: Sort, numbers: &[u64]) -> Request {
    let org = segment(org).unwrap_or_default();
    match sort {
        Sort::Request => request(at.wire, Method::Post, &format!("/orgs/{org}/personal-access-token-requests"))
            .json(&json!({ "action": "deny", "pat_request_ids": numbers })),
        _ => request(at.wire, Method::Post, &format!("/orgs/{org}/personal-access-tokens"))
            .json(&json!({ "action": "revoke", "pat_ids": numbers })),
    }
}

/// Sends an order signed, once. Refusals are about the one that signs.
async fn order(at: Asking<'_>, order: Request, success: u16) -> Revocation {
    let response = match delivered(at, order.bearer(at.key), success).await {
        Ok(response) => response,
        Err(ended) => return ended,
    };
    match response.status {
        404 if is_github(&response) => about(at, &response, "list-gone"),
        422 if is_github(&response) => about(at, &response, "list-not-taken"),
        _ => Revocation::Refused(Box::new(about_the_signer(refusal::conclude(at, &response)))),
    }
}

fn about(at: Asking<'_>, response: &Response, name: &'static str) -> Revocation {
    note(at, response);
    Revocation::Refused(Box::new(Signature::new(name).conclude(at)))
}

/// What GitHub says of the token that signs is no verdict on the one to be revoked.
fn about_the_signer(mut validation: Validation) -> Validation {
    if validation.verdict.is_real() {
        validation.verdict = FACTS.finding("list-gone", &[]).0;
        validation.reason = format!("the signing token: {}", validation.reason);
    }
    validation
}
