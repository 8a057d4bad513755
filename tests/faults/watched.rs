//! A simulated site that counts what it is asked and strikes at a chosen request.

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use keyrack::domain::FamilyId;
use keyrack::simulator::{SimCredential, SimRequest, SimResponse, Site};

use crate::store::When;

/// What happens at the chosen request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostStrike {
    /// The asking process is killed.
    KillAsker,
    /// The connection is dropped without an answer.
    Drop,
    /// This and every later connection is dropped without an answer.
    DropFromHere,
    /// The answer waits until [`Watched::disarm`].
    Hold,
    /// The answer to the first order, whichever request that is, waits until [`Watched::disarm`].
    HoldOrder,
}

pub struct Watched {
    inner: Arc<dyn Site>,
    at: Mutex<Option<(usize, When, HostStrike)>>,
    requests: AtomicUsize,
    orders: Mutex<Vec<(usize, String)>>,
    /// Orders to make or replace one that were carried out.
    made: AtomicUsize,
    /// Carries out the orders to make or replace one in the place of the site, which then knows nothing of the new one.
    elsewhere: Mutex<Option<Arc<dyn Site>>>,
    asker: AtomicI32,
}

impl Watched {
    pub fn new(inner: Arc<dyn Site>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            at: Mutex::new(None),
            requests: AtomicUsize::new(0),
            orders: Mutex::default(),
            made: AtomicUsize::new(0),
            elsewhere: Mutex::default(),
            asker: AtomicI32::new(0),
        })
    }

    /// Strikes at request `n`, counted from 0 from now on.
    pub fn arm(&self, n: usize, when: When, strike: HostStrike) {
        self.requests.store(0, Ordering::SeqCst);
        *self.at.lock().unwrap() = Some((n, when, strike));
    }

    pub fn disarm(&self) {
        *self.at.lock().unwrap() = None;
    }

    /// The process to kill.
    pub fn asked_by(&self, pid: u32) {
        self.asker.store(pid.try_into().unwrap(), Ordering::SeqCst);
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Requests that were meant to end a credential, in order.
    pub fn orders(&self) -> Vec<String> {
        self.orders.lock().unwrap().iter().map(|(_, order)| order.clone()).collect()
    }

    /// Setting the scene is over.
    pub fn forget_orders(&self) {
        self.orders.lock().unwrap().clear();
        self.made.store(0, Ordering::SeqCst);
        self.requests.store(0, Ordering::SeqCst);
    }

    /// Waits until something was asked since it was armed.
    pub async fn is_asked(&self) {
        while self.requests() == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Which request, since it was armed, was the first order.
    pub fn first_order(&self) -> Option<usize> {
        self.orders.lock().unwrap().first().map(|(n, _)| *n)
    }

    /// How many were made or replaced.
    pub fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    /// From now on what is made is made at another site of the same kind: this one refuses it.
    pub fn make_elsewhere(&self, other: Arc<dyn Site>) {
        *self.elsewhere.lock().unwrap() = Some(other);
    }

    fn carry_out(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        if !order(request).is_some_and(|o| makes(&o)) {
            return self.inner.answer(request, now);
        }
        let elsewhere = self.elsewhere.lock().unwrap().clone();
        let answer = elsewhere.as_ref().unwrap_or(&self.inner).answer(request, now);
        if (200..300).contains(&answer.status) {
            self.made.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }

    fn kill_asker(&self) {
        // The child's id is told right after it was started, and it waits for a word before its first request.
        let pid = rustix::process::Pid::from_raw(self.asker.load(Ordering::SeqCst)).expect("nobody to kill");
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// Ends the task that serves the connection: it is closed without an answer. Runs no panic hook, prints nothing.
fn hang_up() -> ! {
    std::panic::resume_unwind(Box::new("hung up on purpose"))
}

fn order(request: &SimRequest) -> Option<String> {
    let action = ["DeleteAccessKey", "UpdateAccessKey", "CreateAccessKey"]
        .into_iter()
        .find(|a| request.body.split('&').any(|field| field.strip_prefix("Action=") == Some(a)));
    match action {
        Some("CreateAccessKey") => Some("CREATE".to_owned()),
        Some(action) => Some(action.to_owned()),
        None if request.method == "POST" && request.path.ends_with("/rotate") => Some("ROTATE".to_owned()),
        None if request.method == "POST" && request.path.ends_with("/tokens/pats") => Some("CREATE".to_owned()),
        None if request.method == "PUT" && request.path.contains("/rest/access-tokens/") => Some("CREATE".to_owned()),
        None if request.path.ends_with("/credentials/revoke") => Some("REVOKE".to_owned()),
        None => (request.method == "DELETE").then(|| format!("DELETE {}", request.path)),
    }
}

/// Whether an order is to make or replace one: never safe to repeat.
pub fn makes(order: &str) -> bool {
    order == "ROTATE" || order == "CREATE"
}

impl Site for Watched {
    fn family(&self) -> FamilyId {
        self.inner.family()
    }

    fn name(&self) -> String {
        self.inner.name()
    }

    fn url(&self, listen: &str) -> String {
        self.inner.url(listen)
    }

    fn region(&self) -> Option<String> {
        self.inner.region()
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        self.inner.endpoints(listen)
    }

    fn roster(&self, now: Timestamp) -> Vec<SimCredential> {
        self.inner.roster(now)
    }

    fn spare(&self, n: usize, now: Timestamp) -> SimCredential {
        self.inner.spare(n, now)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let n = self.requests.fetch_add(1, Ordering::SeqCst);
        self.orders.lock().unwrap().extend(order(request).map(|o| (n, o)));
        let strike = *self.at.lock().unwrap();
        match strike {
            Some((at, when, HostStrike::KillAsker)) if at == n => {
                let answer = (when == When::After).then(|| self.carry_out(request, now));
                self.kill_asker();
                answer.unwrap_or_default()
            }
            Some((at, when, drop @ (HostStrike::Drop | HostStrike::DropFromHere)))
                if at == n || (at < n && drop == HostStrike::DropFromHere) =>
            {
                // Of several that are dropped only the first may have had its effect.
                if when == When::After && at == n {
                    self.carry_out(request, now);
                }
                hang_up()
            }
            Some((at, _, hold))
                if hold == HostStrike::Hold && at == n || hold == HostStrike::HoldOrder && order(request).is_some() =>
            {
                tokio::task::block_in_place(|| {
                    while self.at.lock().unwrap().is_some() {
                        std::thread::sleep(std::time::Duration::from_millis(5));
                    }
                });
                self.carry_out(request, now)
            }
            _ => self.carry_out(request, now),
        }
    }
}
