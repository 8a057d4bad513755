//! The family against the simulated installation.

use std::sync::Arc;

use keyrack::domain::{CreateRequest, Expiry, GrantSource, Kind, Predecessor, Validation, Verdict};
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Act, Authority, Detection, Family, Outcome, Revocation};
use keyrack::simulator::bitbucket_datacenter::{BitbucketDatacenter as Simulated, PASSWORD};
use keyrack::simulator::{SimCredential, Site};

use super::{BitbucketDatacenter, assert_found};
use crate::support::{self, Direct, host_of, now, token, wire};

struct Demo {
    site: Arc<dyn Site>,
}

impl Demo {
    fn new() -> Self {
        Self { site: Arc::new(Simulated::new()) }
    }

    fn credential(&self, label: &str) -> SimCredential {
        self.site.roster(now()).into_iter().find(|c| c.label == label).unwrap_or_else(|| panic!("no {label}"))
    }

    async fn check(&self, c: &SimCredential) -> Validation {
        let transport = Direct(Arc::clone(&self.site));
        let host = host_of(&*self.site);
        support::validate(&BitbucketDatacenter, &host, &transport, c.kind, c.username.as_deref(), &token(&c.secret))
            .await
    }

    async fn revoke(&self, c: &SimCredential, remote_id: Option<&str>, using: &Authority) -> Revocation {
        let transport = Direct(Arc::clone(&self.site));
        let host = host_of(&*self.site);
        let (username, secret) = (c.username.as_deref(), token(&c.secret));
        support::revoke(&BitbucketDatacenter, &host, &transport, c.kind, username, &secret, remote_id, Some(using))
            .await
    }
}

fn password(user: &str, password: &str) -> Authority {
    Authority { one_time_code: None, kind: None, username: Some(user.into()), secret: token(password) }
}

#[tokio::test]
async fn every_roster_entry_gives_its_verdict() {
    let demo = Demo::new();
    let roster = demo.site.roster(now());
    assert!(roster.len() >= 6);
    for credential in roster {
        let found = demo.check(&credential).await;
        assert_eq!(found.verdict, credential.expect, "{}: {found:#?}", credential.label);
        let candidates = recognise(&credential.secret);
        assert!(candidates[0].certain && !candidates[0].carries.is_empty(), "{}", credential.label);
        let dump = format!("{found:?}");
        assert!(!dump.contains(&credential.secret), "{}", credential.label);
    }
}

#[tokio::test]
async fn roster_entries_show_identity_rights_and_expiry() {
    let demo = Demo::new();
    let build = demo.check(&demo.credential("bitbucket-build")).await;
    let identity = build.identity.unwrap();
    assert_eq!((identity.login.as_str(), identity.name.as_str()), ("Build.Bot", "Build Bot"));
    assert_eq!(build.expiry, Expiry::At("2027-01-22T00:00:00Z".parse().unwrap()));
    assert!(build.grants.iter().any(|g| g.name == "PROJECT_WRITE" && g.source == GrantSource::Told));
    assert!(build.findings.is_empty(), "{:?}", build.findings);

    // A project token that does not administer its project may not read its own record.
    let project = demo.check(&demo.credential("acme-project")).await;
    assert!(project.grants.iter().any(|g| g.name == "REPO_WRITE"));
    assert!(project.grants.iter().all(|g| g.source == GrantSource::Probed));
    assert_eq!(project.identity.unwrap().kind, "project");

    let repository = demo.check(&demo.credential("acme-web")).await;
    assert_eq!(repository.kind, Some(Kind::RepositoryToken));
    assert_eq!(repository.remote_name.as_deref(), Some("acme-web"));
}

