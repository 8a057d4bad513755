//! The family against the simulated site.

use std::sync::Arc;

use keyrack::domain::{Kind, Validation, Verdict};
use keyrack::hosts::open_devops::OpenDevOps;
use keyrack::hosts::{Detection, Family, Outcome, Session};
use keyrack::simulator::open_devops::{CLOUD_ID, OpenDevOps as Simulated};
use keyrack::simulator::{SimCredential, Site};

use crate::support::{self, Direct, host_of, now, token, wire};

async fn validate(site: &Arc<Simulated>, credential: &SimCredential) -> Validation {
    let site = Arc::clone(site) as Arc<dyn Site>;
    let (host, transport, secret) = (host_of(&*site), Direct(Arc::clone(&site)), token(&credential.secret));
    support::validate(&OpenDevOps, &host, &transport, credential.kind, credential.username.as_deref(), &secret).await
}

fn named(site: &Simulated, label: &str) -> SimCredential {
    site.roster(now()).into_iter().find(|c| c.label == label).unwrap_or_else(|| panic!("no {label}"))
}

#[tokio::test]
async fn every_roster_entry_gives_its_verdict() {
    let site = Arc::new(Simulated::new());
    let roster = site.roster(now());
    for verdict in [Verdict::Valid, Verdict::Limited, Verdict::Rejected] {
        assert!(roster.iter().any(|c| c.expect == verdict), "no credential is {verdict}");
    }
    for credential in roster {
        let found = validate(&site, &credential).await;
        assert_eq!(found.verdict, credential.expect, "{}: {found:#?}", credential.label);
        assert!(!format!("{found:?}").contains(&credential.secret), "{}", credential.label);
        assert!(!format!("{found:?}").contains("eyJ"), "{}: a token is shown", credential.label);
    }
}

#[tokio::test]
async fn permissions_are_those_of_the_app() {
    let site = Arc::new(Simulated::new());
    let one = validate(&site, &named(&site, "jira-deployments")).await;
    assert!(one.grants.iter().any(|g| g.name == "Deployments"));
    assert_eq!(one.denied, ["Development information", "Builds", "Feature flags", "Remote links"]);
    let all = validate(&site, &named(&site, "jira-all-modules")).await;
    assert_eq!(all.denied, ["Remote links"], "which Jira's page does not offer");
    assert!(all.reason.contains(CLOUD_ID));
}

#[tokio::test]
async fn spare_clients_are_valid_distinct_and_stable() {
    let site = Arc::new(Simulated::new());
    let spares: Vec<_> = (0..3).map(|n| site.spare(n, now())).collect();
    assert_eq!(site.spare(2, now()).secret, spares[2].secret);
    assert!(spares[0].username != spares[1].username && spares[0].label != spares[1].label);
    for spare in &spares {
        assert_eq!(validate(&site, spare).await.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn the_site_is_detected() {
    let site: Arc<dyn Site> = Arc::new(Simulated::new());
    let (host, transport) = (host_of(&*site), Direct(Arc::clone(&site)));
    let wire = wire(&OpenDevOps, &host, &transport, &[]);
    assert!(matches!(OpenDevOps.detect(&wire).await, Detection::Found { .. }));
}

#[tokio::test]
async fn a_site_without_jira_software_takes_no_data() {
    let site = Arc::new(Simulated::without_jira_software());
    let found = validate(&site, &named(&site, "jira-deployments")).await;
    super::assert_found(&found, Verdict::Limited, "no-jira-software");
}

#[tokio::test]
async fn a_deleted_app_is_refused_from_then_on() {
    let site = Arc::new(Simulated::new());
    let credential = named(&site, "jira-deployments");
    assert_eq!(validate(&site, &credential).await.verdict, Verdict::Valid);
    site.delete_client(credential.username.as_deref().unwrap());
    super::assert_found(&validate(&site, &credential).await, Verdict::Rejected, "client-refused");
}

#[tokio::test]
async fn a_minted_token_is_good_as_a_credential_of_its_own() {
    let site = Arc::new(Simulated::new());
    let credential = named(&site, "jira-deployments");
    let shared = Arc::clone(&site) as Arc<dyn Site>;
    let (host, transport, secret) = (host_of(&*shared), Direct(Arc::clone(&shared)), token(&credential.secret));
    let session = Session {
        wire: wire(&OpenDevOps, &host, &transport, &[&secret]),
        host: &host,
        kind: Kind::OauthClient,
        username: credential.username.as_deref(),
        secret: &secret,
    };
    let Outcome::Done(minted) = OpenDevOps.minter().unwrap().mint(&session).await else { panic!() };
    let pasted = token(minted.token.reveal());
    let found = support::validate(&OpenDevOps, &host, &transport, Kind::OauthToken, None, &pasted).await;
    assert_eq!(found.verdict, Verdict::Valid);
    site.withdraw_tokens();
    let found = support::validate(&OpenDevOps, &host, &transport, Kind::OauthToken, None, &pasted).await;
    super::assert_found(&found, Verdict::Rejected, "bearer-refused");
}
