//! One file per screen: its state, what keys do on it, how it looks. Screens know the shared state, not each other's.

pub mod add;
mod commands;
pub mod create;
pub mod deployment;
pub mod detail;
pub mod diagnose;
pub mod doctor;
pub mod guide;
pub mod help;
pub mod hosts;
pub mod incident;
pub mod inventory;
pub mod log;
pub mod permissions;
pub mod rack;
pub mod revoke;
pub mod rotate;
