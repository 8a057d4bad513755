//! Families against recorded answers and against the simulator. One module per family; no network.

mod codecommit;
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bitbucket_datacenter;
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy takes only test functions for tests, not their helpers"
)]

mod gitlab;
mod gitlab_offline;
mod gitlab_revoke;
mod gitlab_site;
mod support;
