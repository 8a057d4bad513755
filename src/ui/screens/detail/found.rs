//! What checks have found: the findings, the grants, what proves it, and what was found before.

use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::{GrantSource, HostId, Validation};

use super::super::super::{text, time};
use super::page::Page;

/// How many earlier checks are listed.
const HISTORY: usize = 20;

/// Grants by how they are known: the word for it, and their names.
#[must_use]
pub fn grants(found: &Validation) -> Vec<(&'static str, String)> {
    let of = |source| {
        let names = found.grants.iter().filter(|g| g.source == source).map(|g| g.name.as_str());
        names.collect::<Vec<_>>().join("  ")
    };
    let all = [
        ("told", of(GrantSource::Told)),
        ("implied", of(GrantSource::Implied)),
        ("tried", of(GrantSource::Probed)),
        ("simulated", of(GrantSource::Simulated)),
        ("only at", found.limited_to.join("  ")),
    ];
    all.into_iter().filter(|(_, names)| !names.is_empty()).collect()
}

impl Page<'_> {
    pub(super) fn findings(&mut self, found: &Validation, opened: Option<&str>) {
        let key = self.s.key(&[Context::Detail], Action::Page);
        for finding in &found.findings {
            self.heading(&text::cut(&finding.title, self.width));
            for part in [&finding.cause, &finding.remedy] {
                if !part.is_empty() {
                    self.say(part, self.s.theme.text);
                }
            }
            if opened == Some(finding.link.as_str()) && !key.is_empty() {
                self.say(&format!("{key} opens {}", finding.link), self.s.theme.info);
            } else if !finding.link.is_empty() {
                self.say(&finding.link, self.s.theme.info);
            }
        }
    }

    pub(super) fn grants(&mut self, found: &Validation, host: HostId, several: bool, earlier: bool) {
        if found.grants.is_empty() {
            return;
        }
        let at = if several { self.s.rows.host(host).map(|h| format!(" at {}", h.name)) } else { None };
        let age =
            if earlier { format!(", as known {} ago", time::ago(found.checked_at, self.s.now)) } else { String::new() };
        self.heading(&text::cut(&format!("Grants{}{age}", at.unwrap_or_default()), self.width));
        for (how, names) in grants(found) {
            self.fact(how, &names);
        }
    }

    pub(super) fn evidence(&mut self, found: &Validation) {
        if found.evidence.is_empty() {
            return;
        }
        self.heading("Evidence");
        for evidence in &found.evidence {
            let status = evidence.status.map_or("no answer".to_owned(), |status| status.to_string());
            self.say(&format!("{status} {} · {} ms", evidence.request, evidence.ms), self.s.theme.text);
            if !evidence.detail.is_empty() {
                self.say(&format!("  {}", evidence.detail), self.s.theme.faint);
            }
        }
    }

    pub(super) fn history(&mut self, entries: &[(HostId, Validation)]) {
        self.heading("History");
        for (host, found) in entries.iter().take(HISTORY) {
            let host = self.s.rows.host(*host).map_or("?", |h| h.name.as_str());
            let when = time::minute(found.checked_at, &self.s.zone);
            let line = format!("{when}  {} {:11} {host}  {}", found.verdict.symbol(), found.verdict, found.reason);
            self.lines.push(Line::styled(text::cut(&line, self.width), self.s.theme.verdict(found.verdict)));
        }
    }
}
