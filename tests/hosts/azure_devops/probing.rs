//! One harmless read per scope.

use keyrack::domain::{LookAt, Probed};
use keyrack::hosts::{Family as _, Session};

use super::*;
use crate::support::wire;

async fn probe(host: &Host, transport: &Recorded, look_at: LookAt, wanted: &[&str]) -> Probed {
    let secret = token(TOKEN);
    let session = Session {
        wire: wire(&AzureDevOps, host, transport, &[&secret]),
        host,
        kind: Kind::Pat,
        username: None,
        secret: &secret,
    };
    let wanted: Vec<String> = wanted.iter().map(|s| (*s).to_owned()).collect();
    let found = AzureDevOps.prober().unwrap().probe(&session, &look_at, &wanted).await;
    assert!(!format!("{found:?}").contains(TOKEN));
    found
}

fn unknown<'a>(found: &'a Probed, scope: &str) -> &'a str {
    &found.unknown.iter().find(|(s, _)| s == scope).unwrap_or_else(|| panic!("{scope} in {found:#?}")).1
}

fn look(project: Option<&str>, repository: Option<&str>) -> LookAt {
    LookAt { project: project.map(Into::into), repository: repository.map(Into::into), ..LookAt::default() }
}

#[tokio::test]
async fn reads_prove_scopes_and_refusals_deny_them() {
    let transport = Recorded::new([own(200, WHO), own(200, EMPTY), denied(), own(200, EMPTY), own(500, "")]);
    let wanted = ["vso.code", "vso.build", "vso.graph", "vso.work", "vso.release"];
    let found = probe(&host(), &transport, LookAt::default(), &wanted).await;
    let held: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(held, ["vso.code", "vso.graph"]);
    assert_eq!(found.denied, ["vso.build"]);
    assert!(unknown(&found, "vso.work").contains("500"));
    assert!(unknown(&found, "vso.release").contains("vsrm.dev.azure.com"), "only the host's own endpoints are asked");
    assert!(found.findings.iter().any(|f| f.code == "azure-devops.scope-missing"));
    let lines = transport.lines();
    assert_eq!(lines[2], format!("GET {WEB}/_apis/build/controllers?api-version=7.1"));
    assert_eq!(lines[3], format!("GET {IDENTITY}/_apis/graph/users?api-version=7.1-preview.1"));
    assert_eq!(lines.len(), 5);
}

#[tokio::test]
async fn write_scopes_are_unknown_unless_what_they_include_is_refused() {
    let wanted = ["vso.code_write", "app_token", "vso.gallery_publish", "no.such"];
    let found = probe(&host(), &Recorded::new([own(200, WHO), own(200, EMPTY)]), LookAt::default(), &wanted).await;
    assert!(found.grants.is_empty() && found.denied.is_empty());
    for scope in wanted {
        assert!(!unknown(&found, scope).is_empty());
    }
    let found = probe(&host(), &Recorded::new([own(200, WHO), denied()]), LookAt::default(), &["vso.code_write"]).await;
    assert_eq!(found.denied, ["vso.code_write"]);
}

#[tokio::test]
async fn reads_below_a_project_need_one_named() {
    let found = probe(&host(), &Recorded::new([own(200, WHO)]), LookAt::default(), &["vso.wiki"]).await;
    assert!(unknown(&found, "vso.wiki").contains("--project"));
    let transport = Recorded::new([own(200, WHO), own(200, EMPTY)]);
    let found = probe(&host(), &transport, look(Some("My Web/x"), None), &["vso.wiki"]).await;
    assert_eq!(found.grants.len(), 1);
    assert!(transport.lines()[1].contains("/contoso/My%20Web%2Fx/_apis/wiki/wikis"), "{:?}", transport.lines());
}

#[tokio::test]
async fn a_server_serves_everything_at_the_collection() {
    let transport = Recorded::new([own(200, WHO), own(200, EMPTY), own(200, EMPTY)]);
    let found = probe(&server(), &transport, LookAt::default(), &["vso.auditlog", "vso.graph"]).await;
    assert_eq!(found.grants.len(), 2);
    assert_eq!(transport.lines()[1], format!("GET {SERVER}/_apis/audit/actions?api-version=7.1-preview"));
    assert_eq!(transport.lines()[2], format!("GET {SERVER}/_apis/graph/users?api-version=7.1-preview"));
}

#[tokio::test]
async fn an_account_that_may_not_push_outweighs_the_scope() {
    let repository =
        r#"{"id":"ffff6666-0000-4000-8000-000000000006","project":{"id":"eeee5555-0000-4000-8000-000000000005"}}"#;
    let may = |allowed: &str| own(200, &format!(r#"{{"count":1,"value":[{allowed}]}}"#));
    for (allowed, denied) in [("true", &[][..]), ("false", &["vso.code_write".to_owned()][..])] {
        let transport = Recorded::new([
            own(200, WHO),
            own(200, EMPTY),
            own(200, repository),
            may(allowed),
            may("true"),
            may("true"),
        ]);
        let found = probe(&host(), &transport, look(None, Some("web/app")), &["vso.code_write"]).await;
        assert_eq!(found.denied, denied);
        assert_eq!(found.findings.iter().any(|f| f.code == "azure-devops.cannot-contribute"), allowed == "false");
        assert!(transport.lines()[3].contains(
            "/_apis/permissions/2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87/4?tokens=repoV2/eeee5555-0000-4000-8000-000000000005/ffff6666-0000-4000-8000-000000000006"
        ));
    }
    // May push, and not what an integration does besides: the scope is not denied, and what is missing is named.
    for (branches, pulls, lacks) in [
        ("false", "true", "Create branch"),
        ("true", "false", "Contribute to pull requests"),
        ("false", "false", "Create branch and Contribute to pull requests"),
    ] {
        let answers = [own(200, WHO), own(200, EMPTY), own(200, repository), may("true"), may(branches), may(pulls)];
        let found = probe(&host(), &Recorded::new(answers), look(None, Some("web/app")), &["vso.code_write"]).await;
        assert!(found.denied.is_empty(), "{:?}", found.denied);
        let finding = found.findings.iter().find(|f| f.code == "azure-devops.contributes-in-part").unwrap();
        assert!(finding.title.ends_with(lacks), "{}", finding.title);
    }
    let hidden =
        thrown(404, "GitRepositoryNotFoundException", "TF401019: The Git repository with name or identifier app");
    let transport = Recorded::new([own(200, WHO), own(200, EMPTY), hidden]);
    let found = probe(&host(), &transport, look(None, Some("web/app")), &["vso.code_write"]).await;
    assert!(found.findings.iter().any(|f| f.code == "azure-devops.no-such-repository"));
}

#[tokio::test]
async fn a_dead_token_is_not_one_without_scopes() {
    let found = probe(&host(), &Recorded::new([sign_in(203)]), LookAt::default(), &["vso.code", "vso.work"]).await;
    assert!(found.denied.is_empty() && found.unknown.len() == 2);
    assert_eq!(found.findings[0].code, "azure-devops.sign-in-page");
}

#[tokio::test]
async fn a_policy_in_the_way_says_nothing_of_scopes() {
    let policy = thrown(403, "VssServiceException", "VS403463: The conditional access policy has failed.");
    let found = probe(&host(), &Recorded::new([own(200, WHO), policy]), LookAt::default(), &["vso.code"]).await;
    assert!(found.denied.is_empty() && unknown(&found, "vso.code").contains("conditional access"));
}
