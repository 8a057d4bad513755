//! The GitHub family: recognition, accepted tokens and detection. Failure signatures, revoking and the simulated hosts
//! have a file each.

use keyrack::domain::{Checksum, Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::facts::{Facts, read};
use keyrack::hosts::github::GitHub;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Detection, Family};
use keyrack::net::{NetError, NetErrorKind, Response};

use crate::support::{Recorded, token, validate, wire};

pub const CLASSIC: &str = "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";
pub const OAUTH: &str = "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";
pub const INSTALLATION: &str = "ghs_00000000000000000000000000000A1TrKBc";
pub const REFRESH: &str = "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";
pub const STATELESS: &str = "ghs_4711_eyJKeyrackExampleFake.NotARealToken_NotARealToken.Fake-Signature";
pub const FINE_GRAINED: &str =
    "github_pat_11KEYRACKFAKEEXAMPLE00_KeyrackExampleOnlyNotARealTok1KeyrackExampleOnlyNotARealTok";

pub const USER: &str = r#"{"login": "mara-dev", "id": 4100217, "type": "User", "site_admin": false, "name": "Mara"}"#;
const LIST: &str = "[]";
const SIGNED: (&str, &str) = ("X-GitHub-Request-Id", "C0DE:1:2:3");

pub fn github_com() -> Host {
    Host::new("github.com", FamilyId::new("github"), "https://github.com")
}

pub fn server() -> Host {
    Host::new("github.acme.dev", FamilyId::new("github"), "https://github.acme.dev")
}

/// GitHub's error shape with its request id.
pub fn refusal(status: u16, headers: &[(&str, &str)], message: &str) -> Response {
    let body = serde_json::json!({"message": message, "documentation_url": "https://docs.github.com/rest"});
    let mut all = vec![SIGNED];
    all.extend_from_slice(headers);
    Response::of(status, &all, &body.to_string())
}

pub fn answer(headers: &[(&str, &str)], body: &str) -> Response {
    let mut all = vec![SIGNED];
    all.extend_from_slice(headers);
    Response::of(200, &all, body)
}

/// Validates a token at a host that gives these answers; no further request may be made.
pub async fn check(host: &Host, text: &str, answers: impl IntoIterator<Item = Response>) -> Validation {
    let recorded = Recorded::new(answers);
    let kind = recognise(text).first().map_or(Kind::Unknown, |candidate| candidate.kind);
    let validation = validate(&GitHub, host, &recorded, kind, None, &token(text)).await;
    assert_no_secret(&validation, text);
    validation
}

/// No part of a validation may show the token.
pub fn assert_no_secret(validation: &Validation, text: &str) {
    let shown = format!("{validation:?} {}", serde_json::to_string(validation).unwrap());
    assert!(!shown.contains(text), "{shown}");
}

pub fn codes(validation: &Validation) -> Vec<&str> {
    validation.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn grants(validation: &Validation, source: GrantSource) -> Vec<&str> {
    validation.grants.iter().filter(|grant| grant.source == source).map(|grant| grant.name.as_str()).collect()
}

#[test]
fn the_asset_parses_and_every_finding_says_what_to_do() {
    let facts: Facts = toml::from_str(read("hosts/github.toml").unwrap()).unwrap();
    assert_eq!(&facts, GitHub.facts());
    for finding in &facts.findings {
        assert!(!finding.cause.is_empty() && finding.link.starts_with("https://"), "{}", finding.name);
    }
    for scope in facts.scopes.iter().flat_map(|scope| &scope.implies) {
        assert!(facts.scopes.iter().any(|known| known.name == *scope), "{scope}");
    }
    for (scope, implied) in [
        ("repo", "security_events"),
        ("admin:org", "read:org"),
        ("admin:org", "manage_runners:org"),
        ("admin:public_key", "read:public_key"),
        ("write:packages", "read:packages"),
        ("contents:write", "contents:read"),
        ("organization_projects:admin", "organization_projects:read"),
    ] {
        assert!(facts.implied(&[scope.to_owned()]).contains(&implied.to_owned()), "{scope}");
    }
}

proptest::proptest! {
    // The same cases at every run.
    #![proptest_config(proptest::prelude::ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn no_text_makes_the_offline_half_panic(
        prefix in "(ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|v1\\.|https://|ssh://|git@|)",
        rest in "\\PC{0,60}",
    ) {
        let text = format!("{prefix}{rest}");
        let _ = GitHub.host_url(&text);
        for kind in Kind::ALL {
            let _ = GitHub.carried(*kind, &text);
        }
        if let Ok(found) = GitHub.host_url(&text) {
            // What came out is understood again, and as the same.
            let again = GitHub.host_url(&found.url).unwrap();
            proptest::prop_assert_eq!((&again.url, again.certain), (&found.url, found.certain));
            proptest::prop_assert!(GitHub.endpoints(&Host::new("h", FamilyId::new("github"), found.url)).is_ok());
        }
    }
}

