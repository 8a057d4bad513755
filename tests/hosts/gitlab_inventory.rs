//! GitLab: its own list of tokens, and revoking from it.

use std::sync::Arc;

use keyrack::domain::{Expiry, Kind, RemoteList, RemoteState};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Act, Authority, Family, Outcome, Revocation, Route};
use keyrack::net::{NetError, NetErrorKind, Response, Transport};
use keyrack::simulator::Site;
use keyrack::simulator::gitlab::GitLabSite;

use crate::gitlab::{assert_texts_are_whole, host, json};
use crate::support::{Direct, Recorded, host_of, now, token, wire};

const SIGNER: &str = "glpat-ExampleFakeToken9999";
const USER: &str = r#"{"id":100,"username":"mara","name":"Mara","state":"active"}"#;

fn signer(kind: Option<Kind>, username: Option<&str>) -> Authority {
    Authority { one_time_code: None, kind, username: username.map(str::to_owned), secret: token(SIGNER) }
}

fn row(id: u64, user: u64, more: &str) -> String {
    format!(
        r#"{{"id":{id},"name":"token {id}","revoked":false,"active":true,"scopes":["api"],"user_id":{user},
           "created_at":"2026-09-01T07:12:44.120Z","last_used_at":"2026-11-22T18:01:03.500Z","expires_at":"2027-03-01"{more}}}"#
    )
}

