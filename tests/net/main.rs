//! The real transport against loopback servers that misbehave in one way each. No network.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test may fail as the test may")]

mod connections;
mod exchange;
mod findings;
mod proxies;
mod support;
mod tls;