#[test]
fn every_form_is_recognised() {
    let legacy = "0a1b".repeat(10);
    let legacy_installation = format!("v1.{legacy}");
    let long_stateless = format!("ghs_4711_eyJFake.{}.{}", "NotAReal-Token_".repeat(30), "F".repeat(60));
    assert!(long_stateless.len() > 520);
    for (text, kind, certain, checksum) in [
        (CLASSIC, Kind::ClassicPat, true, Checksum::Ok),
        ("ghp_KeyrackExampleOnlyNotARealTok229Stgq", Kind::ClassicPat, false, Checksum::Mismatch),
        ("ghp_KeyrackExampleOnlyNotARealTok1", Kind::ClassicPat, false, Checksum::Mismatch),
        (OAUTH, Kind::OauthToken, true, Checksum::Ok),
        ("ghu_00000000000000000000000000000A1TrKBc", Kind::AppToken, true, Checksum::Ok),
        (INSTALLATION, Kind::AppToken, true, Checksum::Ok),
        (REFRESH, Kind::AppToken, true, Checksum::Ok),
        (STATELESS, Kind::AppToken, true, Checksum::None),
        (long_stateless.as_str(), Kind::AppToken, true, Checksum::None),
        (FINE_GRAINED, Kind::FineGrainedPat, true, Checksum::None),
        (legacy.as_str(), Kind::ClassicPat, false, Checksum::None),
        (legacy_installation.as_str(), Kind::AppToken, false, Checksum::None),
    ] {
        let candidates = recognise(text);
        let found = candidates.iter().find(|candidate| candidate.family.as_str() == "github");
        let found = found.unwrap_or_else(|| panic!("{text} is not recognised"));
        assert_eq!((found.kind, found.certain, found.checksum), (kind, certain, checksum), "{text}");
        assert!(found.carries.iter().any(|(name, _)| name == "form"), "{text}");
        assert_eq!(candidates.iter().filter(|c| c.family.as_str() == "github").count(), 1, "{text}");
    }
    for text in ["", "ghp_", "glpat-NotARealTokenOfGitHub", "X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"] {
        assert!(recognise(text).iter().all(|candidate| candidate.family.as_str() != "github"), "{text}");
    }
}

