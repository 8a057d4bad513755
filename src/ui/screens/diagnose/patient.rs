//! Whom a diagnosis is about, as the screen sees it: what it is called, and what is known of it before anything was looked
//! at.

use crate::domain::{Diagnosis, FamilyId, Host, Kind, Subject};

use super::super::super::effect::{GivenToken, Whom};
use super::super::super::places;
use super::super::super::shared::Shared;
use super::tab::Tab;

/// What is diagnosed and what it is called.
#[derive(Debug)]
pub(super) struct Patient {
    pub(super) whom: Whom,
    /// In titles and the name of a report: a label, or what it is.
    pub(super) name: String,
}

impl Patient {
    pub(super) fn new(whom: Whom, s: &Shared) -> Self {
        let name = match &whom {
            Whom::Kept(id) => s.rows.get(id).map_or_else(String::new, |row| row.credential.label.clone()),
            Whom::Given(_) => "a token".to_owned(),
            Whom::Told(_) => "an exchange".to_owned(),
        };
        Self { whom, name }
    }

    /// A tab for each place, nothing seen yet; none where there is nothing to look at.
    pub(super) fn blank(&self, s: &Shared) -> Vec<Tab> {
        let subjects = match &self.whom {
            Whom::Kept(id) => s.rows.get(id).map_or_else(Vec::new, |row| {
                let credential = &row.credential;
                let hosts = credential.bindings.iter().filter_map(|b| s.rows.host(b.host));
                let username = credential.username.clone();
                let label = Some(credential.label.clone());
                hosts.map(|host| subject(label.clone(), host, credential.kind, username.clone())).collect()
            }),
            Whom::Given(given) => vec![proposed(given, s)],
            Whom::Told(told) => {
                let place = told.host.clone().unwrap_or_else(|| "a host that it names".to_owned());
                let kind = told.kind.unwrap_or(Kind::Unknown);
                vec![nowhere(place, told.family.clone(), kind, told.username.clone())]
            }
        };
        subjects.into_iter().map(|subject| Tab::new(Diagnosis::new(subject, s.now))).collect()
    }

    /// What a tab is called: exchanges are counted, since they may well be with one host.
    pub(super) fn tab(&self, at: usize, tab: &Tab) -> String {
        let host = &tab.found.subject.host;
        match &self.whom {
            Whom::Kept(_) | Whom::Given(_) => host.clone(),
            Whom::Told(_) => format!("{} {host}", at + 1),
        }
    }

    /// What the tabs are, for somebody who wants the next.
    pub(super) fn alone(&self) -> &'static str {
        match &self.whom {
            Whom::Kept(_) => "it is used at this host alone",
            Whom::Given(_) => "it is looked at at this host alone",
            Whom::Told(_) => "there is one exchange in it alone",
        }
    }

    /// What of it is told to anybody, while it runs.
    pub(super) fn promise(&self) -> &'static str {
        match &self.whom {
            Whom::Kept(_) => {
                "the secret is sent only to its own host, and only once that is seen to be the right product"
            }
            Whom::Given(_) => {
                "the token is kept nowhere, and sent only to that host, once it is seen to be the right product"
            }
            Whom::Told(_) => "judged by what it says; nothing is sent to anybody",
        }
    }

    /// What a report of it is called after.
    pub(super) fn report(&self, tabs: &[Tab]) -> String {
        match (&self.whom, tabs.first()) {
            (Whom::Kept(_), _) | (_, None) => self.name.clone(),
            (_, Some(tab)) => tab.found.subject.host.clone(),
        }
    }
}

fn subject(label: Option<String>, host: &Host, kind: Kind, username: Option<String>) -> Subject {
    Subject { label, host: host.name.clone(), url: host.url.clone(), family: host.family.clone(), kind, username }
}

/// As far as it is known before the host was understood.
fn proposed(given: &GivenToken, s: &Shared) -> Subject {
    let kind = given.kind.unwrap_or(Kind::Unknown);
    match places::named(&given.host, s) {
        Some(host) => subject(None, host, kind, given.username.clone()),
        None => nowhere(given.host.clone(), given.family.clone(), kind, given.username.clone()),
    }
}

fn nowhere(place: String, family: Option<FamilyId>, kind: Kind, username: Option<String>) -> Subject {
    let family = family.unwrap_or_else(|| FamilyId::new(""));
    Subject { label: None, url: place.clone(), host: place, family, kind, username }
}
