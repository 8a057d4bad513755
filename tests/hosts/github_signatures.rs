//! One recorded answer per failure signature of GitHub, each named after its case, and the order in which they win.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyrack::domain::{Validation, Verdict};
use keyrack::net::Response;

use crate::github::{
    CLASSIC, FINE_GRAINED, INSTALLATION, OAUTH, STATELESS, USER, answer, check, codes, github_com, refusal, server,
};

/// Verdict, code of the only finding, and texts that its remedy, title or evidence must hold.
fn assert_is(validation: &Validation, verdict: Verdict, code: &str, texts: &[&str]) {
    assert_eq!((validation.verdict, codes(validation)), (verdict, vec![code]), "{validation:?}");
    let finding = &validation.findings[0];
    for text in [&finding.title, &finding.cause, &finding.remedy, &finding.link] {
        assert!(!text.contains('{'), "a placeholder is left in {text}");
    }
    let shown = format!("{finding:?} {:?}", validation.evidence);
    for text in texts {
        assert!(shown.contains(text), "`{text}` is not in {shown}");
    }
}

#[tokio::test]
async fn bad_credentials() {
    let validation = check(&github_com(), CLASSIC, [refusal(401, &[], "Bad credentials")]).await;
    assert_is(
        &validation,
        Verdict::Rejected,
        "github.bad-credentials",
        &["message: Bad credentials", "https://github.com/settings/tokens"],
    );
    assert!(validation.identity.is_none() && validation.grants.is_empty());
}

#[tokio::test]
async fn bad_credentials_of_a_mistyped_token() {
    let mistyped = "ghp_KeyrackExampleOnlyNotARealTok229Stgq";
    let validation = check(&github_com(), mistyped, [refusal(401, &[], "Bad credentials")]).await;
    assert_is(&validation, Verdict::Rejected, "github.bad-credentials-mistyped", &["Copy the token again"]);
}

#[tokio::test]
async fn bad_credentials_known_by_the_request_id_alone() {
    let bare = Response::of(401, &[("x-github-request-id", "C0DE:1")], "");
    let validation = check(&github_com(), CLASSIC, [bare]).await;
    assert_is(&validation, Verdict::Rejected, "github.bad-credentials", &[]);
}

#[tokio::test]
async fn bad_credentials_known_by_the_error_shape_alone() {
    let body =
        r#"{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"}"#;
    let validation = check(&github_com(), CLASSIC, [Response::of(401, &[], body)]).await;
    assert_is(&validation, Verdict::Rejected, "github.bad-credentials", &[]);
}

#[tokio::test]
async fn token_of_another_host() {
    let validation = check(&server(), STATELESS, [refusal(401, &[], "Bad credentials")]).await;
    assert_is(&validation, Verdict::Rejected, "github.wrong-host", &["https://github.acme.dev"]);
    let validation = check(&github_com(), STATELESS, [refusal(401, &[], "Bad credentials")]).await;
    assert_is(&validation, Verdict::Rejected, "github.bad-credentials", &[]);
}

#[tokio::test]
async fn no_token_arrived() {
    let validation = check(&github_com(), CLASSIC, [refusal(401, &[], "Requires authentication")]).await;
    assert_is(&validation, Verdict::Unreachable, "github.token-not-seen", &["https://api.github.com"]);
}

#[tokio::test]
async fn private_mode_of_a_server() {
    let answer = refusal(401, &[], "Must authenticate to access this API.");
    let validation = check(&server(), CLASSIC, [answer]).await;
    assert_is(&validation, Verdict::Unreachable, "github.private-mode", &["https://github.acme.dev/api/v3"]);
}

#[tokio::test]
async fn one_time_code_wanted() {
    let answer = refusal(401, &[("X-GitHub-OTP", "required; app")], "Must specify two-factor authentication OTP code.");
    let validation = check(&server(), "a-fake-example-password", [answer]).await;
    assert_is(&validation, Verdict::Blocked, "github.otp-required", &["X-GitHub-OTP: required; app"]);
}

#[tokio::test]
async fn password_at_github_com() {
    let message = "Support for password authentication was removed. Please use a personal access token instead.";
    for status in [401, 403, 422] {
        let validation = check(&github_com(), "a-fake-example-password", [refusal(status, &[], message)]).await;
        assert_is(&validation, Verdict::Rejected, "github.password-not-supported", &["/settings/tokens"]);
    }
}

#[tokio::test]
async fn missing_classic_scope() {
    for status in [403, 404] {
        let headers = [("X-OAuth-Scopes", "gist"), ("X-Accepted-OAuth-Scopes", "repo, read:org")];
        let validation = check(&github_com(), CLASSIC, [refusal(status, &headers, "Not Found")]).await;
        assert_is(&validation, Verdict::Limited, "github.missing-scope", &["tick `repo` or `read:org`"]);
    }
}

