//! The terminal: taken over, drawn on, and given back sane whatever happens (return, error, panic, signal, suspend).

use std::fmt;
use std::io::{BufWriter, Stdout, Write as _, stdout};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::ThreadId;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{Command, execute};
use ratatui::Terminal;
use ratatui::layout::Rect;

use super::quiet::Quiet;
use crate::error::{Error, Result};
use crate::ui::{self, Model};

/// The thread that holds the terminal, while one does: it is given back exactly once, and only by that thread.
static HOLDER: Mutex<Option<ThreadId>> = Mutex::new(None);

fn holder() -> MutexGuard<'static, Option<ThreadId>> {
    HOLDER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The screen; gives the terminal back when dropped.
pub(super) struct Screen {
    terminal: Terminal<Quiet<BufWriter<Stdout>>>,
    _taken: Taken,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn open(no_colour: bool) -> Result<Self> {
        hook_panics();
        // Crossterm reads NO_COLOR by itself, and would then also drop colours that were asked for by flag.
        crossterm::style::force_color_output(!no_colour);
        let taken = Taken::take().map_err(failed)?;
        let backend = Quiet::new(BufWriter::with_capacity(64 * 1024, stdout()));
        Ok(Self { terminal: Terminal::new(backend).map_err(failed)?, _taken: taken })
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
        let (width, height) = self.size();
        self.terminal.backend_mut().forget();
        // Not `Terminal::clear`: that asks the terminal where the cursor is, and the event stream reads the answer away.
        self.terminal.resize(Rect::new(0, 0, width, height)).map_err(failed)
    }

    /// Asks the terminal to put a text on the clipboard (OSC 52), also over a connection to another machine. A terminal
    /// that does not allow it ignores it and says nothing.
    pub(super) fn copy(&mut self, text: &str) -> Result<()> {
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text)).map_err(failed)
    }

    /// Gives the terminal back, stops, and takes the terminal over again when the shell goes on. False where there is no
    /// shell that could: a terminal window that runs nothing else would be stuck for good.
    pub(super) fn suspend(&mut self) -> Result<bool> {
        #[cfg(unix)]
        {
            use rustix::process::{Signal, getpid, getsid, kill_current_process_group};
            if getsid(None).is_ok_and(|leader| leader == getpid()) {
                return Ok(false);
            }
            give_back();
            // The whole group, as the terminal itself would: whoever runs keyrack (a script, sudo) has to stop too, or
            // the shell never gets its turn. Stops right here; returns when the shell sends SIGCONT.
            kill_current_process_group(Signal::STOP).map_err(|e| failed(e.into()))?;
            enter().map_err(failed)?;
            self.clear()?;
            Ok(true)
        }
        #[cfg(not(unix))]
        Ok(false)
    }

    /// Sets the terminal up anew, after a stop that left no time to give it back.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only unix has job control"))]
    pub(super) fn reclaim(&mut self) -> Result<()> {
        give_back();
        enter().map_err(failed)?;
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.terminal.backend_mut().leave_cursor();
    }
}

/// That the terminal is taken.
struct Taken;

impl Taken {
    fn take() -> std::io::Result<Self> {
        // Made first: what `enter` did before it failed is undone.
        let taken = Self;
        enter()?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> std::io::Result<()> {
    *holder() = Some(std::thread::current().id());
    enable_raw_mode()?;
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableClicks,
        EnableFocusChange,
        crossterm::cursor::Hide
    )
}

fn give_back() {
    if holder().take().is_none() {
        return;
    }
    // A terminal that is gone cannot be restored, and nobody sees it.
    let _ = execute!(
        stdout(),
        DisableFocusChange,
        DisableClicks,
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

/// Reports clicks and the wheel. Crossterm's own command also asks for every movement, which nothing here looks at and
/// which would wake keyrack whenever the mouse is moved.
struct EnableClicks;

impl Command for EnableClicks {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\u{1b}[?1000h\u{1b}[?1006h")
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> std::io::Result<()> {
        crossterm::event::EnableMouseCapture.execute_winapi()
    }

    #[cfg(windows)]
    fn is_ansi_code_supported(&self) -> bool {
        false
    }
}

struct DisableClicks;

impl Command for DisableClicks {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\u{1b}[?1006l\u{1b}[?1000l")
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> std::io::Result<()> {
        crossterm::event::DisableMouseCapture.execute_winapi()
    }

    #[cfg(windows)]
    fn is_ansi_code_supported(&self) -> bool {
        false
    }
}

/// From now on a panic says where it happened, never what: its payload may hold a secret. On the thread that holds the
/// terminal it gives the terminal back first. Elsewhere, while the terminal is held, it is silent: the screen must not be
/// written on, and the worker answers it as a failed job.
pub fn hook_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let held = *holder();
            match held {
                Some(thread) if thread != std::thread::current().id() => return,
                Some(_) => give_back(),
                None => {}
            }
            let place =
                info.location().map_or_else(|| "an unknown place".to_owned(), |l| format!("{}:{}", l.file(), l.line()));
            say(&format!(
                "internal error: keyrack failed at {place}. Please report this; nothing on the rack is lost."
            ));
        }));
    });
}

/// Writes a line where a terminal that was given back shows it.
pub(super) fn say(line: &str) {
    // Where nobody reads it any more, there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}
