//! Short messages in the corner, gone by themselves; failures stay longer and say what to do next. What was said can be
//! read again.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::config::{Action, Context, Theme};
use crate::error::{Error, ErrorKind};

use super::super::shared::Shared;
use super::super::text;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For information.
    Info,
    /// It worked.
    Good,
    /// Look at it.
    Warn,
    /// It failed.
    Bad,
}

impl Level {
    /// What stands before the text, so that colour alone says nothing.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Info => "i",
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✗",
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Info | Self::Good => 5,
            Self::Warn => 12,
            Self::Bad => 25,
        }
    }

    /// The colour of the sign.
    #[must_use]
    pub fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Info => theme.info,
            Self::Good => theme.good,
            Self::Warn => theme.warn,
            Self::Bad => theme.bad,
        }
    }
}

#[derive(Debug, Clone)]
struct Toast {
    level: Level,
    text: String,
    until: Timestamp,
}

/// A message that was shown.
#[derive(Debug, Clone)]
pub struct Past {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: Level,
    /// All of it.
    pub text: String,
}

/// The messages shown, oldest first, and the latest of all.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    past: VecDeque<Past>,
}

/// More would cover the rack.
const MOST: usize = 3;
/// How many can be read again.
const KEPT: usize = 100;
/// A message takes no more lines than these in its corner.
const LINES: usize = 6;

impl Toasts {
    /// Adds a message; the same one again only stays longer.
    pub fn push(&mut self, level: Level, text: String, now: Timestamp) {
        let until = now.checked_add(SignedDuration::from_secs(level.seconds())).unwrap_or(now);
        self.shown.retain(|t| t.text != text);
        self.past.push_front(Past { at: now, level, text: text.clone() });
        self.past.truncate(KEPT);
        self.shown.push(Toast { level, text, until });
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }

    /// Adds a failure: what happened, why, what to do next. Being cancelled is no failure.
    pub fn push_error(&mut self, error: &Error, now: Timestamp) {
        if error.kind == ErrorKind::Cancelled {
            return;
        }
        let hints = error.hints.iter().map(|hint| format!("\n→ {hint}")).collect::<String>();
        self.push(Level::Bad, format!("{error}{hints}"), now);
    }

    /// Drops those whose time is over.
    pub fn expire(&mut self, now: Timestamp) {
        self.shown.retain(|t| t.until > now);
    }

    /// Drops all; false where there were none.
    pub fn dismiss(&mut self) -> bool {
        !std::mem::take(&mut self.shown).is_empty()
    }

    /// When the next one goes.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.shown.iter().map(|t| t.until).min()
    }

    /// The latest messages, newest first.
    pub fn past(&self) -> impl Iterator<Item = &Past> {
        self.past.iter()
    }

    /// Draws them in the lower right corner of `area`; `contexts` are those of the keys now.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, contexts: &[Context], s: &Shared) {
        let theme = &s.theme;
        let width = usize::from(area.width).saturating_sub(8).min(60);
        // One row up and two columns in, so that the frame of the pane below stays whole.
        let mut bottom = area.bottom().saturating_sub(1);
        for toast in self.shown.iter().rev() {
            let mut lines = text::wrap(&toast.text, width.saturating_sub(4));
            if lines.len() > LINES {
                let key = s.key(contexts, Action::Messages);
                lines.truncate(LINES - 1);
                lines.push(if key.is_empty() { "…".to_owned() } else { format!("… {key} shows all of it") });
            }
            let height = u16::try_from(lines.len()).unwrap_or(1);
            let Some(y) = bottom.checked_sub(height).filter(|y| *y > area.top()) else { return };
            let longest = lines.iter().map(|l| unicode_width::UnicodeWidthStr::width(l.as_str())).max();
            let wide = u16::try_from(longest.unwrap_or(0) + 4).unwrap_or(area.width).min(area.width);
            let place = Rect { x: area.right().saturating_sub(wide + 2), y, width: wide, height };
            frame.render_widget(Clear, place);
            let style = toast.level.style(theme);
            for (row, line) in (place.top()..place.bottom()).zip(&lines) {
                let sign = if row == place.top() { toast.level.sign() } else { " " };
                let spans = vec![Span::styled(format!("▌{sign} "), style), Span::styled(line.clone(), theme.text)];
                frame.render_widget(Line::from(spans), Rect { y: row, height: 1, ..place });
            }
            bottom = y;
        }
    }
}
