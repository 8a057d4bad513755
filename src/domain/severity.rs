//! How much a finding matters to the person who reads it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::credential::{UnknownSlug, slugs};

slugs! {
    /// How much a finding matters. Declared from least to most.
    Severity {
        /// Good to know; nothing needs to be done.
        Info = "info",
        /// Works now; something should be done.
        Warning = "warning",
        /// Something does not work, or was not done.
        Error = "error",
    }
}

impl Default for Severity {
    /// What a finding has that was kept before findings had a severity.
    fn default() -> Self {
        Self::Warning
    }
}
