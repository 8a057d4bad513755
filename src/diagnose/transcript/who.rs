//! Who speaks to whom in a transcript: host, family, kind and user name, by what was said, the rack, the URL, the token.

use super::secrets::Found;
use super::{Hint, Parsed};
use crate::domain::{Host, Kind};
use crate::error::{Error, Result};
use crate::hosts::recognise::recognise;
use crate::hosts::{self, Family};
use crate::secret::{Secret, SecretText};

/// Who speaks to whom.
pub(super) struct Who {
    pub(super) host: Option<Host>,
    pub(super) family: Option<&'static dyn Family>,
    pub(super) kind: Option<Kind>,
    pub(super) username: Option<String>,
    pub(super) secret: Secret,
    pub(super) masker: Vec<SecretText>,
}

impl Who {
    /// # Errors
    /// Usage error where a family is named that there is none of.
    pub(super) fn settle(parsed: &Parsed, found: &Found, hint: &Hint, known: &[Host]) -> Result<Self> {
        let named = hint.host.as_deref().or(parsed.base.as_deref());
        let on_rack = known.iter().find(|h| {
            hint.host.as_deref() == Some(h.name.as_str())
                || named.is_some_and(|url| same_host(url, &h.url) || h.endpoints.values().any(|e| same_host(url, e)))
        });
        let wanted = match &hint.family {
            Some(id) => Some(hosts::family(id).ok_or_else(|| {
                let all: Vec<_> = hosts::families().iter().map(|f| f.facts().id.to_string()).collect();
                Error::usage(format!("there is no host family `{id}`")).hint(format!("Families: {}.", all.join(", ")))
            })?),
            None => None,
        };
        let by_url = || {
            let url = named?;
            hosts::families().iter().copied().find(|f| f.host_url(url).is_ok_and(|u| u.certain))
        };
        let sent = found.sent.clone();
        let candidates = sent.as_ref().map(|s| recognise(s.reveal())).unwrap_or_default();
        let by_token = || candidates.iter().find(|c| c.certain).and_then(|c| hosts::family(&c.family));
        let family =
            wanted.or_else(|| on_rack.and_then(|h| hosts::family(&h.family))).or_else(by_url).or_else(by_token);
        let kind = hint.kind.or_else(|| {
            let id = family.map(|f| &f.facts().id)?;
            candidates.iter().find(|c| c.family == *id).map(|c| c.kind)
        });
        let host = on_rack.cloned().or_else(|| Some(host_for(family?, named?)));
        let secret =
            Secret::token(sent.unwrap_or_else(|| SecretText::from("a-token-that-the-transcript-does-not-hold")));
        Ok(Self {
            host,
            family,
            kind,
            username: hint.username.clone().or_else(|| found.username.clone()),
            masker: vec![secret.token.clone()],
            secret,
        })
    }
}

/// A record for an address that is on no rack.
pub(super) fn host_for(family: &dyn Family, url: &str) -> Host {
    let understood = family.host_url(url);
    let (url, name) = match understood {
        Ok(understood) => (understood.url, understood.name),
        Err(_) => (url.to_owned(), url.to_owned()),
    };
    Host::new(name, family.facts().id.clone(), url)
}

fn same_host(a: &str, b: &str) -> bool {
    let host = |text: &str| {
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = url::Url::parse(&text).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    host(a).is_some_and(|a| host(b) == Some(a))
}