#[tokio::test]
async fn a_classic_token_tells_account_scopes_and_end() {
    let recorded = Recorded::new([
        answer(
            &[
                ("X-OAuth-Scopes", "gist, read:org, repo"),
                ("github-authentication-token-expiration", "2027-02-20 09:30:00 UTC"),
            ],
            USER,
        ),
        answer(&[], LIST),
    ]);
    let validation = validate(&GitHub, &github_com(), &recorded, Kind::ClassicPat, None, &token(CLASSIC)).await;
    assert_eq!((validation.verdict, validation.reason.as_str()), (Verdict::Valid, "accepted by GET /user"));
    assert_eq!(validation.expiry, Expiry::At("2027-02-20T09:30:00Z".parse().unwrap()));
    assert_eq!(grants(&validation, GrantSource::Told), ["gist", "read:org", "repo"]);
    assert!(grants(&validation, GrantSource::Implied).contains(&"public_repo"));
    let identity = validation.identity.as_ref().unwrap();
    assert_eq!((identity.id.as_str(), identity.login.as_str()), ("4100217", "mara-dev"));
    assert_eq!((identity.name.as_str(), identity.kind.as_str()), ("Mara", "user"));
    assert_eq!(validation.kind, None);
    assert!(validation.findings.is_empty());
    assert_eq!(validation.evidence.len(), 2);
    assert!(validation.evidence[0].detail.contains("X-OAuth-Scopes: gist, read:org, repo"));
    assert_no_secret(&validation, CLASSIC);
    assert_eq!(
        recorded.lines(),
        ["GET https://api.github.com/user", "GET https://api.github.com/user/orgs?per_page=1"]
    );
    for request in recorded.seen.lock().unwrap().iter() {
        let sent = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.reveal().to_owned());
        assert_eq!(sent("Authorization"), Some(format!("Bearer {CLASSIC}")));
        assert_eq!(sent("X-GitHub-Api-Version").as_deref(), Some("2022-11-28"));
        assert_eq!(sent("Accept").as_deref(), Some("application/vnd.github+json"));
        assert!(sent("User-Agent").unwrap().starts_with("keyrack/"));
    }
}

#[tokio::test]
async fn a_classic_token_without_the_expiry_header_never_ends() {
    let validation = check(&github_com(), CLASSIC, [answer(&[("X-OAuth-Scopes", "gist")], USER)]).await;
    assert_eq!((validation.verdict, validation.expiry), (Verdict::Valid, Expiry::Never));
}

#[tokio::test]
async fn an_empty_scope_header_means_public_data_only() {
    let validation = check(&github_com(), CLASSIC, [answer(&[("X-OAuth-Scopes", "")], USER)]).await;
    assert_eq!((validation.verdict, codes(&validation)), (Verdict::Valid, vec!["github.no-scopes"]));
    assert!(validation.reason.contains("public data only"), "{}", validation.reason);
    assert!(validation.grants.is_empty());
}

#[tokio::test]
async fn a_missing_scope_header_is_not_called_no_scopes() {
    let validation = check(&github_com(), CLASSIC, [answer(&[], USER), answer(&[], LIST)]).await;
    assert_eq!((validation.verdict, validation.findings.len()), (Verdict::Valid, 0));
    assert!(validation.reason.contains("scopes are not told"), "{}", validation.reason);
}

#[tokio::test]
async fn a_token_without_organisation_scopes_costs_one_request() {
    for scopes in ["gist", "public_repo, read:packages", ""] {
        check(&github_com(), CLASSIC, [answer(&[("X-OAuth-Scopes", scopes)], USER)]).await;
    }
    // Single sign-on per token is a thing of the cloud.
    check(&server(), CLASSIC, [answer(&[("X-OAuth-Scopes", "repo, read:org")], USER)]).await;
}

