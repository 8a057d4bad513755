//! The command line from outside: every verb run in-process with its own streams, environment and clock, against
//! simulated and hostile hosts on loopback; a few runs of the real program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

mod support;

mod add;
mod bad_input;
mod bearer;
mod canary;
mod check;
mod contract;
mod create;
mod deployment;
mod diagnose;
mod diagnose_environment;
mod diagnose_git;
mod diagnose_transcript;
mod doctor;
mod edit;
mod families;
mod guide;
mod host;
mod hostile;
mod identify;
mod leaked;
mod list;
mod paste;
mod permissions;
mod program;
mod readme;
mod record;
mod revoke;
mod rotate;
mod store;
