//! A field for ordinary text, one line. Not for secrets: its memory is not wiped.

use ratatui::text::{Line, Span};
use tui_input::{Input, InputRequest};
use unicode_width::UnicodeWidthChar;

use crate::config::{Action, Theme};
use crate::sanitize;

/// Longer text is cut off: no label, URL or note is.
const LONGEST: usize = 2000;

/// The field.
#[derive(Debug, Clone, Default)]
pub struct Field {
    input: Input,
}

impl Field {
    /// A field with text in it and the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { input: Input::new(text.chars().take(LONGEST).collect()) }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Takes one typed character.
    pub fn push(&mut self, c: char) {
        if self.text().len() < LONGEST && !c.is_control() {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Takes a paste: line breaks become spaces, other control characters are dropped.
    pub fn paste(&mut self, text: &str) {
        for c in text.trim().chars().take(LONGEST) {
            self.push(if c == '\n' || c == '\t' { ' ' } else { c });
        }
    }

    /// Edits by an action; false where it is no edit.
    pub fn act(&mut self, action: Action) -> bool {
        let request = match action {
            Action::EditLeft => InputRequest::GoToPrevChar,
            Action::EditRight => InputRequest::GoToNextChar,
            Action::EditWordLeft => InputRequest::GoToPrevWord,
            Action::EditWordRight => InputRequest::GoToNextWord,
            Action::EditHome => InputRequest::GoToStart,
            Action::EditEnd => InputRequest::GoToEnd,
            Action::DeleteBack => InputRequest::DeletePrevChar,
            Action::DeleteForward => InputRequest::DeleteNextChar,
            Action::DeleteWord => InputRequest::DeletePrevWord,
            Action::DeleteToStart => InputRequest::DeleteFromStart,
            Action::DeleteToEnd => InputRequest::DeleteTillEnd,
            _ => return false,
        };
        self.input.handle(request);
        true
    }

    /// The part around the cursor that fits `width`; the cursor is drawn, so that no terminal cursor is needed.
    #[must_use]
    pub fn line(&self, width: usize, focused: bool, theme: &Theme) -> Line<'static> {
        if !focused {
            return Line::from(Span::styled(super::super::text::cut(self.text(), width), theme.input));
        }
        let skip = self.input.visual_scroll(width.saturating_sub(1));
        let mut before = String::new();
        let mut under = None;
        let mut after = String::new();
        let mut column = 0;
        for (at, c) in self.text().chars().enumerate() {
            let shown = sanitize::line(c.encode_utf8(&mut [0; 4])).into_owned();
            let wide = c.width().unwrap_or(1);
            if column >= skip && column - skip + wide <= width {
                match at.cmp(&self.input.cursor()) {
                    std::cmp::Ordering::Less => before.push_str(&shown),
                    std::cmp::Ordering::Equal => under = Some(shown),
                    std::cmp::Ordering::Greater => after.push_str(&shown),
                }
            }
            column += wide;
        }
        let cursor = match under {
            Some(c) => Span::styled(c, theme.input.add_modifier(ratatui::style::Modifier::REVERSED)),
            None => Span::styled("▏", theme.key),
        };
        Line::from(vec![Span::styled(before, theme.input), cursor, Span::styled(after, theme.input)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_cannot_bring_control_characters() {
        let mut field = Field::default();
        field.paste("a\u{1b}[2Jb\nc\n");
        assert_eq!(field.text(), "a[2Jb c");
    }

    #[test]
    fn long_text_scrolls_with_the_cursor() {
        let theme = Theme::load(crate::config::theme::DARK).unwrap();
        let mut field = Field::new("0123456789");
        assert_eq!(field.line(5, true, &theme).to_string(), "6789▏");
        field.act(Action::EditHome);
        assert_eq!(field.line(5, true, &theme).to_string(), "01234");
    }
}
