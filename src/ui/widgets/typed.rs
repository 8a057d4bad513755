//! The words that have to be typed before something is done that cannot be undone.

use crate::sanitize;

/// What to type: the label of one credential, or the verb and the number of many.
#[must_use]
pub fn phrase(verb: &str, labels: &[&str]) -> String {
    match labels {
        // A label with characters that are escaped on the screen could not be typed as it is shown.
        [label] if sanitize::line(label) == *label && label.trim() == *label => (*label).to_owned(),
        _ => format!("{verb} {}", labels.len()),
    }
}

/// What to say when something else was typed.
#[must_use]
pub fn mistyped(phrase: &str) -> String {
    format!("not done: type exactly {phrase}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_confirmed_by_its_label_and_many_by_their_number() {
        assert_eq!(phrase("revoke", &["ci-release"]), "ci-release");
        assert_eq!(phrase("revoke", &["a", "b", "c"]), "revoke 3");
        assert_eq!(phrase("forget", &["evil\u{202e}label"]), "forget 1");
    }
}
