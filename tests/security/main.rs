//! The security invariants, attacked from outside: where a secret may be, where it may go, and what hostile input may do.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod arguments;
mod debug;
mod disk;
mod endpoints;
mod memory;
mod program;
mod quick_store;
