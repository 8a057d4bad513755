//! How a credential stands to its jobs, as the checks left it: each profile with a sign and what is missing. Nothing is
//! asked for here.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::domain::{HostId, Stand, Validation, Verdict};

use super::super::super::rows::Row;
use super::super::super::text;
use super::page::{CAPTION, Page};

/// What stands between two profiles on one line.
const GAP: usize = 3;

impl Page<'_> {
    /// The profiles, as many on a line as fit; one that is missed begins a line of its own where it does not.
    pub(super) fn jobs(&mut self, row: &Row) {
        let mut out: Vec<Line<'static>> = Vec::new();
        let mut used = usize::MAX;
        let room = self.width.saturating_sub(CAPTION).max(8);
        for id in &row.credential.profiles {
            let (words, style) = self.job(row, id);
            if used.saturating_add(GAP + words.width()) <= room {
                if let Some(line) = out.last_mut() {
                    line.push_span(Span::raw(" ".repeat(GAP)));
                    line.push_span(Span::styled(words.clone(), style));
                }
                used += GAP + words.width();
                continue;
            }
            for part in text::wrap(&words, room) {
                used = part.width();
                let caption = if out.is_empty() { text::pad("Profiles", CAPTION) } else { " ".repeat(CAPTION) };
                let caption = Span::styled(caption, self.s.theme.faint);
                out.push(Line::from(vec![caption, Span::styled(part, style)]));
            }
        }
        self.lines.append(&mut out);
    }

    /// One profile in words, by the worst of the places where the credential is used.
    fn job(&self, row: &Row, id: &str) -> (String, Style) {
        let theme = &self.s.theme;
        let bindings = &row.credential.bindings;
        if row.checked_at.is_some() && self.s.history.of(&row.credential.id).is_none() {
            // It is being read.
            return (id.to_owned(), theme.text);
        }
        let mut gaps = Vec::new();
        let mut doubts = Vec::new();
        for binding in bindings {
            let at = match self.s.rows.host(binding.host) {
                Some(host) if bindings.len() > 1 => format!(" at {}", host.name),
                _ => String::new(),
            };
            match self.last_word(row, binding.host) {
                Some(found) => {
                    let missing = found.missing.get(id).map(|m| format!("{}{at}", m.join(", ")));
                    let untold = found.untold.get(id).map(|u| format!("{}{at}", u.join(", ")));
                    if missing.is_none() && untold.is_none() && !found.met.iter().any(|met| met == id) {
                        doubts.push(match accepted(found) {
                            true => format!("not checked for it yet{at}"),
                            false => format!("{}{at}", found.verdict),
                        });
                    }
                    gaps.extend(missing);
                    doubts.extend(untold);
                }
                None => doubts.push(format!("never checked{at}")),
            }
        }
        if !gaps.is_empty() {
            return (format!("{id} {} missing {}", Stand::Missing.symbol(), gaps.join("; ")), theme.bad);
        }
        if !doubts.is_empty() {
            return (format!("{id} {} cannot tell: {}", Stand::Unknown.symbol(), doubts.join("; ")), theme.warn);
        }
        (format!("{id} {}", Stand::Have.symbol()), theme.good)
    }

    /// The newest check at a host that says something of the credential.
    fn last_word(&self, row: &Row, host: HostId) -> Option<&Validation> {
        let history = self.s.history.of(&row.credential.id)?;
        history.iter().find(|(h, v)| *h == host && v.verdict.is_real()).map(|(_, v)| v)
    }
}

fn accepted(found: &Validation) -> bool {
    matches!(found.verdict, Verdict::Valid | Verdict::Expiring | Verdict::Limited)
}
