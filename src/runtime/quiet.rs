//! A backend that writes nothing where nothing changed.
//!
//! A frame without a difference still costs the plain backend a reset of all colours and a word about the cursor, some
//! thirty bytes each time; over a slow line, and in the terminal's own work, silence is better.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Crossterm's backend, silent where it would repeat itself.
pub(super) struct Quiet<W: Write> {
    inner: CrosstermBackend<W>,
    /// What the terminal was last told of the cursor; none where that is not known.
    visible: Option<bool>,
    cursor: Option<Position>,
}

impl<W: Write> Quiet<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { inner: CrosstermBackend::new(writer), visible: None, cursor: None }
    }

    /// Something else has written to the terminal: nothing is known of it any more.
    pub(super) fn forget(&mut self) {
        self.visible = None;
        self.cursor = None;
    }
}

impl<W: Write> Backend for Quiet<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.inner.draw(content)
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
        self.cursor = None;
        self.inner.append_lines(n)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.visible.replace(false) == Some(false) {
            return Ok(());
        }
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.visible.replace(true) == Some(true) {
            return Ok(());
        }
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would wait for an answer that the event stream reads away.
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) == Some(position) {
            return Ok(());
        }
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<u8>>>);

    impl Out {
        fn take(&self) -> Vec<u8> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn frame(quiet: &mut Quiet<Out>, cells: &[(u16, u16, &Cell)], cursor: Option<Position>) {
        quiet.draw(cells.iter().copied()).unwrap();
        match cursor {
            None => quiet.hide_cursor().unwrap(),
            Some(position) => {
                quiet.show_cursor().unwrap();
                quiet.set_cursor_position(position).unwrap();
            }
        }
        Backend::flush(quiet).unwrap();
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing_with_and_without_cursor() {
        let out = Out::default();
        let mut quiet = Quiet::new(out.clone());
        let cell = Cell::new("x");
        for cursor in [None, Some(Position::new(3, 4))] {
            frame(&mut quiet, &[(0, 0, &cell)], cursor);
            assert!(!out.take().is_empty());
            frame(&mut quiet, &[], cursor);
            assert_eq!(out.take(), b"");
        }
    }

    #[test]
    fn the_cursor_goes_back_to_its_place_after_a_change_elsewhere() {
        let out = Out::default();
        let mut quiet = Quiet::new(out.clone());
        let cell = Cell::new("x");
        frame(&mut quiet, &[], Some(Position::new(3, 4)));
        out.take();
        frame(&mut quiet, &[(0, 0, &cell)], Some(Position::new(3, 4)));
        assert!(String::from_utf8(out.take()).unwrap().ends_with("\u{1b}[5;4H"));
    }

    #[test]
    fn nothing_is_taken_for_known_after_something_else_wrote() {
        let out = Out::default();
        let mut quiet = Quiet::new(out.clone());
        frame(&mut quiet, &[], None);
        quiet.forget();
        out.take();
        frame(&mut quiet, &[], None);
        assert_eq!(out.take(), b"\x1b[?25l");
    }
}
