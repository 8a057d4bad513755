//! Short messages in the corner, gone by themselves; failures stay longer and say what to do next.

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::config::Theme;
use crate::error::{Error, ErrorKind};

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
    fn sign(self) -> &'static str {
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

    fn style(self, theme: &Theme) -> Style {
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

/// The messages shown, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Toasts(Vec<Toast>);

/// More would cover the rack.
const MOST: usize = 3;

impl Toasts {
    /// Adds a message; the same one again only stays longer.
    pub fn push(&mut self, level: Level, text: String, now: Timestamp) {
        let until = now.checked_add(SignedDuration::from_secs(level.seconds())).unwrap_or(now);
        self.0.retain(|t| t.text != text);
        self.0.push(Toast { level, text, until });
        if self.0.len() > MOST {
            self.0.remove(0);
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
        self.0.retain(|t| t.until > now);
    }

    /// Drops all; false where there were none.
    pub fn dismiss(&mut self) -> bool {
        !std::mem::take(&mut self.0).is_empty()
    }

    /// When the next one goes.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.0.iter().map(|t| t.until).min()
    }

    /// Draws them in the lower right corner of `area`.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let width = usize::from(area.width).saturating_sub(8).min(60);
        // One row up and two columns in, so that the frame of the pane below stays whole.
        let mut bottom = area.bottom().saturating_sub(1);
        for toast in self.0.iter().rev() {
            let lines = text::wrap(&toast.text, width.saturating_sub(4));
            let height = u16::try_from(lines.len().min(6)).unwrap_or(1);
            let Some(y) = bottom.checked_sub(height).filter(|y| *y > area.top()) else { return };
            let longest = lines.iter().take(6).map(|l| unicode_width::UnicodeWidthStr::width(l.as_str())).max();
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
