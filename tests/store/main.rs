//! The secret stores: one contract for every backend, then what is special about each. The system's keyring is a real
//! gnome-keyring on a D-Bus of its own; no test sees the user's.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

mod age_file;
mod age_tool;
mod contract;
mod keyring;
mod support;
mod system_keyring;
