//! keyrack: every access token you hold, on one rack.

pub mod config;
pub mod domain;
pub mod error;
pub mod hosts;
pub mod net;
pub mod rack;
pub mod sanitize;
pub mod secret;
pub mod simulator;
pub mod store;
pub mod ui;
