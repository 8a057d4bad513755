//! A field for secrets: shows dots and a length, never text. Its memory is reserved up front so that typing does not
//! leave copies behind in freed memory, and is wiped when cleared, taken or dropped.

use std::fmt;

use ratatui::text::{Line, Span};
use zeroize::{Zeroize, Zeroizing};

use crate::config::{Action, Theme};
use crate::secret::SecretText;

/// Room for anything that is typed, and for most of what is pasted.
const ROOM: usize = 8 * 1024;
/// More than any credential is; a paste beyond it is not one.
const LONGEST: usize = 64 * 1024;

/// The field. Typing goes to the end; there is no cursor to move, since there is nothing to see.
pub struct SecretField {
    text: Zeroizing<String>,
}

impl Default for SecretField {
    fn default() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(ROOM)) }
    }
}

impl SecretField {
    /// Takes one typed character.
    pub fn push(&mut self, c: char) {
        let mut buffer = [0; 4];
        self.append(c.encode_utf8(&mut buffer));
        buffer.zeroize();
    }

    /// Takes a paste; false where it is far too long to be a credential, and then nothing is taken.
    pub fn paste(&mut self, text: &SecretText) -> bool {
        if self.text.len() + text.len() > LONGEST {
            return false;
        }
        self.append(text.reveal());
        true
    }

    /// Edits by an action; false where it is no edit.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::DeleteBack => {
                self.text.pop();
            }
            Action::DeleteWord | Action::DeleteToStart => self.clear(),
            Action::EditLeft
            | Action::EditRight
            | Action::EditWordLeft
            | Action::EditWordRight
            | Action::EditHome
            | Action::EditEnd
            | Action::DeleteForward
            | Action::DeleteToEnd => {}
            _ => return false,
        }
        true
    }

    /// Empties it, wiping its memory.
    pub fn clear(&mut self) {
        self.text.zeroize();
        self.text.reserve(ROOM);
    }

    /// Gives the secret away and empties the field; no copy is made.
    pub fn take(&mut self) -> SecretText {
        let mut fresh = String::with_capacity(ROOM);
        std::mem::swap(&mut *self.text, &mut fresh);
        SecretText::new(fresh)
    }

    /// A copy that is wiped on drop, for a form that may be come back to.
    #[must_use]
    pub fn copy(&self) -> SecretText {
        SecretText::from(self.text.as_str())
    }

    /// Whether both hold the same.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        *self.text == *other.text
    }

    /// Number of characters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.chars().count()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Dots, and how many characters they stand for.
    #[must_use]
    pub fn line(&self, width: usize, focused: bool, theme: &Theme) -> Line<'static> {
        let len = self.len();
        let dots = "•".repeat(len.min(width.saturating_sub(24)));
        let mut spans = vec![Span::styled(dots, theme.input)];
        if focused {
            spans.push(Span::styled("▏", theme.key));
        }
        if len > 0 {
            spans.push(Span::styled(format!(" {}", super::super::text::count(len, "character")), theme.faint));
        }
        Line::from(spans)
    }

    fn append(&mut self, more: &str) {
        if self.text.len() + more.len() > self.text.capacity() {
            // Growing in place would leave the old memory unwiped: move to a larger buffer by hand.
            let mut larger = Zeroizing::new(String::with_capacity((self.text.len() + more.len()).max(LONGEST)));
            larger.push_str(&self.text);
            self.text = larger;
        }
        self.text.push_str(more);
    }
}

impl fmt::Debug for SecretField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretField(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_never_moves_while_typing_and_is_wiped_when_cleared() {
        let mut field = SecretField::default();
        let before = field.text.as_ptr();
        for c in "NotARealSecret-äöü".chars() {
            field.push(c);
        }
        assert_eq!(field.text.as_ptr(), before);
        assert_eq!(field.len(), 18);
        field.clear();
        assert!(field.is_empty() && field.text.capacity() >= ROOM);
    }

    #[test]
    fn taking_moves_the_text_out_and_leaves_nothing() {
        let mut field = SecretField::default();
        assert!(field.paste(&"NotARealSecret".into()));
        assert_eq!(field.take().reveal(), "NotARealSecret");
        assert!(field.is_empty());
    }

    #[test]
    fn a_long_paste_is_taken_and_an_absurd_one_is_not() {
        let mut field = SecretField::default();
        assert!(field.paste(&SecretText::new("x".repeat(ROOM + 1))));
        assert!(!field.paste(&SecretText::new("x".repeat(LONGEST))));
        assert_eq!(field.len(), ROOM + 1);
    }

    #[test]
    fn neither_debug_nor_screen_shows_it() {
        let mut field = SecretField::default();
        field.paste(&"NotARealSecret".into());
        let theme = Theme::load(crate::config::theme::DARK).unwrap();
        let shown = format!("{field:?} {}", field.line(60, true, &theme));
        assert!(!shown.contains("NotAReal"), "{shown}");
    }
}
