//! Rows as aligned columns.

use unicode_width::UnicodeWidthStr;

/// Rows as aligned columns; the last column is not padded.
pub(super) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..count).map(|c| rows.iter().filter_map(|r| r.get(c)).map(|t| visible_width(t)).max().unwrap_or(0)).collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (c, text) in row.iter().enumerate() {
                line.push_str(text);
                if c + 1 < row.len() {
                    line.extend(std::iter::repeat_n(' ', widths[c].saturating_sub(visible_width(text)) + 2));
                }
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// Columns a text takes, colour codes left out.
fn visible_width(text: &str) -> usize {
    if !text.contains('\u{1b}') {
        return text.width();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..start]);
        rest = rest[start..].find('m').map_or("", |end| &rest[start + end + 1..]);
    }
    plain.push_str(rest);
    plain.width()
}
