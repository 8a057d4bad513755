//! Adding and editing a host record. Changing where the secrets of credentials in use are sent is confirmed in words.

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{FamilyId, Host};
use crate::error::Error;

use super::super::effect::{Effect, HostFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::JobId;
use super::super::shared::{Cx, Input, Shared};
use super::super::text::count;
use super::super::widgets::form::{Event, Form};
use super::super::widgets::{panel, typed};
use super::toast::Level;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Called,
    Url,
    Family,
    Region,
    CaFile,
    ClientCert,
    Proxy,
    Endpoints,
    Http,
    Confirm,
}

/// The fields, the record as it was, and the save under way.
#[derive(Debug)]
pub struct HostForm {
    before: Option<Host>,
    families: Vec<FamilyId>,
    form: Form<Name>,
    saving: Option<JobId>,
}

impl HostForm {
    /// For a new host.
    #[must_use]
    pub fn add(s: &Shared) -> Self {
        Self::new(None, s)
    }

    /// For one that is there.
    #[must_use]
    pub fn edit(host: Host, s: &Shared) -> Self {
        Self::new(Some(host), s)
    }

    fn new(before: Option<Host>, s: &Shared) -> Self {
        let mut families: Vec<FamilyId> = s.families.iter().map(|f| f.id.clone()).collect();
        let mut words: Vec<String> = s.families.iter().map(|f| f.name.clone()).collect();
        if let Some(host) = &before
            && !families.contains(&host.family)
        {
            families.push(host.family.clone());
            words.push(host.family.to_string());
        }
        let at = before.as_ref().and_then(|h| families.iter().position(|f| *f == h.family)).unwrap_or(0);
        let blank = Host::new("", FamilyId::new(""), "");
        let host = before.as_ref().unwrap_or(&blank);
        let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
        let endpoints = host.endpoints.iter().map(|(name, url)| format!("{name}={url}")).collect::<Vec<_>>().join(", ");
        let form = Form::new()
            .text(Name::Called, "Name", &host.name, "what you call it; unique")
            .text(Name::Url, "URL", &host.url, "")
            .choice(Name::Family, "Product", words, at, "")
            .text(Name::Region, "Region", &or_empty(&host.region), "AWS only, e.g. eu-central-1")
            .text(Name::CaFile, "CA file", &or_empty(&host.ca_file), "PEM file to trust besides the system's")
            .text(Name::ClientCert, "Client cert", &or_empty(&host.client_cert), "PEM file with certificate and key")
            .text(Name::Proxy, "Proxy", &or_empty(&host.proxy), "empty: as the environment says")
            .text(Name::Endpoints, "Endpoints", &endpoints, "")
            .choice(
                Name::Http,
                "Plain http",
                vec!["no".to_owned(), "allowed: secrets travel unprotected".to_owned()],
                usize::from(host.allow_http),
                "",
            );
        let mut host_form = Self { before, families, form, saving: None };
        host_form.explain(s);
        host_form
    }

    /// Says what the product chosen needs.
    fn explain(&mut self, s: &Shared) {
        let facts = self.families.get(self.form.chosen(Name::Family)).and_then(|f| s.facts(f));
        let url = facts.map_or(String::new(), |f| format!("like {}", f.url_example));
        self.form.explain(Name::Url, &url);
        let names: Vec<&str> = facts.map_or(Vec::new(), |f| f.endpoints.iter().map(|e| e.name.as_str()).collect());
        let help = match names.as_slice() {
            [] => "empty: as the URL says".to_owned(),
            [first, ..] => format!("empty: as the URL says; else {first}=URL, …; names: {}", names.join(", ")),
        };
        self.form.explain(Name::Endpoints, &help);
    }

    /// The rack's answer; false where it was not asked by this form.
    pub fn saved(&mut self, job: JobId, result: &Result<(), Error>, cx: &mut Cx<'_>) -> bool {
        if self.saving != Some(job) {
            return false;
        }
        self.saving = None;
        match result {
            Ok(()) => {
                cx.say(Level::Good, format!("host {} saved", self.form.value(Name::Called)));
                cx.load();
                cx.back();
            }
            Err(error) => {
                let hint = error.hints.first().map(|h| format!("; {h}")).unwrap_or_default();
                let at = if error.message.contains("endpoint") { Name::Endpoints } else { Name::Url };
                self.form.refuse(at, format!("{error}{hint}"));
            }
        }
        true
    }

