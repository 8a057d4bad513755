//! What can be learned of a credential that counts: whose it is, and what it may do. Nothing here changes the verdict.

use super::call::{Place, Product};
use super::form;
use super::permissions::{self, Told};
use super::prove::Proof;
use super::refusal::oauth_end;
use crate::domain::{Expiry, Grant, GrantSource, LookAt, Validation};
use crate::hosts::Session;

/// The validation of a proved credential.
pub(super) async fn describe(session: &Session<'_>, proof: Proof<'_>) -> Validation {
    let wire = &session.wire;
    let told = match proof.product {
        Product::Jira if !proof.missing.contains(&"read:jira-work") => {
            permissions::ask(session, &proof.way, &LookAt::default(), &permissions::keys()).await
        }
        _ => Told::default(),
    };
    let account = proof.account.as_ref();
    let whose = account.filter(|a| !a.name.is_empty()).map(|a| format!(" as {}", a.name)).unwrap_or_default();
    let how = match proof.missing.is_empty() {
        true => "accepted",
        false => "accepted, without the scope for everything that was asked,",
    };
    let mut found = wire.accepted(format!("{how} {} by GET {}{whose}", proof.way.words(), proof.path));
    let service = account.is_some_and(super::people::Account::is_app) || proof.way.user.is_some_and(form::is_service);
    found.kind = Some(proof.way.kind(session, service));
    found.identity = account.map(|a| a.identity(proof.way.user));
    found.findings = proof.findings;
    found.expiry = oauth_end(session).map_or(Expiry::Unknown, Expiry::At);

    let probed = |name: &str| Grant { name: name.to_owned(), source: GrantSource::Probed };
    let mut scopes: Vec<&str> = proof.scopes;
    let mut missing: Vec<&str> = proof.missing;
    if proof.way.place != Place::Site && proof.product == Product::Jira {
        match (told.scope_missing, told.held.is_empty() && told.denied.is_empty()) {
            (true, _) => missing.push("read:jira-work"),
            (_, false) if !scopes.contains(&"read:jira-work") => scopes.push("read:jira-work"),
            _ => {}
        }
    }
    found.grants = scopes.into_iter().map(probed).collect();
    found.grants.extend(told.held.into_iter().map(Grant::told));
    if let Some(account) = account {
        found.grants.extend(account.operations.iter().filter_map(|o| operation(o)).map(Grant::told));
    }
    found.denied = missing.into_iter().map(str::to_owned).chain(told.denied).collect();
    wire.mask_validation(&mut found);
    found
}

/// Confluence's name for what an account may do in all of it, as the family's data spells it.
pub(super) fn operation(name: &str) -> Option<String> {
    let spelled = format!("confluence/{name}");
    super::FACTS.scopes.iter().any(|s| s.name == spelled).then_some(spelled)
}
