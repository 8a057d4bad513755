//! What changes while a site runs: tokens revoked, tokens made, and which came from which.

use std::collections::BTreeSet;

use super::forms::fixed;
use super::tokens::Token;

/// The first number of a token made while the site runs.
const FIRST: u64 = 20_000;

/// A token made while the site runs.
#[derive(Debug)]
struct Made {
    token: Token,
    /// The number of the token it was rotated from.
    from: Option<u64>,
}

/// The changing part of a site.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Numbers.
    revoked: BTreeSet<u64>,
    made: Vec<Made>,
}

impl State {
    pub(super) fn is_revoked(&self, id: u64) -> bool {
        self.revoked.contains(&id)
    }

    pub(super) fn revoke(&mut self, id: u64) {
        self.revoked.insert(id);
    }

    /// Automatic reuse detection: everything that was rotated from `id`, in a chain.
    pub(super) fn revoke_family(&mut self, id: u64) {
        let mut from = vec![id];
        while let Some(parent) = from.pop() {
            let children: Vec<u64> = self.made.iter().filter(|m| m.from == Some(parent)).map(|m| m.token.id).collect();
            self.revoked.extend(&children);
            from.extend(children);
        }
    }

    /// Keeps a new token under the next number, with a secret of its own.
    pub(super) fn make(&mut self, prefix: &str, token: Token, from: Option<u64>) -> Token {
        let number = self.made.len() as u64;
        let secret = fixed(prefix, &format!("KeyrackFake{number:09}"));
        let token = Token { id: FIRST + number, secret, on_rack: false, ..token };
        self.made.push(Made { token: token.clone(), from });
        token
    }

    /// Those made so far, in order.
    pub(super) fn made(&self) -> impl Iterator<Item = &Token> {
        self.made.iter().map(|m| &m.token)
    }
}
