//! The interface, driven by key strings and messages and read from its screen. No terminal, no clock, no network.

mod harness;
mod rack;
