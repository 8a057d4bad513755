//! Fisheye and Crucible: both tokens, every answer, and the simulated installation.

use std::sync::Arc;

use keyrack::domain::{Expiry, FamilyId, Host, Kind, Validation, Verdict};
use keyrack::hosts::fecru::Fecru;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Detection, Family};
use keyrack::net::{HeaderText, Response};
use keyrack::simulator::Site;
use keyrack::simulator::fecru::Fecru as Simulated;

use super::support::{self, Direct, Recorded, host_of, now, token, validate, wire};

const WEB: &str = "https://fisheye.example.com/fisheye";
const KEY: &str = "KEYRACKFAKE00000000000000000000000000001";
const LOGIN: &str = "jdoe:17:fa6efa6efa6efa6efa6efa6efa6efa6e";

fn host() -> Host {
    Host::new("fisheye", FamilyId::new("fecru"), WEB)
}

fn manifest(kind: &str) -> Response {
    let body =
        format!("<manifest><id>x</id><name>FishEye</name><typeId>{kind}</typeId><version>4.9.1</version></manifest>");
    Response::of(200, &[("Content-Type", "application/xml")], &body)
}

fn json(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json")], body)
}

fn page(status: u16) -> Response {
    Response::of(status, &[("Content-Type", "text/html")], "<!DOCTYPE html><html><form>Log in</form></html>")
}

async fn check(kind: Kind, secret: &str, answers: impl IntoIterator<Item = Response>) -> Validation {
    let transport = Recorded::new(answers);
    let found = validate(&Fecru, &host(), &transport, kind, None, &token(secret)).await;
    assert!(!format!("{found:?}").contains(secret));
    found
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, name: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    let expected = if name.contains('.') { name.to_owned() } else { format!("fecru.{name}") };
    assert_eq!(found.findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), [expected], "{found:#?}");
    for text in found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]) {
        assert!(!text.is_empty() && (name.contains('.') || !text.contains(['{', '}'])), "unfilled text: {text}");
    }
}

#[test]
fn a_log_ins_token_is_recognised_and_names_its_user() {
    let found = recognise(LOGIN);
    let ours = found.iter().find(|c| c.family.as_str() == "fecru").expect("a candidate");
    assert_eq!((ours.kind, ours.certain), (Kind::LoginToken, false));
    assert_eq!(ours.carries, [("user".to_owned(), "jdoe".to_owned())]);
    assert!(recognise(KEY).iter().all(|c| c.family.as_str() != "fecru"), "free text is nobody's");
}

#[test]
fn pages_are_cut_off_and_the_cloud_is_refused() {
    for (typed, url) in [
        ("fisheye.acme.dev", "https://fisheye.acme.dev"),
        ("https://acme.dev/fisheye/browse/web/src", "https://acme.dev/fisheye"),
        ("https://acme.dev:8060/cru/CR-1", "https://acme.dev:8060"),
        ("https://acme.dev/fisheye/rest-service-fe/x", "https://acme.dev/fisheye"),
    ] {
        assert_eq!(Fecru.host_url(typed).unwrap().url, url, "{typed}");
    }
    assert!(Fecru.host_url("https://acme.atlassian.net").is_err());
}

#[tokio::test]
async fn the_administrations_token_is_proved_where_strangers_are_refused() {
    let transport = Recorded::new([manifest("fecru"), json(200, "{}"), json(401, "{}")]);
    let found = validate(&Fecru, &host(), &transport, Kind::ApiToken, None, &token(KEY)).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    assert_eq!((found.kind, found.expiry), (Some(Kind::ApiToken), Expiry::Never));
    let seen = transport.seen.lock().unwrap();
    assert_eq!(seen[1].url, format!("{WEB}/rest-service-fecru/admin/repositories"));
    assert!(
        seen[1]
            .headers
            .iter()
            .any(|(n, v)| n == "X-Api-Key" && matches!(v, HeaderText::Secret(s) if s.reveal() == KEY))
    );
    assert!(!seen[2].headers.iter().any(|(n, _)| n == "X-Api-Key"), "asked once more without it");
}

