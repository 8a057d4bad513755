//! Revoking a credential of the rack: routes, and the order where account and token are known.

use keyrack::domain::{Kind, Validation, Verdict};
use keyrack::hosts::{Authority, Family, Revocation, Route};

use super::{EMAIL, GATEWAY, JiraCloud, ORG, Recorded, TOKEN, assert_found, host, json, org_key, token};
use crate::support;

async fn revoke(transport: &Recorded, kind: Kind, id: Option<&str>, using: Option<&Authority>) -> Revocation {
    support::revoke(&JiraCloud, &host(), transport, kind, Some(EMAIL), &token(TOKEN), id, using).await
}

#[track_caller]
fn unsupported(done: Revocation) -> Validation {
    let Revocation::Unsupported(found) = done else { panic!("{done:?}") };
    *found
}

#[test]
fn by_hand_unless_a_key_of_the_organisation_signs() {
    let revoker = JiraCloud.revoker().unwrap();
    let key = org_key();
    let account = Authority { kind: Some(Kind::ApiToken), username: None, secret: token(TOKEN), one_time_code: None };
    for kind in [Kind::ApiToken, Kind::ScopedApiToken, Kind::Unknown] {
        for using in [None, Some(&account)] {
            let Route::Guided { why } = revoker.route(&host(), kind, Some(EMAIL), using) else { panic!("{kind}") };
            assert!(why.contains("admin-key"), "{why}");
        }
        let Route::AtHost(what) = revoker.route(&host(), kind, Some(EMAIL), Some(&key)) else { panic!("{kind}") };
        assert!(what.contains("this one token") && what.contains("without scopes"), "{what}");
    }
    for kind in [Kind::ServiceAccountToken, Kind::OauthToken] {
        assert!(matches!(revoker.route(&host(), kind, None, Some(&key)), Route::Guided { .. }), "{kind}");
    }
    assert!(matches!(revoker.route(&host(), Kind::AdminKey, None, None), Route::Guided { .. }));
    assert!(matches!(revoker.route(&host(), Kind::AdminKey, None, Some(&key)), Route::AtHost(_)));
}

#[tokio::test]
async fn one_token_is_deleted_where_account_and_token_are_known() {
    let transport = Recorded::new([json(204, "")]);
    let done = revoke(&transport, Kind::ApiToken, Some("managed/557058:11/tok-1"), Some(&org_key())).await;
    assert_eq!(done, Revocation::Accepted);
    assert_eq!(transport.lines(), [format!("DELETE {GATEWAY}/users/557058:11/manage/api-tokens/tok-1")]);
    let seen = transport.seen.lock().unwrap();
    let sent = seen[0].headers.iter().find(|(n, _)| n == "Authorization").unwrap();
    assert!(sent.1.reveal().starts_with("Bearer ATCTT3x"), "signed by the key, not by the token");
}

#[tokio::test]
async fn nothing_is_sent_where_something_is_missing_or_does_not_fit() {
    let silent = Recorded::new([]);
    let key = org_key();
    let other = format!("key/{ORG}/key-1");
    for (kind, id, using, name) in [
        (Kind::ApiToken, None, Some(&key), "token-id-unknown"),
        (Kind::ApiToken, Some("tok-1"), Some(&key), "token-id-unknown"),
        (Kind::ApiToken, Some(other.as_str()), Some(&key), "token-id-unknown"),
        (Kind::AdminKey, Some("managed/a/tok-1"), Some(&key), "token-id-unknown"),
        (Kind::ApiToken, Some("managed/a/tok-1"), None, "authority-unfit"),
        (Kind::ServiceAccountToken, Some("service/a/tok-1"), Some(&key), "service-account-token-alone"),
        (Kind::ApiToken, Some("service/a/tok-1"), Some(&key), "service-account-token-alone"),
        (Kind::OauthToken, None, None, "oauth-not-revocable"),
    ] {
        let found = unsupported(revoke(&silent, kind, id, using).await);
        assert_found(&found, Verdict::Unreachable, name);
    }
    let account = Authority { kind: Some(Kind::ApiToken), username: None, secret: token(TOKEN), one_time_code: None };
    let found = unsupported(revoke(&silent, Kind::ApiToken, Some("managed/a/tok-1"), Some(&account)).await);
    assert_found(&found, Verdict::Unreachable, "authority-unfit");
    assert!(silent.lines().is_empty());
}

#[test]
fn every_kind_that_is_made_by_hand_has_its_guide() {
    let facts = JiraCloud.facts();
    for kind in [Kind::ApiToken, Kind::ScopedApiToken, Kind::ServiceAccountToken, Kind::AdminKey] {
        let guide = facts.guides.iter().find(|g| g.kind == kind).unwrap_or_else(|| panic!("{kind}"));
        assert!(!guide.need.is_empty() && guide.steps.len() >= 4 && !guide.rotate_steps.is_empty(), "{kind}");
        let limits = facts.kind(kind).and_then(|k| k.limits.as_ref()).unwrap();
        assert_eq!((limits.max_days, limits.never, limits.chosen), (Some(365), false, true), "{kind}");
    }
    assert!(JiraCloud.creator().is_none() && JiraCloud.replacer().is_none());
}
