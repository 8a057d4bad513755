//! The text of one credential, from top to bottom: who it is, where it stands, when it ends, what is written down of it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};
use crate::domain::{Expiry, HostId, Validation, Verdict};
use crate::hosts::facts::advice::Addressee;

use super::super::super::page::of_last_check;
use super::super::super::rows::Row;
use super::super::super::shared::Shared;
use super::super::super::widgets::bar;
use super::super::super::{text, time};

/// Everything worth saying about a credential, `width` columns wide.
#[must_use]
pub fn lines(row: &Row, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut page = Page { s, width, lines: Vec::new() };
    let history = s.history.of(&row.credential.id);
    let newest = history.and_then(|h| h.first()).map(|(_, v)| v);
    page.identity(row, newest);
    page.standing(row);
    page.end(row, newest);
    page.jobs(row);
    page.record(row);
    let mut seen: Vec<HostId> = Vec::new();
    for (host, found) in history.unwrap_or_default() {
        if !seen.contains(host) {
            seen.push(*host);
            let host_name = s.rows.host(*host).map(|h| h.name.as_str());
            let to = Addressee {
                label: Some(&row.credential.label),
                host: host_name,
                family: Some(row.credential.family.as_str()),
            };
            page.findings(&to.validation(found), of_last_check(&row.credential.id, s));
            // An answer that says nothing of the token does not hide what is known of it.
            let known = history.unwrap_or_default().iter().find(|(h, v)| h == host && v.verdict.is_real());
            let known = if found.verdict.is_real() { Some(found) } else { known.map(|(_, v)| v) };
            if let Some(known) = known {
                page.grants(known, *host, row.credential.bindings.len() > 1, !found.verdict.is_real());
            }
            page.evidence(found);
        }
    }
    match history {
        None if row.checked_at.is_some() => page.say("reading its history …", s.theme.faint),
        Some(entries) if entries.len() > 1 => page.history(entries),
        _ => {}
    }
    page.lines
}

pub(super) struct Page<'a> {
    pub(super) s: &'a Shared,
    pub(super) width: usize,
    pub(super) lines: Vec<Line<'static>>,
}

/// Width of the captions.
pub(super) const CAPTION: usize = 10;

