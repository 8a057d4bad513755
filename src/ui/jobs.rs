//! Which background work is open. Ids are never reused, so a late answer can be told from a current one.

use std::collections::BTreeMap;

use super::msg::JobId;

/// The open jobs and what they are, in words for the user.
#[derive(Debug, Clone, Default)]
pub struct Jobs {
    last: u64,
    open: BTreeMap<JobId, Job>,
}

/// What is known of an open job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// What is being done: `checking`, `saving`.
    pub what: &'static str,
    /// Worth a question before quitting: it talks to hosts or writes.
    pub matters: bool,
}

impl Jobs {
    /// Begins a job that quitting may interrupt without loss.
    pub fn begin(&mut self, what: &'static str) -> JobId {
        self.insert(Job { what, matters: false })
    }

    /// Begins a job that the user is asked about before quitting.
    pub fn begin_weighty(&mut self, what: &'static str) -> JobId {
        self.insert(Job { what, matters: true })
    }

    /// Closes a job; false where it was not open: the message is stale and must be ignored.
    #[must_use]
    pub fn close(&mut self, job: JobId) -> bool {
        self.open.remove(&job).is_some()
    }

    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self, job: JobId) -> bool {
        self.open.contains_key(&job)
    }

    /// Whether anything at all is under way, so that a spinner has to turn.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.open.is_empty()
    }

    /// What the user would interrupt by quitting, in words.
    #[must_use]
    pub fn weighty(&self) -> Vec<&'static str> {
        let mut words: Vec<_> = self.open.values().filter(|j| j.matters).map(|j| j.what).collect();
        words.dedup();
        words
    }

    /// The newest open job, in words.
    #[must_use]
    pub fn newest(&self) -> Option<&'static str> {
        self.open.values().next_back().map(|j| j.what)
    }

    fn insert(&mut self, job: Job) -> JobId {
        self.last += 1;
        let id = JobId(self.last);
        self.open.insert(id, job);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_closes_once_and_ids_are_never_reused() {
        let mut jobs = Jobs::default();
        let first = jobs.begin_weighty("checking");
        assert_eq!(jobs.weighty(), ["checking"]);
        assert!(jobs.close(first));
        assert!(!jobs.close(first));
        assert_ne!(jobs.begin("loading"), first);
        assert!(jobs.weighty().is_empty());
    }
}
