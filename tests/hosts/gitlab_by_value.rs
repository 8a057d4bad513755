//! GitLab: an administrator of an instance names and revokes by its value what can say nothing of itself.

use std::sync::Arc;

use keyrack::domain::{Kind, Validation, Verdict};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Authority, Family, Revocation, Route};
use keyrack::net::{NetError, NetErrorKind, Response};
use keyrack::simulator::Site;
use keyrack::simulator::gitlab::GitLabSite;

use crate::gitlab::{assert_texts_are_whole, host, json};
use crate::support::{Direct, Recorded, host_of, now, revoke, token};

const LEAKED: &str = "glptt-00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee";

fn signer(kind: Option<Kind>) -> Authority {
    let secret = token("glpat-ExampleFakeToken9999");
    Authority { one_time_code: None, kind, username: None, secret }
}

async fn run(answers: impl IntoIterator<Item = Result<Response, NetError>>) -> (Revocation, Vec<String>) {
    let transport = Recorded::with_errors(answers);
    let using = signer(Some(Kind::Pat));
    let came = revoke(&GitLab, &host(), &transport, Kind::Unknown, None, &token(LEAKED), None, Some(&using)).await;
    if let Revocation::Refused(found) | Revocation::Unsupported(found) = &came {
        assert_texts_are_whole(found);
        assert!(!format!("{found:?}").contains("00c0ffee"), "{found:?}");
    }
    (came, transport.lines())
}

fn named() -> Response {
    json(200, &format!(r#"{{"id":5,"name":"nightly {LEAKED}","user_id":31,"revoked":false,"scopes":[]}}"#))
}

#[tokio::test]
async fn it_is_named_first_and_then_revoked_once() {
    let (came, lines) = run([Ok(named()), Ok(Response::of(204, &[], ""))]).await;
    assert_eq!(came, Revocation::Accepted);
    assert_eq!(
        lines,
        ["POST https://gitlab.example.com/api/v4/admin/token", "DELETE https://gitlab.example.com/api/v4/admin/token"]
    );
}

fn refused(came: Revocation) -> Validation {
    match came {
        Revocation::Refused(found) => *found,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_refusal_of_the_question_says_that_nothing_was_revoked() {
    let scope = r#"{"error":"insufficient_scope","scope":"api",
        "error_description":"The request requires higher privileges than provided by the access token."}"#;
    for (answer, code) in [
        (json(404, r#"{"message":"404 Not Found"}"#), "gitlab.by-value-unknown"),
        (json(403, r#"{"message":"403 Forbidden"}"#), "gitlab.by-value-forbidden"),
        (json(403, scope), "gitlab.revoke-scope-missing"),
        (json(401, r#"{"message":"401 Unauthorized"}"#), "gitlab.authority-refused"),
        (json(429, "Retry later"), "gitlab.rate-limited"),
        (Response::of(200, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (json(403, r#"{"message":"Forbidden"}"#), "http.not-the-vendor"),
    ] {
        let (came, lines) = run([Ok(answer)]).await;
        let found = refused(came);
        assert_eq!((found.findings[0].code.as_str(), found.verdict), (code, Verdict::Unreachable));
        assert_eq!(lines.len(), 1, "{code}: nothing but the question was sent");
    }
    for (answer, code) in [
        (json(422, r#"{"message":"422 Unprocessable Entity"}"#), "gitlab.by-value-kind"),
        (json(404, r#"{"error":"404 Not Found"}"#), "gitlab.by-value-unsupported"),
    ] {
        let (came, _) = run([Ok(answer)]).await;
        assert!(matches!(&came, Revocation::Unsupported(v) if v.findings[0].code == code), "{came:?}");
    }
}

#[tokio::test]
async fn a_switch_that_is_off_is_told_with_what_the_token_is() {
    let (came, _) = run([Ok(named()), Ok(json(404, r#"{"message":"404 Not Found"}"#))]).await;
    let Revocation::Unsupported(found) = came else { panic!("{came:?}") };
    assert_eq!(found.findings[0].code, "gitlab.by-value-unsupported");
    assert!(found.evidence[0].detail.contains("id 5") && found.evidence[0].detail.contains("user_id 31"), "{found:?}");
    let lost = Err(NetError::new(NetErrorKind::ReadTimeout, "gitlab.example.com:443", ""));
    assert!(matches!(run([Ok(named()), lost]).await.0, Revocation::Unknown(_)));
}

#[tokio::test]
async fn it_is_not_tried_where_it_cannot_be() {
    let com = keyrack::domain::Host::new("gitlab.com", keyrack::domain::FamilyId::new("gitlab"), "https://gitlab.com");
    let mut old = host();
    old.version = Some("17.6.2-ee".into());
    let route = |host: &keyrack::domain::Host, using: Option<&Authority>| {
        GitLab.revoker().unwrap().route(host, Kind::Unknown, None, using)
    };
    let pat = signer(Some(Kind::Pat));
    let Route::AtHost(text) = route(&host(), Some(&pat)) else { panic!() };
    assert!(text.contains("/api/v4/admin/token") && text.contains("administrator"), "{text}");
    for (host, using) in [
        (&com, Some(&pat)),
        (&old, Some(&pat)),
        (&host(), Some(&signer(Some(Kind::ProjectToken)))),
        (&host(), Some(&signer(None))),
        (&host(), None),
    ] {
        assert!(matches!(route(host, using), Route::Guided { .. }));
    }
    let cookie = token("_gitlab_session=00c0ffee00c0ffee00c0ffee00c0ffee");
    let nothing = Recorded::new([]);
    let came = revoke(&GitLab, &host(), &nothing, Kind::Unknown, None, &cookie, None, Some(&pat)).await;
    assert!(matches!(came, Revocation::Unsupported(_)), "{came:?}");
}

#[tokio::test]
async fn the_site_lets_its_administrator_and_nobody_else() {
    let site = Arc::new(GitLabSite::self_managed());
    let (host, direct) = (host_of(&*site), Direct(site.clone()));
    let held = |label: &str| site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
    let leaked = held("acme-trigger");
    let by = async |label: &str| {
        let signer = held(label);
        let using =
            Authority { one_time_code: None, kind: Some(signer.kind), username: None, secret: token(&signer.secret) };
        revoke(&GitLab, &host, &direct, leaked.kind, None, &token(&leaked.secret), None, Some(&using)).await
    };
    assert_eq!(refused(by("acme-deploy").await).findings[0].code, "gitlab.by-value-forbidden");
    assert_eq!(by("acme-root").await, Revocation::Accepted);
    assert_eq!(refused(by("acme-root").await).findings[0].code, "gitlab.by-value-unknown");
}
