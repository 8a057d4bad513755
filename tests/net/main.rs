//! The real transport against loopback servers that misbehave in one way each. No network.

mod connections;
mod exchange;
mod proxies;
mod support;
mod tls;
