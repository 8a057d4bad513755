//! Any host: the status of one URL decides, asked with the credential as Basic or Bearer.
//!
//! Nothing is known of such a host, so a success counts only where the same request without the credential is refused:
//! many URLs answer everybody, and a sign-in page is a success too. What the credential may do, whose it is and when it
//! ends is not known, and the texts say so.

mod validate;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use futures_util::future::BoxFuture;
use url::Url;

use super::facts::Facts;
use super::{Carried, Detection, Endpoints, Family, HostUrl, HostUrlError, Session, Wire};
use crate::domain::{Host, Kind, Validation};
use crate::net::Request;

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("generic"));

/// The host's own address.
const WEB: &str = "web";
/// The URL whose status decides.
const PROBE: &str = "probe";

/// The family `generic`.
#[derive(Debug, Clone, Copy)]
pub struct Generic;

impl Family for Generic {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    /// Any web address, path and all: it may be the URL to ask.
    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        let typed = typed.trim();
        let mut notes = Vec::new();
        let text = match typed.contains("://") {
            true => typed.to_owned(),
            false => {
                notes.push("https:// was put in front.".to_owned());
                format!("https://{typed}")
            }
        };
        let mut url = Url::parse(&text).map_err(|e| bad(&format!("that is not a URL: {e}")))?;
        // The text is not repeated: what was pasted may hold a password.
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("a URL that can be asked begins with https:// or http://"));
        }
        let host = url.host_str().unwrap_or("").trim_end_matches('.').to_owned();
        if host.is_empty() {
            return Err(bad("that URL names no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            notes.push("User name and password were removed from the URL.".to_owned());
            if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
                return Err(bad("the user name cannot be removed from that URL"));
            }
        }
        if url.query().is_some() || url.fragment().is_some() {
            notes.push("What stands behind `?` or `#` was cut off.".to_owned());
            url.set_query(None);
            url.set_fragment(None);
        }
        Ok(HostUrl {
            url: url.as_str().trim_end_matches('/').to_owned(),
            name: url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")),
            region: None,
            certain: false,
            notes,
        })
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        let web = self.host_url(&host.url)?.url;
        Ok(BTreeMap::from([(PROBE.to_owned(), web.clone()), (WEB.to_owned(), web)]))
    }

    /// No token has a form that would be a sign of a host that nothing is known of.
    fn carried(&self, _kind: Kind, _token: &str) -> Option<Carried> {
        None
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(async move {
            match wire.send(Request::get(wire.url(PROBE, ""))).await {
                Err(error) => Detection::Unreachable(error),
                Ok(_) => Detection::NotThis(Box::new(FACTS.finding("any-host", &[]).1)),
            }
        })
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(validate::validate(session))
    }
}

fn bad(message: &str) -> HostUrlError {
    HostUrlError { message: message.to_owned(), hint: format!("Type it like {}.", FACTS.url_example) }
}
