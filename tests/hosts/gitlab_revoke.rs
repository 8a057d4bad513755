//! GitLab: revoking, against recorded answers.

use keyrack::domain::{Kind, Verdict};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Authority, Family, Revocation, Route};
use keyrack::net::{NetError, NetErrorKind, Response};

use crate::gitlab::{TOKEN, assert_texts_are_whole, host, json};
use crate::support::{Recorded, revoke, token};

const SIGNER: &str = "glpat-ExampleFakeToken9999";

fn signer(kind: Option<Kind>) -> Authority {
    Authority { one_time_code: None, kind, username: None, secret: token(SIGNER) }
}

struct Case {
    kind: Kind,
    username: Option<&'static str>,
    secret: &'static str,
    id: Option<&'static str>,
    using: Option<Authority>,
}

impl Default for Case {
    fn default() -> Self {
        Self { kind: Kind::Pat, username: None, secret: TOKEN, id: Some("815"), using: None }
    }
}

impl Case {
    async fn run(self, answers: impl IntoIterator<Item = Result<Response, NetError>>) -> (Revocation, Vec<String>) {
        let transport = Recorded::with_errors(answers);
        let (secret, using) = (token(self.secret), self.using.as_ref());
        let came = revoke(&GitLab, &host(), &transport, self.kind, self.username, &secret, self.id, using).await;
        if let Revocation::Refused(validation) | Revocation::Unsupported(validation) = &came {
            assert_texts_are_whole(validation);
        }
        (came, transport.lines())
    }

    async fn refused(self, answer: Response, verdict: Verdict, code: &str) -> String {
        let (came, _) = self.run([Ok(answer)]).await;
        let Revocation::Refused(validation) = came else { panic!("{code}: {came:?}") };
        assert_eq!((validation.verdict, validation.findings[0].code.as_str()), (verdict, code));
        assert_eq!(validation.evidence.len(), 1);
        validation.findings[0].title.clone()
    }
}

fn by_other() -> Case {
    Case { using: Some(signer(Some(Kind::Pat))), ..Case::default() }
}

fn dead(text: &str) -> Response {
    json(401, &serde_json::json!({"error": "invalid_token", "error_description": text}).to_string())
}

#[tokio::test]
async fn a_token_revokes_itself() {
    let (came, lines) = Case::default().run([Ok(Response::of(204, &[], ""))]).await;
    assert_eq!(came, Revocation::Accepted);
    assert_eq!(lines, ["DELETE https://gitlab.example.com/api/v4/personal_access_tokens/self"]);
}

#[tokio::test]
async fn another_token_revokes_by_number() {
    for (kind, username, path) in [
        (Kind::Pat, None, "personal_access_tokens/815"),
        (Kind::ProjectToken, Some("project_42_bot_4ffca233"), "projects/42/access_tokens/815"),
        (Kind::GroupToken, Some("group_7_bot_4ffca233"), "groups/7/access_tokens/815"),
        (Kind::ProjectToken, None, "personal_access_tokens/815"),
        (Kind::ProjectToken, Some("project_../../x_bot_y"), "personal_access_tokens/815"),
        (Kind::GroupToken, Some("project_42_bot_4ffca233"), "personal_access_tokens/815"),
    ] {
        let (came, lines) = Case { kind, username, ..by_other() }.run([Ok(Response::of(204, &[], ""))]).await;
        assert_eq!(came, Revocation::Accepted);
        assert_eq!(lines, [format!("DELETE https://gitlab.example.com/api/v4/{path}")]);
    }
}

#[tokio::test]
async fn without_a_number_or_with_a_password_nothing_is_sent() {
    for (id, using, code) in [
        (None, signer(Some(Kind::Pat)), "gitlab.revoke-needs-id"),
        (Some("815/../self"), signer(Some(Kind::Pat)), "gitlab.revoke-needs-id"),
        (Some("815"), signer(None), "gitlab.authority-password"),
    ] {
        let (came, lines) = Case { id, using: Some(using), ..Case::default() }.run([]).await;
        let Revocation::Refused(validation) = came else { panic!("{came:?}") };
        assert_eq!(validation.findings[0].code, code);
        assert!(lines.is_empty());
    }
}

#[tokio::test]
async fn a_dead_token_is_refused_with_its_own_finding() {
    let text = "Token was revoked. You have to re-authorize from the user.";
    Case::default().refused(dead(text), Verdict::Revoked, "gitlab.revoked").await;
    let text = "Token is expired. You can either do re-authorization or token refresh.";
    Case::default().refused(dead(text), Verdict::Expired, "gitlab.expired").await;
}

