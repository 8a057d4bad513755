//! Detection without a credential: `GET /2.0/user` is refused by Bitbucket in a way that nobody else has.

use super::{API, FACTS, answers};
use crate::hosts::answer::foreign;
use crate::hosts::{Detection, Wire};
use crate::net::Request;

/// Asks the host what it is. There are no versions of it.
pub(super) async fn detect(wire: &Wire<'_>) -> Detection {
    let request = Request::get(wire.url(API, "/user")).header("Accept", "application/json");
    let answer = match wire.send(request).await {
        Ok(answer) => answer,
        Err(error) => return Detection::Unreachable(error),
    };
    let vendor = answers::is_vendor(&answer);
    if vendor && matches!(answer.status, 401 | 403) && !answer.is_html() {
        return Detection::Found { product: FACTS.name.clone(), version: None };
    }
    let status = answer.status.to_string();
    let other = foreign(wire, &FACTS, &answer, vendor).and_then(|v| v.findings.into_iter().next());
    Detection::NotThis(Box::new(
        other.unwrap_or_else(|| FACTS.finding("not-bitbucket-cloud", &[("status", &status)]).1),
    ))
}