impl Page<'_> {
    pub(super) fn say(&mut self, line: &str, style: Style) {
        for line in text::wrap(line, self.width) {
            self.lines.push(Line::styled(line, style));
        }
    }

    pub(super) fn heading(&mut self, word: &str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(word.to_owned(), self.s.theme.title));
    }

    pub(super) fn fact(&mut self, caption: &str, value: &str) {
        let mut caption = text::pad(caption, CAPTION);
        for line in text::wrap(value, self.width.saturating_sub(CAPTION)) {
            let spans = vec![Span::styled(caption.clone(), self.s.theme.faint), Span::styled(line, self.s.theme.text)];
            self.lines.push(Line::from(spans));
            caption = " ".repeat(CAPTION);
        }
    }

    fn identity(&mut self, row: &Row, newest: Option<&Validation>) {
        let credential = &row.credential;
        let kind = self.s.kind_name(&credential.family, credential.kind);
        let family = self.s.family_name(&credential.family);
        self.say(&format!("{family} · {kind} · {}", credential.hint), self.s.theme.text);
        let account = match newest.and_then(|v| v.identity.as_ref()) {
            Some(who) => {
                let account = who.account();
                let name =
                    if who.name.is_empty() || who.name == account { String::new() } else { format!(" {}", who.name) };
                format!("{account}{name} ({})", who.kind)
            }
            None if row.account.is_empty() => "account not known".to_owned(),
            None => row.account.clone(),
        };
        self.say(&format!("{account} at {}", row.hosts), self.s.theme.text);
    }

    fn standing(&mut self, row: &Row) {
        let theme = &self.s.theme;
        if row.retired() {
            self.say("retired: its secret was destroyed here after the host refused it", theme.faint);
        }
        for binding in &row.credential.bindings {
            let several = row.credential.bindings.len() > 1;
            let role = binding.role.as_ref().map(|r| format!(" as {r}")).unwrap_or_default();
            let at = self.s.rows.host(binding.host).map_or("a host that is gone", |h| h.name.as_str());
            let place = if several { format!(" at {at}{role}") } else { role };
            let Some(standing) = row.standings.iter().find(|s| s.host == binding.host) else {
                let verdict = Verdict::Unchecked;
                self.say(&format!("{} never checked{place}", verdict.symbol()), theme.verdict(verdict));
                continue;
            };
            let verdict = if several || standing.verdict != Verdict::Valid { standing.verdict } else { row.verdict };
            let reason = if standing.reason.is_empty() { String::new() } else { format!(" · {}", standing.reason) };
            let age = time::ago(standing.checked_at, self.s.now);
            let age = if age == "now" { "just now".to_owned() } else { format!("{age} ago") };
            self.say(&format!("{} {verdict}{place}{reason} · {age}", verdict.symbol()), theme.verdict(verdict));
            if !standing.verdict.is_real()
                && let Some((real, at)) = standing.real
            {
                let known = format!("  last known: {} {real}, {} ago", real.symbol(), time::ago(at, self.s.now));
                self.say(&known, theme.verdict(real));
            }
        }
        let key = self.s.key(&[Context::Detail], Action::Diagnose);
        let bad = row.verdict.is_dead() || matches!(row.verdict, Verdict::Blocked | Verdict::Unreachable);
        if bad && !row.retired() && !key.is_empty() {
            self.say(&format!("{key} diagnoses it"), theme.info);
        }
    }

    fn end(&mut self, row: &Row, newest: Option<&Validation>) {
        let credential = &row.credential;
        let by_user = if credential.expiry_by_user { " (as you said)" } else { "" };
        let Expiry::At(at) = credential.expiry else {
            let word = if credential.expiry == Expiry::Never { "never" } else { "not known" };
            return self.fact("Expires", &format!("{word}{by_user}"));
        };
        let now = self.s.now;
        let days = time::days_until(at, now);
        let begin = newest.and_then(|v| v.created_at).unwrap_or(credential.added_at);
        let whole = usize::try_from(at.as_second().saturating_sub(begin.as_second())).unwrap_or(0);
        let left = usize::try_from(at.as_second().saturating_sub(now.as_second())).unwrap_or(0);
        let words = match days {
            _ if at <= now => format!("expired {} ago", time::ago(at, now)),
            0 => time::expires(credential.expiry, now),
            days => format!("{} left", text::count(usize::try_from(days).unwrap_or(0), "day")),
        };
        let mut spans = vec![
            Span::styled(text::pad("Expires", CAPTION), self.s.theme.faint),
            Span::styled(format!("{}  ", time::day(at)), self.s.theme.text),
        ];
        // The words come first where there is no room for both.
        let words = format!("{words}{by_user}");
        let room = self.width.saturating_sub(CAPTION + "2027-01-23  ".len() + 2 + words.chars().count());
        let wide = self.width.saturating_sub(42).clamp(6, 30).min(room);
        if wide >= 6 {
            spans.extend(bar::bar(left, whole.max(1), wide, &self.s.theme));
            spans.push(Span::raw("  "));
        }
        spans.push(Span::styled(
            words,
            self.s.theme.verdict(match row.verdict {
                _ if at <= now => Verdict::Expired,
                Verdict::Expiring => Verdict::Expiring,
                _ => Verdict::Valid,
            }),
        ));
        self.lines.push(Line::from(spans));
    }

    fn record(&mut self, row: &Row) {
        let credential = &row.credential;
        if let Some(owner) = credential.owner {
            self.fact("Owner", owner.slug());
        }
        if !credential.tags.is_empty() {
            self.fact("Tags", &credential.tags.join(", "));
        }
        if !credential.note.is_empty() {
            self.fact("Note", &credential.note);
        }
        self.fact("Added", &format!("{}, secret in the {} store", time::day(credential.added_at), credential.store));
    }
}