fn page(rows: &[String], next: Option<&str>) -> Response {
    let mut response = json(200, &format!("[{}]", rows.join(",")));
    response.headers.push(("Link".into(), r#"<https://elsewhere.example.org/?page=9>; rel="next""#.into()));
    if let Some(next) = next {
        response.headers.push(("X-Next-Page".into(), next.into()));
    }
    response
}

async fn list_over(transport: &dyn Transport, using: &Authority) -> Outcome<RemoteList> {
    let host = host();
    let act = Act { wire: wire(&GitLab, &host, transport, &[&using.secret]), host: &host, using };
    let outcome = GitLab.lister().unwrap().list(&act).await;
    if let Outcome::Refused(found) | Outcome::Unsupported(found) = &outcome {
        assert_texts_are_whole(found);
    }
    outcome
}

async fn list(answers: Vec<Response>) -> (RemoteList, Vec<String>) {
    let transport = Recorded::new(answers);
    match list_over(&transport, &signer(Some(Kind::Pat), None)).await {
        Outcome::Done(list) => {
            assert!(!format!("{list:?}").contains("ExampleFakeToken"));
            (list, transport.lines())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_line_says_what_gitlab_says() {
    let rows = [
        row(1, 100, r#","description":"made by keyrack","last_used_ips":["192.0.2.7"]"#),
        row(2, 100, "").replace(r#""active":true"#, r#""active":false"#),
        row(3, 100, "").replace(r#""revoked":false,"active":true"#, r#""revoked":true,"active":false"#),
        row(4, 100, r#","granular":true"#).replace(r#"["api"]"#, r#"["granular"]"#),
        row(5, 100, "").replace(r#""2027-03-01""#, "null").replace(r#""2026-11-22T18:01:03.500Z""#, "null"),
    ];
    let (list, lines) = list(vec![json(200, USER), page(&rows, Some(""))]).await;
    assert!(lines[1].ends_with("/api/v4/personal_access_tokens?per_page=100&page=1"), "{lines:?}");
    assert_eq!((list.of.as_str(), list.gaps.len(), list.evidence.len()), ("mara", 0, 2));
    let states: Vec<_> = list.tokens.iter().map(|t| t.state).collect();
    use RemoteState::{Active, Expired, Revoked};
    assert_eq!(states, [Active, Expired, Revoked, Active, Active]);
    let first = &list.tokens[0];
    assert_eq!((first.id.as_str(), first.name.as_str(), first.owner.as_str()), ("1", "token 1", "mara"));
    assert_eq!((first.kind, first.grants.as_slice()), (Some(Kind::Pat), ["api".to_owned()].as_slice()));
    assert_eq!(first.expiry, Expiry::At("2027-03-01T00:00:00Z".parse().unwrap()));
    assert_eq!(first.notes, ["made by keyrack", "last used from 192.0.2.7"]);
    assert_eq!(list.tokens[3].kind, Some(Kind::FineGrainedPat));
    assert!(list.tokens[3].notes[0].contains("does not tell its permissions"));
    assert_eq!((list.tokens[4].expiry, list.tokens[4].last_used), (Expiry::Never, None));
}

#[tokio::test]
async fn pages_go_by_number_and_stop_where_gitlab_says() {
    let full: Vec<String> = (0..100).map(|n| row(n, 100, "")).collect();
    let (list, lines) = self::list(vec![json(200, USER), page(&full, Some("2")), page(&full[..1], Some(""))]).await;
    assert_eq!((list.tokens.len(), lines.len()), (101, 3));
    // Without the header a full page has a next one; a page number that does not go forward ends the list.
    let (list, lines) = self::list(vec![json(200, USER), page(&full, None), page(&full[..1], None)]).await;
    assert_eq!((list.tokens.len(), lines.len()), (101, 3));
    for next in ["1", "0", "7", "https://evil.example.org/?page=2"] {
        let (list, lines) = self::list(vec![json(200, USER), page(&full, Some(next))]).await;
        assert_eq!((list.tokens.len(), lines.len()), (100, 2), "{next}");
    }
}

#[tokio::test]
async fn a_list_without_end_is_cut_and_says_so() {
    let full: Vec<String> = (0..100).map(|n| row(n, 100, "")).collect();
    let answers = std::iter::once(json(200, USER)).chain((2..=51).map(|n| page(&full, Some(&n.to_string()))));
    let (list, lines) = self::list(answers.collect()).await;
    assert_eq!((list.tokens.len(), lines.len()), (5_000, 51));
    assert!(list.gaps[0].contains("5000"), "{:?}", list.gaps);
}

#[tokio::test]
async fn what_is_missing_is_told() {
    let full: Vec<String> = (0..100).map(|n| row(n, 100, "")).collect();
    let (list, _) = self::list(vec![json(200, USER), page(&full, Some("2")), Response::of(502, &[], "")]).await;
    assert!(list.gaps[0].starts_with("page 2"), "{:?}", list.gaps);
    let (list, _) = self::list(vec![json(200, USER), page(&[row(1, 100, ""), "{}".into()], Some(""))]).await;
    assert_eq!((list.tokens.len(), list.gaps.len()), (1, 1));
    let (list, _) = self::list(vec![json(200, USER), page(&[row(1, 100, ""), row(2, 7, "")], Some(""))]).await;
    assert!(list.of.starts_with("every user") && list.tokens[1].owner == "user 7", "{list:?}");
}

#[tokio::test]
async fn a_project_token_lists_those_of_its_project() {
    let transport = Recorded::new([page(&[row(1, 9001, r#","access_level":30,"resource_id":42"#)], Some(""))]);
    let using = signer(Some(Kind::ProjectToken), Some("project_42_bot_x"));
    let Outcome::Done(list) = list_over(&transport, &using).await else { panic!() };
    assert!(transport.lines()[0].contains("/api/v4/projects/42/access_tokens?"), "{:?}", transport.lines());
    assert_eq!(list.of, "project 42");
    assert_eq!((list.tokens[0].kind, list.tokens[0].notes[0].as_str()), (Some(Kind::ProjectToken), "role developer"));
}

#[tokio::test]
async fn refusals_are_about_the_signer() {
    let scope = r#"{"error":"insufficient_scope","scope":"api read_api",
        "error_description":"The request requires higher privileges than provided by the access token."}"#;
    let revoked =
        r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#;
    for (answer, code) in [
        (json(403, scope), "gitlab.list-scope-missing"),
        (json(401, r#"{"message":"401 Unauthorized"}"#), "gitlab.list-refused"),
        (json(404, r#"{"message":"404 Project Not Found"}"#), "gitlab.list-refused"),
        (json(401, revoked), "gitlab.revoked"),
        (json(200, "{}"), "gitlab.unexpected-answer"),
        (Response::of(200, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (Response::of(429, &[("RateLimit-Name", "x")], "Retry later"), "gitlab.rate-limited"),
    ] {
        let transport = Recorded::new([json(403, r#"{"message":"403 Forbidden"}"#), answer]);
        let outcome = list_over(&transport, &signer(Some(Kind::Pat), None)).await;
        let Outcome::Refused(found) = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!(found.findings[0].code, code);
        assert!(found.reason.starts_with("the signing token: "), "{found:?}");
    }
    let outcome = list_over(&Recorded::new([]), &signer(None, Some("mara"))).await;
    assert!(matches!(&outcome, Outcome::Refused(v) if v.findings[0].code == "gitlab.authority-password"));
}

#[test]
fn the_route_says_whose_list() {
    let route = |using: Option<&Authority>| GitLab.lister().unwrap().route(&host(), using);
    let text = |using| match route(Some(&using)) {
        Route::AtHost(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(text(signer(Some(Kind::Pat), None)).contains("/personal_access_tokens"));
    assert!(text(signer(Some(Kind::GroupToken), None)).contains("own group"));
    for using in [None, Some(signer(None, Some("mara"))), Some(signer(Some(Kind::GitCredential), None))] {
        assert!(matches!(route(using.as_ref()), Route::NeedsAuthority { password: false, .. }), "{using:?}");
    }
}

async fn revoke_over(transport: &dyn Transport, using: &Authority, ids: &[&str]) -> Vec<Revocation> {
    let host = host();
    let act = Act { wire: wire(&GitLab, &host, transport, &[&using.secret]), host: &host, using };
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let ends = GitLab.lister().unwrap().revoke(&act, &ids).await;
    assert_eq!(ends.len(), ids.len());
    ends
}

#[tokio::test]
async fn the_one_that_signs_goes_last_and_answers_keep_their_order() {
    let own = row(7, 100, "");
    let gone = || Ok(Response::of(204, &[], ""));
    let answers = [Ok(json(200, &own)), gone(), Ok(json(400, r#"{"message":"400 Bad request"}"#)), gone()];
    let transport = Recorded::with_errors(answers);
    let ends = revoke_over(&transport, &signer(Some(Kind::Pat), None), &["7", "8", "9"]).await;
    let lines: Vec<String> =
        transport.lines().into_iter().skip(1).map(|l| l.rsplit('/').next().unwrap().into()).collect();
    assert_eq!(lines, ["8", "9", "7"]);
    assert!(
        matches!(ends.as_slice(), [Revocation::Accepted, Revocation::Accepted, Revocation::Refused(_)]),
        "{ends:?}"
    );
}

#[tokio::test]
async fn after_a_failure_on_the_way_nothing_more_is_sent() {
    for answer in [
        Err(NetError::new(NetErrorKind::ReadTimeout, "gitlab.example.com:443", "")),
        Ok(Response::of(429, &[("RateLimit-Name", "x")], "Retry later")),
        Ok(json(503, r#"{"message":"GitLab Maintenance: system is in maintenance mode"}"#)),
    ] {
        let transport = Recorded::with_errors([Ok(json(403, "{}")), answer]);
        let ends = revoke_over(&transport, &signer(Some(Kind::Pat), None), &["8", "9"]).await;
        let Revocation::Refused(found) = &ends[1] else { panic!("{ends:?}") };
        assert_eq!(found.findings[0].code, "gitlab.list-stopped");
    }
    let ends = revoke_over(&Recorded::new([]), &signer(Some(Kind::Pat), None), &["8/../self"]).await;
    assert!(matches!(ends.as_slice(), [Revocation::Refused(_)]));
    let ends = revoke_over(&Recorded::new([]), &signer(None, None), &["8", "9"]).await;
    assert!(matches!(ends.as_slice(), [Revocation::Refused(_), Revocation::Refused(_)]));
}

// --- against the simulated site ---

async fn at_site(site: &Arc<GitLabSite>, label: &str, ids: &[&str]) -> (Outcome<RemoteList>, Vec<Revocation>) {
    let held = site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
    let using = Authority { one_time_code: None, kind: Some(held.kind), username: None, secret: token(&held.secret) };
    let (host, direct) = (host_of(&**site), Direct(site.clone()));
    let act = Act { wire: wire(&GitLab, &host, &direct, &[&using.secret]), host: &host, using: &using };
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let ends = GitLab.lister().unwrap().revoke(&act, &ids).await;
    (GitLab.lister().unwrap().list(&act).await, ends)
}

fn names(list: &RemoteList) -> Vec<&str> {
    list.tokens.iter().filter(|t| t.state == RemoteState::Active).map(|t| t.name.as_str()).collect()
}

#[tokio::test]
async fn the_site_shows_strangers_and_revokes_them() {
    let com = Arc::new(GitLabSite::com());
    let (outcome, _) = at_site(&com, "release-train", &[]).await;
    let Outcome::Done(list) = outcome else { panic!("{outcome:?}") };
    assert!(list.of.starts_with("mara.lindqvist"), "{}", list.of);
    assert!(names(&list).contains(&"forgotten script"), "{:?}", names(&list));
    assert_eq!(list.tokens.iter().find(|t| t.name == "forgotten script").unwrap().owner, "mara.lindqvist");
    let (outcome, ends) = at_site(&com, "release-train", &["8160", "999999"]).await;
    assert!(matches!(ends.as_slice(), [Revocation::Accepted, Revocation::Refused(_)]), "{ends:?}");
    let Outcome::Done(list) = outcome else { panic!("{outcome:?}") };
    assert!(!names(&list).contains(&"forgotten script"), "{:?}", names(&list));
}

#[tokio::test]
async fn the_site_shows_a_project_its_tokens_and_an_administrator_all() {
    let (com, own) = (Arc::new(GitLabSite::com()), Arc::new(GitLabSite::self_managed()));
    let (outcome, ends) = at_site(&com, "keeper", &["8152"]).await;
    assert_eq!(ends, [Revocation::Accepted]);
    let Outcome::Done(list) = outcome else { panic!("{outcome:?}") };
    assert_eq!((list.of.as_str(), names(&list)), ("project 4711", vec!["keeper"]));
    let (outcome, _) = at_site(&own, "acme-root", &[]).await;
    let Outcome::Done(list) = outcome else { panic!("{outcome:?}") };
    assert!(list.of.starts_with("every user") && names(&list).contains(&"old pipeline"), "{list:?}");
    for label in ["image-sync", "acme-runner-watch"] {
        let site = if label.starts_with("acme") { &own } else { &com };
        let (outcome, _) = at_site(site, label, &[]).await;
        assert!(matches!(outcome, Outcome::Refused(_)), "{label}: {outcome:?}");
    }
}
