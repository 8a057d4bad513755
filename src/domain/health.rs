//! keyrack's own health: what was looked at, how it is, what mends it.

use serde::Serialize;

/// How serious a complaint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// As it should be.
    Good,
    /// Worth knowing.
    Warning,
    /// Has to be mended.
    Bad,
}

/// The command that mends what keyrack can mend itself. The advice of such a complaint names it.
pub const MEND: &str = "keyrack doctor --fix";

/// What secrets are called that no record on the rack needs: mending that destroys them.
pub const ORPHANS: &str = "orphans";

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// How serious.
    pub health: Health,
    /// What was looked at: `rack`, `store`, `journal`, `orphans`, `records`, `config`, `modes`, `terminal`, `clipboard`.
    pub about: String,
    /// What was found.
    pub text: String,
    /// What mends it; empty where nothing has to.
    pub fix: String,
}

impl Complaint {
    /// keyrack can mend it itself.
    #[must_use]
    pub fn is_mendable(&self) -> bool {
        self.health != Health::Good && self.fix.contains(MEND)
    }

    /// Mending it destroys secrets for good.
    #[must_use]
    pub fn costs_secrets(&self) -> bool {
        self.is_mendable() && self.about == ORPHANS
    }
}