#[tokio::test]
async fn a_failure_of_the_second_request_is_no_failure_of_the_token() {
    let scopes = [("X-OAuth-Scopes", "repo, read:org")];
    for second in [
        refusal(403, &[("X-Accepted-OAuth-Scopes", "user")], "You need at least read:org scope"),
        refusal(403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded"),
        refusal(404, &[], "Not Found"),
        Response::of(502, &[], "<html>Bad gateway"),
        Response::of(200, &[("Content-Type", "text/html")], "<html>"),
    ] {
        let validation = check(&github_com(), CLASSIC, [answer(&scopes, USER), second]).await;
        assert_eq!((validation.verdict, validation.findings.len()), (Verdict::Valid, 0));
    }
    let lost = NetError::new(NetErrorKind::ReadTimeout, "api.github.com:443", "");
    let recorded = Recorded::with_errors([Ok(answer(&scopes, USER)), Err(lost)]);
    let validation = validate(&GitHub, &github_com(), &recorded, Kind::ClassicPat, None, &token(CLASSIC)).await;
    assert_eq!(validation.verdict, Verdict::Valid);
    assert!(validation.reason.contains("could not be asked"), "{}", validation.reason);
}

#[tokio::test]
async fn a_fine_grained_token_keeps_its_permissions_to_itself() {
    let headers = [("github-authentication-token-expiration", "2027-02-20 11:30:00 +0200"), ("X-OAuth-Scopes", "")];
    let validation = check(&github_com(), FINE_GRAINED, [answer(&headers, USER)]).await;
    assert_eq!(validation.verdict, Verdict::Valid);
    assert_eq!(validation.reason, "accepted by GET /user; its permissions are not told by GitHub");
    assert_eq!(validation.expiry, Expiry::At("2027-02-20T09:30:00Z".parse().unwrap()));
    assert_eq!(codes(&validation), ["github.permissions-not-told"]);
    assert!(validation.grants.is_empty());
    let without_end = check(&github_com(), FINE_GRAINED, [answer(&[], USER)]).await;
    assert_eq!(without_end.expiry, Expiry::Never);
}

#[tokio::test]
async fn oauth_and_app_user_tokens_promise_no_endless_life() {
    let oauth = check(&github_com(), OAUTH, [answer(&[("X-OAuth-Scopes", "gist")], USER)]).await;
    assert_eq!((oauth.verdict, oauth.expiry), (Verdict::Valid, Expiry::Unknown));
    let bot = r#"{"login": "docs-bot", "id": 7, "type": "Bot", "name": null}"#;
    let app = check(&github_com(), "ghu_00000000000000000000000000000A1TrKBc", [answer(&[], bot)]).await;
    assert_eq!((app.verdict, app.expiry), (Verdict::Valid, Expiry::Unknown));
    assert!(app.reason.contains("permissions are not told by GitHub"));
    assert_eq!(app.identity.unwrap().kind, "bot");
}

#[tokio::test]
async fn installation_tokens_are_checked_by_their_repositories() {
    let body = r#"{"total_count": 2, "repository_selection": "selected",
        "repositories": [{"id": 1, "owner": {"login": "acme", "id": 77, "type": "Organization"}}]}"#;
    for text in [INSTALLATION, STATELESS] {
        let recorded = Recorded::new([answer(&[], body)]);
        let validation = validate(&GitHub, &github_com(), &recorded, Kind::AppToken, None, &token(text)).await;
        assert_eq!((validation.verdict, validation.expiry), (Verdict::Valid, Expiry::Unknown));
        assert!(validation.reason.starts_with("accepted by GET /installation/repositories"));
        let identity = validation.identity.unwrap();
        assert_eq!((identity.login.as_str(), identity.kind.as_str()), ("acme", "installation"));
        assert_eq!(recorded.lines(), ["GET https://api.github.com/installation/repositories?per_page=1"]);
    }
    let empty = r#"{"total_count": 0, "repositories": []}"#;
    let validation = check(&github_com(), INSTALLATION, [answer(&[], empty)]).await;
    assert_eq!((validation.verdict, validation.identity), (Verdict::Valid, None));
}

#[tokio::test]
async fn a_refresh_token_is_never_sent() {
    let validation = check(&github_com(), REFRESH, []).await;
    assert_eq!(
        (validation.verdict, codes(&validation)),
        (Verdict::Unreachable, vec!["github.refresh-token-not-checkable"])
    );
}

#[tokio::test]
async fn the_form_corrects_the_kind_on_the_record() {
    let recorded = Recorded::new([answer(&[], USER)]);
    let validation = validate(&GitHub, &github_com(), &recorded, Kind::Unknown, None, &token(FINE_GRAINED)).await;
    assert_eq!(validation.kind, Some(Kind::FineGrainedPat));
    // A token of no known form is asked about as the record has it.
    let recorded = Recorded::new([answer(&[], USER)]);
    let validation =
        validate(&GitHub, &github_com(), &recorded, Kind::Unknown, None, &token("a-fake-example-of-no-form")).await;
    assert_eq!((validation.verdict, validation.kind), (Verdict::Valid, None));
}

