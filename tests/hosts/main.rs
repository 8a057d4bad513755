//! Families against recorded answers and against the simulator. One module per family; no network.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests, outside test functions")]

mod codecommit;
mod github;
mod github_revoke;
mod github_signatures;
mod github_simulated;
mod support;
