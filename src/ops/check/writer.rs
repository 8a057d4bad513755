//! Writes what is found to the rack while further requests are under way.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::domain::{CredentialId, HostId, Validation};
use crate::error::{Error, Result};
use crate::ops::stale;
use crate::rack::{Learned, Rack};

/// Results are written to the rack in batches of this many, or as many as there are after [`LATEST`].
const BATCH: usize = 64;

/// A result that waits longer for the others of its batch is written without them.
const LATEST: Duration = Duration::from_secs(1);

/// Writes results to the rack beside the requests: a disk that takes its time must not leave hosts without work.
pub(super) struct Writer {
    rack: Rack,
    waiting: Vec<(CredentialId, HostId, Validation)>,
    learned: Vec<Learned>,
    since: Instant,
    busy: Option<JoinHandle<Result<()>>>,
}

impl Writer {
    pub(super) fn new(rack: Rack) -> Self {
        Self { rack, waiting: Vec::with_capacity(BATCH), learned: Vec::new(), since: Instant::now(), busy: None }
    }

    pub(super) fn take(
        &mut self,
        credential: CredentialId,
        host: HostId,
        mut validation: Validation,
        learned: Option<Learned>,
    ) {
        if self.waiting.is_empty() {
            self.since = Instant::now();
        }
        // Days count down: what no longer holds is told anew whenever it is shown.
        validation.findings.retain(|f| !f.code.starts_with(stale::PREFIX));
        self.waiting.push((credential, host, validation));
        self.learned.extend(learned);
    }

    pub(super) fn start_if_due(&mut self) {
        let due = self.waiting.len() >= BATCH || (!self.waiting.is_empty() && self.since.elapsed() >= LATEST);
        if due && self.busy.is_none() {
            self.start();
        }
    }

    fn start(&mut self) {
        let (results, learned) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.learned));
        let rack = self.rack.clone();
        self.busy = Some(tokio::task::spawn_blocking(move || {
            rack.record_many(&results)?;
            Ok(rack.learn(&learned)?)
        }));
    }

    /// Waits for the batch that is being written; for ever where there is none.
    pub(super) async fn written(&mut self) -> Result<()> {
        match &mut self.busy {
            None => std::future::pending().await,
            Some(busy) => {
                let written = busy.await;
                self.busy = None;
                written.unwrap_or_else(|_| Err(Error::internal("writing the results failed")))
            }
        }
    }

    /// Writes all that is left, also where an earlier batch could not be written.
    pub(super) async fn finish(mut self) -> Result<()> {
        let earlier = if self.busy.is_some() { self.written().await } else { Ok(()) };
        if self.waiting.is_empty() {
            return earlier;
        }
        self.start();
        earlier.and(self.written().await)
    }
}
