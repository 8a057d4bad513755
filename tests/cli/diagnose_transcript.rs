//! `diagnose --transcript`: what somebody pasted is judged without a request, and its secrets go nowhere.

use crate::support::{Home, Ran, json, serve};

const TOKEN: &str = "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";

async fn judge(text: &str, options: &str) -> Ran {
    let home = Home::new();
    let ran = home.pipe(text, &format!("diagnose --transcript - {options}")).await;
    for secret in [TOKEN, "S3ssionValue42", "hunter2hunter2"] {
        ran.lacks(secret);
        assert!(!home.files().contains(secret));
    }
    ran
}

#[tokio::test]
async fn curl_v_with_a_vendor_s_refusal() {
    let text = format!(
        "*   Trying 140.82.121.6:443...\n* Connected to api.github.com (140.82.121.6) port 443 (#0)\n\
         * SSL connection using TLSv1.3 / TLS_AES_128_GCM_SHA256\n> GET /user HTTP/2\n> Host: api.github.com\n\
         > Authorization: Bearer {TOKEN}\n> Cookie: session=S3ssionValue42\n>\n< HTTP/2 403\n\
         < x-github-request-id: AAAA:1\n< x-github-sso: required; url=https://github.com/orgs/acme/sso\n\
         < content-type: application/json; charset=utf-8\n<\n\
         {{\"message\":\"Resource protected by organization SAML enforcement. You must grant your Personal Access \
         token access to this organization.\",\"documentation_url\":\"https://docs.github.com\",\"echo\":\"{TOKEN}\"}}\n"
    );
    let ran = judge(&text, "--verbose").await.exits(1);
    ran.says("[github.sso-required]").says("there are 2 secrets in that text").says("TLSv1.3");
    let found = judge(&text, "--json").await.json();
    assert_eq!(found["diagnoses"][0]["family"], "github");
}

#[tokio::test]
async fn a_bare_answer_with_the_family_named() {
    let text = "HTTP/1.1 401\nX-AREQUESTID: 600x1x1\nX-Seraph-LoginReason: AUTHENTICATION_DENIED\n\
        X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE; login-url=https://jira.acme.dev/login.jsp\n\
        Content-Type: text/html;charset=UTF-8\n\n<html><title>Unauthorized (401)</title></html>\n";
    judge(text, "--family jira-datacenter").await.exits(1).says("[jira-datacenter.captcha]");
    // Two products have this answer: keyrack does not pretend to know which.
    judge(text, "").await.exits(1).says(".captcha]").says("name it with --family");
}

#[tokio::test]
async fn a_command_line_names_host_user_and_secret() {
    let text = "$ curl -u ana:hunter2hunter2 https://gitlab.com/api/v4/personal_access_tokens/self -i\n\
        HTTP/2 401\ncontent-type: application/json\nx-gitlab-meta: {\"correlation_id\":\"01KEYRACKTEST\",\"version\":\"1\"}\n\n\
        {\"error\":\"invalid_token\",\"error_description\":\"Token is expired. You can either do re-authorization or token refresh.\"}\n";
    judge(text, "").await.exits(1).says("[gitlab.expired]").says("gitlab.com");
}

#[tokio::test]
async fn tools_that_got_no_answer_say_why() {
    let cases = [
        ("* Could not resolve host: git.acme.dev", "net.dns"),
        ("curl: (7) Failed to connect to git.acme.dev port 443 after 3 ms: Couldn't connect to server", "net.refused"),
        ("curl: (56) CONNECT tunnel failed, response 407", "net.proxy-auth"),
        ("curl: (60) SSL certificate problem: certificate has expired", "net.tls-expired"),
        (
            "curl: (60) SSL: no alternative certificate subject name matches target host name 'git.acme.dev'",
            "net.tls-wrong-name",
        ),
        ("curl: (35) OpenSSL/3.0: error:0A00010B:SSL routines::wrong version number", "net.tls-plain-http"),
        ("curl: (28) Connection timed out after 10001 milliseconds", "net.connect-timeout"),
        (
            "fatal: unable to access 'https://git.acme.dev/x.git/': SSL certificate problem: unable to get local issuer certificate",
            "net.tls-unknown-issuer",
        ),
    ];
    for (text, code) in cases {
        judge(text, "").await.exits(4).says(&format!("[{code}]"));
    }
}

#[tokio::test]
async fn git_s_own_trace_is_read() {
    let text = "12:00:01.000000 http.c:725   => Send header: GET /x.git/info/refs?service=git-upload-pack HTTP/2\n\
        12:00:01.000000 http.c:725   => Send header: Host: gitlab.com\n\
        12:00:01.200000 http.c:725   <= Recv header: HTTP/2 503\n\
        12:00:01.200000 http.c:725   <= Recv header: retry-after: 30\n";
    judge(text, "").await.exits(4).says("[http.unavailable]");
}

#[tokio::test]
async fn what_git_prints_is_known_without_an_exchange() {
    let text = "remote: Write access to repository not granted.\n\
        fatal: unable to access 'https://github.com/acme/web.git/': The requested URL returned error: 403\n";
    judge(text, "").await.exits(1).says("Git decides").says("[github.");
}

#[tokio::test]
async fn nothing_is_asked_of_the_host_that_the_transcript_names() {
    let (home, server) = (Home::new(), serve(|_| json(200, "{}")).await);
    home.run(&format!("host add lab {} --family gitlab", server.url)).await;
    let before = server.seen.lock().unwrap().len();
    let text = format!("$ curl -i {}/api/v4/user\nHTTP/1.1 502 Bad Gateway\n\nno\n", server.url);
    home.pipe(&text, "diagnose --transcript -").await.exits(4);
    assert_eq!(server.seen.lock().unwrap().len(), before);
}

#[tokio::test]
async fn a_text_without_an_exchange_is_refused_and_says_what_to_give() {
    judge("it does not work", "").await.exits(2).says("curl -v");
    judge("", "").await.exits(2);
    judge("HTTP/1.1 401\n\n", "--family nonsense").await.exits(2).says("nonsense");
    Home::new().run("diagnose --transcript /nowhere.txt").await.exits(2).says("/nowhere.txt");
}
