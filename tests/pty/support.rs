//! A program on a pseudo-terminal: what it writes is kept and drawn on a terminal in memory, and every wait is for
//! something to be seen, with a generous deadline.

use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// A debug build on a busy machine is slow; only a failing test waits this long.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the terminal was told so far.
struct Seen {
    terminal: vt100::Parser,
    bytes: Vec<u8>,
    closed: bool,
    /// Nobody wants to read on.
    leaving: bool,
}

/// A program and the terminal that it runs on.
pub struct Term {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    // Held as a shell would: the terminal outlives the program.
    _slave: Box<dyn SlavePty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reading: JoinHandle<()>,
    sane: String,
}

fn count(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

/// A command whose environment is this home, a terminal that can show everything, and nothing else.
pub fn command(program: impl AsRef<OsStr>, home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.env_clear();
    command.env("HOME", home);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env("TZ", "UTC");
    command.cwd(home);
    command
}

impl Term {
    /// Starts it on a terminal of that many columns and rows.
    pub fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let sane = format!("{:?}", pair.master.get_termios().unwrap());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let terminal = vt100::Parser::new(count(rows), count(columns), 0);
        let seen =
            Arc::new((Mutex::new(Seen { terminal, bytes: Vec::new(), closed: false, leaving: false }), Condvar::new()));
        let shared = Arc::clone(&seen);
        let reading = std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            loop {
                let read = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
                seen.terminal.process(&buffer[..read]);
                seen.bytes.extend_from_slice(&buffer[..read]);
                seen.closed = read == 0 || seen.leaving;
                shared.1.notify_all();
                if seen.closed {
                    return;
                }
            }
        });
        Self { child, master: pair.master, _slave: pair.slave, keys, seen, reading, sane }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the screen is as wanted; fails with what it shows instead.
    pub fn until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let begun = Instant::now();
        let mut seen = self.lock();
        while !wanted(seen.terminal.screen()) {
            let left = DEADLINE.saturating_sub(begun.elapsed());
            let shown = seen.terminal.screen().contents();
            assert!(!left.is_zero() && !seen.closed, "never seen: {what}. The screen:\n{shown}");
            seen = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until this text is on the screen.
    pub fn sees(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until this text is not on the screen.
    pub fn misses(&self, text: &str) {
        self.until(&format!("the screen without {text}"), |screen| !screen.contents().contains(text));
    }

    /// What the screen shows now.
    pub fn shown(&self) -> String {
        self.lock().terminal.screen().contents()
    }

    /// Everything written so far.
    pub fn output(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// How much was written so far.
    pub fn written(&self) -> usize {
        self.lock().bytes.len()
    }

    /// Wipes the terminal in memory: what it shows afterwards was drawn afterwards.
    pub fn wipe(&self) {
        self.lock().terminal.process(b"\x1b[2J");
    }

    /// Types.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Pastes, as a terminal does that was asked to mark pastes.
    pub fn pastes(&mut self, text: &str) {
        self.types(&format!("\u{1b}[200~{text}\u{1b}[201~"));
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.lock().terminal.screen_mut().set_size(count(rows), count(columns));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// The process on the terminal.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap()).unwrap()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end; gives the exit code.
    pub fn ends(&mut self) -> u32 {
        let shown = || self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).terminal.screen().contents();
        let child = &mut self.child;
        let status = poll("the end of the program", shown, || child.try_wait().unwrap());
        assert_eq!(status.signal(), None, "ended by a signal");
        status.exit_code()
    }

    /// Whether the terminal's line discipline is as it was before the program started.
    pub fn cooked(&self) -> bool {
        format!("{:?}", self.master.get_termios().unwrap()) == self.sane
    }

    /// Waits until the terminal is as it was before the program started: line discipline, screen, cursor, reports.
    pub fn is_sane_again(&self) {
        self.until("a terminal that was given back", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        poll("the line discipline as it was", || self.shown(), || self.cooked().then_some(()));
        let output = self.output();
        let last = |bytes: &[u8]| output.windows(bytes.len()).rposition(|w| w == bytes);
        assert!(last(b"\x1b[?1004l") >= last(b"\x1b[?1004h"), "reports of focus were left on");
        assert_eq!(last(b"\x1b[?1003h"), None, "every movement of the mouse was asked for");
    }

    /// Hangs up, as a terminal window does that is closed.
    pub fn hang_up(self) -> Box<dyn Child + Send + Sync> {
        self.lock().leaving = true;
        // The reader holds the terminal open until it reads something: a new size is answered by a frame.
        self.resize(90, 30);
        let Self { child, master, _slave, keys, reading, .. } = self;
        reading.join().unwrap();
        drop((keys, _slave, master));
        child
    }
}

/// Waits until `look` finds something; fails with what `shown` says.
pub fn poll<T>(what: &str, shown: impl Fn() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "never came: {what}. {}", shown());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether one byte string holds another.
pub fn holds(hay: &[u8], needle: &str) -> bool {
    hay.windows(needle.len()).any(|w| w == needle.as_bytes())
}

/// A field of `/proc/PID/stat`, counted as its manual page does; none where the process is gone.
#[cfg(target_os = "linux")]
pub fn stat(pid: Pid, field: usize) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The second field is the name, in brackets, and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(field - 3).map(str::to_owned)
}
