//! GitLab: the adapter against the simulated site.

use std::sync::Arc;

use keyrack::domain::{Checksum, Kind, Validation, Verdict};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Authority, Detection, Family, Revocation};
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::simulator::{SimCredential, Site};

use crate::gitlab::assert_texts_are_whole;
use crate::support::{Direct, host_of, now, revoke, token, validate, wire};

fn sites() -> [Arc<GitLabSite>; 2] {
    [Arc::new(GitLabSite::com()), Arc::new(GitLabSite::self_managed())]
}

async fn check(site: &Arc<GitLabSite>, credential: &SimCredential) -> Validation {
    let secret = token(&credential.secret);
    let found = validate(&GitLab, &host_of(&**site), &Direct(site.clone()), credential.kind, None, &secret).await;
    assert_texts_are_whole(&found);
    found
}

fn of(site: &GitLabSite, label: &str) -> SimCredential {
    site.roster(now()).into_iter().find(|c| c.label == label).unwrap()
}

/// The verdict as it is shown: good tokens that end within 14 days are expiring.
fn shown(validation: &Validation) -> Verdict {
    let soon = now() + jiff::SignedDuration::from_hours(14 * 24);
    match validation.expiry.at() {
        Some(at) if validation.verdict == Verdict::Valid && at <= soon => Verdict::Expiring,
        _ => validation.verdict,
    }
}

#[tokio::test]
async fn every_credential_of_the_roster_gives_its_verdict() {
    for site in sites() {
        for credential in site.roster(now()).into_iter().chain((0..8).map(|n| site.spare(n, now()))) {
            let found = check(&site, &credential).await;
            assert_eq!(shown(&found), credential.expect, "{}: {}", credential.label, found.reason);
            assert_eq!(found.kind, None, "{}: the rack has the kind already", credential.label);
        }
    }
}

#[test]
fn roster_tokens_are_well_formed_and_recognised() {
    for site in sites() {
        let roster: Vec<_> = site.roster(now()).into_iter().chain((0..4).map(|n| site.spare(n, now()))).collect();
        for credential in &roster {
            let found = recognise(&credential.secret).into_iter().find(|c| c.family.as_str() == "gitlab").unwrap();
            assert_ne!(found.checksum, Checksum::Mismatch, "{}", credential.label);
            assert_eq!(found.certain, credential.kind != Kind::OauthToken, "{}", credential.label);
        }
        let mut labels: Vec<_> = roster.iter().map(|c| &c.label).collect();
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), roster.len());
    }
}

#[tokio::test]
async fn what_the_host_tells_reaches_the_rack() {
    let [com, own] = sites();
    let found = check(&com, &of(&com, "triage-fine")).await;
    assert!(found.grants.iter().any(|g| g.name == "read_job@project:6"), "{:?}", found.grants);
    let found = check(&com, &of(&com, "mirror-bot")).await;
    assert_eq!(found.identity.unwrap().kind, "project");
    let found = check(&com, &of(&com, "image-sync")).await;
    assert_eq!(found.identity.unwrap().login, "");
    let found = check(&own, &of(&own, "acme-runner-watch")).await;
    assert_eq!(found.findings[0].code, "gitlab.self-unreadable");
}

#[tokio::test]
async fn a_pasted_token_is_refined_by_the_host() {
    let [com, _] = sites();
    for (label, kind) in
        [("mirror-bot", Kind::ProjectToken), ("triage-fine", Kind::FineGrainedPat), ("release-train", Kind::Pat)]
    {
        let pasted = SimCredential { kind: Kind::Unknown, ..of(&com, label) };
        assert_eq!(check(&com, &pasted).await.kind, Some(kind), "{label}");
    }
}

