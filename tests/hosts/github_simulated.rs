//! The family against the simulated github.com and GitHub Enterprise Server.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::ToSpan;
use keyrack::domain::{Checksum, Expiry, Kind, Validation, Verdict};
use keyrack::hosts::github::GitHub;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Detection, Family, Revocation};
use keyrack::simulator::github::GitHubSite;
use keyrack::simulator::{SimCredential, Site};

use crate::github::assert_no_secret;
use crate::support::{Direct, host_of, now, revoke, token, validate, wire};

fn sites() -> [Arc<dyn Site>; 2] {
    [Arc::new(GitHubSite::dot_com()), Arc::new(GitHubSite::server())]
}

async fn check(site: &Arc<dyn Site>, held: &SimCredential) -> Validation {
    let secret = token(&held.secret);
    let direct = Direct(Arc::clone(site));
    let validation = validate(&GitHub, &host_of(&**site), &direct, held.kind, held.username.as_deref(), &secret).await;
    assert_no_secret(&validation, &held.secret);
    validation
}

/// The verdict as it is shown: what ends within fourteen days is expiring.
fn shown(validation: &Validation) -> Verdict {
    let soon = now().checked_add((14 * 24).hours()).unwrap();
    match (validation.verdict, validation.expiry) {
        (Verdict::Valid, Expiry::At(end)) if end <= soon => Verdict::Expiring,
        (verdict, _) => verdict,
    }
}

fn held(site: &Arc<dyn Site>, label: &str) -> SimCredential {
    site.roster(now()).into_iter().find(|held| held.label == label).unwrap()
}

async fn revoke_at(site: &Arc<dyn Site>, held: &SimCredential) -> Revocation {
    let secret = token(&held.secret);
    revoke(&GitHub, &host_of(&**site), &Direct(Arc::clone(site)), held.kind, None, &secret, None, None).await
}

#[tokio::test]
async fn every_credential_gives_what_the_roster_expects() {
    for site in sites() {
        for held in site.roster(now()) {
            let validation = check(&site, &held).await;
            assert_eq!(shown(&validation), held.expect, "{}: {validation:?}", held.label);
            assert_eq!(validation.kind, None, "{}", held.label);
            if let (Some(identity), Some(username)) = (&validation.identity, &held.username) {
                assert_eq!(identity.login, *username, "{}", held.label);
            }
        }
    }
}

#[tokio::test]
async fn the_rosters_show_every_verdict_github_can_give() {
    let seen: BTreeSet<Verdict> = sites().iter().flat_map(|site| site.roster(now())).map(|held| held.expect).collect();
    let all = [
        Verdict::Valid,
        Verdict::Expiring,
        Verdict::Unreachable,
        Verdict::Limited,
        Verdict::Blocked,
        Verdict::Rejected,
    ];
    assert_eq!(seen, BTreeSet::from(all));
}

#[test]
fn every_fake_token_is_well_formed_and_says_that_it_is_fake() {
    let mut labels = BTreeSet::new();
    let mut secrets = BTreeSet::new();
    for site in sites() {
        let spares = (0..200).map(|n| site.spare(n, now()));
        for held in site.roster(now()).into_iter().chain(spares) {
            let candidate = recognise(&held.secret).into_iter().next().unwrap();
            assert_eq!((candidate.family.as_str(), candidate.kind), ("github", held.kind), "{}", held.label);
            assert!(candidate.certain && candidate.checksum != Checksum::Mismatch, "{}", held.label);
            assert!(held.secret.contains("Fake"), "{}", held.label);
            assert!(labels.insert(held.label.clone()), "{} stands twice", held.label);
            assert!(secrets.insert(held.secret), "{} shares its secret", held.label);
        }
    }
}

#[tokio::test]
async fn spares_are_valid_at_their_own_site_only() {
    let [cloud, server] = sites();
    for n in [0, 1, 2, 3, 46, 47, 9_999, 1_000_000] {
        for (site, other) in [(&cloud, &server), (&server, &cloud)] {
            let spare = site.spare(n, now());
            assert_eq!(spare.kind, Kind::ClassicPat);
            let validation = check(site, &spare).await;
            assert_eq!(shown(&validation), Verdict::Valid, "{n}: {validation:?}");
            assert_eq!(validation.evidence.len(), 1, "a spare costs one request");
            assert_eq!(check(other, &spare).await.verdict, Verdict::Rejected);
        }
    }
}

#[tokio::test]
async fn details_come_through() {
    let [cloud, server] = sites();
    let limited = check(&cloud, &held(&cloud, "jira-link")).await;
    assert!(limited.findings[0].cause.contains("21955855, 20582480"), "{limited:?}");
    let limited = check(&cloud, &held(&cloud, "payments-audit")).await;
    assert!(limited.findings[0].remedy.contains("https://github.com/orgs/acme-payments/sso"), "{limited:?}");
    let docs = check(&cloud, &held(&cloud, "docs-bot")).await;
    assert_eq!(docs.expiry, Expiry::At("2027-02-19T09:30:00Z".parse().unwrap()));
    let installation = check(&cloud, &held(&cloud, "platform-installation")).await;
    assert_eq!(installation.identity.unwrap().kind, "installation");
    let admin = check(&server, &held(&server, "site-admin")).await;
    assert!(admin.grants.iter().any(|grant| grant.name == "site_admin"));
    assert_eq!(admin.expiry, Expiry::Never);
}

#[tokio::test]
async fn what_was_revoked_is_dead() {
    let cloud: Arc<dyn Site> = Arc::new(GitHubSite::dot_com());
    let mut targets = vec![cloud.spare(7, now())];
    for label in ["ci-release", "docs-bot", "ana-laptop", "triage-app", "platform-installation"] {
        targets.push(held(&cloud, label));
    }
    for target in targets {
        assert!(!check(&cloud, &target).await.verdict.is_dead(), "{}", target.label);
        assert_eq!(revoke_at(&cloud, &target).await, Revocation::Accepted, "{}", target.label);
        let after = check(&cloud, &target).await;
        assert_eq!(after.verdict, Verdict::Rejected, "{}", target.label);
        assert_eq!(after.findings[0].code, "github.bad-credentials", "{}", target.label);
    }
    let untouched = held(&cloud, "nightly-mirror");
    assert_eq!(check(&cloud, &untouched).await.verdict, Verdict::Valid);
}

#[tokio::test]
async fn the_server_is_too_old_to_revoke() {
    let server: Arc<dyn Site> = Arc::new(GitHubSite::server());
    let target = held(&server, "internal-build");
    let outcome = revoke_at(&server, &target).await;
    assert!(matches!(outcome, Revocation::Unsupported(_)), "{outcome:?}");
    assert_eq!(check(&server, &target).await.verdict, Verdict::Valid);
}

#[tokio::test]
async fn both_are_detected() {
    let [cloud, server] = sites();
    for (site, product, version) in
        [(cloud, "GitHub.com", None), (server, "GitHub Enterprise Server", Some("3.18.2".to_owned()))]
    {
        let direct = Direct(Arc::clone(&site));
        let host = host_of(&*site);
        let wire = wire(&GitHub, &host, &direct, &[]);
        let expected = Detection::Found { product: product.to_owned(), version };
        assert_eq!(GitHub.detect(&wire).await, expected);
    }
}
