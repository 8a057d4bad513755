//! Open DevOps: recognition, tokens and validation here, deployments and the simulated site in the submodules.

mod deploying;
mod refused;
mod simulated;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyrack::domain::{Expiry, FamilyId, GrantSource, Host, Kind, LookAt, Validation, Verdict};
use keyrack::hosts::open_devops::OpenDevOps;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Family, Outcome, Session};
use keyrack::net::{Body, Response};
use keyrack::secret::Secret;

use super::support::{Recorded, now, token, validate, wire};

const CLOUD: &str = "11111111-2222-4333-8444-555555555555";
const CLIENT: &str = "ExampleClientIdNotARealOne000000";
const SECRET: &str = "KEYRACK-FAKE-CLIENT-SECRET-example-only-0001";
const GATEWAY: &str = "https://api.atlassian.com";

fn host() -> Host {
    Host::new("acme", FamilyId::new("open-devops"), "https://acme.atlassian.net")
}

/// A JWT as the vendor's token endpoint hands it out; its end is `life` seconds away.
fn jwt(life: i64) -> String {
    let issued = now().as_second();
    let claims = format!(
        r#"{{"iss":"https://auth.atlassian.com","aud":"api.atlassian.com","sub":"5f01","azp":"{CLIENT}","iat":{issued},"exp":{},"scope":"manage:jira-data-provider","https://atlassian.com/oauthClientId":"{CLIENT}"}}"#,
        issued + life
    );
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims), part("KEYRACK-FAKE-SIGNATURE"))
}

fn json(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json")], body)
}

