//! `diagnose --transcript`: what somebody pasted is judged without a request, and its secrets go nowhere.

use crate::support::{Home, Ran, json, serve};

const TOKEN: &str = "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";

/// A token of no form that is known.
const UNKNOWN: &str = "Abcdef0123456789UnknownForm";

async fn judge(text: &str, options: &str) -> Ran {
    let home = Home::new();
    let ran = home.pipe(text, &format!("diagnose --transcript - {options}")).await;
    for secret in [TOKEN, UNKNOWN, "S3ssionValue42", "hunter2hunter2"] {
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
async fn an_echoed_secret_is_hidden_wherever_it_stood_before() {
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\nContent-Type: application/json\n\n{{\"message\":\"401 Unauthorized {UNKNOWN}\"}}\n"
    );
    for sent in [
        format!("* [HTTP/2] [1] [authorization: Bearer {UNKNOWN}]"),
        format!("send: b'GET /api/v4/user HTTP/1.1\\r\\nHost: git.acme.dev\\r\\nPRIVATE-TOKEN: {UNKNOWN}\\r\\n\\r\\n'"),
        format!("curl https://git.acme.dev/api/v4/user \\\n  -u ana:{UNKNOWN}"),
        format!("curl https://git.acme.dev/api/v4/user -d '{{\n\"client_secret\": \"{UNKNOWN}\"}}'"),
        format!("{{\"headers\": {{\"Authorization\": \"Bearer {UNKNOWN}\"}}}}"),
        format!("> GET /api/v4/user?private_token={UNKNOWN} HTTP/1.1"),
        format!("> \u{1b}[1mauthorization\u{1b}[0m: Bearer {UNKNOWN}\r"),
        format!("> Authorization: Bearer {}\n{}", &UNKNOWN[..15], &UNKNOWN[15..]),
        format!("+ Invoke-RestMethod https://git.acme.dev -Headers @{{ \"PRIVATE-TOKEN\" = \"{UNKNOWN}\" }}"),
    ] {
        for options in ["-v --family gitlab", "--json --family gitlab", "--report - --family gitlab"] {
            judge(&format!("{sent}\n{answer}"), options).await.exits(1).says("there is a secret").says("[secret");
        }
    }
}

#[tokio::test]
async fn a_header_of_http_2_is_one_that_was_sent() {
    let text = |header: &str| {
        format!("* [HTTP/2] [1] [{header}]\n> GET /api/v4/user HTTP/2\n> Host: gitlab.com\n<\n< HTTP/2 503\n<\n")
    };
    judge(&text("authorization: Bearer x"), "-v").await.exits(4).lacks("none was sent");
    judge(&text("accept: */*"), "-v").await.exits(4).says("none was sent");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_the_proxy_s_matter() {
    let text = format!(
        "* Uses proxy env variable https_proxy == 'http://prox:hunter2hunter2@proxy.acme.dev:3128'\n\
         > CONNECT git.acme.dev:443 HTTP/1.1\n> Host: git.acme.dev:443\n> Proxy-Authorization: Basic {}\n>\n\
         < HTTP/1.1 407 Proxy Authentication Required\n< Proxy-Authenticate: NTLM\n<\n\
         curl: (56) CONNECT tunnel failed, response 407\n",
        "cHJveDpodW50ZXIyaHVudGVyMg=="
    );
    judge(&text, "-v")
        .await
        .exits(4)
        .says("Proxy decides")
        .says("[net.proxy-auth-scheme]")
        .says("NTLM")
        .says("at https://git.acme.dev (");
    let text = "$ curl -i -x http://proxy.acme.dev:3128 https://gitlab.com/api/v4/user\n\
        HTTP/1.1 200 Connection established\n\nHTTP/2 503\nretry-after: 30\n\n";
    let ran = judge(text, "--json").await.exits(4);
    let found = ran.json();
    assert_eq!(found["diagnoses"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(
        (&found["diagnoses"][0]["family"], &found["diagnoses"][0]["url"]),
        (&"gitlab".into(), &"https://gitlab.com/api/v4/user".into())
    );
}

#[tokio::test]
async fn a_sign_in_page_behind_a_redirect_is_no_success() {
    let text = "> GET /rest/api/2/myself HTTP/1.1\n> Host: jira.acme.dev\n> Authorization: Bearer x\n>\n\
        < HTTP/1.1 302\n< Location: https://sso.acme.dev/login\n<\n\
        > GET /login HTTP/1.1\n> Host: sso.acme.dev\n>\n< HTTP/1.1 200 OK\n< Content-Type: text/html\n<\n<html>Sign in</html>\n";
    let ran = judge(text, "").await.exits(4);
    ran.says("at https://jira.acme.dev (")
        .says("[http.redirect]")
        .says("the token at https://sso.acme.dev")
        .says("[http.html]")
        .lacks("nothing stands");
}

#[tokio::test]
async fn a_vendor_s_api_is_the_vendor_s_though_its_host_is_another() {
    let text = "> GET /acme/web.git/info/refs HTTP/1.1\n> Host: bitbucket.org\n>\n< HTTP/1.1 503\n<\n\
        > GET /2.0/user HTTP/1.1\n> Host: api.bitbucket.org\n>\n< HTTP/1.1 503\n<\n";
    let found = judge(text, "--json").await.exits(4).json();
    let families: Vec<_> = (0..2).map(|n| found["diagnoses"][n]["family"].clone()).collect();
    assert_eq!(families, ["bitbucket-cloud", "bitbucket-cloud"], "{found}");
}

#[tokio::test]
async fn what_a_cookie_is_set_for_is_no_secret() {
    let text = "> GET /bitbucket/rest/api/1.0/users HTTP/1.1\n> Host: git.acme.dev\n> Authorization: Bearer x\n>\n\
        < HTTP/1.1 401\n< Set-Cookie: BITBUCKETSESSIONID=S3ssionValue42; Path=/bitbucket; Domain=git.acme.dev; SameSite=Strict\n\
        < X-AREQUESTID: @1x1\n<\n{}\n";
    judge(text, "").await.says("https://git.acme.dev").says("/bitbucket/rest").says("there is a secret in");
}

#[tokio::test]
async fn a_status_alone_says_nothing_of_the_token() {
    for text in [
        "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://gitlab.com/api/v4/user",
        "Invoke-RestMethod : The remote server returned an error: (401) Unauthorized.",
        "Invoke-RestMethod: Response status code does not indicate success: 401 (Unauthorized).",
        "curl: (22) The requested URL returned error: 401",
    ] {
        judge(text, "").await.exits(4).says("[http.status-only]");
    }
}

#[tokio::test]
async fn a_request_that_is_refused_to_a_good_credential_is_a_matter_of_permission() {
    let gitlab = |path: &str, answer: &str| {
        format!(
            "> GET {path} HTTP/2\n> Host: gitlab.com\n> PRIVATE-TOKEN: glpat-KEYRACKFAKE000000000\n>\n< HTTP/2 {answer}\n"
        )
    };
    let json = "< content-type: application/json\n< x-gitlab-meta: {\"correlation_id\":\"01KEYRACKTEST\",\"version\":\"1\"}\n<\n";
    let scope = format!(
        "403\n{json}{{\"error\":\"insufficient_scope\",\"error_description\":\"The request requires higher privileges than \
         provided by the access token.\",\"scope\":\"api read_api\"}}\n"
    );
    // The vendor's own words, at an address that does not tell whose the credential is.
    let ran = judge(&gitlab("/api/v4/projects/1/issues", &scope), "").await.exits(1);
    ran.says("Permission decides").says("[gitlab.insufficient-scope]").lacks("403: accepted");
    ran.says("lacks a scope: api, read_api").says("✓ Authentication");
    let github = |status: u16, message: &str| {
        format!(
            "> GET /repos/acme/web HTTP/2\n> Host: api.github.com\n> Authorization: Bearer {TOKEN}\n>\n< HTTP/2 {status}\n\
             < content-type: application/json; charset=utf-8\n< x-github-request-id: AAAA:1\n<\n{{\"message\":\"{message}\"}}\n"
        )
    };
    let ran = judge(&github(404, "Not Found"), "").await.exits(1);
    ran.says("[http.not-found-there]").says("GET https://api.github.com/repos/acme/web -> 404").lacks("wrong-path");
    let ran = judge(&github(403, "Resource not accessible by personal access token"), "").await.exits(1);
    ran.says("[github.missing-permission]").says("which one, the answer does not say");
    // No words that are known.
    let bare = format!("403\n{json}{{\"error\":\"insufficient_scope\"}}\n");
    judge(&gitlab("/api/v4/projects/1/variables", &bare), "").await.exits(1).says("[http.refused-there]");
}

#[tokio::test]
async fn files_of_every_encoding_are_read() {
    let text = "HTTP/1.1 503 Service Unavailable\r\n\r\nno\r\n";
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bytes = [text.as_bytes(), b"\xff\xfe\x00\n"].concat();
    for content in [wide, bytes] {
        let home = Home::new();
        let file = home.data().join("transcript.txt");
        std::fs::write(&file, content).unwrap();
        home.run(&format!("diagnose --transcript {}", file.display())).await.exits(4).says("[http.unavailable]");
    }
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
        (
            "requests.exceptions.SSLError: HTTPSConnectionPool(host='git.acme.dev', port=443): Max retries exceeded with url: \
             /x?private_token=Abcdef0123456789UnknownForm (Caused by SSLError(SSLCertVerificationError(1, \"[SSL: \
             CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for \
             'git.acme.dev'. (_ssl.c:1006)\")))",
            "net.tls-wrong-name",
        ),
        (
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='git.acme.dev', port=443): Max retries exceeded with \
             url: /x (Caused by NameResolutionError(\"Failed to resolve 'git.acme.dev' ([Errno -2] Name or service not known)\"))",
            "net.dns",
        ),
        ("Invoke-RestMethod: No such host is known. (git.acme.dev:443)", "net.dns"),
        (
            "Invoke-WebRequest : The underlying connection was closed: Could not establish trust relationship for the SSL/TLS \
             secure channel.",
            "net.tls-unknown-issuer",
        ),
        (
            "curl: (35) schannel: next InitializeSecurityContext failed: CRYPT_E_NO_REVOCATION_CHECK (0x80092012)",
            "net.tls-revocation",
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
    let text = "remote: Permission to acme/web.git denied to ana.\n\
        fatal: unable to access 'https://github.com/acme/web.git/': The requested URL returned error: 403\n";
    judge(text, "").await.exits(1).says("Git decides").says("[github.git-no-write]");
    // Where nobody's words are known the status is all there is, and nothing is claimed of the token.
    let text = "fatal: unable to access 'https://github.com/acme/web.git/': The requested URL returned error: 503\n";
    judge(text, "").await.exits(4).says("[http.unavailable]");
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
