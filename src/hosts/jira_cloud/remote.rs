//! Credentials as an organisation lists them, by ids that name exactly one.
//!
//! The vendor has endpoints beside these that revoke everything: the same path without a token's id revokes all tokens of
//! an organisation, or of a service account. No such path can come out of here: every part of an id is checked to be
//! there and to be one segment, and a service account's token, which cannot be revoked alone, has no path at all.
//!
//! <https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/> and
//! <https://developer.atlassian.com/cloud/admin/api-access/rest/>.

use crate::net::Method;

/// Base of the organisation's API of API access.
pub(super) const ACCESS: &str = "/admin/api-access/v1/orgs";
/// Longest part of an id.
const PART: usize = 200;

/// One credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remote<'a> {
    /// A token of a managed account.
    Managed { account: &'a str, token: &'a str },
    /// A token of a service account.
    Service { account: &'a str, token: &'a str },
    /// An API key of an organisation.
    Key { organisation: &'a str, key: &'a str },
}

impl<'a> Remote<'a> {
    /// Reads `managed/ACCOUNT/TOKEN`, `service/ACCOUNT/TOKEN`, `key/ORGANISATION/KEY`.
    pub(super) fn of(id: &'a str) -> Option<Self> {
        let mut parts = id.trim().split('/');
        let (sort, owner, one, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
        if !is_part(owner) || !is_part(one) {
            return None;
        }
        match sort {
            "managed" => Some(Self::Managed { account: owner, token: one }),
            "service" => Some(Self::Service { account: owner, token: one }),
            "key" => Some(Self::Key { organisation: owner, key: one }),
            _ => None,
        }
    }

    /// The id as text; none where a part could not stand in a path.
    pub(super) fn id(self) -> Option<String> {
        let (sort, owner, one) = match self {
            Self::Managed { account, token } => ("managed", account, token),
            Self::Service { account, token } => ("service", account, token),
            Self::Key { organisation, key } => ("key", organisation, key),
        };
        (is_part(owner) && is_part(one)).then(|| format!("{sort}/{owner}/{one}"))
    }

    /// The request that revokes this one and nothing else; none where the vendor has no such request.
    pub(super) fn order(self) -> Option<(Method, String)> {
        // Checked once more: a path that ends early would mean everybody's.
        self.id()?;
        match self {
            Self::Managed { account, token } => {
                Some((Method::Delete, format!("/users/{account}/manage/api-tokens/{token}")))
            }
            Self::Service { .. } => None,
            Self::Key { organisation, key } => {
                Some((Method::Patch, format!("{ACCESS}/{organisation}/api-keys/revoke/{key}")))
            }
        }
    }
}

/// One path segment that needs no escaping: account ids hold a colon, the rest are UUIDs or words.
fn is_part(text: &str) -> bool {
    (1..=PART).contains(&text.len())
        && !matches!(text, "." | "..")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-:_.~=".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_single_credentials_have_an_order() {
        let order = |id| Remote::of(id).and_then(Remote::order);
        assert_eq!(
            order("managed/557058:1111/tok-1").unwrap(),
            (Method::Delete, "/users/557058:1111/manage/api-tokens/tok-1".to_owned())
        );
        assert_eq!(
            order("key/99999999-aaaa/key-1").unwrap(),
            (Method::Patch, format!("{ACCESS}/99999999-aaaa/api-keys/revoke/key-1"))
        );
        assert_eq!(order("service/sa-1/tok-1"), None, "the vendor revokes all tokens of a service account, or none");
    }

    #[test]
    fn no_id_leads_to_everybodys_tokens() {
        for id in [
            "",
            "tok-1",
            "managed",
            "managed/",
            "managed//",
            "managed/acct/",
            "managed//tok-1",
            "managed/acct/.",
            "managed/acct/..",
            "managed/acct/tok-1/..",
            "managed/acct/%2e%2e",
            "managed/acct/a?b",
            "managed/acct/a#b",
            "managed/acct/a b",
            "managed/../orgs",
            "key/org/",
            "key/org/../api-tokens",
            "orgs/org/api-tokens",
        ] {
            assert_eq!(Remote::of(id), None, "{id}");
        }
        assert_eq!(Remote::Managed { account: "a", token: "" }.order(), None);
        assert_eq!(Remote::Key { organisation: "a/b", key: "c" }.id(), None);
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        let remote = Remote::Managed { account: "557058:11-22", token: "tok-1" };
        assert_eq!(Remote::of(&remote.id().unwrap()), Some(remote));
    }
}
