//! The two simulated sites: the whole roster, one token at both, the organisation's list, revoking.

use std::sync::Arc;

use jiff::SignedDuration;
use keyrack::domain::{Expiry, Kind, LookAt, RemoteList, Validation, Verdict};
use keyrack::hosts::{Act, Authority, Detection, Family, Outcome, Revocation, Session};
use keyrack::simulator::jira_cloud::JiraCloud as Sites;
use keyrack::simulator::{SimCredential, SimRequest, Site};

use super::{JiraCloud, token, validate, wire};
use crate::support::{Direct, host_of, now};

struct Demo {
    sites: Vec<Arc<Sites>>,
}

impl Demo {
    fn new() -> Self {
        Self { sites: Sites::pair().into_iter().map(Arc::new).collect() }
    }

    fn site(&self, n: usize) -> Arc<dyn Site> {
        Arc::clone(&self.sites[n]) as Arc<dyn Site>
    }

    fn credential(&self, label: &str) -> SimCredential {
        let all = self.sites.iter().flat_map(|s| s.roster(now()));
        all.into_iter().find(|c| c.label == label).unwrap_or_else(|| panic!("no {label}"))
    }

    async fn check(&self, n: usize, credential: &SimCredential) -> Validation {
        let site = self.site(n);
        let (host, secret) = (host_of(site.as_ref()), token(&credential.secret));
        let found =
            validate(&JiraCloud, &host, &Direct(site), credential.kind, credential.username.as_deref(), &secret).await;
        assert!(!format!("{found:?}").contains(&credential.secret), "{} is shown", credential.label);
        found
    }

    fn key(&self, label: &str) -> Authority {
        let secret = token(&self.credential(label).secret);
        Authority { kind: Some(Kind::AdminKey), username: None, secret, one_time_code: None }
    }

    async fn list(&self, using: &Authority) -> RemoteList {
        let site = self.site(0);
        let (host, transport) = (host_of(site.as_ref()), Direct(site));
        let act = Act { wire: wire(&JiraCloud, &host, &transport, &[&using.secret]), host: &host, using };
        let Outcome::Done(list) = JiraCloud.lister().unwrap().list(&act).await else { panic!() };
        list
    }

    async fn revoke(&self, using: &Authority, ids: &[String]) -> Vec<Revocation> {
        let site = self.site(0);
        let (host, transport) = (host_of(site.as_ref()), Direct(site));
        let act = Act { wire: wire(&JiraCloud, &host, &transport, &[&using.secret]), host: &host, using };
        JiraCloud.lister().unwrap().revoke(&act, ids).await
    }
}

/// The verdict as it is shown: `expiring` is decided from the outside.
fn shown(found: &Validation) -> Verdict {
    let soon = now() + SignedDuration::from_hours(24 * 14);
    match (found.verdict, found.expiry) {
        (Verdict::Valid, Expiry::At(end)) if end <= soon => Verdict::Expiring,
        (verdict, _) => verdict,
    }
}

#[tokio::test]
async fn the_whole_roster_checks_as_it_says() {
    let demo = Demo::new();
    for n in 0..2 {
        for credential in demo.site(n).roster(now()) {
            let found = demo.check(n, &credential).await;
            assert_eq!(shown(&found), credential.expect, "{}: {found:#?}", credential.label);
        }
    }
}

#[test]
fn the_roster_shows_every_verdict_and_its_secrets_are_fake_and_well_formed() {
    let demo = Demo::new();
    let all: Vec<_> = (0..2).flat_map(|n| demo.site(n).roster(now())).collect();
    for verdict in [
        Verdict::Valid,
        Verdict::Expiring,
        Verdict::Limited,
        Verdict::Blocked,
        Verdict::Rejected,
        Verdict::Expired,
        Verdict::Unreachable,
    ] {
        assert!(all.iter().any(|c| c.expect == verdict), "{verdict}");
    }
    for credential in all.iter().filter(|c| c.secret.starts_with("AT")) {
        assert!(credential.secret.contains("KEYRACK-FAKE"), "{}", credential.label);
        assert_eq!(credential.secret.len(), 192, "{}", credential.label);
        let checksum = keyrack::hosts::atlassian::token::checksum(&credential.secret);
        assert_eq!(checksum, keyrack::domain::Checksum::Ok, "{}", credential.label);
    }
}

#[tokio::test]
async fn one_token_counts_at_both_sites_and_another_at_one() {
    let demo = Demo::new();
    let both = demo.credential("configuration-manager");
    for n in 0..2 {
        let found = demo.check(n, &both).await;
        assert_eq!(found.verdict, Verdict::Valid);
        assert!(found.grants.iter().any(|g| g.name == "ADMINISTER"), "a site administrator at both");
    }
    let one = demo.credential("ben-at-target");
    assert_eq!(demo.check(0, &one).await.verdict, Verdict::Valid);
    let found = demo.check(1, &one).await;
    assert_eq!(found.verdict, Verdict::Rejected);
    assert!(found.findings[0].cause.contains("no access to this site"));
}

