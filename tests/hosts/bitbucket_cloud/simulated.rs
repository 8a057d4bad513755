//! The family against the simulated bitbucket.org.

use std::collections::BTreeSet;
use std::sync::Arc;

use keyrack::domain::{Checksum, Kind, LookAt, Validation, Verdict};
use keyrack::hosts::bitbucket_cloud::BitbucketCloud;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Detection, Family, Outcome, Session};
use keyrack::simulator::bitbucket_cloud::BitbucketCloud as Simulated;
use keyrack::simulator::{SimCredential, SimRequest, Site};

use crate::support::{self, Direct, host_of, now, token, wire};

struct Demo {
    site: Arc<Simulated>,
}

impl Demo {
    fn new() -> Self {
        Self { site: Arc::new(Simulated::new()) }
    }

    fn direct(&self) -> Direct {
        Direct(Arc::clone(&self.site) as Arc<dyn Site>)
    }

    fn held(&self, label: &str) -> SimCredential {
        self.site.roster(now()).into_iter().find(|c| c.label == label).unwrap()
    }

    async fn check(&self, held: &SimCredential) -> Validation {
        let (host, secret) = (host_of(&*self.site), token(&held.secret));
        let found =
            support::validate(&BitbucketCloud, &host, &self.direct(), held.kind, held.username.as_deref(), &secret)
                .await;
        assert!(!format!("{found:?}").contains(&held.secret), "{}", held.label);
        found
    }

    async fn probe(&self, held: &SimCredential, repository: &str, wanted: &[&str]) -> keyrack::domain::Probed {
        let (host, secret, direct) = (host_of(&*self.site), token(&held.secret), self.direct());
        let session = Session {
            wire: wire(&BitbucketCloud, &host, &direct, &[&secret]),
            host: &host,
            kind: held.kind,
            username: held.username.as_deref(),
            secret: &secret,
        };
        let look_at = LookAt { repository: Some(repository.to_owned()), ..LookAt::default() };
        let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        BitbucketCloud.prober().unwrap().probe(&session, &look_at, &wanted).await
    }
}

#[tokio::test]
async fn every_roster_entry_gives_its_verdict() {
    let demo = Demo::new();
    for held in demo.site.roster(now()) {
        let found = demo.check(&held).await;
        assert_eq!(found.verdict, held.expect, "{}: {found:#?}", held.label);
        assert_eq!(found.kind, None, "{}", held.label);
    }
}

#[test]
fn the_roster_shows_every_verdict_that_the_host_can_give() {
    let seen: BTreeSet<Verdict> = Demo::new().site.roster(now()).into_iter().map(|c| c.expect).collect();
    let all = [
        Verdict::Valid,
        Verdict::Unreachable,
        Verdict::Limited,
        Verdict::Blocked,
        Verdict::Rejected,
        Verdict::Expired,
        Verdict::Revoked,
    ];
    assert_eq!(seen, BTreeSet::from(all));
}

#[test]
fn fake_tokens_are_well_formed_and_distinct() {
    let demo = Demo::new();
    let mut secrets = BTreeSet::new();
    for held in demo.site.roster(now()).into_iter().chain((0..50).map(|n| demo.site.spare(n, now()))) {
        assert!(held.secret.contains("KEYRACK"), "{}", held.label);
        assert!(secrets.insert(held.secret.clone()), "{}", held.label);
        if held.secret.starts_with("AT") && held.kind != Kind::AppPassword {
            assert_eq!(held.secret.len(), 192, "{}", held.label);
            assert!(recognise(&held.secret).iter().all(|c| c.checksum == Checksum::Ok), "{}", held.label);
        }
    }
}

#[tokio::test]
async fn spare_credentials_are_valid_and_the_host_is_detected() {
    let demo = Demo::new();
    for n in [0, 7, 4_711] {
        assert_eq!(demo.check(&demo.site.spare(n, now())).await.verdict, Verdict::Valid);
    }
    let (host, direct) = (host_of(&*demo.site), demo.direct());
    let found = BitbucketCloud.detect(&wire(&BitbucketCloud, &host, &direct, &[])).await;
    assert_eq!(found, Detection::Found { product: "Bitbucket Cloud".into(), version: None });
}

