//! The table of the rack: a heading and a row, each one line wide.

use ratatui::text::{Line, Span};

use crate::domain::Verdict;

use super::super::super::rows::{Row, Sort};
use super::super::super::shared::Shared;
use super::super::super::{text, time};

/// How wide the columns are.
pub(super) struct Columns {
    label: usize,
    host: usize,
    account: usize,
}

const EXPIRES: usize = 9;
const CHECKED: usize = 8;

impl Columns {
    pub(super) fn new(width: usize) -> Self {
        let rest = width.saturating_sub(4 + EXPIRES + CHECKED + 4);
        let label = rest * 38 / 100;
        let host = rest * 34 / 100;
        Self { label, host, account: rest - label - host }
    }

    pub(super) fn heading(&self, s: &Shared) -> Line<'static> {
        let arrow = |sort: Sort| match s.rows.sorted_by() {
            Some((by, reversed)) if by == sort => {
                if reversed {
                    "↑"
                } else {
                    "↓"
                }
            }
            _ => "",
        };
        let name = |word: &str, sort, width| text::pad(&format!("{word}{}", arrow(sort)), width);
        let line = format!(
            "{} {} {} {} {} {}",
            text::pad(&format!("  {}", arrow(Sort::Verdict)), 3),
            name("LABEL", Sort::Label, self.label),
            name("HOST", Sort::Host, self.host),
            name("ACCOUNT", Sort::Account, self.account),
            name("EXPIRES", Sort::Expires, EXPIRES),
            name("CHECKED", Sort::Checked, CHECKED)
        );
        Line::styled(line, s.theme.faint)
    }

    pub(super) fn row(&self, row: &Row, cursor: bool, marked: bool, s: &Shared) -> Line<'static> {
        let theme = &s.theme;
        let retired = row.retired();
        let plain = if retired { theme.faint } else { theme.text };
        let verdict = if retired { theme.faint } else { theme.verdict(row.verdict) };
        let account = if row.account.is_empty() { "-" } else { &row.account };
        let expires = if retired { "retired".to_owned() } else { time::expires(row.credential.expiry, s.now) };
        let expires_style = match row.verdict {
            _ if retired => theme.faint,
            Verdict::Expiring => theme.warn,
            _ if expires == "expired" => theme.bad,
            _ => plain,
        };
        let mut spans = vec![
            Span::styled(if cursor { "▸" } else { " " }, theme.key),
            Span::styled(if marked { "✓" } else { " " }, theme.marked),
            Span::styled(format!("{} ", row.verdict.symbol()), verdict),
            Span::styled(text::pad(&row.credential.label, self.label), plain),
            Span::styled(format!(" {} ", text::pad(&row.hosts, self.host)), theme.faint),
            Span::styled(text::pad(account, self.account), plain),
            Span::styled(format!(" {} ", text::pad(&expires, EXPIRES)), expires_style),
        ];
        match row.last_real {
            // What was last known of the token itself, since the newest check says nothing of it.
            Some((real, at)) => {
                spans.push(Span::styled(format!("{} ", real.symbol()), theme.verdict(real)));
                spans.push(Span::styled(text::pad(&time::ago(at, s.now), CHECKED - 2), theme.faint));
            }
            None => {
                let checked = row.checked_at.map_or("never".to_owned(), |at| time::ago(at, s.now));
                spans.push(Span::styled(text::pad(&checked, CHECKED), theme.faint));
            }
        }
        Line::from(spans)
    }
}
