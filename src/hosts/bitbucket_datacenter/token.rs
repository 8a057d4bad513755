//! What a token says of itself: the number under which Bitbucket files it. That it equals the `id` of Bitbucket's REST
//! interface is inferred from the vendor's examples (unconfirmed), so an answer that names an id outranks it.

use crate::domain::Checksum;
use crate::hosts::Carried;
pub(super) use crate::hosts::atlassian_datacenter::token::{BITBUCKET as PREFIX, number};

/// Decodes a token. The prefix alone is enough to keep it, since a later version may fill the rest in another way;
/// without the prefix the known structure has to be there.
pub(super) fn carried(token: &str) -> Option<Carried> {
    let number = number(token);
    if number.is_none() && !token.starts_with(PREFIX) {
        return None;
    }
    let owner = ("made for", "a user, a project or a repository: all three have this form");
    let facts = number.into_iter().map(|number| ("token id".to_owned(), number));
    let facts = facts.chain([(owner.0.to_owned(), owner.1.to_owned())]).collect();
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
        assert_eq!(kept.facts.len(), 1, "no number, and the three it may be made for");
    }
}
