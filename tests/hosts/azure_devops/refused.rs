//! Every signature of a refusal, and answers that are nobody's word on a token.

use super::*;

#[tokio::test]
async fn wrong_token_gives_203_instead_of_401() {
    assert_found(&answered([sign_in(203)]).await, Verdict::Rejected, "sign-in-page");
    // The node client takes the page for success.
    assert_found(&answered([sign_in(200)]).await, Verdict::Rejected, "sign-in-page");
}

#[tokio::test]
async fn a_redirect_to_sign_in_is_not_valid() {
    for location in ["https://dev.azure.com/contoso/_signin?x=1", "https://login.microsoftonline.com/common/oauth2"] {
        let found = answered([Response::of(302, &[("Location", location)], "")]).await;
        assert_found(&found, Verdict::Rejected, "sign-in-redirect");
        assert!(!found.findings[0].cause.contains("x=1"), "queries are not shown");
    }
}

#[tokio::test]
async fn anonymous_200_is_not_valid() {
    let body = WHO.replace("11111111-2222-4333-8444-555555555555", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa");
    assert_found(&answered([own(200, &body)]).await, Verdict::Rejected, "anonymous");
}

#[tokio::test]
async fn bodies_of_401_are_told_apart() {
    let nobody = "TF400813: The user '' is not authorized to access this resource.";
    let all_a = "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource.";
    let known = "TF400813: The user '11111111-2222-4333-8444-555555555555' is not authorized to access this resource.";
    for (message, verdict, name) in [
        (ANONYMOUS_TEXT, Verdict::Rejected, "not-accepted"),
        (nobody, Verdict::Rejected, "unknown-user"),
        (all_a, Verdict::Rejected, "unknown-user"),
        (known, Verdict::Blocked, "user-not-authorized"),
        ("something new", Verdict::Rejected, "refused-unexplained"),
    ] {
        let answer = || thrown(401, "UnauthorizedRequestException", message);
        // The list of repositories is asked before a 401 is believed, and refused as well.
        assert_found(&answered([answer(), answer()]).await, verdict, name);
    }
}

#[tokio::test]
async fn expired_is_said_in_every_shape() {
    let text = "Access Denied: The Personal Access Token used has expired.";
    for answer in [
        thrown(401, "AccessCheckException", text),
        Response::of(401, &[("Content-Type", "text/html")], &format!("<html><title>{text}</title></html>")),
        Response::of(401, &[("Content-Type", "text/plain")], text),
    ] {
        assert_found(&answered([answer]).await, Verdict::Expired, "expired");
    }
}

#[tokio::test]
async fn policies_and_permissions_are_not_the_tokens_fault() {
    let policy = "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.";
    for (answer, verdict, name) in [
        (thrown(403, "VssServiceException", policy), Verdict::Blocked, "conditional-access"),
        (
            Response::of(403, &[("Content-Type", "text/html")], &format!("<html>{policy}</html>")),
            Verdict::Blocked,
            "conditional-access",
        ),
        (
            thrown(403, "X", "TF401027: You need the Git 'GenericRead' permission to perform this action."),
            Verdict::Limited,
            "permission",
        ),
        (thrown(403, "X", "TF50309: You need the following permission(s)"), Verdict::Limited, "permission"),
        (thrown(403, "X", "no"), Verdict::Blocked, "forbidden-unexplained"),
    ] {
        assert_found(&answered([answer]).await, verdict, name);
    }
    let inactive = WHO.replace(r#""isActive":true"#, r#""isActive":false"#);
    assert_found(&answered([own(200, &inactive)]).await, Verdict::Blocked, "user-inactive");
}

#[tokio::test]
async fn what_says_nothing_of_the_token_is_unreachable() {
    let page = |status| Response::of(status, &[("Content-Type", "text/html")], "<html><h1>Sorry</h1></html>");
    for (answer, name) in [
        (
            thrown(404, "X", "TF401019: The Git repository with name or identifier x does not exist"),
            "no-such-repository",
        ),
        (page(404), "wrong-path"),
        (thrown(404, "X", "The organization does not exist."), "no-such-place"),
        (thrown(400, "X", "TF400898: An Internal Error Occurred. Activity Id: 1."), "internal-error"),
        (thrown(400, "X", "TF400898: JsonReaderException"), "malformed-body"),
        (thrown(400, "VssVersionOutOfRangeException", "too new"), "api-version"),
        (thrown(401, "X", "VS30063: You are not authorized to access https://dev.azure.com"), "client-unauthorized"),
        (thrown(401, "X", "TF30063: You are not authorized to access x"), "soap-unauthorized"),
        (own(429, ""), "rate-limited"),
        (own(200, r#"{"hello":"world"}"#), "not-azure-devops"),
        (own(200, "[]"), "not-azure-devops"),
        (own(500, ""), "http.server-error"),
        (page(503), "http.unavailable"),
        (page(200), "http.html"),
        (page(203), "http.html"),
        (page(401), "http.html"),
        (Response::of(401, &[], "no"), "http.not-the-vendor"),
        (Response::of(403, &[], r#"{"message":"blocked by the gateway"}"#), "http.not-the-vendor"),
        (Response::of(302, &[("Location", "https://sso.acme.dev/")], ""), "http.redirect"),
        (Response::of(407, &[], ""), "http.proxy-auth"),
    ] {
        assert_found(&answered([answer]).await, Verdict::Unreachable, name);
    }
}

#[tokio::test]
async fn throttling_names_the_resource_and_the_wait() {
    let mut answer = own(429, "");
    answer.headers.extend([("X-RateLimit-Resource".into(), "Core".into()), ("X-RateLimit-Delay".into(), "12".into())]);
    let found = answered([answer]).await;
    assert!(found.findings[0].title.contains("Core") && found.findings[0].remedy.contains("after 12 s"), "{found:#?}");
}

#[tokio::test]
async fn iis_that_takes_the_header_is_not_the_product() {
    let windows =
        [("Server", "Microsoft-IIS/10.0"), ("WWW-Authenticate", "Basic realm=\"tfs\""), ("WWW-Authenticate", "NTLM")];
    let page = "<html><h2>401 - Unauthorized: Access is denied due to invalid credentials.</h2></html>";
    for answer in [Response::of(401, &windows, page), Response::of(401, &windows, "")] {
        assert_found(&check_server(&Recorded::new([answer])).await, Verdict::Unreachable, "iis-basic");
    }
    // The product's own 401 offers the same schemes.
    let mut own = denied();
    own.headers.extend(windows.map(|(n, v)| (n.to_owned(), v.to_owned())));
    let found = check_server(&Recorded::new([own.clone(), own])).await;
    assert_found(&found, Verdict::Rejected, "not-accepted");
}

#[tokio::test]
async fn a_gateway_that_signs_people_in_at_microsoft_is_not_a_servers_word() {
    let answer = Response::of(302, &[("Location", "https://login.microsoftonline.com/x")], "");
    assert_found(&check_server(&Recorded::new([answer])).await, Verdict::Unreachable, "http.redirect");
    let answer = Response::of(302, &[("Location", "/tfs/_signin")], "");
    assert_found(&check_server(&Recorded::new([answer])).await, Verdict::Rejected, "sign-in-redirect");
}

#[tokio::test]
async fn a_network_fault_says_nothing() {
    let lost = Err(NetError::new(NetErrorKind::Dns, "dev.azure.com:443", ""));
    assert_found(&check(&Recorded::with_errors([lost])).await, Verdict::Unreachable, "net.dns");
}

#[tokio::test]
async fn an_entra_token_that_is_refused_is_told_by_its_claims() {
    for (secret, verdict, name) in [
        (jwt(AUDIENCE, EARLIER), Verdict::Expired, "entra-expired"),
        (jwt("https://graph.microsoft.com", LATER), Verdict::Rejected, "wrong-audience"),
        (jwt(AUDIENCE, LATER), Verdict::Rejected, "entra-not-accepted"),
    ] {
        let transport = Recorded::new([denied(), denied()]);
        let found = validate(&AzureDevOps, &host(), &transport, Kind::EntraToken, None, &token(&secret)).await;
        assert_found(&found, verdict, name);
        assert!(!format!("{found:?}").contains(&secret));
    }
}

#[tokio::test]
async fn an_echoed_token_is_masked_everywhere() {
    let echo = thrown(403, "X", &format!("no luck with {TOKEN}"));
    let found = answered([echo]).await;
    assert_texts(&found);
    let hostile = WHO.replace("Dana Example", &format!("Dana \\u001b[2J {TOKEN}"));
    let found = answered([own(200, &hostile), denied(), own(200, EMPTY)]).await;
    assert_texts(&found);
    assert!(!format!("{found:?}").contains("\\u{1b}[2J\\"), "control characters are escaped");
}