#[tokio::test]
async fn a_dead_signer_is_no_verdict_on_the_token() {
    let text = "Token was revoked. You have to re-authorize from the user.";
    by_other().refused(dead(text), Verdict::Unreachable, "gitlab.authority-refused").await;
    let unknown = json(401, r#"{"message":"401 Unauthorized"}"#);
    by_other().refused(unknown, Verdict::Unreachable, "gitlab.authority-refused").await;
    let blocked = json(403, r#"{"message":"403 Forbidden - Your account has been blocked."}"#);
    by_other().refused(blocked, Verdict::Unreachable, "gitlab.account-blocked").await;
}

#[tokio::test]
async fn fine_grained_token_without_the_permission() {
    let body = r#"{"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a
        fine-grained personal access token with the following user permissions: [Personal Access Token: Revoke]."}"#
        .replace("\n        ", " ");
    let case = Case { kind: Kind::FineGrainedPat, ..Case::default() };
    let title = case.refused(json(403, &body), Verdict::Limited, "gitlab.revoke-permission-missing").await;
    assert!(title.contains("Personal Access Token: Revoke"), "{title}");
}

#[tokio::test]
async fn missing_scope_names_only_scopes_that_help() {
    let body = r#"{"error":"insufficient_scope","scope":"api read_api read_user",
        "error_description":"The request requires higher privileges than provided by the access token."}"#;
    let title = by_other().refused(json(403, body), Verdict::Unreachable, "gitlab.revoke-scope-missing").await;
    assert!(title.ends_with("it needs api"), "{title}");
}

#[tokio::test]
async fn refusals_that_say_nothing_of_the_token() {
    for (answer, code) in [
        (json(400, r#"{"message":"400 Bad request"}"#), "gitlab.revoke-refused"),
        (json(404, r#"{"message":"404 Not Found"}"#), "gitlab.revoke-absent"),
        (json(503, r#"{"message":"GitLab Maintenance: system is in maintenance mode"}"#), "gitlab.maintenance"),
        (Response::of(429, &[("RateLimit-Name", "x")], "Retry later"), "gitlab.rate-limited"),
        (Response::of(200, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (Response::of(301, &[("Location", "https://gitlab.example.org/")], ""), "http.redirect"),
        (json(403, r#"{"message":"Forbidden"}"#), "http.not-the-vendor"),
        (json(200, "{}"), "gitlab.unexpected-answer"),
    ] {
        Case::default().refused(answer, Verdict::Unreachable, code).await;
    }
}

#[tokio::test]
async fn an_order_without_a_clear_answer_is_unknown() {
    for answer in [
        Err(NetError::new(NetErrorKind::ReadTimeout, "gitlab.example.com:443", "")),
        Ok(Response::of(502, &[("Content-Type", "text/html")], "<html>")),
        Ok(Response::of(504, &[], "")),
        Ok(json(500, r#"{"message":"500 Internal Server Error"}"#)),
    ] {
        let (came, _) = Case::default().run([answer]).await;
        assert!(matches!(came, Revocation::Unknown(_)), "{came:?}");
    }
}

#[tokio::test]
async fn kinds_without_such_an_api_are_not_sent() {
    for (kind, secret) in [
        (Kind::OauthToken, "00c0ffeeExampleFakeToken"),
        (Kind::GitCredential, "gldt-ExampleFakeToken0001"),
        (Kind::Unknown, "glrt-ExampleFakeToken0001"),
        (Kind::Pat, "glcbt-64_ExampleFakeToken0001"),
    ] {
        let (came, lines) = Case { kind, secret, ..Case::default() }.run([]).await;
        assert!(matches!(came, Revocation::Unsupported(_)), "{came:?}");
        assert!(lines.is_empty());
    }
}

#[test]
fn the_route_says_what_will_be_sent() {
    let revoker = GitLab.revoker().unwrap();
    let route = |kind, username, using: Option<&Authority>| revoker.route(&host(), kind, username, using);
    let Route::AtHost(text) = route(Kind::Pat, None, None) else { panic!() };
    assert!(text.contains("DELETE https://gitlab.example.com/api/v4/personal_access_tokens/self"), "{text}");
    let Route::AtHost(text) = route(Kind::FineGrainedPat, None, None) else { panic!() };
    assert!(text.contains("Personal Access Token: Revoke"), "{text}");
    let other = signer(Some(Kind::Pat));
    let Route::AtHost(text) = route(Kind::ProjectToken, Some("project_42_bot_x"), Some(&other)) else { panic!() };
    assert!(text.contains("/projects/42/access_tokens/ID"), "{text}");
    assert!(matches!(route(Kind::Pat, None, Some(&signer(None))), Route::NeedsAuthority { password: false, .. }));
    for kind in [Kind::OauthToken, Kind::GitCredential, Kind::OauthClient, Kind::Unknown] {
        assert!(matches!(route(kind, None, None), Route::Guided { .. }), "{kind}");
    }
}
