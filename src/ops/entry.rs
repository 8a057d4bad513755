//! What a verb has under way, as the journal knows it.

use serde_json::Value;

use super::Core;
use super::exchange::relative;
use crate::domain::{Credential, CredentialId};
use crate::error::Result;
use crate::rack::{JournalId, Rack, RackError};

/// An entry of the journal that is being worked on. One that was not closed, whether the work failed, panicked or was
/// dropped, is left to whoever settles the journal next.
pub(crate) struct Open<'a> {
    rack: &'a Rack,
    id: JournalId,
    closed: bool,
}

/// What came of beginning an act on a credential.
pub(crate) enum Begun<'a> {
    /// It may be done, to the record as it is now: its secret may have been destroyed meanwhile.
    Mine(Open<'a>, Box<Credential>),
    /// It may not, and this is why.
    Overtaken(String),
}

impl Open<'_> {
    /// Names it.
    pub(crate) fn id(&self) -> JournalId {
        self.id
    }

    /// Notes durably that a step was done, or is about to be. `detail` must hold no secret.
    ///
    /// # Errors
    /// Where the rack cannot be written.
    pub(crate) fn step(&self, step: &str, detail: &Value) -> Result<()> {
        Ok(self.rack.step(self.id, step, detail)?)
    }

    /// All is done.
    ///
    /// # Errors
    /// Where the rack cannot be written; then it is left open.
    pub(crate) fn finish(mut self) -> Result<(), RackError> {
        self.rack.finish(self.id)?;
        self.closed = true;
        Ok(())
    }

    /// All is done; where that cannot be written down, whoever settles the journal finds it so.
    pub(crate) fn close(self) {
        let _ = self.finish();
    }

    /// Nothing more will be done: closed where nothing was begun, else left to whoever settles the journal next. Where that
    /// cannot be seen, something may have been begun.
    pub(crate) fn give_up(self) {
        let begun =
            self.rack.open_entries().map_or(true, |all| all.iter().any(|e| e.id == self.id && !e.steps.is_empty()));
        if !begun {
            self.close();
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.closed {
            self.rack.release(self.id);
        }
    }
}

impl Core {
    /// Notes durably that something begins. `detail` must hold no secret.
    ///
    /// # Errors
    /// Where the rack cannot be written; then nothing should be begun.
    pub(crate) fn begin(&self, op: &str, credential: &CredentialId, detail: &Value) -> Result<Open<'_>> {
        let id = self.rack.begin(op, credential, detail)?;
        Ok(Open { rack: &self.rack, id, closed: false })
    }

    /// [`Core::begin`] for an act on a credential of the rack, unless somebody is at it, or has changed it since it was
    /// `seen`.
    ///
    /// # Errors
    /// Where the rack cannot be read or written; then nothing should be begun.
    pub(crate) fn begin_on(&self, op: &str, seen: &Credential, detail: &Value) -> Result<Begun<'_>> {
        let open = self.begin(op, &seen.id, detail)?;
        let overtaken = self.overtaken(seen, open.id);
        Ok(match overtaken {
            Ok(Ok(now)) => Begun::Mine(open, Box::new(now)),
            Ok(Err(why)) => {
                open.close();
                Begun::Overtaken(why)
            }
            Err(error) => {
                open.close();
                return Err(error);
            }
        })
    }

    /// Takes over what a process left behind; none where somebody is at it.
    ///
    /// # Errors
    /// Where the rack cannot be written.
    pub(crate) fn adopt(&self, id: JournalId) -> Result<Option<Open<'_>>> {
        Ok(self.rack.adopt(id)?.then(|| Open { rack: &self.rack, id, closed: false }))
    }

    /// The record as it is now, or why nothing may be done to it after all; asked once the entry `mine` is in the journal.
    /// `seen` is the record as it was when this was wished for. Either somebody began on it before: of two that begin at once the earlier
    /// entry goes on, so that a host is never given the same order by both. Or one has ended meanwhile and left another
    /// secret, which nobody meant.
    fn overtaken(&self, seen: &Credential, mine: JournalId) -> Result<std::result::Result<Credential, String>> {
        let label = &seen.label;
        let earlier = |e: &crate::rack::JournalEntry| e.credential == seen.id && e.id < mine && e.owner_alive;
        if let Some(entry) = self.rack.open_entries()?.into_iter().find(earlier) {
            let who = if entry.ours { "this keyrack" } else { "another keyrack" };
            let doing = match entry.op.as_str() {
                "rotate" => "rotating",
                "revoke" => "revoking",
                "forget" => "forgetting",
                _ => "at work on",
            };
            let since = relative(self.clock.now(), entry.started_at);
            return Ok(Err(format!(
                "{who} is {doing} `{label}` at this moment (begun {since}), so nothing was sent from here. When it is done, \
                 see what came of it: keyrack show {label}"
            )));
        }
        let now = self.rack.credential(&seen.id)?;
        Ok(match now {
            None => Err(format!(
                "another keyrack has taken `{label}` off the rack a moment ago, so nothing was sent from here. See who: \
                 keyrack log {label}"
            )),
            Some(now) if now.fingerprint != seen.fingerprint => Err(format!(
                "another keyrack has given `{label}` a new secret a moment ago, so nothing was sent from here. Look at it: \
                 keyrack show {label}"
            )),
            Some(now) => Ok(now),
        })
    }
}