#[tokio::test]
async fn implied_scope_is_not_missing() {
    let headers = [("X-OAuth-Scopes", "admin:org"), ("X-Accepted-OAuth-Scopes", "read:org")];
    let validation = check(&github_com(), CLASSIC, [refusal(403, &headers, "Nope")]).await;
    assert_is(&validation, Verdict::Blocked, "github.forbidden", &["Nope"]);
}

#[tokio::test]
async fn missing_fine_grained_permission() {
    let headers = [("X-Accepted-GitHub-Permissions", "pull_requests=read,contents=read; issues=read,contents=read")];
    let answer = refusal(403, &headers, "Resource not accessible by personal access token");
    let validation = check(&github_com(), FINE_GRAINED, [answer]).await;
    assert_is(
        &validation,
        Verdict::Limited,
        "github.missing-permission",
        &["add it (`pull_requests:read` and `contents:read`, or `issues:read` and `contents:read`)."],
    );
}

#[tokio::test]
async fn installation_token_lacks_permission() {
    let headers = [("X-Accepted-GitHub-Permissions", "metadata=read")];
    let answer = refusal(403, &headers, "Resource not accessible by integration");
    let validation = check(&github_com(), INSTALLATION, [answer]).await;
    assert_is(&validation, Verdict::Limited, "github.not-for-integrations", &["`metadata:read`"]);
}

#[tokio::test]
async fn not_found_for_a_fine_grained_token_says_nothing_of_it() {
    let validation = check(&github_com(), FINE_GRAINED, [refusal(404, &[], "Not Found")]).await;
    assert_is(&validation, Verdict::Unreachable, "github.wrong-path", &["https://api.github.com has no such request"]);
    // What the plain Not Found of a private repository means is told with every fine-grained token.
    let validation = check(&github_com(), FINE_GRAINED, [answer(&[], USER)]).await;
    assert!(validation.findings[0].remedy.contains("approved the token"));
}

#[tokio::test]
async fn organization_forbids_classic_tokens() {
    let message = "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or \
                   a personal access token with fine-grained permissions.";
    let validation = check(&github_com(), CLASSIC, [refusal(403, &[], message)]).await;
    assert_is(&validation, Verdict::Blocked, "github.org-forbids-classic", &["`acme` forbids classic"]);
}

#[tokio::test]
async fn organization_forbids_fine_grained_tokens() {
    let message = "`acme` forbids access via a personal access token with fine-grained permissions. Please use a GitHub \
                   App, or an OAuth App.";
    let validation = check(&github_com(), FINE_GRAINED, [refusal(403, &[], message)]).await;
    assert_is(&validation, Verdict::Blocked, "github.org-forbids-fine-grained", &["`acme` forbids fine-grained"]);
}

#[tokio::test]
async fn lifetime_policy_names_days_page_and_token_id() {
    let message = "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's \
                   lifetime is greater than 90 days. Please adjust your token's lifetime at the following URL: \
                   https://github.com/settings/personal-access-tokens/5551";
    let validation = check(&github_com(), FINE_GRAINED, [refusal(403, &[], message)]).await;
    let page = "https://github.com/settings/personal-access-tokens/5551";
    assert_is(&validation, Verdict::Blocked, "github.lifetime-policy", &["`acme`", "90 days or less", page]);
    assert_eq!(validation.remote_id.as_deref(), Some("5551"));
}

const SAML: &str = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access \
                    to this organization.";
const SSO_URL: &str = "https://github.com/orgs/acme/sso?authorization_request=FAKE";

#[tokio::test]
async fn single_sign_on_required() {
    let header = format!("required; url={SSO_URL}");
    let validation = check(&github_com(), CLASSIC, [refusal(403, &[("X-GitHub-SSO", &header)], SAML)]).await;
    assert_is(&validation, Verdict::Limited, "github.sso-required", &["`acme`", SSO_URL]);
    // The address is for the user to open, not for a log to keep.
    assert!(!format!("{:?}", validation.evidence).contains("authorization_request"));
}

#[tokio::test]
async fn single_sign_on_required_by_message_alone() {
    let validation = check(&github_com(), OAUTH, [refusal(403, &[], SAML)]).await;
    assert_is(&validation, Verdict::Limited, "github.sso-required", &["https://github.com/settings/tokens"]);
}

