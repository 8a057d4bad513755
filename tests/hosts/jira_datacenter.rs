//! Jira Data Center alone: permissions, everywhere and at a place. The rest is in `atlassian_datacenter`.

use std::sync::Arc;

use keyrack::domain::{Grant, GrantSource, LookAt, Probed, Verdict};
use keyrack::hosts::jira_datacenter::FAMILY;
use keyrack::hosts::{Family, Session};
use keyrack::net::{Response, Transport};
use keyrack::simulator::{Site, jira_datacenter::JiraDatacenter as Simulated};

use super::atlassian_datacenter::{JIRA, TOKEN, WEB, html, own, to};
use super::support::{Direct, Recorded, host_of, now, token, wire};

const PERMISSIONS: &str = r#"{"permissions":{
    "BROWSE_PROJECTS":{"id":"10","key":"BROWSE_PROJECTS","name":"Browse Projects","type":"PROJECT","description":"See.","havePermission":true},
    "EDIT_ISSUES":{"id":"12","key":"EDIT_ISSUES","name":"Edit","type":"PROJECT","havePermission":false},
    "USER_PICKER":{"id":"27","key":"USER_PICKER","name":"Browse Users","type":"GLOBAL","havePermission":true},
    "ADMINISTER":{"id":"0","key":"ADMINISTER","name":"Administer","type":"GLOBAL","havePermission":false},
    "BROWSE":{"id":"10","key":"BROWSE","name":"Browse","type":"PROJECT","havePermission":true,"deprecatedKey":true}}}"#;

fn wanted(names: &[&str]) -> Vec<String> {
    names.iter().map(|&n| n.to_owned()).collect()
}

async fn probe(transport: &dyn Transport, look_at: &LookAt, names: &[&str]) -> Probed {
    let (host, secret) = (JIRA.host(), token(TOKEN));
    let wire = wire(&FAMILY, &host, transport, &[&secret]);
    let session = Session { wire, host: &host, kind: keyrack::domain::Kind::Pat, username: None, secret: &secret };
    FAMILY.prober().unwrap().probe(&session, look_at, &wanted(names)).await
}

async fn recorded(answers: impl IntoIterator<Item = Response>, look_at: &LookAt, names: &[&str]) -> Probed {
    probe(&Recorded::new(answers), look_at, names).await
}

fn issue(key: &str) -> LookAt {
    LookAt { issue: Some(key.into()), ..LookAt::default() }
}

#[tokio::test]
async fn a_validation_has_the_users_permissions() {
    let found =
        JIRA.answered([to("jdoe", 200, JIRA.list), to("jdoe", 200, JIRA.whoami), to("jdoe", 200, PERMISSIONS)]).await;
    assert_eq!(found.grants, [Grant::told("BROWSE_PROJECTS"), Grant::told("USER_PICKER")]);
    assert_eq!(found.denied, ["ADMINISTER"], "a permission of projects can be held at another place");
    assert!(!found.all_grants_told);
    // Permissions of the anonymous user are nobody's.
    let found = JIRA.answered([to("jdoe", 200, JIRA.list), to("jdoe", 200, JIRA.whoami), own(200, PERMISSIONS)]).await;
    assert_eq!((found.verdict, found.grants.len()), (Verdict::Valid, 0));
}

#[tokio::test]
async fn at_a_place_a_missing_permission_is_denied_and_elsewhere_unknown() {
    let names = ["BROWSE_PROJECTS", "EDIT_ISSUES", "ADMINISTER", "NO_SUCH_KEY"];
    let project = LookAt { project: Some("A B".into()), ..LookAt::default() };
    let transport = Recorded::new([to("jdoe", 200, PERMISSIONS)]);
    let found = probe(&transport, &project, &names).await;
    assert_eq!(transport.lines(), [format!("GET {WEB}/rest/api/2/mypermissions?projectKey=A+B")]);
    assert_eq!(found.grants, [Grant::told("BROWSE_PROJECTS")]);
    assert_eq!(found.denied, ["EDIT_ISSUES", "ADMINISTER"]);
    assert_eq!(found.unknown[0].0, "NO_SUCH_KEY");
    let found = recorded([to("jdoe", 200, PERMISSIONS)], &LookAt::default(), &names).await;
    assert_eq!(found.denied, ["ADMINISTER"]);
    assert!(found.unknown[0].0 == "EDIT_ISSUES" && found.unknown[0].1.contains("project"), "{:?}", found.unknown);
}

