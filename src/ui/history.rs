//! The check history of the credential that is looked at. One read at a time: moving fast over the list does not
//! queue up reads, the one for where the cursor came to rest follows.

use crate::domain::{CredentialId, HostId, Validation};
use crate::error::Error;

use super::effect::{Effect, RackFx};
use super::jobs::Jobs;
use super::msg::JobId;

/// A host streams at most this many new results into view before they are read anew.
const LONGEST: usize = 200;

/// What was read, and what is being read.
#[derive(Debug, Clone, Default)]
pub struct History {
    id: Option<CredentialId>,
    entries: Vec<(HostId, Validation)>,
    reading: Option<(JobId, CredentialId)>,
    /// Read again even though it is there: the rack changed.
    stale: bool,
}

impl History {
    /// The entries of a credential, newest first; none while they are being read.
    #[must_use]
    pub fn of(&self, id: &CredentialId) -> Option<&[(HostId, Validation)]> {
        (self.id.as_ref() == Some(id)).then_some(self.entries.as_slice())
    }

    /// The effect that reads what is wanted, if it is not there and nothing is being read.
    pub fn want(&mut self, id: Option<&CredentialId>, jobs: &mut Jobs) -> Option<Effect> {
        let id = id?;
        if self.reading.is_some() || (self.id.as_ref() == Some(id) && !self.stale) {
            return None;
        }
        let job = jobs.begin("reading");
        self.reading = Some((job, id.clone()));
        self.stale = false;
        Some(Effect::Rack(RackFx::Detail { job, id: id.clone() }))
    }

    /// Takes in what was read. A failure leaves it empty, so that it is not asked for again at once.
    ///
    /// # Errors
    /// The failure, to be shown.
    pub fn loaded(
        &mut self,
        job: JobId,
        id: CredentialId,
        result: Result<Vec<(HostId, Validation)>, Error>,
    ) -> Result<(), Error> {
        if self.reading.as_ref().is_some_and(|(reading, _)| *reading == job) {
            self.reading = None;
        }
        self.id = Some(id);
        match result {
            Ok(entries) => {
                self.entries = entries;
                Ok(())
            }
            Err(error) => {
                self.entries.clear();
                Err(error)
            }
        }
    }

    /// A check just made of the credential that is looked at.
    pub fn add(&mut self, id: &CredentialId, host: HostId, found: Validation) {
        if self.id.as_ref() == Some(id) {
            self.entries.insert(0, (host, found));
            self.entries.truncate(LONGEST);
        } else if self.reading.as_ref().is_some_and(|(_, reading)| reading == id) {
            // What is being read may have been read before this check was kept.
            self.stale = true;
        }
    }

    /// The rack was read anew.
    pub fn outdated(&mut self) {
        self.stale = true;
    }
}
