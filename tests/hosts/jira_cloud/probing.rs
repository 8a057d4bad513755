//! Probing single grants: permissions at a place, viewing issues, scopes, roles.

use keyrack::domain::{Kind, LookAt, Probed};
use keyrack::hosts::{Family, Session};
use keyrack::net::Response;

use super::{
    CLOUD, CURRENT, EMAIL, GATEWAY, JiraCloud, MYSELF, Recorded, SCOPE, TOKEN, UNAUTHORIZED, WEB, failed, host, json,
    ok, tenant, token, wire,
};

async fn probe(transport: &Recorded, kind: Kind, at: &LookAt, wanted: &[&str]) -> Probed {
    let (host, secret) = (host(), token(TOKEN));
    let session = Session {
        wire: wire(&JiraCloud, &host, transport, &[&secret]),
        host: &host,
        kind,
        username: Some(EMAIL),
        secret: &secret,
    };
    let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    let found = JiraCloud.prober().unwrap().probe(&session, at, &wanted).await;
    assert!(!format!("{found:?}").contains(TOKEN));
    assert!(!found.evidence.is_empty());
    let mut told: Vec<&str> = found.grants.iter().map(|g| g.name.as_str()).collect();
    told.extend(found.denied.iter().map(String::as_str));
    told.extend(found.unknown.iter().map(|(n, _)| n.as_str()));
    for name in &wanted {
        assert!(told.contains(&name.as_str()), "{name} is told of nowhere: {found:#?}");
    }
    found
}

fn at(project: Option<&str>, issue: Option<&str>) -> LookAt {
    LookAt { project: project.map(str::to_owned), issue: issue.map(str::to_owned), repository: None }
}

fn held(found: &Probed) -> Vec<&str> {
    found.grants.iter().map(|g| g.name.as_str()).collect()
}

