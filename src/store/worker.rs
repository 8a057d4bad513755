//! One thread for calls into a system service that may never return.
//!
//! A call that is waited for too long is reported as such and its thread left alone; while it is stuck, further calls
//! are turned away at once and never run later behind the caller's back. Once the service answers, the worker goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Shortest wait for an answer, so that a worker between two jobs is not polled in a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The job at work has used up its time: ours, which may still complete, or one before it, and then ours never runs.
    TimedOut,
    /// The job panicked or the thread is gone.
    Stopped,
}

/// A thread that owns a state and does one job on it after the other.
pub(super) struct Worker<S> {
    jobs: mpsc::Sender<Job<S>>,
    /// When the job at work began.
    busy_since: Arc<Mutex<Option<Instant>>>,
    patience: Duration,
}

impl<S: Send + 'static> Worker<S> {
    /// Starts the thread. A job may take `patience`, counted from its own beginning: a long queue that moves is no
    /// reason to give up.
    pub(super) fn start(name: &str, mut state: S, patience: Duration) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel::<Job<S>>();
        let busy_since = Arc::new(Mutex::new(None));
        let busy = Arc::clone(&busy_since);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            for job in inbox {
                *busy.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                // The caller learns of a panic by the answer's channel being closed.
                let _ = catch_unwind(AssertUnwindSafe(|| job(&mut state)));
                *busy.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
        })?;
        Ok(Self { jobs, busy_since, patience })
    }

    /// How long a job may take.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Does `work` on the thread and waits for what it gives.
    pub(super) fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (sender, answer) = mpsc::sync_channel(1);
        // Taken by the worker when it begins or by the caller when it gives up, whichever comes first.
        let taken = Arc::new(AtomicBool::new(false));
        let taken_by_worker = Arc::clone(&taken);
        let job: Job<S> = Box::new(move |state| {
            if !taken_by_worker.swap(true, Ordering::AcqRel) {
                // Nobody may be waiting any more; the answer is then dropped (and wiped) here.
                let _ = sender.send(work(state));
            }
        });
        self.jobs.send(job).map_err(|_| NoAnswer::Stopped)?;
        loop {
            match answer.recv_timeout(self.time_left().max(SHORTEST_WAIT)) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(NoAnswer::Stopped),
                Err(RecvTimeoutError::Timeout) if self.time_left().is_zero() => {
                    taken.store(true, Ordering::Release);
                    return answer.try_recv().map_err(|_| NoAnswer::TimedOut);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// What is left of the time of the job at work; all of it between two jobs.
    fn time_left(&self) -> Duration {
        let since = *self.busy_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.map_or(self.patience, |since| self.patience.saturating_sub(since.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn answers_come_back_in_order_from_one_thread() {
        let worker = Worker::start("test", 0_u32, LONG).unwrap();
        let next = |state: &mut u32| {
            *state += 1;
            (*state, thread::current().id())
        };
        let (first, thread_one) = worker.call(next).unwrap();
        let (second, thread_two) = worker.call(next).unwrap();
        assert_eq!((first, second), (1, 2));
        assert_eq!(thread_one, thread_two);
        assert_ne!(thread_one, thread::current().id());
    }

    #[test]
    fn a_stuck_job_turns_later_ones_away_and_they_never_run() {
        let worker = Worker::start("test", Vec::new(), SHORT).unwrap();
        let (unblock, gate) = mpsc::channel::<()>();
        let stuck = worker.call(move |done: &mut Vec<&str>| {
            let _ = gate.recv();
            done.push("stuck");
        });
        assert_eq!(stuck, Err(NoAnswer::TimedOut));
        let begun = Instant::now();
        for _ in 0..20 {
            assert_eq!(worker.call(|done| done.push("abandoned")), Err(NoAnswer::TimedOut));
        }
        assert!(begun.elapsed() < LONG / 2, "turned away, not queued");
        unblock.send(()).unwrap();
        // The first call after the gate opened may still find the worker busy.
        let done = std::iter::repeat_with(|| worker.call(|done| done.clone())).find_map(Result::ok).unwrap();
        assert_eq!(done, ["stuck"]);
    }

    #[test]
    fn a_panic_ends_the_job_and_not_the_worker() {
        let worker = Worker::start("test", (), LONG).unwrap();
        assert_eq!(worker.call(|()| -> u8 { std::panic::resume_unwind(Box::new(())) }), Err(NoAnswer::Stopped));
        assert_eq!(worker.call(|()| 7), Ok(7));
    }

    #[test]
    fn a_long_queue_that_moves_is_waited_for() {
        // All together take longer than one may, and each far less, also on a busy machine.
        let worker = Worker::start("test", (), Duration::from_secs(2)).unwrap();
        thread::scope(|scope| {
            let calls: Vec<_> =
                (0..30).map(|_| scope.spawn(|| worker.call(|()| thread::sleep(Duration::from_millis(80))))).collect();
            for call in calls {
                assert_eq!(call.join().unwrap(), Ok(()));
            }
        });
    }
}
