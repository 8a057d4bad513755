//! GitLab: rotating in place, against recorded answers and the simulated site.

use std::sync::Arc;

use jiff::Timestamp;
use keyrack::domain::{CreatedToken, Expiry, Kind, Validation, Verdict};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Authority, Family, Outcome, Route, Session};
use keyrack::net::{Body, NetError, NetErrorKind, Response, Transport};
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::simulator::{SimCredential, Site};

use crate::gitlab::{TOKEN, assert_texts_are_whole, host, json};
use crate::support::{Direct, Recorded, host_of, now, token, validate, wire};

const SIGNER: &str = "glpat-ExampleFakeToken9999";
const NEW: &str = "glpat-ExampleFakeTokenNew1";
const ALIVE: &str = r#"{"id":815,"name":"laptop","revoked":false,"active":true,"created_at":"2026-09-01T07:12:44.120Z",
    "scopes":["read_api","self_rotate"],"user_id":100,"expires_at":"2026-11-30"}"#;

fn fresh(ends: &str) -> String {
    serde_json::json!({"id": 816, "name": "laptop", "revoked": false, "active": true, "scopes": ["read_api"],
        "user_id": 100, "created_at": "2026-11-23T09:00:00.000Z", "expires_at": ends, "token": NEW})
    .to_string()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn signer(kind: Option<Kind>) -> Authority {
    Authority { one_time_code: None, kind, username: None, secret: token(SIGNER) }
}

fn dead(text: &str) -> Response {
    json(401, &serde_json::json!({"error": "invalid_token", "error_description": text}).to_string())
}

const REVOKED: &str = "Token was revoked. You have to re-authorize from the user.";
const EXPIRED: &str = "Token is expired. You can either do re-authorization or token refresh.";

struct Case {
    kind: Kind,
    username: Option<&'static str>,
    id: Option<&'static str>,
    expires: Option<Timestamp>,
    using: Option<Authority>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            kind: Kind::Pat,
            username: None,
            id: Some("815"),
            expires: Some(at("2027-02-21T00:00:00Z")),
            using: None,
        }
    }
}

impl Case {
    async fn run(self, answers: Vec<Result<Response, NetError>>) -> (Outcome<CreatedToken>, Recorded) {
        let transport = Recorded::with_errors(answers);
        let outcome = self.over(&transport).await;
        (outcome, transport)
    }

    async fn over(self, transport: &dyn Transport) -> Outcome<CreatedToken> {
        let (secret, host) = (token(TOKEN), host());
        let mut secrets = vec![&secret];
        secrets.extend(self.using.as_ref().map(|u| &u.secret));
        let wire = wire(&GitLab, &host, transport, &secrets);
        let session = Session { wire, host: &host, kind: self.kind, username: self.username, secret: &secret };
        let replacer = GitLab.replacer().unwrap();
        let outcome = replacer.replace(&session, self.id, self.expires, self.using.as_ref()).await;
        match &outcome {
            Outcome::Refused(found) | Outcome::Unsupported(found) => assert_texts_are_whole(found),
            Outcome::Unknown(error) => assert!(!error.to_string().contains("ExampleFakeToken"), "{error}"),
            Outcome::Done(_) => {
                let evidence = session.wire.take_evidence();
                assert!(!format!("{evidence:?}").contains("ExampleFakeToken"), "{evidence:?}");
                // What was learned is masked from now on.
                assert!(!session.wire.mask(&format!("x {NEW} y")).contains(NEW));
            }
        }
        outcome
    }

    async fn refused(self, answers: Vec<Response>, verdict: Verdict, code: &str) -> Validation {
        let (outcome, _) = self.run(answers.into_iter().map(Ok).collect()).await;
        let Outcome::Refused(found) = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!((found.verdict, found.findings[0].code.as_str()), (verdict, code));
        *found
    }
}

fn by_other() -> Case {
    Case { using: Some(signer(Some(Kind::Pat))), ..Case::default() }
}

