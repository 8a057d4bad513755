//! Signals that end or stop the program: turned into values, so that the terminal is restored before anything ends.

use crate::error::{Error, Result};

/// What a signal asks for.
pub(super) enum Signal {
    /// End in good order.
    End,
    /// Give the terminal back until the shell goes on.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only unix has job control"))]
    Stop,
}

/// Listens for SIGTERM, SIGHUP, SIGINT and SIGTSTP.
pub(super) struct Signals {
    #[cfg(unix)]
    all: [tokio::signal::unix::Signal; 4],
}

impl Signals {
    /// Begins to listen.
    pub(super) fn new() -> Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| signal(kind).map_err(|e| Error::internal("signals cannot be listened for").because(&e));
            let stop = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
            let all = [
                listen(SignalKind::terminate())?,
                listen(SignalKind::hangup())?,
                listen(SignalKind::interrupt())?,
                listen(stop)?,
            ];
            Ok(Self { all })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        #[cfg(unix)]
        {
            let [term, hup, int, stop] = &mut self.all;
            tokio::select! {
                _ = term.recv() => Signal::End,
                _ = hup.recv() => Signal::End,
                _ = int.recv() => Signal::End,
                _ = stop.recv() => Signal::Stop,
            }
        }
        #[cfg(not(unix))]
        {
            // Ctrl-C arrives as a key in raw mode; a listener that fails never answers.
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::End,
                Err(_) => std::future::pending().await,
            }
        }
    }
}
