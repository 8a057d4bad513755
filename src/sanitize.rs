//! The one way text from outside (a host, a file, a paste) reaches a terminal, a file or a report.
//!
//! Control characters can move the cursor or rewrite the screen, bidirectional marks can make text read as
//! something else, zero-width characters hide: all are shown as `\u{..}` instead. Nothing else is changed.

use std::borrow::Cow;

/// One line of outside text, safe to print: everything that could act on a terminal is escaped, line breaks too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, false)
}

/// Several lines of outside text, safe to print: `\n` is kept, all else as in [`line()`].
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    escape(text, true)
}

/// [`line()`], cut to at most `max` characters with `…` as the last one where something was left out.
#[must_use]
pub fn short(text: &str, max: usize) -> String {
    let clean = line(text);
    if clean.chars().count() <= max {
        return clean.into_owned();
    }
    let mut cut: String = clean.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn escape(text: &str, keep_newline: bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) && !(keep_newline && c == '\n')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' if keep_newline => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push(' '),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character may act on a terminal or deceive a reader instead of being read.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_not_copied() {
        assert!(matches!(line("acme / ünïcode 日本 ✓"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_bidi_and_zero_width_become_visible() {
        assert_eq!(line("\u{1b}[2Jx\u{202e}y\u{200b}z\n"), "\\u{1b}[2Jx\\u{202e}y\\u{200b}z\\n");
        assert_eq!(block("a\n\u{9b}b"), "a\n\\u{9b}b");
    }

    #[test]
    fn short_counts_characters_not_bytes() {
        assert_eq!(short("äöüß", 4), "äöüß");
        assert_eq!(short("äöüßx", 4), "äöü…");
    }
}