#[tokio::test]
async fn revoked_on_the_page_it_is_seen_to_be_dead() {
    let demo = Demo::new();
    let held = demo.held("bitbucket-laptop");
    assert_eq!(demo.check(&held).await.verdict, Verdict::Valid);
    assert!(demo.site.revoke_by_hand(&held.secret));
    let after = demo.check(&held).await;
    assert_eq!((after.verdict, after.findings[0].code.as_str()), (Verdict::Rejected, "bitbucket-cloud.refused"));
    let consumer = demo.held("bitbucket-consumer");
    demo.site.revoke_by_hand(&consumer.secret);
    assert_eq!(demo.check(&consumer).await.findings[0].code, "bitbucket-cloud.oauth-client-refused");
}

#[tokio::test]
async fn a_rotated_access_token_lives_thirty_more_minutes() {
    let demo = Demo::new();
    let held = demo.held("web-deploy");
    let new = demo.site.rotate_by_hand(&held.secret, now()).unwrap();
    let mut next = held.clone();
    next.secret = new;
    let (old, new) = (demo.check(&held).await, demo.check(&next).await);
    assert_eq!((old.verdict, new.verdict), (Verdict::Valid, Verdict::Valid));
    assert_eq!(old.grants, new.grants, "scopes stay");
    let later = now().checked_add(jiff::SignedDuration::from_mins(31)).unwrap();
    let status = |secret: &str| {
        let headers = vec![("authorization".to_owned(), format!("Bearer {secret}"))];
        let request = SimRequest { method: "GET".into(), path: "/2.0/user".into(), headers, ..SimRequest::default() };
        demo.site.answer(&request, later).status
    };
    assert_eq!((status(&held.secret), status(&next.secret)), (401, 403));
}

#[tokio::test]
async fn rights_at_a_repository_are_those_of_token_and_account() {
    let demo = Demo::new();
    let wanted = ["read:repository:bitbucket", "write:repository:bitbucket"];
    let found = demo.probe(&demo.held("bitbucket-laptop"), "acme/web", &wanted).await;
    assert_eq!(found.grants.len(), 2, "{found:#?}");
    let found = demo.probe(&demo.held("bitbucket-reader"), "acme/web", &wanted).await;
    assert_eq!(found.denied, [wanted[1]], "{found:#?}");
    for (label, wanted) in [("web-deploy", "repository:write"), ("bitbucket-consumer", "repository:write")] {
        let found = demo.probe(&demo.held(label), "acme/web", &[wanted]).await;
        assert_eq!(found.grants.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), [wanted], "{found:#?}");
    }
    let code = |found: keyrack::domain::Probed| found.findings[0].code.clone();
    let laptop = demo.held("bitbucket-laptop");
    assert_eq!(code(demo.probe(&laptop, "acme/nope", &wanted).await), "bitbucket-cloud.place-not-found");
    assert_eq!(code(demo.probe(&laptop, "acme/secret-plans", &wanted).await), "bitbucket-cloud.place-forbidden");
}

#[tokio::test]
async fn a_consumer_mints_a_token_that_works() {
    let demo = Demo::new();
    let held = demo.held("bitbucket-consumer");
    let (host, secret, direct) = (host_of(&*demo.site), token(&held.secret), demo.direct());
    let session = Session {
        wire: wire(&BitbucketCloud, &host, &direct, &[&secret]),
        host: &host,
        kind: held.kind,
        username: held.username.as_deref(),
        secret: &secret,
    };
    let Outcome::Done(minted) = BitbucketCloud.minter().unwrap().mint(&session).await else { panic!() };
    let found =
        support::validate(&BitbucketCloud, &host, &direct, Kind::OauthToken, None, &session_token(&minted)).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    assert_eq!(found.identity.unwrap().login, "acme-ci");
}

fn session_token(minted: &keyrack::domain::Minted) -> keyrack::secret::Secret {
    keyrack::secret::Secret::token(minted.token.clone())
}
