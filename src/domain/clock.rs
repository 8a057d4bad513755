//! Time is injected: nothing in keyrack asks the system for the time except through a [`Clock`].

use jiff::Timestamp;

/// Where "now" comes from.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// A fixed moment, for tests and screenshots.
    Fixed(Timestamp),
}

impl Clock {
    /// The current moment.
    #[must_use]
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => at,
        }
    }
}
