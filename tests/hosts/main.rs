//! Families against recorded answers and against the simulator. One module per family; no network.

mod codecommit;
mod support;