#[tokio::test]
async fn a_revoked_token_is_seen_to_be_dead_and_its_neighbours_live() {
    for site in sites() {
        let (gone, stays) = (site.spare(1, now()), site.spare(2, now()));
        let host = host_of(&*site);
        let came =
            revoke(&GitLab, &host, &Direct(site.clone()), gone.kind, None, &token(&gone.secret), None, None).await;
        assert_eq!(came, Revocation::Accepted);
        assert_eq!(check(&site, &gone).await.verdict, Verdict::Revoked);
        assert_eq!(check(&site, &stays).await.verdict, Verdict::Valid);
        // Asked again, the token says itself that it is dead.
        let again =
            revoke(&GitLab, &host, &Direct(site.clone()), gone.kind, None, &token(&gone.secret), None, None).await;
        let Revocation::Refused(validation) = again else { panic!("{again:?}") };
        assert_eq!(validation.verdict, Verdict::Revoked);
    }
}

#[tokio::test]
async fn a_token_that_may_not_revoke_itself_is_revoked_by_its_owners() {
    let [com, own] = sites();
    let watch = of(&own, "acme-runner-watch");
    let host = host_of(&*own);
    let alone = revoke(&GitLab, &host, &Direct(own.clone()), watch.kind, None, &token(&watch.secret), None, None).await;
    let Revocation::Refused(validation) = alone else { panic!("{alone:?}") };
    assert_eq!(validation.findings[0].code, "gitlab.revoke-permission-missing");

    let deploy = of(&own, "acme-deploy");
    let using =
        Authority { one_time_code: None, kind: Some(deploy.kind), username: None, secret: token(&deploy.secret) };
    let came = revoke(
        &GitLab,
        &host,
        &Direct(own.clone()),
        watch.kind,
        None,
        &token(&watch.secret),
        Some("311"),
        Some(&using),
    )
    .await;
    assert_eq!(came, Revocation::Accepted);
    assert_eq!(check(&own, &watch).await.verdict, Verdict::Revoked);

    // The number that a check learned is the one that revokes.
    let mirror = of(&com, "mirror-bot");
    let seen = check(&com, &mirror).await;
    let owner = of(&com, "release-train");
    let using = Authority { one_time_code: None, kind: Some(owner.kind), username: None, secret: token(&owner.secret) };
    let login = seen.identity.unwrap().login;
    let came = revoke(
        &GitLab,
        &host_of(&*com),
        &Direct(com.clone()),
        mirror.kind,
        Some(&login),
        &token(&mirror.secret),
        seen.remote_id.as_deref(),
        Some(&using),
    )
    .await;
    assert_eq!(came, Revocation::Accepted);
    assert_eq!(check(&com, &mirror).await.verdict, Verdict::Revoked);
}

#[tokio::test]
async fn maintenance_lets_checks_through_and_nothing_else() {
    let [_, own] = sites();
    own.set_maintenance(true);
    let deploy = of(&own, "acme-deploy");
    assert_eq!(check(&own, &deploy).await.verdict, Verdict::Valid);
    let host = host_of(&*own);
    let came =
        revoke(&GitLab, &host, &Direct(own.clone()), deploy.kind, None, &token(&deploy.secret), None, None).await;
    let Revocation::Refused(validation) = came else { panic!("{came:?}") };
    assert_eq!(validation.findings[0].code, "gitlab.maintenance");
    own.set_maintenance(false);
    assert_eq!(check(&own, &deploy).await.verdict, Verdict::Valid);
}

#[tokio::test]
async fn sites_are_detected_at_their_root_and_nowhere_else() {
    for site in sites() {
        let found = GitLab.detect(&wire(&GitLab, &host_of(&*site), &Direct(site.clone()), &[])).await;
        assert!(matches!(found, Detection::Found { version: None, .. }), "{found:?}");
    }
    let [_, own] = sites();
    let mut host = host_of(&*own);
    host.endpoints.clear();
    host.url = "http://127.0.0.1:1".to_owned();
    let found = GitLab.detect(&wire(&GitLab, &host, &Direct(own.clone()), &[])).await;
    assert!(matches!(&found, Detection::NotThis(f) if f.code == "gitlab.wrong-root"), "{found:?}");
}
