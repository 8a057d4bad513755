//! What a token says of itself: the number under which Bitbucket files it. That it equals the `id` of Bitbucket's REST
//! interface is inferred from the vendor's examples (unconfirmed), so an answer that names an id outranks it.

use crate::domain::Checksum;
use crate::hosts::Carried;
pub(super) use crate::hosts::atlassian_datacenter::token::{BITBUCKET as PREFIX, number};

/// Decodes a token. The prefix alone is enough to keep it, since a later version may fill the rest in another way;
/// without the prefix the known structure has to be there.
pub(super) fn carried(token: &str) -> Option<Carried> {
    let facts = match (number(token), token.starts_with(PREFIX)) {
        (Some(number), _) => vec![("token id".to_owned(), number)],
        (None, true) => Vec::new(),
        (None, false) => return None,
    };
    Some(Carried { facts, checksum: Checksum::None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_base64_is_not_a_token_unless_prefixed() {
        let random = "MzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzA";
        assert_eq!(carried(random), None);
        let kept = carried(&format!("BBDC-{random}")).unwrap();
        assert!(kept.facts.is_empty());
    }
}
