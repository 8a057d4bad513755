//! Accounts.

use serde_json::{Value, json};

/// What is special about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Plain,
    /// Two-factor authentication by codes.
    Codes,
    /// A security key: the password counts in the browser only.
    SecurityKey,
    Prohibited,
    NotActivated,
    PasswordDue,
    /// The host demands a second factor that the account has not.
    FactorDemanded,
    /// A proxy in front has had enough of it.
    Busy,
    /// Requests come from where a wall against bots stands.
    Walled,
    /// Shows itself to nobody who may see public things only.
    Hidden,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub id: u64,
    pub login: &'static str,
    full_name: &'static str,
    pub admin: bool,
    pub state: State,
}

const fn account(id: u64, login: &'static str, full_name: &'static str, state: State) -> Account {
    Account { id, login, full_name, admin: false, state }
}

const ACCOUNTS: [Account; 11] = [
    account(7, "mara", "Mara", State::Plain),
    account(8, "acme-bot", "Acme Bot", State::Plain),
    Account { admin: true, ..account(1, "root-admin", "Site Admin", State::Plain) },
    account(9, "coda", "Coda Codes", State::Codes),
    account(10, "kiki", "Kiki Key", State::SecurityKey),
    account(11, "locked", "Locked Out", State::Prohibited),
    account(12, "newcomer", "New Comer", State::NotActivated),
    account(13, "stale", "Stale Password", State::PasswordDue),
    account(14, "unfactored", "One Factor", State::FactorDemanded),
    account(15, "busy", "Busy Bee", State::Busy),
    account(16, "walled", "Behind Wall", State::Walled),
];
const HIDDEN: Account = account(17, "hidden", "Hidden Hanna", State::Hidden);

pub(super) fn find(login: &str) -> Option<Account> {
    ACCOUNTS.iter().chain([&HIDDEN]).copied().find(|a| a.login.eq_ignore_ascii_case(login))
}

impl Account {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "login": self.login, "full_name": self.full_name, "username": self.login,
            "email": format!("{}@acme.example", self.login), "is_admin": self.admin, "active": true,
            "prohibit_login": false, "restricted": false,
            "visibility": if self.state == State::Hidden { "private" } else { "public" },
        })
    }
}