#[tokio::test]
async fn viewing_issues_is_proved_by_reading_one() {
    let answers = [to("jdoe", 200, PERMISSIONS), to("jdoe", 200, r#"{"id":"1","key":"ABC-1","fields":{}}"#)];
    let transport = Recorded::new(answers);
    let found = probe(&transport, &issue("ABC-1"), &["BROWSE_PROJECTS", "view-issue"]).await;
    let probed = |name: &str| Grant { name: name.into(), source: GrantSource::Probed };
    assert_eq!(found.grants, [probed("view-issue"), probed("BROWSE_PROJECTS")]);
    assert!(found.unknown.is_empty());
    assert_eq!(transport.lines()[1], format!("GET {WEB}/rest/api/2/issue/ABC-1?fields=summary"));
    // A security level hides an issue of a project that may be browsed.
    let answers = [to("jdoe", 200, PERMISSIONS), to("jdoe", 404, r#"{"errorMessages":["no"]}"#)];
    let found = recorded(answers, &issue("ABC-2"), &["BROWSE_PROJECTS", "view-issue"]).await;
    assert_eq!(
        (found.grants.as_slice(), found.denied.as_slice()),
        (&[Grant::told("BROWSE_PROJECTS")][..], &["view-issue".to_owned()][..])
    );
    let nowhere = recorded([to("jdoe", 200, PERMISSIONS)], &LookAt::default(), &["view-issue"]).await;
    assert!(nowhere.unknown[0].1.contains("name one"), "{:?}", nowhere.unknown);
    assert_eq!(found.findings[0].code, "jira-datacenter.issue-not-readable");
    assert!(found.findings[0].cause.contains("View issues"));
    // A gateway's 404 says nothing.
    let found = recorded([to("jdoe", 200, PERMISSIONS), html(404)], &issue("ABC-1"), &["BROWSE_PROJECTS"]).await;
    assert_eq!((found.grants.len(), found.findings.len()), (1, 0));
}

#[tokio::test]
async fn browsing_users_is_proved_by_finding_oneself_with_version_2() {
    let me = to("jdoe", 200, JIRA.whoami);
    let transport = Recorded::new([to("jdoe", 200, PERMISSIONS), me.clone(), to("jdoe", 200, JIRA.list)]);
    let found = probe(&transport, &LookAt::default(), &["USER_PICKER"]).await;
    assert_eq!(found.grants, [Grant { name: "USER_PICKER".into(), source: GrantSource::Probed }]);
    assert_eq!(transport.lines()[2], format!("GET {WEB}/rest/api/2/user/search?username=jdoe&maxResults=1"));
    let found =
        recorded([to("jdoe", 200, PERMISSIONS), me, to("jdoe", 200, "[]")], &LookAt::default(), &["USER_PICKER"]).await;
    assert_eq!(found.denied, ["USER_PICKER"]);
}

#[tokio::test]
async fn a_place_that_is_not_there_is_told() {
    let none = to("jdoe", 404, r#"{"errorMessages":["No project could be found"]}"#);
    let project = LookAt { project: Some("XYZ".into()), ..LookAt::default() };
    let found = recorded([none], &project, &["BROWSE_PROJECTS"]).await;
    assert_eq!(found.findings[0].code, "jira-datacenter.no-such-place");
    assert!(found.unknown[0].1.contains("XYZ") && found.grants.is_empty() && found.denied.is_empty());
}

#[tokio::test]
async fn the_simulated_site_answers_probes_by_user() {
    let site: Arc<dyn Site> = Arc::new(Simulated::default());
    let names = ["BROWSE_PROJECTS", "USER_PICKER", "ADMINISTER", "view-issue"];
    for (label, held, denied, key) in [
        ("jira-sync", &["BROWSE_PROJECTS", "USER_PICKER", "view-issue"][..], &["ADMINISTER"][..], "ABC-1"),
        ("jira-reports", &["BROWSE_PROJECTS", "view-issue"], &["USER_PICKER", "ADMINISTER"], "ABC-1"),
        ("jira-admin", &names, &[], "ABC-2"),
        ("jira-sync", &["BROWSE_PROJECTS", "USER_PICKER"], &["view-issue", "ADMINISTER"], "ABC-2"),
    ] {
        let credential = site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
        let (host, secret, transport) = (host_of(&*site), token(&credential.secret), Direct(Arc::clone(&site)));
        let wire = wire(&FAMILY, &host, &transport, &[&secret]);
        let session = Session { wire, host: &host, kind: credential.kind, username: None, secret: &secret };
        let found = FAMILY.prober().unwrap().probe(&session, &issue(key), &wanted(&names)).await;
        let mut seen: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
        let mut not: Vec<_> = found.denied.iter().map(String::as_str).collect();
        seen.sort_unstable();
        not.sort_unstable();
        let (mut held, mut denied) = (held.to_vec(), denied.to_vec());
        held.sort_unstable();
        denied.sort_unstable();
        assert_eq!((seen, not), (held, denied), "{label} at {key}");
    }
}
