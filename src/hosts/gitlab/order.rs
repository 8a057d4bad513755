//! Orders: requests that change something. Sent once, and where no clear answer came, said to be unknown.

use super::refusal::{self, Refusal};
use super::signed;
use crate::domain::{Validation, Verdict};
use crate::hosts::Wire;
pub(super) use crate::hosts::order::Sent;
use crate::hosts::order::{unanswered, undecided};
use crate::net::{Request, Response};
use crate::secret::SecretText;

/// Sends an order signed with `key`, once.
pub(super) async fn send(wire: &Wire<'_>, request: Request, key: &SecretText) -> Sent {
    let line = request.line();
    match wire.send(signed(request.header("Accept", "application/json"), key)).await {
        Ok(response) if is_unclear(&response) => {
            let _ = refusal::conclude(wire, &response);
            Sent::Lost(undecided(line, response.status))
        }
        Ok(response) => Sent::Answer(response),
        Err(error) => unanswered(wire, error),
    }
}

/// It may have failed after the deed, or behind a gateway that gave up waiting. In maintenance, and where an organization
/// is read-only, GitLab turns orders away before it does anything.
fn is_unclear(response: &Response) -> bool {
    let turned_away =
        || Refusal::of(response).is_some_and(|r| matches!(r.name, "maintenance" | "organization-read-only"));
    response.status == 408 || (response.status >= 500 && !turned_away())
}

/// Reads a refused order: `rename` gives the finding for a name that means something else here than when checking.
/// `by_other`: another token than the one concerned signed.
pub(super) fn refused(
    wire: &Wire<'_>,
    response: &Response,
    by_other: bool,
    rename: impl FnOnce(&Refusal) -> &'static str,
) -> Box<Validation> {
    let mut validation = match Refusal::of(response) {
        Some(mut refusal) => {
            let name = rename(&refusal);
            if refusal.name == "insufficient-scope" {
                // GitLab names every scope of the endpoint, those for reading too, which would not help.
                let writing: Vec<_> = refusal.scopes.split(" or ").filter(|s| !s.starts_with("read_")).collect();
                refusal.scopes = writing.join(" or ");
            }
            refusal::conclude_as(wire, response, name, &refusal)
        }
        None => refusal::conclude(wire, response),
    };
    if by_other {
        about_the_signer(&mut validation);
    }
    Box::new(validation)
}

/// Reads a refusal where the only credential there is signs: the verdict is one on that.
pub(super) fn of_the_signer(
    wire: &Wire<'_>,
    response: &Response,
    rename: impl FnOnce(&Refusal) -> &'static str,
) -> Box<Validation> {
    let mut validation = refused(wire, response, false, rename);
    validation.reason = format!("the signing token: {}", validation.reason);
    validation
}

/// What GitLab says of the token that signs is no verdict on the one that the order concerns.
pub(super) fn about_the_signer(validation: &mut Validation) {
    if validation.verdict.is_real() {
        validation.verdict = Verdict::Unreachable;
        validation.reason = format!("the signing token: {}", validation.reason);
    }
}
