//! Tokens for "All accessible organizations": none can be made since 2026-03-15, and all stop on 2026-12-01.
//!
//! <https://devblogs.microsoft.com/devops/retirement-of-global-personal-access-tokens-in-azure-devops/>

use jiff::Timestamp;

use super::PROFILE;
use super::send::{Signer, send, versioned};
use crate::hosts::Wire;
use crate::net::Request;

/// The first moment at which none of them works any more.
const END: &str = "2026-12-01T00:00:00Z";

/// The moment, and in how many days it comes; none once it has passed.
pub(super) fn end(now: Timestamp) -> Option<(Timestamp, i64)> {
    let end: Timestamp = END.parse().ok()?;
    let seconds = end.as_second() - now.as_second();
    (seconds > 0).then_some((end, seconds.div_euclid(86_400) + i64::from(seconds % 86_400 != 0)))
}

/// Whether the service of profiles takes the token, which stands above the organisations and takes no token of one. A
/// token without a scope that includes `vso.profile` is refused as well, so only `true` says something.
pub(super) async fn is_global(wire: &Wire<'_>, signer: Signer<'_>) -> bool {
    let url = wire.url(PROFILE, &versioned("/_apis/profile/profiles/me", "7.1", None));
    let Ok(answer) = send(wire, signer.sign(Request::get(url))).await else { return false };
    let known = answer.json().and_then(|body| body.get("id").map(|id| id.as_str().is_some_and(|id| !id.is_empty())));
    let global = answer.status == 200 && !answer.is_html() && known == Some(true);
    wire.note(if global {
        "accepted above the organizations"
    } else {
        "not a token for all organizations, or not told"
    });
    global
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_up_to_the_end() {
        let days = |now: &str| end(now.parse().unwrap()).map(|(_, days)| days);
        assert_eq!(days("2026-11-23T04:00:00Z"), Some(8));
        assert_eq!(days("2026-11-30T00:00:00Z"), Some(1));
        assert_eq!(days("2026-11-30T23:59:59Z"), Some(1));
        assert_eq!(days("2026-12-01T00:00:00Z"), None);
    }
}