#[tokio::test]
async fn single_sign_on_address_of_another_host_is_not_passed_on() {
    for url in ["https://evil.example/orgs/acme/sso", "http://github.com/orgs/acme/sso", "javascript:alert(1)"] {
        let header = format!("required; url={url}");
        let validation = check(&github_com(), CLASSIC, [refusal(403, &[("X-GitHub-SSO", &header)], SAML)]).await;
        assert_is(&validation, Verdict::Limited, "github.sso-required", &["https://github.com/settings/tokens"]);
        assert!(!format!("{validation:?}").contains(url));
    }
}

#[tokio::test]
async fn single_sign_on_required_by_one_organization_leaves_the_rest() {
    let header = format!("required; url={SSO_URL}");
    let first = answer(&[("X-OAuth-Scopes", "repo")], USER);
    let second = refusal(403, &[("X-GitHub-SSO", &header)], SAML);
    let validation = check(&github_com(), CLASSIC, [first, second]).await;
    assert_is(&validation, Verdict::Limited, "github.sso-required", &[SSO_URL, "/user/repos"]);
    assert!(validation.reason.starts_with("accepted by GET /user, but `acme` wants"), "{}", validation.reason);
    assert!(validation.identity.is_some() && !validation.grants.is_empty());
}

#[tokio::test]
async fn single_sign_on_partial_results() {
    let first = answer(&[("X-OAuth-Scopes", "read:org")], USER);
    let second = answer(&[("X-GitHub-SSO", "partial-results; organizations=21955855,20582480")], "[]");
    let validation = check(&github_com(), CLASSIC, [first, second]).await;
    assert_is(&validation, Verdict::Limited, "github.sso-partial", &["21955855, 20582480", "Configure SSO"]);
    let at_once = answer(&[("X-OAuth-Scopes", "read:org"), ("X-GitHub-SSO", "partial-results; organizations=1")], USER);
    let validation = check(&github_com(), CLASSIC, [at_once]).await;
    assert_is(&validation, Verdict::Limited, "github.sso-partial", &[]);
}

#[tokio::test]
async fn ip_allow_list() {
    let message = "Although you appear to have the correct authorization credentials, the `acme` organization has an IP \
                   allow list enabled, and your IP address is not permitted to access this resource.";
    let validation = check(&github_com(), CLASSIC, [refusal(403, &[], message)]).await;
    assert_is(&validation, Verdict::Blocked, "github.ip-allow-list", &["`acme`", "VPN"]);
    // Met behind an accepted token it concerns that organization alone.
    let first = answer(&[("X-OAuth-Scopes", "read:org")], USER);
    let validation = check(&github_com(), CLASSIC, [first, refusal(403, &[], message)]).await;
    assert_is(&validation, Verdict::Limited, "github.ip-allow-list", &[]);
}

#[tokio::test]
async fn oauth_app_restrictions() {
    let message = "Although you appear to have the correct authorization credentials, the `acme` organization has \
                   enabled OAuth App access restrictions, meaning that data access to third-parties is limited.";
    let validation = check(&github_com(), OAUTH, [refusal(403, &[], message)]).await;
    assert_is(&validation, Verdict::Blocked, "github.oauth-app-restricted", &["`acme`"]);
}

#[tokio::test]
async fn account_suspended() {
    let validation = check(&github_com(), CLASSIC, [refusal(403, &[], "Sorry. Your account was suspended.")]).await;
    assert_is(&validation, Verdict::Blocked, "github.account-suspended", &["support.github.com"]);
}

#[tokio::test]
async fn primary_rate_limit() {
    for status in [403, 429] {
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795410000")];
        let validation = check(&github_com(), CLASSIC, [refusal(status, &headers, "API rate limit exceeded")]).await;
        assert_is(&validation, Verdict::Unreachable, "github.primary-rate-limit", &["after 2026-11-23T05:00:00Z"]);
    }
}

#[tokio::test]
async fn secondary_rate_limit() {
    let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    for status in [403, 429] {
        let validation = check(&github_com(), CLASSIC, [refusal(status, &[("Retry-After", "90")], message)]).await;
        assert_is(&validation, Verdict::Unreachable, "github.secondary-rate-limit", &["after 90 s"]);
        let validation = check(&github_com(), CLASSIC, [refusal(status, &[], message)]).await;
        assert_is(&validation, Verdict::Unreachable, "github.secondary-rate-limit", &["after 60 s at the earliest"]);
    }
}

#[tokio::test]
async fn too_many_bad_logins() {
    let message = "Maximum number of login attempts exceeded. Please try again later.";
    let validation = check(&github_com(), CLASSIC, [refusal(403, &[], message)]).await;
    assert_is(&validation, Verdict::Blocked, "github.too-many-logins", &["Stop checking"]);
}

