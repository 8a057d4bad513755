//! Names of successors. Azure DevOps has no call that regenerates a token, so a successor is another token of the same
//! name with a suffix, and the suffix is how its predecessor is found again to copy its scopes, which no token can read
//! of itself.

use jiff::Timestamp;

/// What is added to the name.
const MARK: &str = " (keyrack ";

/// The name of a successor made now.
pub(super) fn name(old: &str, now: Timestamp) -> String {
    format!("{}{MARK}{})", original(old), now.strftime("%Y-%m-%d %H:%M"))
}

/// The name without the suffix, if it has one.
pub(super) fn original(name: &str) -> &str {
    match name.rsplit_once(MARK) {
        Some((before, rest)) if rest.ends_with(')') && !before.is_empty() => before,
        _ => name,
    }
}

/// Whether it is the name of a successor.
pub(super) fn is_one(name: &str) -> bool {
    original(name) != name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_keeps_the_name_and_loses_an_older_suffix() {
        let now = "2026-11-23T04:00:00Z".parse().unwrap();
        let first = name("ci (build)", now);
        assert_eq!(first, "ci (build) (keyrack 2026-11-23 04:00)");
        assert_eq!(name(&first, now), first);
        assert_eq!(original(&first), "ci (build)");
        assert!(is_one(&first) && !is_one("ci (build)") && !is_one(" (keyrack x)"));
    }
}
