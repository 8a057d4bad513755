//! The way that a request took and how far it got: what explains a failure besides its causes.

use std::time::Duration;

/// The way that a request took, as far as it explains a failure.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// `host:port` of the target.
    pub target: String,
    /// TLS was to be spoken with the target.
    pub https: bool,
    /// The proxy in between.
    pub proxy: Option<Hop>,
}

/// A proxy as part of a [`Route`].
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    /// `host:port`.
    pub address: String,
    /// The host alone.
    pub host: String,
}

/// How far the request got, as reqwest says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phase {
    /// It failed before a connection stood.
    pub connect: bool,
    /// A time limit ended it.
    pub timeout: bool,
    /// The body did not decode.
    pub decode: bool,
    /// From sending to failing.
    pub elapsed: Duration,
}
