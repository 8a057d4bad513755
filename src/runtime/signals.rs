//! Signals that end, stop or continue the program, and a terminal that hangs up: turned into values, so that the
//! terminal is restored before anything ends.

use crate::error::Result;

/// What happened to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// End in good order, with this exit code: 128 and the number of the signal, as shells report it.
    End(u8),
    /// Give the terminal back until the shell goes on.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only unix has job control"))]
    Stop,
    /// It was stopped and goes on.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only unix has job control"))]
    Continue,
}

#[cfg(unix)]
pub(super) use unix::Signals;

#[cfg(unix)]
mod unix {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::Signal as Number;
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
    use tokio::sync::oneshot;

    use super::{Result, Signal};
    use crate::error::Error;

    /// Listens for SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP and SIGCONT, and for the terminal's end.
    pub(in super::super) struct Signals {
        end: [(u8, Stream); 4],
        stop: Stream,
        cont: Stream,
        hangup: Option<oneshot::Receiver<()>>,
    }

    impl Signals {
        /// Begins to listen.
        pub(in super::super) fn new() -> Result<Self> {
            let listen = |number: Number| {
                signal(SignalKind::from_raw(number.as_raw()))
                    .map_err(|e| Error::internal("signals cannot be listened for").because(&e))
            };
            let end = |number: Number| -> Result<(u8, Stream)> {
                Ok((128 + u8::try_from(number.as_raw()).unwrap_or(0), listen(number)?))
            };
            Ok(Self {
                end: [end(Number::TERM)?, end(Number::HUP)?, end(Number::INT)?, end(Number::QUIT)?],
                stop: listen(Number::TSTP)?,
                cont: listen(Number::CONT)?,
                hangup: Some(hangup()),
            })
        }

        /// The next one.
        pub(in super::super) async fn next(&mut self) -> Signal {
            let Self { end: [a, b, c, d], stop, cont, hangup } = self;
            let gone = async {
                if let Some(gone) = hangup
                    && gone.await.is_ok()
                {
                    return;
                }
                std::future::pending().await
            };
            tokio::select! {
                _ = a.1.recv() => Signal::End(a.0),
                _ = b.1.recv() => Signal::End(b.0),
                _ = c.1.recv() => Signal::End(c.0),
                _ = d.1.recv() => Signal::End(d.0),
                _ = stop.recv() => Signal::Stop,
                _ = cont.recv() => Signal::Continue,
                () = gone => {
                    // It answers but once.
                    self.hangup = None;
                    Signal::End(b.0)
                }
            }
        }
    }

    /// Tells when the terminal is gone. SIGHUP goes to the shell alone where keyrack is not what the terminal runs, and a
    /// shell that ignores it passes nothing on: keyrack would stay behind and read a dead terminal for ever.
    fn hangup() -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let watch = move || {
            let stdin = std::io::stdin();
            let mut terminal = [PollFd::new(&stdin, PollFlags::empty())];
            loop {
                match poll(&mut terminal, None) {
                    Err(rustix::io::Errno::INTR) => {}
                    Ok(_) if terminal[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) => {
                        let _ = sender.send(());
                        return;
                    }
                    // A system that cannot tell: signals have to do.
                    _ => return,
                }
            }
        };
        // Where no thread can be had, the receiver sees its sender gone and stays silent.
        let _ = std::thread::Builder::new().name("hangup".to_owned()).spawn(watch);
        receiver
    }
}

/// Listens for Ctrl-C sent from outside; as a key it arrives as a key.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Begins to listen.
    pub(super) fn new() -> Result<Self> {
        Ok(Self)
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        // A listener that fails never answers.
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::End(130),
            Err(_) => std::future::pending().await,
        }
    }
}