#[tokio::test]
async fn spare_tokens_are_accepted() {
    let demo = Demo::new();
    for n in [0, 7, 12_345] {
        for site in [0, 1] {
            assert_eq!(demo.check(site, &demo.site(site).spare(n, now())).await.verdict, Verdict::Valid, "{n}");
        }
    }
    assert_ne!(demo.site(0).spare(0, now()).secret, demo.site(1).spare(0, now()).secret);
}

#[tokio::test]
async fn a_token_found_in_the_list_is_revoked_and_is_dead_at_both_sites() {
    let demo = Demo::new();
    let key = demo.key("org-admin");
    let list = demo.list(&key).await;
    assert!(list.tokens.len() > 8, "several pages: {}", list.tokens.len());
    let mine = list.tokens.iter().find(|t| t.name == "configuration-manager").unwrap();
    assert_eq!(mine.owner, "ana@acme.dev");
    let service = list.tokens.iter().find(|t| t.kind == Some(Kind::ServiceAccountToken)).unwrap();
    let done = demo.revoke(&key, &[mine.id.clone(), service.id.clone(), mine.id.clone()]).await;
    assert_eq!(done[0], Revocation::Accepted);
    assert!(
        matches!(&done[1], Revocation::Unsupported(f) if f.findings[0].code.ends_with("service-account-token-alone"))
    );
    assert!(matches!(&done[2], Revocation::Refused(f) if f.findings[0].code.ends_with("token-not-found")));
    let credential = demo.credential("configuration-manager");
    for n in 0..2 {
        assert_eq!(demo.check(n, &credential).await.verdict, Verdict::Rejected);
    }
    assert_eq!(demo.check(0, &demo.credential("deploy-bot")).await.verdict, Verdict::Valid, "nobody else's");
    assert!(!demo.sites[0].was_wiped());
    assert_eq!(demo.list(&key).await.tokens.len(), list.tokens.len() - 1);
}

#[tokio::test]
async fn a_key_with_scopes_lists_and_revokes_nothing() {
    let demo = Demo::new();
    let key = demo.key("org-list");
    let list = demo.list(&key).await;
    assert!(list.gaps.iter().any(|g| g.contains("read:keys:admin")), "{:?}", list.gaps);
    let done = demo.revoke(&key, &[list.tokens[0].id.clone()]).await;
    assert!(
        matches!(&done[0], Revocation::Refused(f) if f.findings[0].code.ends_with("needs-unscoped-key")),
        "{done:?}"
    );
}

#[tokio::test]
async fn an_account_of_another_organisation_is_not_managed() {
    let demo = Demo::new();
    let id = "managed/557058:00000000-0000-4000-8000-000000000007/tok-dan-partner".to_owned();
    let done = demo.revoke(&demo.key("org-admin"), &[id]).await;
    let Revocation::Refused(found) = &done[0] else { panic!("{done:?}") };
    assert!(
        found.findings[0].code.ends_with("delete-not-allowed") && found.findings[0].title.contains("managedAccount")
    );
}

#[tokio::test]
async fn the_simulator_has_the_call_that_revokes_everything() {
    let demo = Demo::new();
    let bearer = format!("Bearer {}", demo.credential("org-admin").secret);
    let request = SimRequest {
        method: "DELETE".into(),
        path: "/admin/api-access/v1/orgs/99999999-aaaa-4bbb-8ccc-dddddddddddd/api-tokens".into(),
        headers: vec![("authorization".into(), bearer)],
        ..SimRequest::default()
    };
    assert_eq!(demo.site(0).answer(&request, now()).status, 204);
    assert!(demo.sites[1].was_wiped(), "so that its absence in the other tests means something");
    assert_eq!(demo.check(1, &demo.credential("configuration-manager")).await.verdict, Verdict::Rejected);
}

#[tokio::test]
async fn permissions_are_probed_at_a_project_and_an_issue() {
    let demo = Demo::new();
    let site = demo.site(0);
    let (host, transport) = (host_of(site.as_ref()), Direct(site));
    for (label, issue, held, denied) in [
        ("configuration-manager", "ACME-2", &["ADMINISTER", "USER_PICKER", "view-issue"][..], &[][..]),
        ("jira-reader", "ACME-1", &["view-issue"][..], &["ADMINISTER", "USER_PICKER"][..]),
    ] {
        let credential = demo.credential(label);
        let secret = token(&credential.secret);
        let session = Session {
            wire: wire(&JiraCloud, &host, &transport, &[&secret]),
            host: &host,
            kind: credential.kind,
            username: credential.username.as_deref(),
            secret: &secret,
        };
        let look = LookAt { issue: Some(issue.into()), ..LookAt::default() };
        let wanted = ["ADMINISTER", "USER_PICKER", "view-issue"].map(str::to_owned);
        let found = JiraCloud.prober().unwrap().probe(&session, &look, &wanted).await;
        assert_eq!(found.grants.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), held, "{label}: {found:#?}");
        assert_eq!(found.denied, denied, "{label}");
    }
}

#[tokio::test]
async fn both_sites_say_what_they_are() {
    let demo = Demo::new();
    for n in 0..2 {
        let site = demo.site(n);
        let (host, transport) = (host_of(site.as_ref()), Direct(site));
        let wire = wire(&JiraCloud, &host, &transport, &[]);
        assert!(matches!(JiraCloud.detect(&wire).await, Detection::Found { product, .. } if product == "Jira Cloud"));
    }
}