fn tenant() -> Response {
    json(200, &format!(r#"{{"cloudId":"{CLOUD}"}}"#))
}

fn granted(life: i64) -> Response {
    let token = jwt(life);
    json(
        200,
        &format!(
            r#"{{"access_token":"{token}","expires_in":{life},"token_type":"Bearer","scope":"manage:jira-data-provider"}}"#
        ),
    )
}

/// Answers of the data APIs have no body.
fn bare(status: u16) -> Response {
    Response::of(status, &[], "")
}

fn no_data() -> Response {
    json(200, r#"{"hasDataMatchingProperties":false}"#)
}

fn html(status: u16) -> Response {
    Response::of(status, &[("Content-Type", "text/html")], "<!DOCTYPE html><html><h1>No</h1></html>")
}

fn denied(error: &str) -> Response {
    json(401, &format!(r#"{{"error":"{error}","error_description":"Unauthorized"}}"#))
}

async fn check(transport: &Recorded) -> Validation {
    validate(&OpenDevOps, &host(), transport, Kind::OauthClient, Some(CLIENT), &token(SECRET)).await
}

async fn answered(answers: impl IntoIterator<Item = Response>) -> Validation {
    let transport = Recorded::new(answers);
    let found = check(&transport).await;
    let dump = format!("{found:?}");
    assert!(!dump.contains(SECRET) && !dump.contains(&jwt(3600)), "a secret is shown: {dump}");
    found
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, name: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
    let expected = if name.contains('.') { name.to_owned() } else { format!("open-devops.{name}") };
    assert_eq!(codes, [expected], "{found:#?}");
    assert!(!found.evidence.is_empty() || name == "no-client-id", "a verdict without evidence");
    for text in found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]) {
        assert!(!text.is_empty() && (name.contains('.') || !text.contains(['{', '}'])), "unfilled text: {text}");
    }
}

// --- offline ---------------------------------------------------------------------------------------------------------

#[test]
fn an_access_token_of_atlassian_is_recognised_and_its_claims_shown() {
    let found = recognise(&jwt(3600));
    let ours = found.iter().find(|c| c.family.as_str() == "open-devops").expect("a candidate");
    assert_eq!((ours.kind, ours.certain), (Kind::OauthToken, false));
    assert!(ours.carries.contains(&("client id".to_owned(), CLIENT.to_owned())), "{:?}", ours.carries);
}

#[test]
fn the_sample_of_the_tutorial_is_recognised_by_its_audience() {
    // An issuer of Auth0's, as old tokens have it.
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims =
        r#"{"iss":"https://atlassian-account-prod.pus2.auth0.com/","aud":"api.atlassian.com","exp":1619139966}"#;
    let sample =
        format!("{}.{}.{}", part(r#"{"alg":"RS256","typ":"JWT"}"#), part(claims), part("KEYRACK-FAKE-SIGNATURE"));
    assert!(recognise(&sample).iter().any(|c| c.family.as_str() == "open-devops"));
}

#[test]
fn tokens_of_others_are_not_taken() {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = part(r#"{"iss":"https://sts.windows.net/x/","aud":"499b84ac","exp":1}"#);
    let foreign = format!("{}.{claims}.{}", part(r#"{"alg":"RS256"}"#), part("sig"));
    for text in [foreign.as_str(), SECRET, "eyJub3QifQ.eyJhIjoxfQ.x"] {
        assert!(recognise(text).iter().all(|c| c.family.as_str() != "open-devops"), "{text}");
    }
}

#[test]
fn the_site_is_the_host_and_atlassian_com_is_none() {
    let found = OpenDevOps.host_url("https://acme.atlassian.com/browse/ACME-1").unwrap();
    assert_eq!(found.url, "https://acme.atlassian.net");
    assert!(!found.certain && found.notes.iter().any(|n| n.contains("is not a site")), "{found:?}");
    let endpoints = OpenDevOps.endpoints(&host()).unwrap();
    assert_eq!(endpoints["gateway"], GATEWAY);
    assert_eq!(endpoints["auth"], "https://auth.atlassian.com");
    assert!(OpenDevOps.host_url("https://jira.acme.dev").is_err());
}

// --- accepted --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_client_is_proved_by_the_exchange_and_its_permissions_by_reading() {
    let transport = Recorded::new([tenant(), granted(3600), no_data(), bare(404), bare(403), bare(403), bare(404)]);
    let found = check(&transport).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    let base = format!("{GATEWAY}/jira");
    assert_eq!(
        transport.lines(),
        [
            "GET https://acme.atlassian.net/_edge/tenant_info".to_owned(),
            format!("POST {GATEWAY}/oauth/token"),
            format!("GET {base}/devinfo/0.10/cloud/{CLOUD}/existsByProperties?keyrackProbe=1"),
            format!(
                "GET {base}/deployments/0.1/cloud/{CLOUD}/pipelines/keyrack-probe/environments/keyrack-probe/deployments/1"
            ),
            format!("GET {base}/builds/0.1/cloud/{CLOUD}/pipelines/keyrack-probe/builds/1"),
            format!("GET {base}/featureflags/0.1/cloud/{CLOUD}/flag/keyrack-probe"),
            format!("GET {base}/remotelinks/1.0/cloud/{CLOUD}/remotelink/keyrack-probe"),
        ]
    );
    let probed: Vec<_> =
        found.grants.iter().filter(|g| g.source == GrantSource::Probed).map(|g| g.name.as_str()).collect();
    assert_eq!(probed, ["Development information", "Deployments", "Remote links"]);
    assert!(found.grants.iter().any(|g| g.name == "manage:jira-data-provider" && g.source == GrantSource::Told));
    assert_eq!(found.denied, ["Builds", "Feature flags"]);
    assert_eq!(found.expiry, Expiry::Never, "the client lives until it is deleted");
    let identity = found.identity.unwrap();
    assert_eq!((identity.login.as_str(), identity.kind.as_str()), (CLIENT, "app"));
    assert!(identity.name.contains(CLOUD) && found.reason.contains(CLOUD), "the cloud id is shown");
    assert!(found.reason.contains("appears to be authorized"), "a probe proves no more than that");
    assert_eq!(found.evidence.len(), 7);
}

#[tokio::test]
async fn nothing_is_written_and_the_secret_goes_to_the_token_endpoint_only() {
    let transport = Recorded::new([tenant(), granted(3600), no_data(), bare(404), bare(404), bare(404), bare(404)]);
    check(&transport).await;
    for request in transport.seen.lock().unwrap().iter() {
        let to_token = request.url.ends_with("/oauth/token");
        assert_eq!(request.method == keyrack::net::Method::Post, to_token, "{}", request.line());
        let sent = format!(
            "{} {} {}",
            request.url,
            request.headers.iter().map(|(n, v)| format!("{n}: {}", v.reveal())).collect::<Vec<_>>().join(" "),
            match &request.body {
                Body::Empty => "",
                Body::Text(text) => text,
                Body::Secret(text) => text.reveal(),
            }
        );
        assert_eq!(sent.contains(SECRET), to_token, "{}", request.line());
        assert!(!request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("from")), "nobody is told who asks");
        if to_token {
            let Body::Secret(body) = &request.body else { panic!("the body of a token request is a secret") };
            let body: serde_json::Value = serde_json::from_str(body.reveal()).unwrap();
            assert_eq!(body["audience"], "api.atlassian.com");
            assert_eq!(body["grant_type"], "client_credentials");
            assert_eq!(body["client_id"], CLIENT);
        }
        if request.url.contains("tenant_info") {
            assert!(!request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("authorization")));
        }
    }
}

#[tokio::test]
async fn a_service_accounts_client_gets_its_token_at_auth() {
    let transport = Recorded::new([
        tenant(),
        denied("access_denied"),
        granted(3600),
        json(401, r#"{"code":401,"message":"Unauthorized; scope does not match"}"#),
        bare(404),
        bare(403),
        bare(403),
        bare(403),
    ]);
    let found = check(&transport).await;
    assert_found(&found, Verdict::Valid, "service-account");
    assert_eq!(transport.lines()[2], "POST https://auth.atlassian.com/oauth/token");
    assert_eq!(found.identity.unwrap().kind, "service");
    assert_eq!(found.denied[0], "Development information");
}

#[tokio::test]
async fn what_stands_in_the_way_of_the_data_apis_says_nothing_of_the_client() {
    let slow = || Response::of(429, &[("Retry-After", "30")], "{}");
    let found = answered([tenant(), granted(3600), slow(), slow(), slow(), slow(), slow()]).await;
    assert_found(&found, Verdict::Valid, "http.rate-limited");
    assert!(found.reason.contains("not known") && found.denied.is_empty(), "{}", found.reason);
    // A proxy's own refusal of one kind is no missing permission.
    let proxy = Response::of(403, &[("Content-Type", "text/plain")], "Blocked by policy");
    let found = answered([tenant(), granted(3600), proxy, bare(404), bare(404), bare(404), bare(404)]).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(found.denied.is_empty() && !found.grants.iter().any(|g| g.name == "Development information"));
}

// --- tokens ----------------------------------------------------------------------------------------------------------

async fn mint(answers: impl IntoIterator<Item = Response>) -> Outcome<keyrack::domain::Minted> {
    let (transport, host, secret) = (Recorded::new(answers), host(), token(SECRET));
    let wire = wire(&OpenDevOps, &host, &transport, &[&secret]);
    let session = Session { wire, host: &host, kind: Kind::OauthClient, username: Some(CLIENT), secret: &secret };
    let outcome = OpenDevOps.minter().unwrap().mint(&session).await;
    let evidence = format!("{:?}", session.wire.take_evidence());
    assert!(!evidence.contains("eyJ") && !evidence.contains(SECRET), "{evidence}");
    outcome
}

#[tokio::test]
async fn expires_in_counts_then_exp_then_fifteen_minutes() {
    let with = |expires: &str, token: &str| json(200, &format!(r#"{{"access_token":"{token}"{expires}}}"#));
    for (answer, minutes) in [
        // The tutorial says 15 minutes; the answer says how long it really is.
        (with(r#","expires_in":3600"#, &jwt(1800)), 60),
        (with(r#","expires_in":"600""#, &jwt(1800)), 10),
        (with("", &jwt(1800)), 30),
        (with(r#","expires_in":-5"#, &jwt(1800)), 30),
        (with("", "opaque-KEYRACK-FAKE-token"), 15),
    ] {
        let Outcome::Done(minted) = mint([answer]).await else { panic!() };
        assert_eq!(minted.expires_at.duration_since(now()).as_mins(), minutes);
    }
}

#[tokio::test]
async fn a_minted_token_brings_its_scopes_and_claims() {
    let Outcome::Done(minted) = mint([granted(3600)]).await else { panic!() };
    assert_eq!(minted.scopes, ["manage:jira-data-provider"]);
    assert!(minted.claims.iter().any(|(n, v)| n == "client id" && v == CLIENT));
    assert!(!format!("{minted:?}").contains(&jwt(3600)));
}

#[tokio::test]
async fn a_pasted_access_token_is_used_as_it_is() {
    let pasted = Secret::token(jwt(1800).as_str().into());
    let answers = || [tenant(), bare(403), bare(404), bare(403), bare(403), bare(403)];
    let transport = Recorded::new(answers());
    let found = validate(&OpenDevOps, &host(), &transport, Kind::OauthToken, None, &pasted).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert_eq!(found.expiry, Expiry::At(now() + jiff::SignedDuration::from_secs(1800)));
    assert_eq!(found.identity.unwrap().login, CLIENT);
    assert!(!transport.lines().iter().any(|l| l.contains("oauth")));
}

// --- single grants ---------------------------------------------------------------------------------------------------

#[tokio::test]
async fn single_permissions_are_asked_for_alone() {
    let transport = Recorded::new([tenant(), granted(3600), bare(404), bare(403)]);
    let (host, secret) = (host(), token(SECRET));
    let wire = wire(&OpenDevOps, &host, &transport, &[&secret]);
    let session = Session { wire, host: &host, kind: Kind::OauthClient, username: Some(CLIENT), secret: &secret };
    let wanted = ["Deployments", "Builds", "manage:jira-data-provider", "Something else"].map(str::to_owned);
    let found = OpenDevOps.prober().unwrap().probe(&session, &LookAt::default(), &wanted).await;
    let names: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(names, ["Deployments", "manage:jira-data-provider"]);
    assert_eq!(found.denied, ["Builds"]);
    assert_eq!(found.unknown.len(), 1);
    assert_eq!(found.unknown[0].0, "Something else");
    assert_eq!(found.evidence.len(), 4);
}