    fn record(&self, endpoints: BTreeMap<String, String>) -> Host {
        let optional = |name| Some(self.form.value(name).to_owned()).filter(|v| !v.is_empty());
        let family = self.families.get(self.form.chosen(Name::Family)).cloned();
        let family = family.unwrap_or_else(|| FamilyId::new("generic"));
        let blank = Host::new("", family.clone(), "");
        let before = self.before.as_ref().unwrap_or(&blank);
        let url = self.form.value(Name::Url).trim_end_matches('/').to_owned();
        let same = before.url == url && before.family == family;
        Host {
            name: self.form.value(Name::Called).to_owned(),
            family,
            region: optional(Name::Region),
            ca_file: optional(Name::CaFile),
            client_cert: optional(Name::ClientCert),
            proxy: optional(Name::Proxy),
            endpoints,
            allow_http: self.form.chosen(Name::Http) == 1,
            // What was found there holds for the old place only.
            product: before.product.clone().filter(|_| same),
            version: before.version.clone().filter(|_| same),
            url,
            ..before.clone()
        }
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        if self.saving.is_some() {
            return;
        }
        let endpoints = match endpoints(self.form.value(Name::Endpoints)) {
            Ok(endpoints) => endpoints,
            Err(why) => return self.form.refuse(Name::Endpoints, why),
        };
        let host = self.record(endpoints);
        if host.name.is_empty() {
            return self.form.refuse(Name::Called, "a name is needed");
        }
        if cx.s.rows.hosts().iter().any(|h| h.name == host.name && h.id != host.id) {
            return self.form.refuse(Name::Called, "another host has this name");
        }
        if !host.url.starts_with("https://") && !host.url.starts_with("http://") {
            let example = cx.s.facts(&host.family).map_or("https://git.example.com", |f| f.url_example.as_str());
            return self.form.refuse(Name::Url, format!("give a URL like {example}"));
        }
        if host.url.starts_with("http://") && !host.allow_http && !on_loopback(&host.url) {
            let why = "plain http would send secrets unprotected: use https, or allow it below";
            return self.form.refuse(Name::Url, why);
        }
        let proxies = ["http://", "https://", "socks5://", "socks5h://"];
        if host.proxy.as_ref().is_some_and(|proxy| !proxies.iter().any(|scheme| proxy.starts_with(scheme))) {
            return self.form.refuse(Name::Proxy, "write it as http://HOST:PORT or socks5h://HOST:PORT");
        }
        if !self.confirmed(&host, cx.s) {
            return;
        }
        let job = cx.s.jobs.begin_weighty("saving the host");
        self.saving = Some(job);
        cx.emit(Effect::Hosts(HostFx::Save { job, host: Box::new(host) }));
    }

    /// Whether the user knows that secrets will go elsewhere from now on; asks where that is not sure.
    fn confirmed(&mut self, host: &Host, s: &Shared) -> bool {
        let Some(before) = &self.before else { return true };
        let moved = before.url != host.url
            || before.family != host.family
            || before.region != host.region
            || before.proxy != host.proxy
            || before.ca_file != host.ca_file
            || before.endpoints != host.endpoints
            || before.allow_http != host.allow_http;
        let uses = s.rows.uses(before.id);
        if !moved || uses == 0 {
            return true;
        }
        let phrase = typed::phrase("change", &[before.name.as_str()]);
        if self.form.value(Name::Confirm) == phrase {
            return true;
        }
        let why =
            format!("the secrets of {} will be sent this new way. To go on, type {phrase}", count(uses, "credential"));
        if self.form.get(Name::Confirm).is_none() {
            self.form = std::mem::take(&mut self.form).text(Name::Confirm, "Confirm", "", "");
        }
        self.form.refuse(Name::Confirm, why);
        false
    }
}

/// Reads `NAME=URL`, separated by commas; which names a product has is for the rack to say.
fn endpoints(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut endpoints = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, url) = match part.split_once('=') {
            Some((name, url)) if !name.trim().is_empty() && url.contains("://") => (name.trim(), url.trim()),
            _ => return Err(format!("write each as NAME=URL: {part} is none")),
        };
        if endpoints.insert(name.to_owned(), url.trim_end_matches('/').to_owned()).is_some() {
            return Err(format!("{name} is given twice"));
        }
    }
    Ok(endpoints)
}

/// Whether a URL surely stays on this machine.
fn on_loopback(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let digits = |part: &&str| part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u8>().is_ok();
    let parts: Vec<&str> = host.split('.').collect();
    matches!(host, "localhost" | "[::1]") || (parts.len() == 4 && parts[0] == "127" && parts.iter().all(digits))
}

impl Pane for HostForm {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        self.form.contexts()
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![
            (Action::Submit, "save"),
            (Action::NextField, ""),
            (Action::PreviousField, ""),
            (Action::NextChoice, ""),
            (Action::Back, "cancel"),
        ]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match self.form.input(input) {
            Event::Submit => self.submit(cx),
            Event::Back => cx.back(),
            Event::Changed(Name::Family) => self.explain(cx.s),
            _ => {}
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let title = self.before.as_ref().map_or("Add a host".to_owned(), |h| format!("Edit host {}", h.name));
        let inner = panel::window(frame, panel::middle(area, 76, 17), &title, &s.theme);
        self.form.view(frame, inner, &s.theme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_loopback_addresses_count() {
        for url in ["http://127.0.0.1:8080/x", "http://localhost", "http://[::1]:1", "http://127.9.9.9"] {
            assert!(on_loopback(url), "{url}");
        }
        for url in [
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://localhost:80@evil.example",
            "http://10.0.0.1",
            "http://127.0.0.256",
            "http://127.0.0.+1",
            "http://127.1",
        ] {
            assert!(!on_loopback(url), "{url}");
        }
    }
}
