//! Small parts that screens are made of: plain values with an update and a view, knowing nothing of each other.

pub mod bar;
pub mod field;
pub mod footer;
pub mod form;
pub mod header;
pub mod list;
pub mod panel;
pub mod pasted;
pub mod secret_field;
pub mod signing;
pub mod typed;
