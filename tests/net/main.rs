//! The real transport and the probe against loopback servers that misbehave in one way each. No network.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test may fail as the test may")]

mod connections;
mod exchange;
mod findings;
mod probe;
mod probe_haproxy;
mod probe_openssl;
mod probe_proxies;
mod proxies;
mod real;
mod support;
mod tls;