#[tokio::test]
async fn no_user_agent() {
    let body = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
    let validation = check(&github_com(), CLASSIC, [Response::of(403, &[("Content-Type", "text/plain")], body)]).await;
    assert_is(&validation, Verdict::Unreachable, "github.no-user-agent", &[]);
}

#[tokio::test]
async fn unknown_api_version() {
    let validation = check(&server(), CLASSIC, [refusal(400, &[], "The API version is not supported.")]).await;
    assert_is(&validation, Verdict::Unreachable, "github.api-version", &["2022-11-28"]);
}

#[tokio::test]
async fn maintenance_of_a_server() {
    let page = || Response::of(503, &[("Content-Type", "text/html")], "<html>Unicorn</html>");
    let validation = check(&server(), CLASSIC, [page()]).await;
    assert_is(&validation, Verdict::Unreachable, "github.maintenance", &[]);
    let validation = check(&github_com(), CLASSIC, [page()]).await;
    assert_eq!((validation.verdict, codes(&validation)), (Verdict::Unreachable, vec!["http.unavailable"]));
}

#[tokio::test]
async fn request_over_ten_seconds() {
    for status in [502, 504] {
        let validation = check(&github_com(), CLASSIC, [refusal(status, &[], "Server Error")]).await;
        assert_is(&validation, Verdict::Unreachable, "github.timeout", &[]);
    }
}

#[tokio::test]
async fn anything_else_with_403_is_quoted() {
    let validation = check(&github_com(), CLASSIC, [refusal(403, &[], "The full moon forbids it.")]).await;
    assert_is(&validation, Verdict::Blocked, "github.forbidden", &["The full moon forbids it."]);
    let silent = Response::of(403, &[("x-github-request-id", "C0DE:1")], "");
    let validation = check(&github_com(), CLASSIC, [silent]).await;
    assert_is(&validation, Verdict::Blocked, "github.forbidden", &["403, without a message"]);
}

