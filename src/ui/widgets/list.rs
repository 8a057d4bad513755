//! A cursor in a list of any length and the part of it that fits the screen. Never copies the list.

use crate::config::Action;

/// Where the cursor is and which entry is the topmost shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct List {
    /// Index of the entry under the cursor.
    pub at: usize,
    /// Index of the topmost entry shown.
    pub top: usize,
}

impl List {
    /// Moves by an action; false where it is no movement.
    pub fn act(&mut self, action: Action, len: usize, height: usize) -> bool {
        let page = height.max(2) - 1;
        let last = len.saturating_sub(1);
        self.at = match action {
            Action::Up => self.at.saturating_sub(1),
            Action::Down => (self.at + 1).min(last),
            Action::PageUp => self.at.saturating_sub(page),
            Action::PageDown => (self.at + page).min(last),
            Action::Top => 0,
            Action::Bottom => last,
            _ => return false,
        };
        self.fit(len, height);
        true
    }

    /// Moves the window by the wheel, and the cursor only as far as it would leave the window.
    pub fn wheel(&mut self, down: bool, len: usize, height: usize) {
        let most = len.saturating_sub(height);
        self.top = if down { (self.top + 3).min(most) } else { self.top.saturating_sub(3) };
        self.at = self.at.clamp(self.top, (self.top + height.max(1) - 1).min(len.saturating_sub(1)).max(self.top));
    }

    /// Keeps the cursor in the list and the window around it.
    pub fn fit(&mut self, len: usize, height: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        let height = height.max(1);
        self.top = self.top.min(len.saturating_sub(height)).min(self.at);
        if self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
    }
}

/// Moves a text that is longer than the screen.
pub fn scroll(top: &mut usize, action: Action, len: usize, height: usize) -> bool {
    let page = height.max(2) - 1;
    let most = len.saturating_sub(height);
    *top = match action {
        Action::Up => top.saturating_sub(1),
        Action::Down => (*top + 1).min(most),
        Action::PageUp => top.saturating_sub(page),
        Action::PageDown => (*top + page).min(most),
        Action::Top => 0,
        Action::Bottom => most,
        _ => return false,
    };
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_cursor_and_never_leaves_the_list() {
        let mut list = List::default();
        for _ in 0..7 {
            list.act(Action::Down, 20, 5);
        }
        assert_eq!(list, List { at: 7, top: 3 });
        list.act(Action::Bottom, 20, 5);
        assert_eq!(list, List { at: 19, top: 15 });
        list.fit(4, 5);
        assert_eq!(list, List { at: 3, top: 0 });
        list.fit(0, 0);
        assert_eq!(list, List::default());
        list.act(Action::Down, 0, 5);
        assert_eq!(list, List::default());
    }

    #[test]
    fn the_wheel_moves_the_window_first() {
        let mut list = List { at: 4, top: 0 };
        list.wheel(true, 20, 5);
        assert_eq!(list, List { at: 4, top: 3 });
        list.wheel(true, 20, 5);
        assert_eq!(list, List { at: 6, top: 6 });
    }
}
