//! GitHub: the lists it shows to those who watch over tokens, and ending lines of them.

use std::sync::Arc;

use keyrack::domain::{Expiry, Host, Kind, RemoteList, RemoteState};
use keyrack::hosts::github::GitHub;
use keyrack::hosts::{Act, Authority, Family, Outcome, Revocation, Route};
use keyrack::net::{Body, NetError, NetErrorKind, Response, Transport};
use keyrack::simulator::Site;
use keyrack::simulator::github::GitHubSite;

use crate::github::{CLASSIC, INSTALLATION, answer, assert_no_secret, codes, github_com, refusal, server};
use crate::support::{Direct, Recorded, host_of, now, token, wire};

fn signer(kind: Option<Kind>, text: &str, username: Option<&str>) -> Authority {
    Authority { one_time_code: None, kind, username: username.map(str::to_owned), secret: token(text) }
}

fn app() -> Authority {
    signer(Some(Kind::AppToken), INSTALLATION, Some("acme"))
}

fn owner() -> Authority {
    signer(Some(Kind::ClassicPat), CLASSIC, None)
}

const GRANT: &str = r#"{"id": 9001, "owner": {"login": "mara-dev", "id": 4100217}, "repository_selection": "subset",
    "permissions": {"repository": {"metadata": "read", "contents": "write"}, "organization": {"members": "read"}},
    "access_granted_at": "2026-10-02T08:00:00Z", "token_id": 5551, "token_name": "ci-bot", "token_expired": false,
    "token_expires_at": "2027-01-01T00:00:00Z", "token_last_used_at": "2026-11-20T10:00:00Z"}"#;
const REQUEST: &str = r#"{"id": 71, "owner": {"login": "tom"}, "repository_selection": "all", "permissions": {},
    "created_at": "2026-11-20T08:00:00Z", "reason": "previews", "token_id": 5552, "token_name": "preview",
    "token_expired": false, "token_expires_at": null, "token_last_used_at": null}"#;

fn rows(rows: &[&str]) -> Response {
    answer(&[], &format!("[{}]", rows.join(",")))
}

async fn list_over(transport: &dyn Transport, host: &Host, using: &Authority) -> Outcome<RemoteList> {
    let act = Act { wire: wire(&GitHub, host, transport, &[&using.secret]), host, using };
    let outcome = GitHub.lister().unwrap().list(&act).await;
    if let Outcome::Refused(found) | Outcome::Unsupported(found) = &outcome {
        assert_no_secret(found, using.secret.token.reveal());
    }
    outcome
}