#[tokio::test]
async fn what_is_not_github_never_condemns_a_token() {
    let html = [("Content-Type", "text/html; charset=utf-8")];
    for (response, code) in [
        (Response::of(200, &html, "<!DOCTYPE html><title>Sign in</title>"), "http.html"),
        (Response::of(401, &html, "<html>Proxy</html>"), "http.html"),
        (Response::of(403, &html, "<html>Proxy</html>"), "http.html"),
        (Response::of(404, &html, "<html>Proxy</html>"), "http.html"),
        (Response::of(401, &[], r#"{"error": "invalid_token"}"#), "http.not-the-vendor"),
        (Response::of(403, &[], "no"), "http.not-the-vendor"),
        (Response::of(302, &[("Location", "https://login.acme.dev/")], ""), "http.redirect"),
        (Response::of(407, &[], ""), "http.proxy-auth"),
        (Response::of(429, &[("Retry-After", "5")], ""), "http.rate-limited"),
        (Response::of(500, &[], ""), "http.server-error"),
        (Response::of(502, &[], "<html>"), "http.server-error"),
        (Response::of(200, &[], "not json"), "github.unexpected-answer"),
        (Response::of(200, &[], "[]"), "github.unexpected-answer"),
        (Response::of(200, &[], r#"{"login": 1, "id": "x"}"#), "github.unexpected-answer"),
        (Response::of(203, &[], USER), "github.unexpected-answer"),
        (Response::of(204, &[], ""), "github.unexpected-answer"),
        (Response::of(404, &[], r#"{"message": "no route"}"#), "github.wrong-path"),
    ] {
        for (host, token) in [(github_com(), CLASSIC), (server(), INSTALLATION)] {
            let validation = check(&host, token, [response.clone()]).await;
            assert_eq!((validation.verdict, codes(&validation)), (Verdict::Unreachable, vec![code]), "{response:?}");
        }
    }
    let long = Response { truncated: true, ..answer(&[], USER) };
    let validation = check(&github_com(), CLASSIC, [long]).await;
    assert_eq!((validation.verdict, codes(&validation)), (Verdict::Unreachable, vec!["http.too-large"]));
}

#[tokio::test]
async fn precedence_on_403() {
    let sso = ("X-GitHub-SSO", "required; url=https://github.com/orgs/acme/sso");
    let exhausted = ("x-ratelimit-remaining", "0");
    let permissions = ("X-Accepted-GitHub-Permissions", "contents=read");
    let granted = ("X-OAuth-Scopes", "gist");
    let accepted = ("X-Accepted-OAuth-Scopes", "repo");
    let suspended = "Sorry. Your account was suspended.";
    let unknown = "Something new.";
    let mut headers = vec![sso, exhausted, permissions, granted, accepted];
    for (message, code) in [
        (suspended, "github.sso-required"),
        (suspended, "github.primary-rate-limit"),
        (suspended, "github.account-suspended"),
    ] {
        let validation = check(&github_com(), CLASSIC, [refusal(403, &headers, message)]).await;
        assert_eq!(codes(&validation), [code]);
        headers.remove(0);
    }
    let headers = [permissions, granted, accepted];
    let validation = check(&github_com(), FINE_GRAINED, [refusal(403, &headers, unknown)]).await;
    assert_eq!(codes(&validation), ["github.missing-permission"]);
    let validation = check(&github_com(), CLASSIC, [refusal(403, &headers, unknown)]).await;
    assert_eq!(codes(&validation), ["github.missing-scope"]);
}

#[tokio::test]
async fn an_echoed_token_is_masked_everywhere() {
    let echoed = |text: &str| format!("{text} is not known, nor is `{text}` with {text}?");
    for status in [400, 401, 403, 404, 429, 500] {
        let headers = [("X-OAuth-Scopes", CLASSIC), ("X-Accepted-OAuth-Scopes", CLASSIC), ("Retry-After", CLASSIC)];
        check(&github_com(), CLASSIC, [refusal(status, &headers, &echoed(CLASSIC))]).await;
        check(&github_com(), CLASSIC, [refusal(status, &headers[..2], &echoed(CLASSIC))]).await;
    }
    let body = format!(r#"{{"login": "{CLASSIC}", "id": 1, "name": "{CLASSIC}", "type": "{CLASSIC}"}}"#);
    let headers = [("X-OAuth-Scopes", CLASSIC), ("github-authentication-token-expiration", CLASSIC)];
    check(&github_com(), CLASSIC, [answer(&headers, &body)]).await;
    let sso = format!("required; url=https://github.com/orgs/{CLASSIC}/sso?{CLASSIC}");
    check(&github_com(), CLASSIC, [refusal(403, &[("X-GitHub-SSO", &sso)], "")]).await;
}

#[tokio::test]
async fn a_token_echoed_in_json_escapes_is_masked_too() {
    let escaped: String = CLASSIC.bytes().map(|b| format!("\\u{b:04x}")).collect();
    let body = format!(r#"{{"login": "{escaped}", "id": 1, "name": "is {escaped}", "type": "{escaped}"}}"#);
    let validation = check(&github_com(), CLASSIC, [answer(&[("X-OAuth-Scopes", "gist")], &body)]).await;
    assert_eq!(validation.identity.unwrap().login, "[secret]");
    for status in [401, 403, 404, 429] {
        let body = format!(r#"{{"message": "`{escaped}` forbids access, {escaped}", "documentation_url": ""}}"#);
        check(&github_com(), CLASSIC, [Response::of(status, &[], &body)]).await;
    }
}

#[tokio::test]
async fn hostile_texts_are_cut() {
    let long = "x".repeat(100_000);
    let validation = check(&github_com(), CLASSIC, [refusal(403, &[], &long)]).await;
    assert!(format!("{validation:?}").len() < 5_000);
    let body = format!(r#"{{"login": "{long}", "id": 1, "name": "{long}", "type": "{long}"}}"#);
    let headers = [("X-OAuth-Scopes", long.as_str()), ("github-authentication-token-expiration", long.as_str())];
    let validation = check(&github_com(), CLASSIC, [answer(&headers, &body)]).await;
    assert!(format!("{validation:?}").len() < 5_000);
}

#[tokio::test]
async fn a_bare_page_of_a_server_in_private_mode_is_no_word_on_the_token() {
    for (realm, code) in [("GitHub", "github.private-mode"), ("Corporate", "http.html")] {
        let challenge = format!("Basic realm=\"{realm}\"");
        let page = Response::of(401, &[("Content-Type", "text/html"), ("WWW-Authenticate", &challenge)], "<html>");
        let validation = check(&server(), CLASSIC, [page]).await;
        assert_eq!((validation.verdict, codes(&validation)), (Verdict::Unreachable, vec![code]));
    }
}

#[tokio::test]
async fn the_jwt_of_an_app_is_not_sent_anywhere() {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = r#"{"iat":1795420000,"exp":1795420600,"iss":"4711"}"#;
    let jwt = format!("{}.{}.KEYRACKFAKE", part(r#"{"alg":"RS256"}"#), part(claims));
    let validation = check(&github_com(), &jwt, []).await;
    assert_is(&validation, Verdict::Unreachable, "github.app-jwt", &["ten minutes"]);
}
