//! The interface, driven by key strings and messages and read from its screen. No terminal, no clock, no network.

// Clippy knows test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod add;
mod create;
mod deployment;
mod detail;
mod diagnose;
mod diagnose_other;
mod doctor;
mod guide;
mod harness;
mod hosts;
mod incident;
mod inventory;
mod jobs;
mod overlays;
mod permissions;
mod rack;
mod revoke;
mod rotate;
mod secrets;