#[tokio::test]
async fn a_token_rotates_itself_and_the_date_is_always_sent() {
    let (outcome, transport) =
        Case::default().run(vec![Ok(json(200, ALIVE)), Ok(json(200, &fresh("2027-02-21")))]).await;
    let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        transport.lines(),
        [
            "GET https://gitlab.example.com/api/v4/personal_access_tokens/self",
            "POST https://gitlab.example.com/api/v4/personal_access_tokens/self/rotate"
        ]
    );
    let seen = transport.seen.lock().unwrap();
    assert_eq!(seen[1].body, Body::Text(r#"{"expires_at":"2027-02-21"}"#.to_owned()));
    assert_eq!(seen[1].headers.iter().find(|(n, _)| n == "PRIVATE-TOKEN").unwrap().1.reveal(), TOKEN);
    assert_eq!(made.secret, token(NEW));
    assert_eq!((made.kind, made.remote_id.as_deref(), made.name.as_str()), (Kind::Pat, Some("816"), "laptop"));
    assert_eq!(made.expiry, Expiry::At(at("2027-02-21T00:00:00Z")));
    assert!(made.grants.iter().any(|g| g.name == "read_api"));
    assert!(made.notes.is_empty(), "{:?}", made.notes);
}

#[tokio::test]
async fn without_a_date_it_lives_as_long_as_before_and_never_a_week() {
    for (record, expected) in [
        // From 2026-09-01 to 2026-11-30.
        (ALIVE.to_owned(), "2027-02-21"),
        (ALIVE.replace(r#""2026-11-30""#, "null"), "2027-11-23"),
        (ALIVE.replace("2026-09-01", "2020-09-01"), "2027-11-23"),
    ] {
        let case = Case { expires: None, ..Case::default() };
        let (outcome, transport) = case.run(vec![Ok(json(200, &record)), Ok(json(200, &fresh(expected)))]).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
        let body = format!(r#"{{"expires_at":"{expected}"}}"#);
        assert_eq!(transport.seen.lock().unwrap()[1].body, Body::Text(body));
    }
}

#[tokio::test]
async fn another_end_than_asked_for_is_told() {
    let (outcome, _) = Case::default().run(vec![Ok(json(200, ALIVE)), Ok(json(201, &fresh("2026-11-30")))]).await;
    let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
    assert_eq!(made.expiry, Expiry::At(at("2026-11-30T00:00:00Z")));
    assert!(made.notes[0].contains("2027-02-21") && made.notes[0].contains("2026-11-30"), "{:?}", made.notes);
}

#[tokio::test]
async fn a_new_token_is_kept_whatever_else_the_answer_lacks() {
    for body in [format!(r#"{{"token":"{NEW}"}}"#), format!(r#"{{"token":"{NEW}","id":"x","scopes":7}}"#)] {
        let (outcome, _) = Case::default().run(vec![Ok(json(200, ALIVE)), Ok(json(200, &body))]).await;
        let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
        assert_eq!((made.secret, made.name.as_str(), made.expiry), (token(NEW), "laptop", Expiry::Unknown));
    }
}

#[tokio::test]
async fn project_and_group_tokens_go_by_their_own_endpoint() {
    for (kind, username, using, path) in [
        (Kind::ProjectToken, "project_42_bot_4ffca233", false, "projects/42/access_tokens/self/rotate"),
        (Kind::GroupToken, "group_7_bot_4ffca233", false, "groups/7/access_tokens/self/rotate"),
        (Kind::ProjectToken, "project_42_bot_4ffca233", true, "projects/42/access_tokens/815/rotate"),
        (Kind::Pat, "mara", true, "personal_access_tokens/815/rotate"),
        (Kind::ServiceAccountToken, "robot", false, "personal_access_tokens/self/rotate"),
    ] {
        let using = using.then(|| signer(Some(Kind::Pat)));
        let case = Case { kind, username: Some(username), using, ..Case::default() };
        let (outcome, transport) = case.run(vec![Ok(json(200, ALIVE)), Ok(json(200, &fresh("2027-02-21")))]).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
        assert_eq!(transport.lines()[1], format!("POST https://gitlab.example.com/api/v4/{path}"));
    }
}

#[tokio::test]
async fn the_project_is_asked_for_where_nobody_knows_it() {
    let user = r#"{"id":9001,"username":"project_42_bot_4ffca233","name":"mirror","state":"active"}"#;
    let case = Case { kind: Kind::ProjectToken, ..Case::default() };
    let answers = vec![Ok(json(200, ALIVE)), Ok(json(200, user)), Ok(json(200, &fresh("2027-02-21")))];
    let (outcome, transport) = case.run(answers).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(transport.lines()[2].ends_with("/projects/42/access_tokens/self/rotate"), "{:?}", transport.lines());
}

#[tokio::test]
async fn a_dead_token_is_never_used_to_rotate() {
    let inactive = ALIVE.replace(r#""active":true"#, r#""active":false"#);
    let revoked = ALIVE.replace(r#""revoked":false"#, r#""revoked":true"#);
    for (answer, verdict, code) in [
        (dead(REVOKED), Verdict::Revoked, "gitlab.revoked"),
        (json(200, &revoked), Verdict::Revoked, "gitlab.revoked"),
        (dead(EXPIRED), Verdict::Expired, "gitlab.expired"),
        (json(200, &inactive), Verdict::Expired, "gitlab.expired"),
        (json(401, r#"{"message":"401 Unauthorized"}"#), Verdict::Rejected, "gitlab.token-unknown"),
        (json(403, r#"{"message":"Forbidden"}"#), Verdict::Unreachable, "http.not-the-vendor"),
        (Response::of(429, &[("RateLimit-Name", "x")], "Retry later"), Verdict::Unreachable, "gitlab.rate-limited"),
    ] {
        // One answer is recorded: a second request would panic.
        let found = Case::default().refused(vec![answer.clone()], verdict, code).await;
        assert!(found.evidence.iter().all(|e| e.request.starts_with("GET ")), "{:?}", found.evidence);
        let found = by_other().refused(vec![answer], Verdict::Unreachable, code).await;
        assert!(found.evidence.iter().all(|e| e.request.starts_with("GET ")), "{:?}", found.evidence);
    }
}

#[tokio::test]
async fn a_token_that_may_not_look_at_itself_may_still_rotate() {
    let text = "Access denied: This operation requires a fine-grained personal access token with the following user \
                permissions: [Personal Access Token: Read].";
    let body = serde_json::json!({"error": "insufficient_granular_scope", "error_description": text}).to_string();
    let case = Case { kind: Kind::FineGrainedPat, ..Case::default() };
    let (outcome, _) = case.run(vec![Ok(json(403, &body)), Ok(json(200, &fresh("2027-02-21")))]).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_says_what_to_do_first() {
    for answer in [
        Err(NetError::new(NetErrorKind::ReadTimeout, "gitlab.example.com:443", "")),
        Err(NetError::new(NetErrorKind::Reset, "gitlab.example.com:443", "")),
        Ok(Response::of(502, &[("Content-Type", "text/html")], "<html>")),
        Ok(Response::of(503, &[], "upstream connect error")),
        Ok(Response::of(504, &[], "")),
        Ok(json(500, r#"{"message":"500 Internal Server Error"}"#)),
        Ok(json(200, "{}")),
        Ok(json(200, r#"{"token":""}"#)),
        Ok(Response::of(200, &[("Content-Type", "text/html")], "<html>Sign in</html>")),
        Ok(json(200, &fresh("2027-02-21")[..40])),
    ] {
        let (outcome, transport) = Case::default().run(vec![Ok(json(200, ALIVE)), answer]).await;
        let Outcome::Unknown(error) = outcome else { panic!("{outcome:?}") };
        assert!(error.detail.contains("Check the old token first") && error.detail.contains("`revoked`"), "{error}");
        let (_, unknown) = GitLab.facts().finding("rotate-unknown", &[]);
        assert!(error.detail.contains(&unknown.remedy), "{error}");
        assert_eq!(transport.lines().len(), 2, "the order must not be repeated");
    }
}

#[tokio::test]
async fn what_was_never_sent_is_refused_and_not_unknown() {
    let error = NetError::new(NetErrorKind::Refused, "gitlab.example.com:443", "");
    let (outcome, _) = Case::default().run(vec![Ok(json(200, ALIVE)), Err(error)]).await;
    assert!(matches!(&outcome, Outcome::Refused(v) if v.verdict == Verdict::Unreachable), "{outcome:?}");
}

#[tokio::test]
async fn each_refusal_has_its_finding() {
    let scope = r#"{"error":"insufficient_scope","scope":"api self_rotate",
        "error_description":"The request requires higher privileges than provided by the access token."}"#;
    let granular = r#"{"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a fine-grained personal access token with the following user permissions: [Personal Access Token: Rotate]."}"#;
    let too_far = r#"{"message":"400 Bad request - Expiration date must be before 2027-01-01"}"#;
    for (answer, verdict, code, words) in [
        (json(403, scope), Verdict::Limited, "gitlab.rotate-scope-missing", "api or self_rotate"),
        (json(403, granular), Verdict::Limited, "gitlab.rotate-permission-missing", "Personal Access Token: Rotate"),
        (json(403, r#"{"message":"403 Forbidden"}"#), Verdict::Limited, "gitlab.rotate-forbidden", ""),
        (json(400, too_far), Verdict::Unreachable, "gitlab.rotate-refused", "before 2027-01-01"),
        (
            json(503, r#"{"message":"GitLab Maintenance: system is in maintenance mode"}"#),
            Verdict::Unreachable,
            "gitlab.maintenance",
            "",
        ),
        (Response::of(429, &[("RateLimit-Name", "x")], "Retry later"), Verdict::Unreachable, "gitlab.rate-limited", ""),
        (dead(REVOKED), Verdict::Revoked, "gitlab.revoked", ""),
        (
            json(403, r#"{"message":"403 Forbidden - Your account has been blocked."}"#),
            Verdict::Blocked,
            "gitlab.account-blocked",
            "",
        ),
        (
            Response::of(302, &[("Location", "https://sso.example.com/?x")], ""),
            Verdict::Unreachable,
            "http.redirect",
            "",
        ),
    ] {
        let found = Case::default().refused(vec![json(200, ALIVE), answer], verdict, code).await;
        assert!(found.findings[0].title.contains(words), "{}", found.findings[0].title);
    }
    for answer in [json(401, r#"{"message":"401 Unauthorized"}"#), json(404, r#"{"message":"404 Not Found"}"#)] {
        by_other().refused(vec![json(200, ALIVE), answer], Verdict::Unreachable, "gitlab.rotate-absent").await;
    }
}

#[tokio::test]
async fn a_server_without_the_endpoint_is_unsupported() {
    let no_path = || json(404, r#"{"error":"404 Not Found"}"#);
    for answers in [
        vec![Ok(no_path())],
        vec![Ok(json(200, ALIVE)), Ok(no_path())],
        vec![Ok(json(200, ALIVE)), Ok(json(405, r#"{"message":"405 Method Not Allowed"}"#))],
    ] {
        let (outcome, _) = Case::default().run(answers).await;
        assert!(matches!(outcome, Outcome::Unsupported(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_cannot_work_is_not_sent() {
    for (case, code) in [
        (Case { expires: Some(at("2026-11-23T09:00:00Z")), ..Case::default() }, "gitlab.expiry-past"),
        (Case { expires: Some(at("2027-11-24T00:00:00Z")), ..Case::default() }, "gitlab.expiry-too-far"),
        (Case { id: None, ..by_other() }, "gitlab.rotate-needs-id"),
        (Case { id: Some("815/../self"), ..by_other() }, "gitlab.rotate-needs-id"),
        (Case { using: Some(signer(None)), ..Case::default() }, "gitlab.authority-password"),
    ] {
        case.refused(vec![], Verdict::Unreachable, code).await;
    }
    let (outcome, _) = Case { kind: Kind::OauthToken, ..Case::default() }.run(vec![]).await;
    assert!(matches!(&outcome, Outcome::Unsupported(v) if v.findings[0].code == "gitlab.not-rotatable"), "{outcome:?}");
}

#[test]
fn the_route_says_what_will_be_sent() {
    let route = |version: Option<&str>, kind, username, using: Option<&Authority>| {
        let host = keyrack::domain::Host { version: version.map(str::to_owned), ..host() };
        GitLab.replacer().unwrap().route(&host, kind, username, using)
    };
    let other = signer(Some(Kind::Pat));
    let Route::AtHost(text) = route(None, Kind::Pat, None, None) else { panic!() };
    assert!(text.contains("POST https://gitlab.example.com/api/v4/personal_access_tokens/self/rotate"), "{text}");
    assert!(text.contains("self_rotate") && text.contains("dies at once"), "{text}");
    let Route::AtHost(text) = route(None, Kind::ProjectToken, Some("project_42_bot_x"), Some(&other)) else { panic!() };
    assert!(text.contains("/projects/42/access_tokens/ID/rotate"), "{text}");
    let password = signer(None);
    assert!(matches!(route(None, Kind::Pat, None, Some(&password)), Route::NeedsAuthority { password: false, .. }));
    assert!(matches!(route(Some("16.9.2"), Kind::Pat, None, None), Route::NeedsAuthority { password: false, .. }));
    assert!(matches!(route(Some("16.9.2"), Kind::Pat, None, Some(&other)), Route::AtHost(_)));
    assert!(matches!(route(Some("16.10.0"), Kind::Pat, None, None), Route::AtHost(_)));
    assert!(matches!(route(Some("15.11"), Kind::Pat, None, Some(&other)), Route::Guided { .. }));
    assert!(matches!(route(None, Kind::OauthToken, None, None), Route::Guided { .. }));
}

// --- against the simulated site ---

fn of(site: &GitLabSite, label: &str) -> SimCredential {
    site.roster(now()).into_iter().find(|c| c.label == label).unwrap()
}

async fn rotate_at(
    site: &Arc<GitLabSite>,
    secret: &str,
    kind: Kind,
    id: Option<&str>,
    using: Option<&Authority>,
) -> Outcome<CreatedToken> {
    let (secret, host, direct) = (token(secret), host_of(&**site), Direct(site.clone()));
    let wire = wire(&GitLab, &host, &direct, &[&secret]);
    let session = Session { wire, host: &host, kind, username: None, secret: &secret };
    GitLab.replacer().unwrap().replace(&session, id, Some(at("2027-02-21T00:00:00Z")), using).await
}

async fn verdict(site: &Arc<GitLabSite>, secret: &keyrack::secret::Secret, kind: Kind) -> Verdict {
    validate(&GitLab, &host_of(&**site), &Direct(site.clone()), kind, None, secret).await.verdict
}

#[tokio::test]
async fn at_the_site_the_old_one_dies_and_the_new_one_works() {
    let site = Arc::new(GitLabSite::com());
    for label in ["release-train", "docs-preview", "keeper"] {
        let old = of(&site, label);
        let outcome = rotate_at(&site, &old.secret, old.kind, None, None).await;
        let Outcome::Done(made) = outcome else { panic!("{label}: {outcome:?}") };
        assert_eq!(verdict(&site, &token(&old.secret), old.kind).await, Verdict::Revoked, "{label}");
        assert_eq!(verdict(&site, &made.secret, made.kind).await, Verdict::Valid, "{label}");
        assert_eq!(made.name, label);
    }
}

#[tokio::test]
async fn at_the_site_each_that_may_not_is_told_why() {
    let (com, own) = (Arc::new(GitLabSite::com()), Arc::new(GitLabSite::self_managed()));
    for (site, label, code) in [
        (&com, "mirror-bot", "gitlab.rotate-scope-missing"),
        (&com, "triage-fine", "gitlab.rotate-permission-missing"),
        (&com, "old-laptop", "gitlab.expired"),
        (&com, "pasted-in-chat", "gitlab.revoked"),
        (&com, "intern-summer", "gitlab.account-blocked"),
        (&own, "acme-runner-watch", "gitlab.rotate-permission-missing"),
    ] {
        let held = of(site, label);
        let outcome = rotate_at(site, &held.secret, held.kind, None, None).await;
        let Outcome::Refused(found) = outcome else { panic!("{label}: {outcome:?}") };
        assert_eq!(found.findings[0].code, code, "{label}");
    }
    let oauth = of(&own, "acme-glab");
    let outcome = rotate_at(&own, &oauth.secret, oauth.kind, None, None).await;
    assert!(matches!(outcome, Outcome::Unsupported(_)), "{outcome:?}");
}

#[tokio::test]
async fn rotating_again_with_a_token_that_was_rotated_leaves_its_successor_alive() {
    let site = Arc::new(GitLabSite::com());
    let old = of(&site, "docs-preview");
    let Outcome::Done(made) = rotate_at(&site, &old.secret, old.kind, None, None).await else { panic!() };
    // The answer was lost, say, and somebody asks again: the site would revoke the whole family at the order itself.
    let again = rotate_at(&site, &old.secret, old.kind, None, None).await;
    let Outcome::Refused(found) = again else { panic!("{again:?}") };
    assert_eq!(found.verdict, Verdict::Revoked);
    assert_eq!(verdict(&site, &made.secret, made.kind).await, Verdict::Valid);
}

#[tokio::test]
async fn an_owner_or_administrator_rotates_by_number() {
    let own = Arc::new(GitLabSite::self_managed());
    let watch = of(&own, "acme-runner-watch");
    for (signer, works) in [("acme-backup", false), ("acme-deploy", true)] {
        let signer = of(&own, signer);
        let using =
            Authority { one_time_code: None, kind: Some(signer.kind), username: None, secret: token(&signer.secret) };
        let outcome = rotate_at(&own, &watch.secret, watch.kind, Some("311"), Some(&using)).await;
        assert_eq!(matches!(outcome, Outcome::Done(_)), works, "{outcome:?}");
    }
    assert_eq!(verdict(&own, &token(&watch.secret), watch.kind).await, Verdict::Revoked);
    let root = of(&own, "acme-root");
    let using = Authority { one_time_code: None, kind: Some(root.kind), username: None, secret: token(&root.secret) };
    let deploy = of(&own, "acme-deploy");
    let outcome = rotate_at(&own, &deploy.secret, deploy.kind, Some("310"), Some(&using)).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
}
