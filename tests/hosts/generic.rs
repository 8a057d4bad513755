//! Any host: every status, with and without the credential, and the simulated service.

use std::sync::Arc;

use keyrack::domain::{Expiry, FamilyId, Host, Kind, Validation, Verdict};
use keyrack::hosts::generic::Generic;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Detection, Family};
use keyrack::net::Response;
use keyrack::simulator::Site;
use keyrack::simulator::generic::Service;

use super::support::{self, Direct, Recorded, host_of, now, token, validate, wire};

const URL: &str = "https://api.example.com/whoami";
const TOKEN: &str = "KEYRACK-FAKE-SERVICE-TOKEN-example";

fn host() -> Host {
    Host::new("api", FamilyId::new("generic"), URL)
}

fn plain(status: u16) -> Response {
    Response::of(status, &[("Content-Type", "application/json")], "{}")
}

fn page(status: u16) -> Response {
    Response::of(status, &[("Content-Type", "text/html")], "<!DOCTYPE html><html><form>Sign in</form></html>")
}

fn redirect() -> Response {
    Response::of(302, &[("Location", "https://sso.example.com/login")], "")
}

async fn answered(answers: impl IntoIterator<Item = Response>) -> Validation {
    let transport = Recorded::new(answers);
    let found = validate(&Generic, &host(), &transport, Kind::Pat, None, &token(TOKEN)).await;
    assert!(!format!("{found:?}").contains(TOKEN));
    found
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, code: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    assert_eq!(found.findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), [code], "{found:#?}");
    for text in found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]) {
        assert!(!text.is_empty() && (code.starts_with("http.") || !text.contains(['{', '}'])), "unfilled text: {text}");
    }
}

#[tokio::test]
async fn a_success_counts_where_strangers_are_turned_away() {
    for without in [plain(401), plain(403), plain(404), redirect(), page(401)] {
        let found = answered([plain(200), without]).await;
        assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
        assert!(found.reason.contains("no more is known"), "only the status is known, and that is said");
        assert_eq!((found.identity, found.expiry), (None, Expiry::Unknown));
        assert!(found.grants.is_empty() && !found.all_grants_told);
    }
    assert_eq!(answered([page(200), redirect()]).await.verdict, Verdict::Valid, "a page behind a log-in");
    assert_eq!(answered([Response::of(204, &[], ""), plain(401)]).await.verdict, Verdict::Valid);
}

#[tokio::test]
async fn an_answer_that_everybody_gets_proves_nothing() {
    for (with, without) in
        [(plain(200), plain(200)), (page(200), page(200)), (plain(200), plain(500)), (plain(200), plain(429))]
    {
        assert_found(&answered([with, without]).await, Verdict::Unreachable, "generic.unproven");
    }
}

#[tokio::test]
async fn a_203_is_never_a_success() {
    assert_found(&answered([page(203)]).await, Verdict::Unreachable, "generic.wrong-probe");
}

#[tokio::test]
async fn refusals_are_told_by_status() {
    assert_found(&answered([plain(401)]).await, Verdict::Rejected, "generic.refused");
    let challenge =
        Response::of(401, &[("WWW-Authenticate", "Basic realm=x"), ("Content-Type", "text/html")], "<html>no</html>");
    assert_found(&answered([challenge]).await, Verdict::Rejected, "generic.refused");
    // A page without a challenge may be a proxy's.
    assert_found(&answered([page(401)]).await, Verdict::Unreachable, "http.html");
    assert_found(&answered([plain(403), plain(401)]).await, Verdict::Limited, "generic.forbidden");
    assert_found(&answered([plain(403), plain(403)]).await, Verdict::Unreachable, "generic.forbidden-to-all");
}

#[tokio::test]
async fn everything_else_says_nothing_of_the_credential() {
    for (answer, code) in [
        (plain(404), "generic.wrong-probe"),
        (page(404), "generic.wrong-probe"),
        (plain(405), "generic.wrong-probe"),
        (plain(418), "generic.wrong-probe"),
        (redirect(), "http.redirect"),
        (plain(407), "http.proxy-auth"),
        (plain(429), "http.rate-limited"),
        (plain(500), "http.server-error"),
        (plain(503), "http.unavailable"),
    ] {
        assert_found(&answered([answer]).await, Verdict::Unreachable, code);
    }
}

#[tokio::test]
async fn a_user_name_makes_it_basic() {
    for (kind, user, starts) in
        [(Kind::Pat, None, "Bearer "), (Kind::Pat, Some("ana"), "Basic "), (Kind::GitCredential, Some("ana"), "Basic ")]
    {
        let transport = Recorded::new([plain(401)]);
        validate(&Generic, &host(), &transport, kind, user, &token(TOKEN)).await;
        let seen = transport.seen.lock().unwrap();
        let sent = seen[0].headers.iter().find(|(n, _)| n == "Authorization").unwrap();
        assert!(sent.1.reveal().starts_with(starts), "{kind}");
        assert_eq!(seen[0].url, URL);
    }
    let nothing = Recorded::new([]);
    let found = validate(&Generic, &host(), &nothing, Kind::GitCredential, None, &token(TOKEN)).await;
    assert_found(&found, Verdict::Unreachable, "generic.no-user");
}

#[test]
fn any_web_address_is_a_host_and_no_token_is_recognised() {
    let found = Generic.host_url("https://ana:NotARealSecret@api.example.com:8443/v1/whoami/?x=1#y").unwrap();
    assert_eq!(found.url, "https://api.example.com:8443/v1/whoami");
    assert!(!format!("{found:?}").contains("NotARealSecret") && !found.certain);
    assert_eq!(Generic.host_url("api.example.com").unwrap().url, "https://api.example.com");
    for typed in ["", "ssh://x", "https://", "http://a b"] {
        assert!(Generic.host_url(typed).is_err(), "{typed}");
    }
    assert!(recognise(TOKEN).iter().all(|c| c.family.as_str() != "generic"));
}

#[tokio::test]
async fn the_simulated_service_gives_every_verdict() {
    let service = Arc::new(Service::new());
    let site = Arc::clone(&service) as Arc<dyn Site>;
    let (host, transport) = (host_of(&*site), Direct(Arc::clone(&site)));
    let mut roster = site.roster(now());
    roster.extend((0..3).map(|n| site.spare(n, now())));
    for c in &roster {
        let secret = token(&c.secret);
        let found = support::validate(&Generic, &host, &transport, c.kind, c.username.as_deref(), &secret).await;
        assert_eq!(found.verdict, c.expect, "{}: {found:#?}", c.label);
        assert!(!format!("{found:?}").contains(&c.secret), "{}", c.label);
    }
    service.revoke(&roster[0].secret);
    let secret = token(&roster[0].secret);
    let found = support::validate(&Generic, &host, &transport, Kind::Pat, None, &secret).await;
    assert_found(&found, Verdict::Rejected, "generic.refused");
    // The same service, asked where everybody is answered.
    let mut open = host.clone();
    open.endpoints.insert("probe".into(), "http://127.0.0.1:1/api/status".into());
    let found = support::validate(&Generic, &open, &transport, Kind::Pat, None, &secret).await;
    assert_found(&found, Verdict::Unreachable, "generic.unproven");
    let wire = wire(&Generic, &host, &transport, &[]);
    assert!(matches!(Generic.detect(&wire).await, Detection::NotThis(_)), "it is not guessed");
}
