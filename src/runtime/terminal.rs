//! The terminal: taken over, drawn on, and given back sane whatever happens (return, error, panic, signal, suspend).

use std::io::{BufWriter, Stdout, Write as _, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::error::{Error, Result};
use crate::ui::{self, Model};

/// Whether the terminal is ours, so that it is given back exactly once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The screen; gives the terminal back when dropped.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn open() -> Result<Self> {
        hook_panics(std::thread::current().id());
        take().map_err(failed)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout()));
        Ok(Self { terminal: Terminal::new(backend).map_err(failed)? })
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((80, 24), |s| (s.width, s.height))
    }

    /// Draws the model; only what differs from the last frame is written.
    pub(super) fn draw(&mut self, model: &Model) -> Result<()> {
        self.terminal.draw(|frame| ui::view(model, frame)).map_err(failed)?;
        Ok(())
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.terminal.clear().map_err(failed)
    }

    /// Gives the terminal back, stops the process, and takes the terminal over again when the shell goes on.
    pub(super) fn suspend(&mut self) -> Result<()> {
        give_back();
        #[cfg(unix)]
        {
            use rustix::process::{Signal, getpid, kill_process};
            // Stops right here; returns when the shell sends SIGCONT.
            kill_process(getpid(), Signal::STOP).map_err(|e| failed(e.into()))?;
        }
        take().map_err(failed)?;
        self.clear()
    }
}

fn take() -> std::io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableMouseCapture,
        EnableFocusChange,
        crossterm::cursor::Hide
    )
}

fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that is gone cannot be restored, and nobody sees it.
    let _ = execute!(
        stdout(),
        DisableFocusChange,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        crossterm::cursor::Show
    );
    let _ = disable_raw_mode();
    let _ = stdout().flush();
}

fn failed(error: std::io::Error) -> Error {
    Error::data("the terminal cannot be used").because(&error)
}

/// A panic on the thread that draws gives the terminal back and says where, not what: a payload may hold a secret. A panic
/// in a background task is answered by the worker as a failed job and must not touch the screen.
fn hook_panics(ui: ThreadId) {
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() != ui {
            return;
        }
        give_back();
        let place =
            info.location().map_or_else(|| "an unknown place".to_owned(), |l| format!("{}:{}", l.file(), l.line()));
        let _ = writeln!(
            std::io::stderr(),
            "internal error: keyrack failed at {place}. Please report this; nothing on the rack is lost."
        );
    }));
}
