//! The family against the simulated organisation and the simulated server.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use keyrack::domain::{CreateRequest, CreatedToken, LookAt, Predecessor, RemoteList};
use keyrack::hosts::{Act, Authority, Detection, Family as _, Outcome, Revocation, Session};
use keyrack::simulator::azure_devops::AzureDevOps as Simulated;
use keyrack::simulator::{SimCredential, SimRequest, Site};

use super::*;
use crate::support::{Direct, host_of, now, revoke, wire};

struct Demo {
    site: Arc<dyn Site>,
    host: Host,
}

impl Demo {
    fn services() -> Self {
        Self::of(Arc::new(Simulated::services()))
    }

    fn server() -> Self {
        Self::of(Arc::new(Simulated::server()))
    }

    fn of(site: Arc<dyn Site>) -> Self {
        let host = host_of(&*site);
        Self { site, host }
    }

    fn transport(&self) -> Direct {
        Direct(Arc::clone(&self.site))
    }

    fn credential(&self, label: &str) -> SimCredential {
        self.site.roster(now()).into_iter().find(|c| c.label == label).unwrap_or_else(|| panic!("no {label}"))
    }

    fn signer(&self, label: &str) -> Authority {
        let c = self.credential(label);
        Authority { kind: Some(c.kind), username: c.username, secret: token(&c.secret), one_time_code: None }
    }

    async fn check_secret(&self, kind: Kind, secret: &str) -> Validation {
        validate(&AzureDevOps, &self.host, &self.transport(), kind, None, &token(secret)).await
    }

    async fn check(&self, label: &str) -> Validation {
        let c = self.credential(label);
        self.check_secret(c.kind, &c.secret).await
    }

    async fn create(&self, request: &CreateRequest, signer: &str) -> Outcome<CreatedToken> {
        let (using, transport) = (self.signer(signer), self.transport());
        let act =
            Act { wire: wire(&AzureDevOps, &self.host, &transport, &[&using.secret]), host: &self.host, using: &using };
        AzureDevOps.creator().unwrap().create(&act, request).await
    }

    async fn list(&self, signer: &str) -> Outcome<RemoteList> {
        let (using, transport) = (self.signer(signer), self.transport());
        let act =
            Act { wire: wire(&AzureDevOps, &self.host, &transport, &[&using.secret]), host: &self.host, using: &using };
        AzureDevOps.lister().unwrap().list(&act).await
    }

    async fn revoke(&self, label: &str, id: &str, signer: &str) -> Revocation {
        let (c, using) = (self.credential(label), self.signer(signer));
        let secret = token(&c.secret);
        revoke(&AzureDevOps, &self.host, &self.transport(), c.kind, None, &secret, Some(id), Some(&using)).await
    }

    async fn id_of(&self, name: &str, signer: &str) -> String {
        let Outcome::Done(list) = self.list(signer).await else { panic!("no list for {signer}") };
        list.tokens.into_iter().find(|t| t.name == name).unwrap_or_else(|| panic!("{name} is not listed")).id
    }
}

#[tokio::test]
async fn every_roster_entry_gives_its_verdict() {
    let mut seen = std::collections::BTreeSet::new();
    for demo in [Demo::services(), Demo::server()] {
        for credential in demo.site.roster(now()) {
            let found = demo.check(&credential.label).await;
            assert_eq!(found.verdict, credential.expect, "{}: {found:#?}", credential.label);
            let candidates = recognise(&credential.secret);
            assert!(candidates[0].certain && candidates[0].kind == credential.kind, "{}", credential.label);
            assert!(!format!("{found:?}").contains(&credential.secret), "{}", credential.label);
            seen.insert(found.verdict);
        }
    }
    for verdict in
        [Verdict::Valid, Verdict::Limited, Verdict::Blocked, Verdict::Rejected, Verdict::Expired, Verdict::Unreachable]
    {
        assert!(seen.contains(&verdict), "{verdict}");
    }
}

