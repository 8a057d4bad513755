//! What is left behind when keyrack is killed, when a store, the rack or a host fails in the middle, and when two
//! keyracks do the same at once. Nothing in production code knows of these tests: a process is killed from inside its
//! secret store, by the host it talks to, or by the system's limit on the size of a file, which stops SQLite at an exact
//! commit.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

mod aftermath;
mod at_once;
mod binary;
mod child;
mod created;
mod failing;
mod interrupted;
mod killed;
mod lost;
mod rotated;
mod scene;
mod store;
mod unproved;
mod watched;
