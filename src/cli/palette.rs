//! Colours of the terminal, or none.

use crate::domain::Verdict;

/// Terminal colours, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) color: bool,
}

impl Palette {
    /// The text in the colour of a verdict.
    pub(super) fn verdict(self, verdict: Verdict, text: &str) -> String {
        let code = match verdict {
            Verdict::Valid => "32",
            Verdict::Expiring | Verdict::Limited => "33",
            Verdict::Expired | Verdict::Revoked | Verdict::Rejected => "31",
            Verdict::Blocked => "35",
            Verdict::Unreachable => "36",
            Verdict::Unchecked => "90",
        };
        self.paint(code, text)
    }

    /// Bold.
    pub(super) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Dimmed.
    pub(super) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