#[tokio::test]
async fn spare_credentials_are_valid_distinct_and_stable() {
    for demo in [Demo::services(), Demo::server()] {
        let spares: Vec<_> = (0..3).map(|n| demo.site.spare(n, now())).collect();
        assert_eq!(demo.site.spare(2, now()).secret, spares[2].secret);
        assert!(spares[0].secret != spares[1].secret && spares[0].label != spares[1].label);
        for spare in &spares {
            assert_eq!(demo.check_secret(spare.kind, &spare.secret).await.verdict, Verdict::Valid);
        }
    }
}

#[tokio::test]
async fn both_sites_are_detected() {
    for (demo, product) in [(Demo::services(), "Azure DevOps Services"), (Demo::server(), "Azure DevOps Server")] {
        let transport = demo.transport();
        let found = AzureDevOps.detect(&wire(&AzureDevOps, &demo.host, &transport, &[])).await;
        assert_eq!(found, Detection::Found { product: product.into(), version: None });
    }
}

#[tokio::test]
async fn a_global_token_is_flagged_and_dies_on_its_day() {
    let demo = Demo::services();
    let found = demo.check("azure-global").await;
    assert_found(&found, Verdict::Valid, "global-pat");
    let after: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    let expected = demo.site.roster(after).into_iter().find(|c| c.label == "azure-global").unwrap();
    assert_eq!(expected.expect, Verdict::Rejected);
    let answer = demo.site.answer(
        &SimRequest {
            method: "GET".into(),
            path: "/dev.azure.com/contoso/_apis/connectionData".into(),
            headers: vec![("authorization".into(), basic(&expected.secret))],
            ..SimRequest::default()
        },
        after,
    );
    assert_eq!(answer.status, 203);
}

fn basic(secret: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!(":{secret}")))
}

#[tokio::test]
async fn a_rotation_makes_a_twin_proves_it_and_revokes_the_old_one() {
    let demo = Demo::services();
    let old = demo.check("azure-read").await;
    let id = demo.id_of("azure-read", "azure-entra").await;
    let predecessor = Predecessor {
        label: "azure-read",
        kind: Kind::Pat,
        username: None,
        last: Some(&old),
        expires: None,
        now: now(),
    };
    let request = AzureDevOps.creator().unwrap().successor(&demo.host, &predecessor);
    let Outcome::Done(made) = demo.create(&request, "azure-entra").await else { panic!() };
    assert_eq!(made.grants.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["vso.code"]);
    assert!(made.notes.iter().any(|n| n.contains("policy")), "the tenant allows 180 days: {:?}", made.notes);
    assert!(made.expiry.at().unwrap() < now() + SignedDuration::from_hours(181 * 24));
    let secret = made.secret.token.reveal().to_owned();
    assert_eq!(demo.check_secret(Kind::Pat, &secret).await.verdict, Verdict::Valid);
    assert_eq!(demo.check("azure-read").await.verdict, Verdict::Valid, "both live until the old one is revoked");

    assert_eq!(demo.revoke("azure-read", &id, "azure-entra").await, Revocation::Accepted);
    assert_found(&demo.check("azure-read").await, Verdict::Rejected, "sign-in-page");
    assert_eq!(demo.check_secret(Kind::Pat, &secret).await.verdict, Verdict::Valid);
    // A second time there is nothing to revoke.
    assert!(matches!(demo.revoke("azure-read", &id, "azure-entra").await, Revocation::Refused(_)));
    // The new one can be rotated and revoked by the id that came with it.
    let new_id = made.remote_id.unwrap();
    assert_eq!(demo.revoke("azure-read", &new_id, "azure-entra").await, Revocation::Accepted);
    assert!(demo.check_secret(Kind::Pat, &secret).await.verdict.is_dead());
}

#[tokio::test]
async fn creating_is_refused_as_the_tenant_says() {
    let demo = Demo::services();
    let wish = CreateRequest { name: "x".into(), scopes: vec!["vso.code".into()], ..CreateRequest::default() };
    let full = CreateRequest { scopes: vec!["app_token".into()], ..wish.clone() };
    for (request, signer, name) in [
        (&wish, "azure-entra-build", "pat-disable-pat-creation-policy-violation"),
        (&full, "azure-entra", "pat-full-scope-pat-policy-violation"),
        (&wish, "azure-entra-old", "entra-refused"),
        (&wish, "azure-read", "entra-refused"),
    ] {
        let Outcome::Refused(found) = demo.create(request, signer).await else { panic!("{name}") };
        assert_found(&found, Verdict::Unreachable, name);
    }
    let Outcome::Unsupported(found) = Demo::server().create(&wish, "tfs-admin").await else { panic!() };
    assert_eq!(found.findings[0].code, "azure-devops.no-token-api");
}

