//! How a leak ended, as it is told.

use super::Case;
use crate::domain::{Host, LeakResult, RevokeEnd, RevokeResult, Validation, Way};

/// How a leak ended, with nothing seen and nothing left to do.
pub(super) fn result(case: &Case<'_>, host: Option<&Host>, end: Option<RevokeEnd>, message: &str) -> LeakResult {
    LeakResult {
        leak: case.name.clone(),
        host: host.map(|h| h.name.clone()),
        end,
        message: message.to_owned(),
        validation: None,
        plan: None,
    }
}

/// One that is alive, with what is left to do.
pub(super) fn left(
    case: &Case<'_>,
    host: &Host,
    end: RevokeEnd,
    message: &str,
    way: Way,
    validation: Option<Validation>,
) -> LeakResult {
    LeakResult { plan: Some(way), validation, ..result(case, Some(host), Some(end), message) }
}

/// One that is on the rack, as revoking it ended.
pub(super) fn ours(case: &Case<'_>, host: &Host, ended: RevokeResult) -> LeakResult {
    LeakResult {
        validation: ended.validation,
        plan: ended.plan.map(|p| p.way),
        ..result(case, Some(host), Some(ended.end), &ended.message)
    }
}