#[tokio::test]
async fn spare_credentials_are_valid_distinct_and_stable() {
    let demo = Demo::new();
    let spares: Vec<_> = (0..3).map(|n| demo.site.spare(n, now())).collect();
    assert_eq!(demo.site.spare(2, now()).secret, spares[2].secret);
    assert!(spares[0].secret != spares[1].secret && spares[0].label != spares[1].label);
    for spare in &spares {
        assert_eq!(demo.check(spare).await.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn the_site_is_detected() {
    let demo = Demo::new();
    let host = host_of(&*demo.site);
    let transport = Direct(Arc::clone(&demo.site));
    let wire = wire(&BitbucketDatacenter, &host, &transport, &[]);
    let found = BitbucketDatacenter.detect(&wire).await;
    assert_eq!(found, Detection::Found { product: "Bitbucket".into(), version: Some("9.4.3".into()) });
}

#[tokio::test]
async fn the_context_path_matters() {
    let demo = Demo::new();
    let credential = demo.credential("bitbucket-read");
    let mut host = host_of(&*demo.site);
    let outside = host.url.replace("/bitbucket", "");
    host.endpoints = [("web".to_owned(), outside)].into();
    let transport = Direct(Arc::clone(&demo.site));
    let secret = token(&credential.secret);
    let found =
        support::validate(&BitbucketDatacenter, &host, &transport, credential.kind, Some("jdoe"), &secret).await;
    assert_found(&found, Verdict::Unreachable, "wrong-context-path");
}

#[tokio::test]
async fn a_token_revoked_with_the_password_is_dead() {
    let demo = Demo::new();
    let credential = demo.credential("bitbucket-read");
    let before = demo.check(&credential).await;
    assert_eq!(
        demo.revoke(&credential, before.remote_id.as_deref(), &password("jdoe", PASSWORD)).await,
        Revocation::Accepted
    );
    let after = demo.check(&credential).await;
    assert!(after.verdict.is_dead(), "{after:#?}");
    assert_found(&after, Verdict::Rejected, "token-refused");
    // Once more: it is gone, and the host says so.
    let Revocation::Refused(again) = demo.revoke(&credential, None, &password("jdoe", PASSWORD)).await else {
        panic!()
    };
    assert_found(&again, Verdict::Unreachable, "token-not-found");
}

#[tokio::test]
async fn project_and_repository_tokens_are_revoked_by_an_administrator() {
    let demo = Demo::new();
    let project = demo.credential("acme-project");
    let admin = demo.credential("project-admin");
    let signer = Authority {
        one_time_code: None,
        kind: Some(admin.kind),
        username: admin.username.clone(),
        secret: token(&admin.secret),
    };
    assert_eq!(demo.revoke(&project, None, &signer).await, Revocation::Accepted);
    assert!(demo.check(&project).await.verdict.is_dead());

    let repository = demo.credential("acme-web");
    let Revocation::Refused(found) = demo.revoke(&repository, None, &password("build.bot", PASSWORD)).await else {
        panic!()
    };
    assert_found(&found, Verdict::Unreachable, "revoke-not-permitted");
    assert_eq!(demo.revoke(&repository, None, &password("jdoe", PASSWORD)).await, Revocation::Accepted);
    assert!(demo.check(&repository).await.verdict.is_dead());
}

#[tokio::test]
async fn wrong_passwords_lead_to_a_captcha() {
    let demo = Demo::new();
    let credential = demo.credential("bitbucket-read");
    for expected in ["wrong-password", "wrong-password", "wrong-password", "captcha"] {
        let done = demo.revoke(&credential, None, &password("jdoe", "not-the-password")).await;
        let Revocation::Refused(found) = done else { panic!("{done:?}") };
        assert_eq!(found.findings[0].code, format!("bitbucket-datacenter.{expected}"));
    }
    assert_eq!(demo.check(&credential).await.verdict, Verdict::Valid, "tokens are not passwords");
}

#[tokio::test]
async fn a_user_without_basic_is_sent_to_the_browser() {
    let demo = Demo::new();
    let done = demo.revoke(&demo.credential("project-admin"), None, &password("svc-release", PASSWORD)).await;
    let Revocation::Unsupported(found) = done else { panic!("{done:?}") };
    assert_found(&found, Verdict::Blocked, "basic-disabled");
}

#[tokio::test]
async fn rotating_makes_a_twin_and_then_the_old_one_dies() {
    let demo = Demo::new();
    for (label, signer) in [("bitbucket-build", "build.bot"), ("acme-web", "jdoe")] {
        let old = demo.credential(label);
        let before = demo.check(&old).await;
        let predecessor = Predecessor {
            label,
            kind: old.kind,
            username: old.username.as_deref(),
            last: Some(&before),
            expires: None,
            now: now(),
        };
        let (host, transport) = (host_of(&*demo.site), Direct(Arc::clone(&demo.site)));
        let using = password(signer, PASSWORD);
        let act =
            Act { wire: wire(&BitbucketDatacenter, &host, &transport, &[&using.secret]), host: &host, using: &using };
        let creator = BitbucketDatacenter.creator().unwrap();
        let wish = creator.successor(&host, &predecessor);
        let Outcome::Done(new) = creator.create(&act, &wish).await else { panic!("{label}") };
        let twin = SimCredential { secret: new.secret.token.reveal().to_owned(), ..old.clone() };
        let seen = demo.check(&twin).await;
        assert_eq!((seen.verdict, seen.remote_id.clone()), (Verdict::Valid, new.remote_id.clone()), "{label}");
        assert_eq!(seen.grants, before.grants, "{label}");
        assert_eq!(demo.revoke(&old, before.remote_id.as_deref(), &using).await, Revocation::Accepted);
        assert!(demo.check(&old).await.verdict.is_dead());
        assert_eq!(demo.check(&twin).await.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn an_inventory_has_the_lists_of_the_user_and_of_what_it_administers() {
    let demo = Demo::new();
    let (host, transport) = (host_of(&*demo.site), Direct(Arc::clone(&demo.site)));
    let using = password("jdoe", PASSWORD);
    let act = Act { wire: wire(&BitbucketDatacenter, &host, &transport, &[&using.secret]), host: &host, using: &using };
    let Outcome::Done(list) = BitbucketDatacenter.lister().unwrap().list(&act).await else { panic!() };
    let names: Vec<&str> = list.tokens.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["bitbucket-read", "acme-project", "acme-web"]);
    assert!(list.gaps.is_empty(), "{:?}", list.gaps);
    let project = list.tokens[1].id.clone();
    let done = BitbucketDatacenter.lister().unwrap().revoke(&act, &[project]).await;
    assert_eq!(done, [Revocation::Accepted]);
    assert!(demo.check(&demo.credential("acme-project")).await.verdict.is_dead());
}

#[tokio::test]
async fn pairs_that_are_not_issued_and_somebody_elses_tokens_are_refused() {
    let demo = Demo::new();
    let (host, transport) = (host_of(&*demo.site), Direct(Arc::clone(&demo.site)));
    let using = password("build.bot", PASSWORD);
    let act = Act { wire: wire(&BitbucketDatacenter, &host, &transport, &[&using.secret]), host: &host, using: &using };
    let request = CreateRequest {
        name: "x".into(),
        scopes: vec!["REPO_READ".into()],
        at: Some("ACME".into()),
        ..CreateRequest::default()
    };
    let Outcome::Refused(found) = BitbucketDatacenter.creator().unwrap().create(&act, &request).await else { panic!() };
    assert_found(&found, Verdict::Unreachable, "create-not-permitted");
}