async fn list(host: &Host, using: &Authority, answers: Vec<Response>) -> (RemoteList, Vec<String>) {
    let transport = Recorded::new(answers);
    match list_over(&transport, host, using).await {
        Outcome::Done(list) => {
            assert!(!format!("{list:?}").contains(using.secret.token.reveal()));
            assert_eq!(list.evidence.len(), transport.lines().len());
            (list, transport.lines())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_app_lists_grants_and_requests_of_its_organization() {
    let expired = GRANT.replace("\"token_expired\": false", "\"token_expired\": true").replace("9001", "9002");
    let (list, lines) = list(&github_com(), &app(), vec![rows(&[GRANT, &expired]), rows(&[REQUEST])]).await;
    assert_eq!(
        lines,
        [
            "GET https://api.github.com/orgs/acme/personal-access-tokens?per_page=100&page=1",
            "GET https://api.github.com/orgs/acme/personal-access-token-requests?per_page=100&page=1"
        ]
    );
    assert_eq!((list.of.as_str(), list.gaps.len()), ("organization acme", 0));
    let grant = &list.tokens[0];
    assert_eq!(
        (grant.id.as_str(), grant.name.as_str(), grant.owner.as_str()),
        ("acme/grant/9001", "ci-bot", "mara-dev")
    );
    assert_eq!(grant.grants, ["contents:write", "metadata:read", "members:read"]);
    assert_eq!(grant.expiry, Expiry::At("2027-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!((grant.kind, grant.state), (Some(Kind::FineGrainedPat), RemoteState::Active));
    assert!(grant.notes.iter().any(|n| n.contains("lives on")), "{:?}", grant.notes);
    assert_eq!(list.tokens[1].state, RemoteState::Expired);
    let request = &list.tokens[2];
    assert_eq!(
        (request.id.as_str(), request.state, request.expiry),
        ("acme/request/71", RemoteState::Inactive, Expiry::Never)
    );
    assert!(request.notes[0].contains("approval") && request.notes.iter().any(|n| n.contains("previews")));
}

#[tokio::test]
async fn the_organization_is_that_of_the_installation() {
    let using = signer(Some(Kind::AppToken), INSTALLATION, None);
    let installed = answer(&[], r#"{"total_count": 1, "repositories": [{"owner": {"login": "acme", "id": 77}}]}"#);
    let (list, lines) = list(&github_com(), &using, vec![installed, rows(&[]), rows(&[])]).await;
    assert!(lines[1].contains("/orgs/acme/"), "{lines:?}");
    assert_eq!(list.tokens.len(), 0);
    let empty = answer(&[], r#"{"total_count": 0, "repositories": []}"#);
    let outcome = list_over(&Recorded::new([empty]), &github_com(), &using).await;
    let Outcome::Refused(found) = outcome else { panic!("{outcome:?}") };
    assert_eq!(codes(&found), ["github.list-no-organization"]);
}

#[tokio::test]
async fn pages_go_by_number_and_the_link_is_never_followed() {
    let full = vec![GRANT; 100];
    let next = [("Link", "<https://evil.example.org/?page=9>; rel=\"next\"")];
    let page = |headers: &[(&str, &str)], rows: &[&str]| answer(headers, &format!("[{}]", rows.join(",")));
    let answers = vec![page(&next, &full), page(&[("Link", "<x>; rel=\"prev\"")], &full), rows(&[])];
    let (list, lines) = list(&github_com(), &app(), answers).await;
    assert_eq!((list.tokens.len(), lines.len()), (200, 3));
    assert!(lines[1].ends_with("?per_page=100&page=2"), "{lines:?}");
    let mut answers: Vec<Response> = (0..50).map(|_| page(&next, &full)).collect();
    answers.push(rows(&[]));
    let (list, lines) = self::list(&github_com(), &app(), answers).await;
    assert_eq!((list.tokens.len(), lines.len()), (5_000, 51));
    assert!(list.gaps[0].contains("5000"), "{:?}", list.gaps);
}

#[tokio::test]
async fn what_is_missing_is_told() {
    let forbidden = || refusal(403, &[], "Resource not accessible by integration");
    let (list, _) = list(&github_com(), &app(), vec![rows(&[GRANT, "{}"]), forbidden()]).await;
    assert!(list.gaps[0].contains("requests") && list.gaps[1].contains("1 lines"), "{:?}", list.gaps);
    let next = [("Link", "<x>; rel=\"next\"")];
    let first = answer(&next, &format!("[{GRANT}]"));
    let (list, _) = self::list(&github_com(), &app(), vec![first, refusal(500, &[], "oops"), rows(&[])]).await;
    assert!(list.gaps[0].contains("page 2") && list.gaps[0].contains("500"), "{:?}", list.gaps);
}

#[tokio::test]
async fn an_owner_lists_what_was_authorised_for_single_sign_on() {
    let orgs = answer(&[], r#"[{"login": "acme"}, {"login": "club"}, {"login": "../x"}]"#);
    let credential = r#"{"login": "tom", "credential_id": 501, "credential_type": "personal access token",
        "token_last_eight": "abcd1234", "credential_authorized_at": "2026-01-01T00:00:00Z", "scopes": ["repo"],
        "credential_accessed_at": null, "authorized_credential_note": "scripts",
        "authorized_credential_expires_at": "2026-11-01T00:00:00Z"}"#;
    let key = r#"{"login": "tom", "credential_id": 502, "credential_type": "SSH key", "fingerprint": "SHA256:x"}"#;
    let answers = vec![orgs, rows(&[credential, key]), refusal(404, &[], "Not Found")];
    let (list, lines) = list(&github_com(), &owner(), answers).await;
    assert_eq!(lines.len(), 3);
    assert_eq!(list.of, "single sign-on of acme");
    let first = &list.tokens[0];
    assert_eq!(
        (first.id.as_str(), first.tail.as_deref(), first.state),
        ("acme/sso/501", Some("abcd1234"), RemoteState::Expired)
    );
    assert_eq!((first.kind, first.name.as_str()), (Some(Kind::ClassicPat), "scripts"));
    assert_eq!(list.tokens[1].kind, None);
    assert!(list.gaps[0].starts_with("club"), "{:?}", list.gaps);
    assert!(list.gaps[1].contains("never authorised"), "{:?}", list.gaps);
}

#[tokio::test]
async fn a_site_administrator_lists_all_classic_tokens_of_a_server() {
    let row = r#"{"id": 17, "scopes": ["repo"], "token": "", "token_last_eight": "abcd1234", "note": "build",
        "created_at": "2025-01-01T00:00:00Z", "expires_at": null, "user": {"login": "tom"}, "app": {"name": "x"}}"#;
    let (list, lines) = list(&server(), &owner(), vec![rows(&[row])]).await;
    assert!(lines[0].starts_with("GET https://github.acme.dev/api/v3/admin/tokens?"), "{lines:?}");
    assert_eq!((list.tokens[0].id.as_str(), list.tokens[0].owner.as_str()), ("admin/17", "tom"));
}

#[tokio::test]
async fn refusals_say_who_could() {
    let integration = || refusal(403, &[], "Resource not accessible by integration");
    let scope = || {
        refusal(
            403,
            &[("X-OAuth-Scopes", "repo"), ("X-Accepted-OAuth-Scopes", "read:org")],
            "You need at least read:org",
        )
    };
    for (host, using, answer, code) in [
        (github_com(), app(), integration(), "github.list-app-permission"),
        (github_com(), app(), refusal(404, &[], "Not Found"), "github.list-app-permission"),
        (github_com(), app(), refusal(401, &[], "Bad credentials"), "github.bad-credentials"),
        (
            github_com(),
            app(),
            refusal(403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded"),
            "github.primary-rate-limit",
        ),
        (github_com(), owner(), scope(), "github.list-owner-only"),
        (github_com(), owner(), rows(&[]), "github.list-owner-only"),
        (server(), owner(), refusal(404, &[], "Not Found"), "github.list-site-admin"),
        (github_com(), owner(), Response::of(200, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (github_com(), owner(), Response::of(403, &[], "no"), "http.not-the-vendor"),
    ] {
        let outcome = list_over(&Recorded::new([answer]), &host, &using).await;
        let Outcome::Refused(found) = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!(codes(&found), [code]);
    }
    let fine = signer(Some(Kind::FineGrainedPat), CLASSIC, None);
    let outcome = list_over(&Recorded::new([]), &github_com(), &fine).await;
    assert!(matches!(&outcome, Outcome::Unsupported(v) if codes(v) == ["github.list-unfit"]), "{outcome:?}");
}

#[test]
fn the_route_says_whose_list_and_who_could_sign() {
    let route = |host: &Host, using: Option<&Authority>| GitHub.lister().unwrap().route(host, using);
    let text = |host: &Host, using: Authority| match route(host, Some(&using)) {
        Route::AtHost(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(text(&github_com(), app()).contains("personal-access-token-requests"));
    assert!(text(&github_com(), owner()).contains("credential-authorizations"));
    assert!(text(&server(), owner()).contains("/admin/tokens"));
    for using in
        [None, Some(signer(None, "password", Some("mara"))), Some(signer(Some(Kind::FineGrainedPat), CLASSIC, None))]
    {
        assert!(matches!(route(&github_com(), using.as_ref()), Route::NeedsAuthority { password: false, .. }));
    }
}

async fn revoke_over(transport: &dyn Transport, using: &Authority, ids: &[&str]) -> Vec<Revocation> {
    let host = github_com();
    let act = Act { wire: wire(&GitHub, &host, transport, &[&using.secret]), host: &host, using };
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let ends = GitHub.lister().unwrap().revoke(&act, &ids).await;
    assert_eq!(ends.len(), ids.len());
    ends
}

#[tokio::test]
async fn grants_and_requests_go_in_bulk_and_only_those_named() {
    let ids = ["acme/grant/9001", "acme/request/71", "acme/grant/9002", "other/grant/5", "nonsense"];
    let transport = Recorded::new([refusal(202, &[], ""), refusal(202, &[], ""), refusal(404, &[], "Not Found")]);
    let ends = revoke_over(&transport, &app(), &ids).await;
    assert!(
        matches!(
            ends.as_slice(),
            [
                Revocation::Accepted,
                Revocation::Accepted,
                Revocation::Accepted,
                Revocation::Refused(_),
                Revocation::Refused(_)
            ]
        ),
        "{ends:?}"
    );
    let seen = transport.seen.lock().unwrap();
    let body = |n: usize| match &seen[n].body {
        Body::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(body(0), r#"{"action":"revoke","pat_ids":[9001,9002]}"#);
    assert_eq!(body(1), r#"{"action":"deny","pat_request_ids":[71]}"#);
    assert_eq!(body(2), r#"{"action":"revoke","pat_ids":[5]}"#);
    let Revocation::Refused(found) = &ends[4] else { panic!() };
    assert_eq!(codes(found), ["github.list-unknown-id"]);
}

#[tokio::test]
async fn more_than_a_hundred_are_two_requests() {
    let ids: Vec<String> = (0..101).map(|n| format!("acme/grant/{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let lost = NetError::new(NetErrorKind::ReadTimeout, "api.github.com:443", "");
    let transport = Recorded::with_errors([Ok(refusal(202, &[], "")), Err(lost)]);
    let ends = revoke_over(&transport, &app(), &ids).await;
    assert!(ends[..100].iter().all(|end| *end == Revocation::Accepted));
    assert!(matches!(ends[100], Revocation::Unknown(_)), "{:?}", ends[100]);
}

#[tokio::test]
async fn authorisations_and_tokens_of_a_server_go_one_by_one() {
    let gone = || Response::of(204, &[], "");
    let transport = Recorded::new([gone(), refusal(403, &[], "Must have admin rights"), gone()]);
    let ends = revoke_over(&transport, &owner(), &["acme/sso/501", "admin/17", "acme/sso/502"]).await;
    assert!(
        matches!(ends.as_slice(), [Revocation::Accepted, Revocation::Refused(v), Revocation::Accepted] if !v.verdict.is_real()),
        "{ends:?}"
    );
    assert_eq!(
        transport.lines(),
        [
            "DELETE https://api.github.com/orgs/acme/credential-authorizations/501",
            "DELETE https://api.github.com/admin/tokens/17",
            "DELETE https://api.github.com/orgs/acme/credential-authorizations/502"
        ]
    );
}

// --- against the simulated site ---

async fn at_site(site: &Arc<dyn Site>, label: &str, ids: &[&str]) -> (Outcome<RemoteList>, Vec<Revocation>) {
    let held = site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
    let using = signer(Some(held.kind), &held.secret, held.username.as_deref());
    let (host, direct) = (host_of(&**site), Direct(Arc::clone(site)));
    let act = Act { wire: wire(&GitHub, &host, &direct, &[&using.secret]), host: &host, using: &using };
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let ends = GitHub.lister().unwrap().revoke(&act, &ids).await;
    (GitHub.lister().unwrap().list(&act).await, ends)
}

fn names(outcome: Outcome<RemoteList>) -> Vec<String> {
    match outcome {
        Outcome::Done(list) => list.tokens.into_iter().map(|t| t.name).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_sites_show_their_lists_and_end_lines_of_them() {
    let cloud: Arc<dyn Site> = Arc::new(GitHubSite::dot_com());
    let (outcome, _) = at_site(&cloud, "platform-installation", &[]).await;
    assert_eq!(names(outcome), ["ci-bot", "docs-bot", "old laptop", "backup", "preview builds"]);
    let ids = ["acme/grant/9004", "acme/request/71", "acme/grant/4040"];
    let (outcome, ends) = at_site(&cloud, "platform-installation", &ids).await;
    // One that is not there has the whole request refused, and nothing is done for the other.
    assert!(
        matches!(ends.as_slice(), [Revocation::Refused(_), Revocation::Accepted, Revocation::Refused(_)]),
        "{ends:?}"
    );
    assert_eq!(names(outcome), ["ci-bot", "docs-bot", "old laptop", "backup"]);
    let (outcome, ends) = at_site(&cloud, "platform-installation", &["acme/grant/9004"]).await;
    assert_eq!(ends, [Revocation::Accepted]);
    assert_eq!(names(outcome), ["ci-bot", "docs-bot", "old laptop"]);
    let (outcome, ends) = at_site(&cloud, "acme-owner", &["acme/sso/502"]).await;
    assert_eq!(ends, [Revocation::Accepted]);
    assert_eq!(names(outcome), ["ci release", "ana's laptop"]);
    let (outcome, _) = at_site(&cloud, "ci-release", &[]).await;
    assert!(matches!(&outcome, Outcome::Refused(v) if codes(v) == ["github.list-owner-only"]), "{outcome:?}");
    let server: Arc<dyn Site> = Arc::new(GitHubSite::server());
    let (outcome, ends) = at_site(&server, "site-admin", &["admin/1", "admin/2"]).await;
    assert!(matches!(ends.as_slice(), [Revocation::Accepted, Revocation::Refused(_)]), "{ends:?}");
    assert_eq!(names(outcome), ["site-admin", "left-company", "lab-scanner"]);
    let (outcome, _) = at_site(&server, "left-company", &[]).await;
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
}
