//! A text that is pasted, piece by piece, and never shown, since secrets may stand in it: the screen says how much there
//! is. Its memory is wiped.

use crate::config::Action;
use crate::secret::SecretText;

use super::super::text::count;

/// More is taken for a slip: a whole log file, a picture.
const LONGEST: usize = 4 * 1024 * 1024;

/// What was pasted so far, lines ended by `\n` whatever the terminal made of them.
#[derive(Debug)]
pub struct Pasted {
    text: SecretText,
}

impl Default for Pasted {
    fn default() -> Self {
        Self { text: SecretText::new(String::new()) }
    }
}

impl Pasted {
    /// Adds a paste, on a line of its own; false where it is far too long, and then nothing is taken.
    pub fn add(&mut self, more: &SecretText) -> bool {
        if self.text.len() + more.len() >= LONGEST {
            return false;
        }
        let mut all = String::with_capacity(self.text.len() + more.len() + 1);
        all.push_str(self.text.reveal());
        if !all.is_empty() && !all.ends_with('\n') {
            all.push('\n');
        }
        // Many terminals hand over a carriage return where a line ends.
        let mut characters = more.reveal().chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '\r' if characters.peek() == Some(&'\n') => {}
                '\r' => all.push('\n'),
                c => all.push(c),
            }
        }
        self.text = SecretText::new(all);
        true
    }

    /// Edits by an action: it is all or nothing. False where it is no edit.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::DeleteBack | Action::DeleteWord | Action::DeleteToStart => self.clear(),
            _ => return false,
        }
        true
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &SecretText {
        &self.text
    }

    /// Gives the text away.
    pub fn take(&mut self) -> SecretText {
        std::mem::take(self).text
    }

    /// Forgets it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Lines with something on them.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.text.reveal().lines().filter(|l| !l.trim().is_empty()).count()
    }

    /// How much there is, in words.
    #[must_use]
    pub fn told(&self) -> String {
        match self.lines() {
            0 => "nothing pasted yet".to_owned(),
            n => format!("{} pasted, {}", count(n, "line"), count(self.text.reveal().chars().count(), "character")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_alike_whatever_the_terminal_sends_and_pieces_stay_apart() {
        let mut pasted = Pasted::default();
        assert!(pasted.add(&"> GET /user\r< HTTP/2 401\r\n<".into()));
        assert!(pasted.add(&"more".into()));
        assert_eq!(pasted.text().reveal(), "> GET /user\n< HTTP/2 401\n<\nmore");
        assert_eq!(pasted.told(), "4 lines pasted, 31 characters");
        pasted.clear();
        assert_eq!((pasted.lines(), pasted.told().as_str()), (0, "nothing pasted yet"));
    }

    #[test]
    fn an_absurd_paste_is_not_taken_and_nothing_is_shown() {
        let mut pasted = Pasted::default();
        assert!(pasted.add(&"NotARealSecret".into()));
        assert!(!pasted.add(&SecretText::new("x".repeat(LONGEST))));
        assert_eq!(pasted.take().reveal(), "NotARealSecret");
        pasted.add(&"NotARealSecret".into());
        assert!(!format!("{pasted:?} {}", pasted.told()).contains("NotAReal"));
    }
}
