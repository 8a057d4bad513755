//! Every access token of the site.

use super::roster;
use super::token::Token;

/// Every token that exists.
#[derive(Debug)]
pub(super) struct Tokens {
    forgejo: bool,
    pub all: Vec<Token>,
    pub next: u64,
    /// Spare ones that were deleted.
    pub deleted: Vec<u64>,
}

impl Tokens {
    pub(super) fn new(forgejo: bool) -> Self {
        Self { forgejo, all: roster::tokens(forgejo), next: 1000, deleted: Vec::new() }
    }

    pub(super) fn find(&self, secret: &str) -> Option<Token> {
        let known = self.all.iter().find(|t| t.secret == secret).cloned();
        known.or_else(|| roster::spare_token(self.forgejo, secret).filter(|t| !self.deleted.contains(&t.id)))
    }

    pub(super) fn delete(&mut self, id: u64) -> bool {
        let before = self.all.len();
        self.all.retain(|t| t.id != id);
        self.deleted.push(id);
        self.all.len() < before || id >= roster::FIRST_SPARE
    }

    /// Those of an account.
    pub(super) fn of(&self, owner: &str) -> Vec<Token> {
        self.all.iter().filter(|t| t.owner == owner).cloned().collect()
    }
}
