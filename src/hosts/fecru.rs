//! Fisheye and Crucible, self-hosted: the administration's REST API token, and the token that a log-in hands out.
//!
//! Two facts decide the shape of this family. A token that the server has forgotten is not refused: such requests go on as
//! the anonymous user, so an answer counts only where it differs from what strangers get. And the log-in's token is a
//! parameter of the address, so it goes there as a secret: no evidence, error or record holds it.
//!
//! Vendor: <https://developer.atlassian.com/server/fisheye-crucible/authenticating-rest-requests/>. Texts are in
//! `assets/hosts/fecru.toml`.

mod answers;
mod token;
mod validate;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;
use url::Url;

use super::atlassian_datacenter::address::{self, Addresses};
use super::atlassian_datacenter::detect::manifest;
use super::facts::Facts;
use super::{Carried, Detection, Endpoints, Family, HostUrl, HostUrlError, Session, Wire};
use crate::domain::{Host, Kind, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("fecru"));

/// The endpoint that everything goes through: the base URL with its context path.
const WEB: &str = "web";
/// First path segments that belong to Fisheye or Crucible, not to the context path.
const PAGES: [&str; 14] = [
    "rest-service",
    "rest-service-fe",
    "rest-service-fecru",
    "rest",
    "browse",
    "changelog",
    "changeset",
    "cru",
    "admin",
    "login",
    "plugins",
    "project",
    "user",
    "search",
];
/// Context paths that administrators usually choose.
const USUAL_PATHS: [&str; 2] = ["/", "/fisheye"];

/// The family `fecru`.
#[derive(Debug, Clone, Copy)]
pub struct Fecru;

fn addresses() -> Addresses<'static> {
    Addresses { product: "Fisheye", pages: &PAGES, example: &FACTS.url_example }
}

impl Family for Fecru {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        let addresses = addresses();
        let (text, mut notes) = address::with_scheme(typed.trim());
        let url = Url::parse(&text).map_err(|e| addresses.bad(format!("that is not a URL: {e}")))?;
        let host = url.host_str().unwrap_or("").trim_end_matches('.').to_owned();
        address::refuse_cloud(&host, "Fisheye")?;
        let mut found = address::base_url(&addresses, url, &host)?;
        notes.append(&mut found.notes);
        Ok(HostUrl { notes, ..found })
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        address::endpoints(&addresses(), host)
    }

    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        token::carried(kind, token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(async move {
            match manifest(wire, "").await {
                Err(error) => Detection::Unreachable(error),
                Ok((found, answer)) => match answers::product(wire, found.as_ref(), &answer) {
                    Ok(version) if answers::names_itself(found.as_ref()) => {
                        Detection::Found { product: "Fisheye / Crucible".to_owned(), version }
                    }
                    Ok(_) => Detection::NotThis(Box::new(answers::not_fisheye(wire, &answer))),
                    Err(said) => {
                        let first = said.findings.into_iter().next();
                        Detection::NotThis(Box::new(first.unwrap_or_else(|| answers::not_fisheye(wire, &answer))))
                    }
                },
            }
        })
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(validate::validate(session))
    }
}
