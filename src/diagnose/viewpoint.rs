//! From where the machine is looked at: for which credential, at which host, in which surroundings.

use std::path::PathBuf;

use url::Url;

use super::patient::Patient;
use super::surroundings::Surroundings;
use crate::hosts::{self, Endpoints, facts::How};
use crate::secret::Secret;

/// Whose surroundings are looked at.
pub(crate) struct Viewpoint<'a> {
    pub(crate) around: &'a Surroundings,
    pub(crate) patient: &'a Patient,
    pub(crate) secret: Option<&'a Secret>,
    /// Named endpoints of the host, where its record gives any.
    pub(crate) endpoints: Endpoints,
}

impl Viewpoint<'_> {
    /// Name of the host as its record has it, in lower case.
    pub(crate) fn host(&self) -> String {
        host_of(&self.patient.host.url).unwrap_or_default()
    }

    /// Every URL that requests for this credential go to.
    pub(crate) fn urls(&self) -> Vec<Url> {
        let own = std::iter::once(&self.patient.host.url);
        let mut urls: Vec<Url> = own.chain(self.endpoints.values()).filter_map(|u| Url::parse(u).ok()).collect();
        if !self.endpoints.is_empty() {
            // Where every endpoint is named, nothing need go to the record's URL itself.
            urls.remove(0);
        }
        urls
    }

    /// Whether a host name or `name:port` is one of this credential's hosts.
    pub(crate) fn is_ours(&self, name: &str) -> bool {
        let own = Url::parse(&self.patient.host.url).ok();
        self.urls().iter().chain(own.iter()).any(|url| {
            let host = url.host_str().unwrap_or("");
            let with_port = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            name.eq_ignore_ascii_case(host) || name.eq_ignore_ascii_case(&with_port)
        })
    }

    /// Whether a URL is at one of this credential's hosts, scheme and port included.
    pub(crate) fn is_at(&self, url: &Url) -> bool {
        let own = Url::parse(&self.patient.host.url).ok();
        self.urls().iter().chain(own.iter()).any(|ours| ours.origin() == url.origin())
    }

    /// Whether git is of use with this family.
    pub(crate) fn has_git(&self) -> bool {
        hosts::family(&self.patient.host.family).is_some_and(|f| f.facts().verbs.git != How::None)
    }

    /// A path of a file in the home directory.
    pub(crate) fn at_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.around.home()?.join(path))
    }

    /// A path that a variable names, from the working directory on.
    pub(crate) fn named(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/").and_then(|rest| self.at_home(rest)) {
            Some(path) => path,
            None => self.around.cwd().join(path),
        }
    }
}

/// The host of a URL, or a text that is a host already, in lower case.
pub(crate) fn host_of(text: &str) -> Option<String> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok()?;
    url.host_str().map(str::to_ascii_lowercase)
}