#[tokio::test]
async fn a_net_error_says_nothing_of_the_token() {
    let lost = NetError::new(NetErrorKind::Dns, "api.github.com:443", "");
    let recorded = Recorded::with_errors([Err(lost)]);
    let validation = validate(&GitHub, &github_com(), &recorded, Kind::ClassicPat, None, &token(CLASSIC)).await;
    assert_eq!((validation.verdict, codes(&validation)), (Verdict::Unreachable, vec!["net.dns"]));
}

async fn detect(host: &Host, response: Response) -> (Detection, Vec<String>) {
    let recorded = Recorded::new([response]);
    let wire = wire(&GitHub, host, &recorded, &[]);
    let detection = GitHub.detect(&wire).await;
    assert!(recorded.seen.lock().unwrap()[0].headers.iter().all(|(name, _)| name != "Authorization"));
    (detection, recorded.lines())
}

fn found(product: &str, version: Option<&str>) -> Detection {
    Detection::Found { product: product.into(), version: version.map(str::to_owned) }
}

#[tokio::test]
async fn detection_tells_the_products_apart() {
    let cloud = r#"{"verifiable_password_authentication": false, "git": ["192.0.2.0/24"]}"#;
    let on_premises = r#"{"verifiable_password_authentication": true, "packages": [], "installed_version": "3.18.2"}"#;
    let tenant = Host::new("acme", FamilyId::new("github"), "https://acme.ghe.com");
    let (detection, lines) = detect(&github_com(), answer(&[], cloud)).await;
    assert_eq!(detection, found("GitHub.com", None));
    assert_eq!(lines, ["GET https://api.github.com/meta"]);
    let (detection, lines) = detect(&tenant, answer(&[], cloud)).await;
    assert_eq!(detection, found("GitHub Enterprise Cloud with data residency", None));
    assert_eq!(lines, ["GET https://api.acme.ghe.com/meta"]);
    let (detection, lines) = detect(&server(), Response::of(200, &[], on_premises)).await;
    assert_eq!(detection, found("GitHub Enterprise Server", Some("3.18.2")));
    assert_eq!(lines, ["GET https://github.acme.dev/api/v3/meta"]);
}

#[tokio::test]
async fn detection_understands_private_mode_and_rate_limits() {
    let version = [("X-GitHub-Enterprise-Version", "3.17.1")];
    let private = refusal(401, &version, "Must authenticate to access this API.");
    assert_eq!(detect(&server(), private).await.0, found("GitHub Enterprise Server", Some("3.17.1")));
    let html = [("WWW-Authenticate", "Basic realm=\"GitHub\""), ("Content-Type", "text/html")];
    let bare = Response::of(401, &html, "<html>");
    assert_eq!(detect(&server(), bare).await.0, found("GitHub Enterprise Server", None));
    let limited = refusal(403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded for 192.0.2.1.");
    assert_eq!(detect(&github_com(), limited).await.0, found("GitHub.com", None));
}

#[tokio::test]
async fn detection_names_what_is_not_github() {
    for (response, code) in [
        (Response::of(404, &[("Content-Type", "text/html")], "<html>"), "github.not-github"),
        (Response::of(200, &[("Content-Type", "application/json")], "{}"), "github.not-github"),
        (Response::of(200, &[("Content-Type", "text/html")], "<html>Sign in"), "github.not-github"),
        (Response::of(401, &[("Content-Type", "application/json")], "{}"), "github.not-github"),
        (Response::of(302, &[("Location", "https://login.acme.dev/?next=1")], ""), "http.redirect"),
        (Response::of(503, &[], ""), "http.unavailable"),
    ] {
        match detect(&server(), response).await.0 {
            Detection::NotThis(finding) => assert_eq!(finding.code, code),
            other => panic!("{other:?}"),
        }
    }
}
