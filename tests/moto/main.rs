//! The AWS family over real HTTP against moto (<https://docs.getmoto.org>), an AWS look-alike that checks signatures.
//!
//! `KEYRACK_MOTO` names its `moto_server`, else it is looked for on `PATH`; `tests/run` installs it. Without it these
//! tests fail, since a proof that silently does not run is none; `KEYRACK_SKIP_SYSTEM=1` leaves them out knowingly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test may fail as the test may"
)]

mod support;

use keyrack::domain::{CreateRequest, Expiry, Kind, RemoteState, Verdict};
use keyrack::hosts::{Authority, Outcome, Revocation};
use keyrack::secret::Secret;
use support::{Key, Moto};

const NOBODY: &str = "AKIARZPUZDIKNBDYHERE";

#[tokio::test]
async fn keys_are_validated() {
    let Some(moto) = Moto::start().await else { return };

    let good = moto.validate(&moto.alice).await;
    assert_eq!(good.verdict, Verdict::Valid, "{good:?}");
    let who = good.identity.as_ref().unwrap();
    assert_eq!((who.login.as_str(), who.kind.as_str()), ("alice", "user"));
    assert_eq!(good.expiry, Expiry::Never);
    assert!(good.created_at.is_some(), "IAM told when it was made: {good:?}");
    let again = moto.validate(&moto.alice).await;
    assert!(again.last_used.is_some(), "IAM told the last use: {again:?}");

    let wrong = Key { secret: Secret::token("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()), ..moto.alice.clone() };
    let wrong = moto.validate(&wrong).await;
    assert_eq!((wrong.verdict, wrong.findings[0].code.as_str()), (Verdict::Rejected, "codecommit.wrong-secret"));
    assert_eq!(wrong.evidence.len(), 2, "tried twice");

    let unknown = moto.validate(&Key { id: NOBODY.into(), ..moto.alice.clone() }).await;
    assert_eq!((unknown.verdict, unknown.findings[0].code.as_str()), (Verdict::Rejected, "codecommit.unknown-key"));

    // moto, unlike AWS, lets inactive keys sign: so it is IAM's list that tells.
    let inactive = moto.validate(&moto.alice_inactive).await;
    assert_eq!((inactive.verdict, inactive.findings[0].code.as_str()), (Verdict::Blocked, "codecommit.inactive"));

    // A user without any policy still has an identity; what may not be asked stays unknown.
    let bob = moto.validate(&moto.bob).await;
    assert_eq!((bob.verdict, bob.findings[0].code.as_str()), (Verdict::Limited, "codecommit.no-codecommit-rights"));
    assert_eq!((bob.identity.unwrap().login.as_str(), bob.last_used), ("bob", None));
    assert!(bob.evidence.iter().any(|e| e.detail.contains("AccessDenied")), "{:?}", bob.evidence);

    for secret in [&moto.alice.secret, &moto.bob.secret] {
        let shown = format!("{good:?} {wrong:?} {:?}", bob.evidence);
        assert!(!shown.contains(secret.token.reveal()));
    }
}

#[tokio::test]
async fn a_key_deletes_itself_and_is_dead() {
    let Some(moto) = Moto::start().await else { return };
    assert_eq!(moto.revoke(&moto.alice, None).await, Revocation::Accepted);
    let after = moto.validate(&moto.alice).await;
    assert_eq!((after.verdict, after.findings[0].code.as_str()), (Verdict::Rejected, "codecommit.unknown-key"));
}

#[tokio::test]
async fn a_key_is_revoked_by_another_users_key() {
    let Some(moto) = Moto::start().await else { return };
    match moto.revoke(&moto.bob, None).await {
        Revocation::Refused(why) => assert!(why.reason.contains("iam:DeleteAccessKey"), "{}", why.reason),
        other => panic!("bob may not: {other:?}"),
    }
    assert_eq!(moto.validate(&moto.bob).await.verdict, Verdict::Limited);
    let alice = Authority {
        one_time_code: None,
        kind: Some(Kind::AccessKey),
        username: Some(moto.alice.id.clone()),
        secret: moto.alice.secret.clone(),
    };
    assert_eq!(moto.revoke(&moto.bob, Some(&alice)).await, Revocation::Accepted);
    assert_eq!(moto.validate(&moto.bob).await.verdict, Verdict::Rejected);
    assert_eq!(moto.validate(&moto.alice).await.verdict, Verdict::Valid, "the signer lives");
}

fn authority(key: &Key) -> Authority {
    Authority {
        one_time_code: None,
        kind: Some(Kind::AccessKey),
        username: Some(key.id.clone()),
        secret: key.secret.clone(),
    }
}

#[tokio::test]
async fn keys_are_listed_made_and_rotated_in_the_vendors_order() {
    let Some(moto) = Moto::start().await else { return };
    let alice = authority(&moto.alice);
    let Outcome::Done(list) = moto.list(&alice).await else { panic!("alice may list") };
    let state = |key: &Key| list.tokens.iter().find(|t| t.id == key.id).map(|t| t.state);
    assert_eq!(state(&moto.alice), Some(RemoteState::Active), "{list:?}");
    assert_eq!(state(&moto.alice_inactive), Some(RemoteState::Inactive), "{list:?}");

    // Two are there: the inactive one is named, and nothing is made.
    let wish = CreateRequest { name: "ci".into(), kind: Some(Kind::AccessKey), ..CreateRequest::default() };
    let Outcome::Refused(full) = moto.create(&wish, &alice).await else { panic!("two are there") };
    assert_eq!(full.findings[0].code, "codecommit.two-keys");
    assert!(full.findings[0].title.contains(&moto.alice_inactive.id), "{full:?}");
    assert_eq!(moto.revoke(&moto.alice_inactive, Some(&alice)).await, Revocation::Accepted);

    // The old key signs for the new one, the new one for the death of the old one.
    let Outcome::Done(made) = moto.create(&wish, &alice).await else { panic!("there is room") };
    let new = Key { id: made.username.clone().unwrap(), secret: made.secret.clone() };
    let seen = moto.validate(&new).await;
    assert_eq!((seen.verdict, seen.identity.unwrap().login.as_str()), (Verdict::Valid, "alice"));
    assert_eq!(moto.revoke(&moto.alice, Some(&authority(&new))).await, Revocation::Accepted);
    assert_eq!(moto.validate(&moto.alice).await.verdict, Verdict::Rejected);
    assert_eq!(moto.validate(&new).await.verdict, Verdict::Valid);

    // Bob may not list; IAM's own refusal says so.
    let Outcome::Refused(denied) = moto.list(&authority(&moto.bob)).await else { panic!("bob may not list") };
    assert!(denied.reason.contains("iam:ListAccessKeys"), "{}", denied.reason);
}