#[tokio::test]
async fn a_user_lists_her_own_and_an_administrator_everybodys() {
    let demo = Demo::services();
    let Outcome::Done(own) = demo.list("azure-entra").await else { panic!() };
    assert!(own.tokens.iter().all(|t| t.owner == "dana@contoso.example") && own.tokens.len() >= 6);
    let global = own.tokens.iter().find(|t| t.name == "azure-global").unwrap();
    assert!(global.notes.iter().any(|n| n.contains("2026-12-01")));
    assert!(own.tokens.iter().any(|t| t.state == keyrack::domain::RemoteState::Expired));
    assert!(own.tokens.iter().any(|t| t.state == keyrack::domain::RemoteState::Revoked));
    assert!(!own.gaps.is_empty());

    let Outcome::Done(all) = demo.list("azure-entra-admin").await else { panic!() };
    assert!(all.tokens.iter().any(|t| t.owner == "build@contoso.example") && all.tokens.len() > own.tokens.len());
    assert!(all.gaps.is_empty(), "{:?}", all.gaps);
    let mut ids: Vec<_> = all.tokens.iter().map(|t| &t.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all.tokens.len(), "nothing is listed twice");

    let Outcome::Refused(found) = demo.list("azure-build").await else { panic!("a token without that scope") };
    assert_found(&found, Verdict::Unreachable, "admin-refused");
}

#[tokio::test]
async fn an_administrator_revokes_somebody_elses_by_id() {
    let demo = Demo::services();
    let id = demo.id_of("azure-build", "azure-entra-admin").await;
    assert!(matches!(demo.revoke("azure-build", &id, "azure-entra").await, Revocation::Refused(_)), "not dana's");
    assert_eq!(demo.check("azure-build").await.verdict, Verdict::Valid);
    assert_eq!(demo.revoke("azure-build", &id, "azure-entra-admin").await, Revocation::Accepted);
    assert!(demo.check("azure-build").await.verdict.is_dead());

    let demo = Demo::server();
    let Outcome::Done(all) = demo.list("tfs-admin").await else { panic!() };
    let id = &all.tokens.iter().find(|t| t.name == "tfs-build").unwrap().id;
    assert_eq!(demo.revoke("tfs-build", id, "tfs-admin").await, Revocation::Accepted);
    assert_found(&demo.check("tfs-build").await, Verdict::Rejected, "not-accepted");
}

#[tokio::test]
async fn scopes_are_found_by_reading() {
    for (demo, label, held, denied) in [
        (Demo::services(), "azure-build", ["vso.code", "vso.build"], ["vso.work", "vso.work_write"]),
        (Demo::server(), "tfs-build", ["vso.code", "vso.build"], ["vso.release", "vso.auditlog"]),
    ] {
        let c = demo.credential(label);
        let (transport, secret) = (demo.transport(), token(&c.secret));
        let wire = wire(&AzureDevOps, &demo.host, &transport, &[&secret]);
        let session = Session { wire, host: &demo.host, kind: c.kind, username: None, secret: &secret };
        let look_at = LookAt { repository: Some("web/app".into()), ..LookAt::default() };
        let wanted: Vec<String> =
            held.iter().chain(&denied).chain(&["vso.code_write"]).map(|s| (*s).to_owned()).collect();
        let found = AzureDevOps.prober().unwrap().probe(&session, &look_at, &wanted).await;
        assert_eq!(found.grants.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), held);
        assert_eq!(found.denied, denied);
        assert_eq!(found.unknown.iter().map(|(s, _)| s.as_str()).collect::<Vec<_>>(), ["vso.code_write"]);
    }
}
