//! The rack: schema and files, records, verdicts, journal, several processes at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

mod journal;
mod opening;
mod processes;
mod properties;
mod records;
mod support;
mod verdicts;
