//! Text for cells: sanitised first, then cut or padded by display width (a wide character counts two).

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::sanitize;

/// The longest outside text that is looked at for a cell; hosts may send megabytes.
const LONGEST: usize = 4096;

/// Outside text, safe and without end: for paragraphs that are wrapped later.
#[must_use]
pub fn clean(text: &str) -> String {
    sanitize::short(text, LONGEST)
}

/// Outside text, safe, at most `width` columns, with `…` where something was left out.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    // No character is narrower than nothing: more than this many can never fit, so do not escape megabytes.
    let clean = sanitize::short(text, width.saturating_mul(4).saturating_add(8));
    if clean.width() <= width {
        return clean;
    }
    let mut out = String::with_capacity(width + 3);
    let mut used = 0;
    for c in clean.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        used += w;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// [`cut`], then filled with spaces to exactly `width` columns.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    let mut out = cut(text, width);
    let used = out.width();
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// Outside text, safe, broken at spaces into lines of at most `width` columns; `\n` breaks too.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let text: String = text.chars().take(LONGEST).collect();
    let clean = sanitize::block(&text);
    let mut lines = Vec::new();
    for paragraph in clean.split('\n') {
        let inner = paragraph.trim_start_matches(' ');
        let indent = " ".repeat((paragraph.len() - inner.len()).min(width / 2));
        let mut line = indent.clone();
        for word in inner.split(' ') {
            if line.len() > indent.len() && line.width() + 1 + word.width() > width {
                lines.push(std::mem::replace(&mut line, indent.clone()));
            } else if line.len() > indent.len() {
                line.push(' ');
            }
            for c in word.chars() {
                if line.width() + c.width().unwrap_or(0) > width {
                    lines.push(std::mem::replace(&mut line, indent.clone()));
                }
                line.push(c);
            }
        }
        lines.push(line);
    }
    lines
}

/// `1 credential`, `2 credentials`.
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_cut_by_columns_not_characters() {
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(pad("日本", 5), "日本 ");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut("\u{1b}[2J", 20), "\\u{1b}[2J");
    }

    #[test]
    fn long_words_and_paragraphs_are_wrapped() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
        assert_eq!(wrap("a\nb", 8), ["a", "b"]);
        assert_eq!(wrap("  one two", 8), ["  one", "  two"]);
        assert_eq!(wrap("", 8), [""]);
    }
}
