//! GitHub: github.com, GitHub Enterprise Cloud with data residency (`SUB.ghe.com`) and GitHub Enterprise Server.
//!
//! Owns the order of requests and the recognition of GitHub's answers. What an answer means for a credential, and what
//! to do about it, is data in `assets/hosts/github.toml`: no verdict text belongs here.
//!
//! - `address`: what a typed URL means, and where web and API of a host are
//! - `form`: what a token's form tells offline, and its checksum
//! - `refusal`: GitHub's failure signatures, in their order of precedence
//! - `check`: validation
//! - `revoke`: revoking by API; `bulk`: many at once
//! - `inventory`, `paging`: GitHub's own lists
//! - `probe`: single permissions, found out by reading
//! - `asking`: who asks where

mod address;
mod asking;
mod bulk;
mod check;
mod form;
mod inventory;
mod listed;
mod paging;
mod probe;
mod refusal;
mod revoke;
mod revoke_listed;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use self::address::Variant;
use self::asking::{Asking, is_success};
use self::form::Form;
use super::answer::foreign;
use super::facts::Facts;
use super::{
    Carried, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Revoke, RevokeMany, Session, Wire,
};
use crate::domain::{Host, Kind, Validation};
use crate::net::{Method, Request, Response};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("github"));

/// The REST version every request names; the oldest that is still supported, so that github.com, ghe.com and GitHub
/// Enterprise Server all know it. See <https://docs.github.com/en/rest/about-the-rest-api/api-versions>.
const API_VERSION: &str = "2022-11-28";

/// Most characters of a text from the host that are kept: a message, a name, a list of organisation ids.
const TEXT_CAP: usize = 300;

/// GitHub in all its variants.
pub struct GitHub;

impl Family for GitHub {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        address::host_url(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        address::endpoints(host)
    }

    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        let form = Form::of(token);
        (form.kind() == Some(kind)).then(|| form.carried(token))
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(detect(wire))
    }

    fn detect_signed<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Option<(String, String)>> {
        Box::pin(detect_signed(session))
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(check::validate(session))
    }

    fn revoker(&self) -> Option<&dyn Revoke> {
        Some(self)
    }

    fn bulk_revoker(&self) -> Option<&dyn RevokeMany> {
        Some(self)
    }

    fn lister(&self) -> Option<&dyn Inventory> {
        Some(self)
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(self)
    }
}

/// A request to the REST API with the headers that GitHub wants on each, and no credential.
fn request(wire: &Wire<'_>, method: Method, path: &str) -> Request {
    Request::new(method, wire.url("api", path))
        .header("Accept", "application/vnd.github+json")
        .header("X-GitHub-Api-Version", API_VERSION)
        .header("User-Agent", concat!("keyrack/", env!("CARGO_PKG_VERSION")))
}

/// Whether GitHub itself gave this answer: its request id, which proxies are known to strip, or its error shape.
fn is_github(response: &Response) -> bool {
    let error_shape =
        || response.json().is_some_and(|body| body["message"].is_string() && body["documentation_url"].is_string());
    response.header("x-github-request-id").is_some_and(|id| !id.is_empty()) || error_shape()
}

/// At most [`TEXT_CAP`] characters of a text that the host chose.
fn clip(text: &str) -> String {
    text.chars().take(TEXT_CAP).collect()
}

/// `GET /meta` tells the product, and its version where that is a GitHub Enterprise Server; one in private mode answers
/// 401 and thereby tells as much. See <https://docs.github.com/en/rest/meta/meta>.
async fn detect(wire: &Wire<'_>) -> Detection {
    let response = match wire.send(request(wire, Method::Get, "/meta")).await {
        Ok(response) => response,
        Err(error) => return Detection::Unreachable(error),
    };
    let body = response.json().unwrap_or_default();
    let version = body["installed_version"].as_str().or_else(|| response.header("x-github-enterprise-version"));
    let is_meta = response.status == 200 && body["verifiable_password_authentication"].is_boolean();
    let asks_to_sign_in = response.status == 401 && refusal::is_challenge(&response);
    // Unauthenticated requests run into the rate limit early; GitHub's own refusal still proves that it is GitHub.
    if is_meta || asks_to_sign_in || (is_github(&response) && response.status < 500) {
        // A server's answer has a version and none of the address lists; where there is no list, the URL decides.
        let variant = match Variant::of_url(&wire.url("web", "")) {
            _ if version.is_some() => Variant::Server,
            Variant::Server if body["git"].is_array() => Variant::DotCom,
            by_url => by_url,
        };
        return Detection::Found { product: variant.product().to_owned(), version: version.map(clip) };
    }
    let status = response.status.to_string();
    let finding = foreign(wire, &FACTS, &response, false)
        .filter(|_| matches!(response.status, 300..=399 | 407 | 429 | 500..=599))
        .and_then(|mut validation| validation.findings.pop())
        .unwrap_or_else(|| FACTS.finding("not-github", &[("url", &wire.url("api", "/meta")), ("status", &status)]).1);
    Detection::NotThis(Box::new(finding))
}

/// A GitHub Enterprise Server in private mode tells its version to a token only.
async fn detect_signed(session: &Session<'_>) -> Option<(String, String)> {
    let at = Asking::of(session);
    if at.variant != Variant::Server {
        return None;
    }
    let response = at.get("/meta").await.ok().filter(is_success)?;
    let version = response.json()?["installed_version"].as_str().map(clip)?;
    Some((Variant::Server.product().to_owned(), version))
}
