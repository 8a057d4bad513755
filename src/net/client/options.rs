//! What holds for every request: time limits, the captured environment, how keyrack names itself.

use std::time::Duration;

use crate::net::proxy::ProxyEnv;

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For name, TCP and TLS together; at most nine tenths of `total` count.
    pub connect: Duration,
    /// For each single wait for more of an answer. The wait for its beginning includes `connect`.
    pub read: Duration,
    /// For everything, body included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(15), total: Duration::from_secs(30) }
    }
}

impl Timeouts {
    /// Must strike before the others, since which one strikes decides what the user is told.
    pub(in crate::net) fn connect_limit(self) -> Duration {
        self.connect.min(self.total.mul_f32(0.9))
    }
}

/// What holds for every request of a network.
pub(in crate::net) struct Options {
    pub env: ProxyEnv,
    pub timeouts: Timeouts,
    pub user_agent: String,
}