fn permission(keys: &[(&str, bool)]) -> Response {
    let all: Vec<String> = keys.iter().map(|(k, has)| format!(r#""{k}":{{"havePermission":{has}}}"#)).collect();
    ok(&format!(r#"{{"permissions":{{{}}}}}"#, all.join(",")))
}

#[tokio::test]
async fn permissions_are_asked_at_the_issue_the_project_or_everywhere() {
    for (look, suffix) in [
        (at(None, None), ""),
        (at(Some("KEY"), None), "&projectKey=KEY"),
        (at(Some("KEY"), Some("KEY-1")), "&issueKey=KEY-1"),
    ] {
        let answer = permission(&[("BROWSE_PROJECTS", true), ("USER_PICKER", false), ("ADMINISTER", true)]);
        let transport = Recorded::new([ok(MYSELF), answer]);
        let found = probe(&transport, Kind::ApiToken, &look, &["BROWSE_PROJECTS", "USER_PICKER", "ADMINISTER"]).await;
        assert_eq!(held(&found), ["BROWSE_PROJECTS", "ADMINISTER"]);
        assert_eq!(found.denied, ["USER_PICKER"]);
        let asked = "/rest/api/3/mypermissions?permissions=BROWSE_PROJECTS,USER_PICKER,ADMINISTER";
        assert_eq!(transport.lines()[1], format!("GET {WEB}{asked}{suffix}"));
    }
}

#[tokio::test]
async fn a_project_that_is_not_visible_denies_seeing_it_and_nothing_else() {
    let gone = json(404, r#"{"errorMessages":["No project could be found with key 'KEY'."],"errors":{}}"#);
    let transport = Recorded::new([ok(MYSELF), gone]);
    let found = probe(&transport, Kind::ApiToken, &at(Some("KEY"), None), &["BROWSE_PROJECTS", "CREATE_ISSUES"]).await;
    assert_eq!(found.denied, ["BROWSE_PROJECTS"]);
    assert_eq!(found.unknown[0].0, "CREATE_ISSUES");
    assert!(found.findings.iter().any(|f| f.code == "jira-cloud.not-visible" && f.title.contains("project KEY")));
}

#[tokio::test]
async fn one_unknown_key_does_not_spoil_the_rest() {
    let bad = || json(400, r#"{"errorMessages":["Unrecognized permission(s): NO_SUCH_KEY"],"errors":{}}"#);
    let transport = Recorded::new([ok(MYSELF), bad(), permission(&[("ADMINISTER", true)]), bad()]);
    let found = probe(&transport, Kind::ApiToken, &at(None, None), &["ADMINISTER", "NO_SUCH_KEY"]).await;
    assert_eq!(held(&found), ["ADMINISTER"]);
    assert_eq!(found.unknown[0].0, "NO_SUCH_KEY");
}

#[tokio::test]
async fn a_dead_token_tells_nothing_although_permissions_answer_everybody() {
    let transport = Recorded::new([failed(), tenant(), json(401, UNAUTHORIZED)]);
    let found = probe(&transport, Kind::ApiToken, &at(None, None), &["ADMINISTER", "view-issue"]).await;
    assert!(found.grants.is_empty() && found.denied.is_empty(), "{found:#?}");
    assert_eq!(found.unknown.len(), 2);
    let died = Response::of(
        200,
        &[("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")],
        r#"{"permissions":{"ADMINISTER":{"havePermission":false}}}"#,
    );
    let transport = Recorded::new([ok(MYSELF), died]);
    let found = probe(&transport, Kind::ApiToken, &at(None, None), &["ADMINISTER"]).await;
    assert!(found.denied.is_empty(), "an answer as for anybody denies nothing: {found:#?}");
}

#[tokio::test]
async fn viewing_issues_is_proved_by_reading_one() {
    let look = at(None, Some("KEY-1"));
    let issue = ok(r#"{"id":"1","key":"KEY-1","fields":{"summary":"x"}}"#);
    let transport = Recorded::new([ok(MYSELF), issue]);
    assert_eq!(held(&probe(&transport, Kind::ApiToken, &look, &["view-issue"]).await), ["view-issue"]);
    assert!(transport.lines()[1].starts_with(&format!("GET {WEB}/rest/api/3/issue/KEY-1?")));

    let hidden =
        json(404, r#"{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}"#);
    let found = probe(&Recorded::new([ok(MYSELF), hidden]), Kind::ApiToken, &look, &["view-issue"]).await;
    assert_eq!(found.denied, ["view-issue"]);
    assert!(
        found
            .findings
            .iter()
            .any(|f| f.code == "jira-cloud.not-visible" && f.cause.contains("no permission of its own"))
    );

    let found = probe(&Recorded::new([ok(MYSELF)]), Kind::ApiToken, &at(None, None), &["view-issue"]).await;
    assert!(found.unknown[0].1.contains("--issue"), "{found:#?}");
}

#[tokio::test]
async fn a_missing_scope_is_named_where_the_vendor_hides_it() {
    let board = json(401, SCOPE);
    let transport =
        Recorded::new([tenant(), ok(MYSELF), board, json(403, r#"{"errorMessages":["Admins only"],"errors":{}}"#)]);
    let wanted = ["read:board-scope:jira-software", "manage:jira-configuration", "write:jira-work", "read:label:jira"];
    let found = probe(&transport, Kind::ScopedApiToken, &at(None, None), &wanted).await;
    assert_eq!(found.denied, ["read:board-scope:jira-software"]);
    assert_eq!(held(&found), ["manage:jira-configuration"], "403 by the product: the scope is there, the right is not");
    let finding = found.findings.iter().find(|f| f.code == "jira-cloud.scope-missing").unwrap();
    assert!(
        finding.title.contains("read:board-scope:jira-software") && finding.cause.contains("/rest/agile/1.0/board")
    );
    assert!(found.unknown.iter().any(|(n, why)| n == "write:jira-work" && why.contains("not checkable")));
    assert!(transport.lines().iter().all(|l| l.starts_with("GET ")), "nothing is written to find out");
    assert!(transport.lines()[2].starts_with(&format!("GET {GATEWAY}/ex/jira/{CLOUD}/rest/agile/")));
}

#[tokio::test]
async fn permissions_need_a_scope_of_their_own() {
    let transport = Recorded::new([tenant(), ok(MYSELF), json(401, SCOPE)]);
    let found = probe(&transport, Kind::ScopedApiToken, &at(None, None), &["ADMINISTER"]).await;
    assert!(found.denied.contains(&"read:jira-work".to_owned()) && found.unknown[0].0 == "ADMINISTER", "{found:#?}");
}

#[tokio::test]
async fn a_token_without_scopes_has_none_to_be_told() {
    let found = probe(&Recorded::new([ok(MYSELF)]), Kind::ApiToken, &at(None, None), &["read:jira-work"]).await;
    assert!(found.unknown[0].1.contains("no scopes"));
}

#[tokio::test]
async fn a_group_of_the_administrators_name_proves_nothing() {
    let transport = Recorded::new([ok(MYSELF), ok(MYSELF), ok(MYSELF), ok(MYSELF)]);
    let wanted = ["atlassian/org-admin", "org-admins", "site-admins"];
    let found = probe(&transport, Kind::ApiToken, &at(None, None), &wanted).await;
    // The membership is told, and is no role.
    assert_eq!(held(&found), ["org-admins"]);
    assert!(JiraCloud.facts().implied(&["org-admins".to_owned()]).is_empty());
    let why = |name: &str| found.unknown.iter().find(|(n, _)| n == name).map(|(_, why)| why.as_str()).unwrap();
    assert!(why("atlassian/org-admin").contains("in a group named org-admins, which points to it"), "{found:#?}");
    assert!(why("site-admins").starts_with("not in a group named site-admins"), "{found:#?}");
    assert!(found.denied.is_empty(), "groups can be renamed");
    assert_eq!(transport.lines()[1], format!("GET {WEB}/rest/api/3/myself?expand=groups"));
}

#[tokio::test]
async fn confluence_is_asked_for_what_the_account_may_do_in_it() {
    let transport =
        Recorded::new([ok(MYSELF), json(200, CURRENT), json(200, &CURRENT.replace("administer", "create"))]);
    let found = probe(&transport, Kind::ApiToken, &at(None, None), &["confluence/use", "confluence/administer"]).await;
    assert_eq!(held(&found), ["confluence/use"]);
    assert_eq!(found.denied, ["confluence/administer"]);
}
