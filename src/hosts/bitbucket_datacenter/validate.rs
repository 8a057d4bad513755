//! Validation: is the token accepted (`prove`), whose is it, what may it do, when does it end (`describe`).

use super::answers::{Act, Asked};
use super::describe::describe;
use super::owner::Owner;
use super::prove::prove;
use crate::domain::Validation;
use crate::hosts::Session;

/// Validates the session's token. Always as Bearer: tokens of projects and repositories know nothing else, and a failed
/// Basic log-in would count towards a CAPTCHA.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let owner = Owner::of(session.kind, session.username);
    let asked = Asked {
        wire: &session.wire,
        act: Act::Validate,
        user: session.username.unwrap_or("its user"),
        owner: owner.as_ref().map_or_else(|| "the owner on the record".to_owned(), Owner::words),
        id: "",
    };
    match prove(session, &asked).await {
        Ok(proof) => describe(session, &asked, owner, proof).await,
        Err(verdict) => *verdict,
    }
}