#[tokio::test]
async fn the_token_of_a_log_in_is_a_secret_parameter() {
    let transport = Recorded::new([
        manifest("fecru"),
        json(200, r#"{"repository":[1,2]}"#),
        json(200, r#"{"repository":[1]}"#),
        json(200, r#"{"repository":[1]}"#),
    ]);
    let found = validate(&Fecru, &host(), &transport, Kind::LoginToken, None, &token(LOGIN)).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    assert!(found.reason.contains("more than strangers"), "{}", found.reason);
    assert_eq!(found.identity.unwrap().login, "jdoe");
    let seen = transport.seen.lock().unwrap();
    assert_eq!(seen[1].url, format!("{WEB}/rest-service/repositories-v1"), "the address itself holds no secret");
    let (name, value) = seen[1].query.as_ref().expect("a secret parameter");
    assert_eq!((name.as_str(), value.reveal()), ("FEAUTH", LOGIN));
    assert!(!format!("{:?}", seen[1]).contains("fa6e"));
}

#[tokio::test]
async fn a_forgotten_log_in_goes_on_as_the_anonymous_user_and_proves_nothing() {
    let same = || json(200, r#"{"repository":[1]}"#);
    let found = check(Kind::LoginToken, LOGIN, [manifest("fecru"), same(), same()]).await;
    assert_found(&found, Verdict::Unreachable, "unproven");
    // An answer that changes by itself is no sign either.
    let changing = [manifest("fecru"), json(200, "[1]"), json(200, "[2]"), json(200, "[3]")];
    assert_found(&check(Kind::LoginToken, LOGIN, changing).await, Verdict::Unreachable, "unproven");
}

#[tokio::test]
async fn a_refusal_counts_where_the_server_has_named_itself() {
    for status in [401, 403] {
        let found = check(Kind::ApiToken, KEY, [manifest("fecru"), json(status, "{}")]).await;
        assert_found(&found, Verdict::Rejected, "api-token-refused");
        let found = check(Kind::LoginToken, LOGIN, [manifest("fecru"), json(status, "")]).await;
        assert_found(&found, Verdict::Rejected, "login-token-refused");
    }
    // Without a manifest nothing says that it is Fisheye's own word.
    let found = check(Kind::ApiToken, KEY, [json(404, "{}"), json(401, "{}")]).await;
    assert_found(&found, Verdict::Unreachable, "http.not-the-vendor");
    let own = Response::of(401, &[("X-AREQUESTID", "@1x2x3"), ("Content-Type", "application/json")], "{}");
    let found = check(Kind::ApiToken, KEY, [json(404, "{}"), own]).await;
    assert_found(&found, Verdict::Rejected, "api-token-refused");
}

#[tokio::test]
async fn everything_else_says_nothing_of_the_token() {
    for (answer, name) in [
        (page(200), "sign-in-page"),
        (page(401), "sign-in-page"),
        (page(404), "wrong-context-path"),
        (json(418, "{}"), "not-fisheye"),
        (json(203, "{}"), "not-fisheye"),
        (json(503, "{}"), "http.unavailable"),
        (json(429, "{}"), "http.rate-limited"),
        (Response::of(302, &[("Location", "https://sso.acme.dev/")], ""), "http.redirect"),
    ] {
        let found = check(Kind::ApiToken, KEY, [manifest("fecru"), answer]).await;
        assert_found(&found, Verdict::Unreachable, name);
    }
    let captcha = Response::of(403, &[("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=x")], "");
    let found = check(Kind::LoginToken, LOGIN, [manifest("fecru"), captcha]).await;
    assert_found(&found, Verdict::Blocked, "captcha");
    assert_found(&check(Kind::ApiToken, KEY, [manifest("jira")]).await, Verdict::Unreachable, "wrong-product");
    assert_found(&check(Kind::ApiToken, KEY, [page(404)]).await, Verdict::Unreachable, "wrong-context-path");
    let found = check(Kind::Unknown, KEY, []).await;
    assert_found(&found, Verdict::Unreachable, "kind-unclear");
}

#[tokio::test]
async fn the_simulated_installation_gives_every_verdict() {
    let installation = Arc::new(Simulated::new());
    let site = Arc::clone(&installation) as Arc<dyn Site>;
    let (host, transport) = (host_of(&*site), Direct(Arc::clone(&site)));
    let mut roster = site.roster(now());
    roster.extend((0..3).map(|n| site.spare(n, now())));
    for c in &roster {
        let secret = token(&c.secret);
        let found = support::validate(&Fecru, &host, &transport, c.kind, c.username.as_deref(), &secret).await;
        assert_eq!(found.verdict, c.expect, "{}: {found:#?}", c.label);
        assert!(!format!("{found:?}").contains(&c.secret), "{}", c.label);
    }
    let login = roster.iter().find(|c| c.label == "fisheye-login").unwrap();
    installation.forget("jdoe");
    let secret = token(&login.secret);
    let found = support::validate(&Fecru, &host, &transport, login.kind, Some("jdoe"), &secret).await;
    assert_found(&found, Verdict::Unreachable, "unproven");
    let wire = wire(&Fecru, &host, &transport, &[]);
    assert!(matches!(Fecru.detect(&wire).await, Detection::Found { version: Some(v), .. } if v == "4.9.1"));
}
