//! The brake: an account that a host has refused several times in a row waits, so that a bad batch does not lock it.

use std::collections::{HashMap, VecDeque};

use super::job::Job;
use crate::domain::{HostId, Verdict};

/// What may be done with a queue.
pub(super) enum Next {
    /// This one may go.
    Run(Job),
    /// This one is not sent at all.
    Braked(Job),
    /// None may go before others have been answered.
    Wait,
}

/// The first job of the queue that may go. Jobs whose account has too many refusals or undecided attempts are passed over.
pub(super) fn next(queue: &mut VecDeque<Job>, brake: &mut Brake) -> Next {
    // Only a few are looked past, so that a long queue of one waiting account costs nothing.
    for place in 0..queue.len().min(64) {
        match queue.get(place).map(|job| brake.ask(job)) {
            Some(Gate::Open) => return queue.remove(place).map_or(Next::Wait, Next::Run),
            Some(Gate::Shut) => return queue.remove(place).map_or(Next::Wait, Next::Braked),
            Some(Gate::Later) | None => {}
        }
    }
    Next::Wait
}

enum Gate {
    Open,
    Later,
    Shut,
}

/// Counts refusals in a row per account at a host. Jaded hosts lock an account after three.
pub(super) struct Brake {
    after: usize,
    accounts: HashMap<(HostId, String), Account>,
}

#[derive(Default)]
struct Account {
    refused_in_a_row: usize,
    undecided: usize,
}

impl Brake {
    pub(super) fn new(after: usize) -> Self {
        Self { after: after.max(1), accounts: HashMap::new() }
    }

    fn ask(&mut self, job: &Job) -> Gate {
        let Some(account) = &job.account else { return Gate::Open };
        let state = self.accounts.entry(account.clone()).or_default();
        if state.refused_in_a_row >= self.after {
            return Gate::Shut;
        }
        if !job.trusted && state.refused_in_a_row + state.undecided >= self.after {
            return Gate::Later;
        }
        if !job.trusted {
            state.undecided += 1;
        }
        Gate::Open
    }

    pub(super) fn settle(&mut self, job: &Job, verdict: Verdict) {
        let Some(state) = job.account.as_ref().and_then(|a| self.accounts.get_mut(a)) else { return };
        if !job.trusted {
            state.undecided = state.undecided.saturating_sub(1);
        }
        match verdict {
            v if v.is_dead() || v == Verdict::Blocked => state.refused_in_a_row += 1,
            Verdict::Valid | Verdict::Expiring | Verdict::Limited => state.refused_in_a_row = 0,
            _ => {}
        }
    }
}
