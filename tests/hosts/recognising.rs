//! Every form of token that the vendors have: who it may belong to, in order, and which are certain.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyrack::hosts::recognise::recognise;

const HEX40: &str = "00112233445566778899aabbccddeeff00112233";
const ROUTABLE: &str = "AAECAwQFBgcICQoLDA0OD286MQp1OjJzCA.01.0y0wdsbqj";
const PAT44: &str = "MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU";

fn jwt(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.KEYRACKFAKESIGNATURE", part(r#"{"alg":"RS256","typ":"JWT"}"#), part(claims))
}

/// `family kind`, with `!` where it is certain.
fn told(token: &str) -> Vec<String> {
    let word = |c: keyrack::domain::Candidate| format!("{} {}{}", c.family, c.kind, if c.certain { "!" } else { "" });
    recognise(token).into_iter().map(word).collect()
}

#[test]
fn every_form_names_its_family_and_kind_and_says_whether_that_is_certain() {
    let github = "KeyrackExampleOnlyNotARealTok129Stgq";
    let base32 = "keyrackfakenotarealsecretkeyrackfakenotarealsecretaa";
    let table: Vec<(String, &[&str])> = vec![
        (format!("ghp_{github}"), &["github classic-pat!"]),
        (format!("github_pat_{}_{}", "1".repeat(22), "N".repeat(59)), &["github fine-grained-pat!"]),
        (format!("gho_{github}"), &["github oauth-token!"]),
        (format!("ghu_{github}"), &["github app-token!"]),
        (format!("ghs_{github}"), &["github app-token!"]),
        (format!("ghs_4711_eyJFake.{}.{}", "a-_".repeat(150), "b".repeat(50)), &["github app-token!"]),
        (format!("ghr_{github}"), &["github app-token!"]),
        (format!("ghr_{}", "Fake0".repeat(16)), &["github app-token!"]),
        (format!("v1.{HEX40}"), &["github app-token"]),
        (HEX40.to_owned(), &["github classic-pat", "forgejo pat"]),
        ("glpat-ExampleFakeToken0001".into(), &["gitlab pat!"]),
        (format!("glpat-{ROUTABLE}"), &["gitlab pat!"]),
        ("ACME-glpat-ExampleFakeToken0001".into(), &["gitlab pat!"]),
        ("gldt-ExampleFakeToken0001".into(), &["gitlab git-credential!"]),
        ("glrt-ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        ("glrt-t1_ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        (format!("glrt-t1_{ROUTABLE}"), &["gitlab unknown!"]),
        ("glrtr-ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        ("GR1348941ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        ("glcbt-64_ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        (format!("glcbt-{}", jwt(r#"{"exp":1795420000}"#)), &["gitlab unknown!"]),
        (format!("glptt-{HEX40}"), &["gitlab unknown!"]),
        ("glft-ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        (format!("glft-{}-4242", "00c0ffee".repeat(8)), &["gitlab unknown!"]),
        ("glimt-ExampleFakeToken000100000".into(), &["gitlab unknown!"]),
        (format!("glagent-{}", "Fake0".repeat(10)), &["gitlab unknown!"]),
        ("glsoat-ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        (format!("gloas-{}", "Fake0000".repeat(8)), &["gitlab oauth-client!"]),
        ("glffct-ExampleFakeToken0001".into(), &["gitlab unknown!"]),
        ("glwt-ExampleFakeToken".into(), &["gitlab unknown!"]),
        (format!("_gitlab_session={}", "00c0ffee".repeat(4)), &["gitlab unknown!"]),
        ("00c0ffee".repeat(8), &["gitlab oauth-token"]),
        ("KeyrackFakeOldToken1".into(), &["gitlab pat", "bitbucket-cloud app-password"]),
        ("eernkizeeutblebhfausukzmfuxc6mbrgiz7inbvgy3tqoj2hm6a".into(), &["azure-devops pat!"]),
        (base32.into(), &["azure-devops pat"]),
        (
            "keyrackFAKEexampleDOnotUSE0123456789abcdefghijklmnopJQQJ99CKAAAAAAAAAAAAAAAAAZDOJdEd".into(),
            &["azure-devops pat!"],
        ),
        (
            jwt(r#"{"aud":"499b84ac-1321-427f-aa17-267ca6975798","exp":1795420000,"sub":"x"}"#),
            &["azure-devops entra-token!"],
        ),
        (
            "ATATT3xFfGF0EXAMPLE_ONLY-NOT_A_TOKEN=5EEB61D5".into(),
            &["bitbucket-cloud scoped-api-token", "jira-cloud api-token", "jira-cloud scoped-api-token"],
        ),
        (
            "ATCTT3xFfGN0EXAMPLE_ONLY-NOT_A_TOKEN=D8249E8E".into(),
            &[
                "bitbucket-cloud repository-token",
                "bitbucket-cloud project-token",
                "bitbucket-cloud workspace-token",
                "jira-cloud admin-key",
            ],
        ),
        ("ATSTT3xFfGN0EXAMPLE_ONLY-NOT_A_TOKEN=00000000".into(), &["jira-cloud service-account-token"]),
        (format!("ATBB{}", "Fake0000".repeat(4)), &["bitbucket-cloud app-password!"]),
        ("KeyrackFakeTokenOld01a2b".into(), &["jira-cloud api-token"]),
        (
            jwt(
                r#"{"iss":"https://auth.atlassian.com","aud":"api.atlassian.com","sub":"x","exp":1795420000,"https://atlassian.com/oauthClientId":"c"}"#,
            ),
            &["jira-cloud oauth-token", "open-devops oauth-token"],
        ),
        (format!("BBDC-{PAT44}"), &["bitbucket-datacenter http-access-token!"]),
        (
            PAT44.into(),
            &[
                "bitbucket-datacenter http-access-token",
                "jira-datacenter pat",
                "confluence-datacenter pat",
                "bamboo pat",
            ],
        ),
        (format!("jdoe:1:{}", "00c0ffee".repeat(4)), &["fecru login-token"]),
        ("AKIARZPUZDIKAAISEM2E".into(), &["codecommit access-key!"]),
        ("ASIARZPUZDIKAAISEM2E".into(), &["codecommit session-key!"]),
        ("alice-at-123456789012".into(), &["codecommit git-credential!"]),
        ("alice-at-123456789012+1".into(), &["codecommit git-credential!"]),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(), &["codecommit access-key"]),
        (jwt(r#"{"gnt":7,"tt":0,"exp":1795420000}"#), &["forgejo oauth-token"]),
        (format!("gto_{base32}"), &["forgejo oauth-client!"]),
        (format!("gta_{base32}"), &["forgejo unknown!"]),
        // The app proves itself with it for ten minutes at most.
        (jwt(r#"{"iat":1795420000,"exp":1795420600,"iss":"4711"}"#), &["github app-token", "forgejo oauth-token"]),
        (
            jwt(r#"{"iat":1795420000,"exp":1795420540,"iss":"Iv23liKEYRACKFAKE"}"#),
            &["github app-token", "forgejo oauth-token"],
        ),
    ];
    let wrong: Vec<String> = table
        .iter()
        .filter(|(token, expected)| told(token) != *expected)
        .map(|(token, expected)| format!("{token}\n    expected {expected:?}\n    told     {:?}", told(token)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_form_carries_is_told_with_it() {
    let carries = |token: &str, family: &str, name: &str| {
        let found = recognise(token).into_iter().find(|c| c.family.as_str() == family);
        found.and_then(|c| c.carries.into_iter().find(|(n, _)| n == name)).map(|(_, value)| value)
    };
    let is = |token: &str, family: &str, name: &str, expected: &str| {
        assert_eq!(carries(token, family, name).as_deref(), Some(expected), "{token}: {name}");
    };
    is(&format!("glpat-{ROUTABLE}"), "gitlab", "user", "100");
    is("AKIARZPUZDIKAAISEM2E", "codecommit", "account", "123456789012");
    is(&format!("BBDC-{PAT44}"), "bitbucket-datacenter", "token id", "123456789012");
    is(PAT44, "jira-datacenter", "token number", "123456789012");
    let app = jwt(r#"{"iat":1795420000,"exp":1795420600,"iss":"4711"}"#);
    is(&app, "github", "app id", "4711");
    is(&app, "github", "expires", "2026-11-23T07:56:40Z");
    let code = format!("gta_{}", "keyrackfakenotarealsecretkeyrackfakenotarealsecretaa");
    assert!(carries(&code, "forgejo", "form").is_some_and(|f| f.contains("authorization code")), "{code}");
}
