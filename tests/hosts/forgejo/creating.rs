//! Making tokens: by password and one-time code, by a token in its place, by a site administrator; what is refused
//! before and after sending; successors.

use keyrack::domain::{CreateRequest, CreatedToken, Expiry, Host, Kind, Predecessor, Validation};
use keyrack::hosts::forgejo::Forgejo;
use keyrack::hosts::{Authority, Create, Family, Outcome, Route};
use keyrack::net::{Body, NetError, NetErrorKind, Response};

use super::{
    OWN, ROWS, Recorded, TOKEN, USER, WEB, act, answered, at, by_token, error, header, host, json, password, version,
    with_code,
};
use crate::support::now;

const MADE: &str = r#"{"id":42,"name":"keyrack-laptop","sha1":"00112233445566778899aabbccddeeff00112233","token_last_eight":"00112233","scopes":["write:repository","read:user"]}"#;

fn creator() -> &'static dyn Create {
    Forgejo.creator().unwrap()
}

fn wish(scopes: &[&str]) -> CreateRequest {
    CreateRequest {
        name: "keyrack-laptop".into(),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        ..CreateRequest::default()
    }
}

fn usual() -> CreateRequest {
    wish(&["write:repository", "read:user"])
}

async fn create(
    host: &Host,
    transport: &Recorded,
    using: &Authority,
    request: &CreateRequest,
) -> Outcome<CreatedToken> {
    let act = act(host, transport, using);
    let outcome = creator().create(&act, request).await;
    let dump = format!("{outcome:?} {:?}", act.wire.take_evidence());
    for secret in [TOKEN, using.secret.token.reveal()] {
        assert!(!dump.contains(secret), "{dump}");
    }
    outcome
}

fn code(outcome: &Outcome<CreatedToken>) -> String {
    let found: &Validation = match outcome {
        Outcome::Refused(found) | Outcome::Unsupported(found) => found,
        other => panic!("{other:?}"),
    };
    found.findings[0].code.clone()
}

fn body(transport: &Recorded, n: usize) -> serde_json::Value {
    match &transport.seen.lock().unwrap()[n].body {
        Body::Text(text) => serde_json::from_str(text).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_password_and_a_one_time_code_make_a_token() {
    let transport = Recorded::new([json(201, MADE)]);
    let host = at("Forgejo", "16.0.1");
    let Outcome::Done(made) = create(&host, &transport, &with_code("mara"), &usual()).await else { panic!() };
    assert_eq!(made.secret.token.reveal(), TOKEN);
    assert_eq!((made.remote_id.as_deref(), made.username.as_deref()), (Some("42"), Some("mara")));
    assert_eq!((made.kind, made.expiry), (Kind::Pat, Expiry::Unknown));
    assert!(made.grants.iter().any(|g| g.name == "read:repository"));
    assert!(made.notes[0].contains("no expiry"));
    assert_eq!(transport.lines(), [format!("POST {WEB}/api/v1/users/mara/tokens")]);
    // Gitea knows only one of the two names.
    for name in ["X-Forgejo-OTP", "X-Gitea-OTP"] {
        assert_eq!(header(&transport, 0, name).as_deref(), Some("123456"));
    }
    assert!(header(&transport, 0, "Sudo").is_none());
    let sent = body(&transport, 0);
    assert_eq!(sent["scopes"], serde_json::json!(["write:repository", "read:user"]));
    assert!(sent.get("repositories").is_none(), "an empty list would be refused");
}

#[tokio::test]
async fn without_a_code_no_header_for_one_is_sent() {
    let transport = Recorded::new([version("1.27.1"), json(201, MADE)]);
    let Outcome::Done(_) = create(&host(), &transport, &password("mara"), &usual()).await else { panic!() };
    assert_eq!(header(&transport, 1, "X-Gitea-OTP"), None);
    assert!(header(&transport, 1, "Authorization").unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn repositories_limit_a_token_from_forgejo_15_on() {
    let mut request = wish(&["write:repository"]);
    request.at = Some("mara/site, acme/web".into());
    let transport = Recorded::new([json(201, MADE)]);
    let Outcome::Done(_) = create(&at("Forgejo", "15.0.0"), &transport, &password("mara"), &request).await else {
        panic!()
    };
    let expected = serde_json::json!([{"owner": "mara", "name": "site"}, {"owner": "acme", "name": "web"}]);
    assert_eq!(body(&transport, 0)["repositories"], expected);
    for host in [at("Forgejo", "14.0.2"), at("Gitea", "1.27.1")] {
        assert!(creator().route(&host, &request, None).unwrap_err().message.contains("Forgejo 15"));
    }
    for scope in ["read:user", "public-only", "all"] {
        let mut broad = wish(&["read:repository", scope]);
        broad.at = Some("mara/site".into());
        assert!(creator().route(&at("Forgejo", "15.0.0"), &broad, None).unwrap_err().message.contains(scope));
    }
}

#[tokio::test]
async fn a_site_administrator_makes_tokens_for_others_on_forgejo_16() {
    let mut request = usual();
    request.at = Some("mara".into());
    let host = at("Forgejo", "16.0.1");
    let Route::AtHost(words) = creator().route(&host, &request, Some(&by_token(Some("root")))).unwrap() else {
        panic!()
    };
    assert!(words.contains("/admin/users/mara/tokens"), "{words}");
    let transport = Recorded::new([json(201, MADE)]);
    let Outcome::Done(made) = create(&host, &transport, &by_token(Some("root")), &request).await else { panic!() };
    assert_eq!(made.username.as_deref(), Some("mara"));
    assert_eq!(transport.lines(), [format!("POST {WEB}/api/v1/admin/users/mara/tokens")]);
    assert!(header(&transport, 0, "Authorization").unwrap().starts_with("token "), "no password is needed");
    let unnamed = usual();
    assert!(creator().route(&host, &unnamed, Some(&by_token(None))).unwrap_err().hint.contains("--at ACCOUNT"));
}

#[test]
fn who_can_sign_goes_by_product_and_version() {
    let route = |host: &Host, using: Option<&Authority>| creator().route(host, &usual(), using).unwrap();
    let needs = |route: Route| matches!(route, Route::NeedsAuthority { password: true, .. });
    for host in [at("Forgejo", "16.0.1"), at("Forgejo", "11.0.0"), at("Gitea", "1.27.1"), host()] {
        assert!(needs(route(&host, None)));
        let Route::AtHost(words) = route(&host, Some(&with_code("mara"))) else { panic!() };
        assert!(words.contains("users/mara/tokens") && words.contains("one-time code"), "{words}");
    }
    // A token in the place of the password: Gitea, and Forgejo before 11.
    for host in [at("Gitea", "1.26.0"), at("Forgejo", "10.0.1")] {
        let Route::AtHost(words) = route(&host, Some(&by_token(Some("mara")))) else { panic!() };
        assert!(words.contains("in the place of the password"), "{words}");
    }
    assert!(needs(route(&at("Forgejo", "15.0.0"), Some(&by_token(Some("mara"))))));
    assert!(needs(route(&at("Gitea", "1.26.0"), Some(&by_token(None)))), "nobody to sign as");
}

#[test]
fn wishes_that_no_host_takes_are_refused_before_anything_is_sent() {
    for (request, words) in [
        (wish(&["public-only"]), "must have a scope"),
        (wish(&["repo"]), "`repo`"),
        (wish(&["sudo"]), "`sudo`"),
        (CreateRequest { name: " ".into(), ..usual() }, "needs a name"),
        (CreateRequest { kind: Some(Kind::OauthToken), ..usual() }, "kind pat"),
        (CreateRequest { at: Some("a/b/c".into()), ..usual() }, "neither an account nor repositories"),
    ] {
        let refused = creator().route(&host(), &request, Some(&password("mara"))).unwrap_err();
        assert!(refused.message.contains(words), "{refused:?}");
    }
    // Without any it is not known what is wanted, as of a successor whose scopes the host never told.
    let route = creator().route(&host(), &wish(&[]), Some(&password("mara"))).unwrap();
    assert!(matches!(route, Route::Guided { why } if why.contains("not known")));
    // Older servers made the token for whoever asked.
    let mut for_another = usual();
    for_another.at = Some("someone".into());
    let refused = creator().route(&at("Gitea", "1.26.0"), &for_another, Some(&password("mara"))).unwrap_err();
    assert!(refused.message.contains("mara cannot make a token for someone"));
}

#[tokio::test]
async fn every_refusal_of_the_route_is_told_by_its_words() {
    let host = at("Forgejo", "16.0.1");
    for (status, message, expected) in [
        (400, "access token name has been used already", "name-taken"),
        (400, "invalid access token scope provided: invalid access token scope: sudo", "bad-scope"),
        (400, "access token must have a scope", "bad-scope"),
        (400, "repository mara/nope does not exist", "bad-repositories"),
        (400, "Access tokens with specified repositories must have at least one repository.", "bad-repositories"),
        (422, "[Name]: Required", "request-refused"),
        (401, "invalid provided OTP", "otp-wrong"),
        (401, "user's password is invalid [uid: 7, name: mara]", "wrong-password"),
        (401, "user does not exist [uid: 0, name: mara]", "wrong-password"),
        (401, "invalid username, password or token", "wrong-password"),
        (401, "Basic authorization is not allowed while having security keys enrolled", "security-key"),
        (401, "basic authorization is not allowed while WebAuthn enrolled", "security-key"),
        (401, "basic authentication by username & password is disabled", "password-disabled"),
        (401, "auth method not allowed", "not-basic"),
        (401, "auth required", "not-basic"),
        (403, "doer should be the site admin or be same as the contextUser", "not-own-tokens"),
        (
            403,
            "This account is prohibited from signing in, please contact your site administrator.",
            "sign-in-prohibited",
        ),
    ] {
        let transport = Recorded::new([error(status, message)]);
        let outcome = create(&host, &transport, &password("mara"), &usual()).await;
        assert_eq!(code(&outcome), format!("forgejo.{expected}"), "{message}");
        let by_hand = matches!(expected, "security-key" | "password-disabled");
        assert_eq!(matches!(outcome, Outcome::Unsupported(_)), by_hand, "{message}");
        let (Outcome::Refused(found) | Outcome::Unsupported(found)) = outcome else { panic!() };
        for text in found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]) {
            assert!(!text.contains(['{', '}']), "unfilled text: {text}");
        }
    }
    let gitea = at("Gitea", "1.27.1");
    for (status, message, expected) in [
        (403, "cannot create an access token with a broader scope than the authenticating token", "broader-scope"),
        (
            403,
            "token does not have at least one of required scope(s), required=[write:user], token scope=read:user",
            "signer-scope-missing",
        ),
        (401, "invalid username, password or token", "signer-refused"),
    ] {
        let outcome = create(&gitea, &Recorded::new([error(status, message)]), &by_token(Some("mara")), &usual()).await;
        assert_eq!(code(&outcome), format!("forgejo.{expected}"), "{message}");
    }
}

#[tokio::test]
async fn a_quoted_password_is_masked() {
    let secret = "not-a-real-password";
    let message =
        format!("access token does not exist [sha: {secret}]\nuser's password is invalid [uid: 7, name: mara]");
    let transport = Recorded::new([error(401, &message)]);
    // `create` looks for the password in everything that comes back.
    let outcome = create(&at("Forgejo", "16.0.1"), &transport, &password("mara"), &usual()).await;
    assert_eq!(code(&outcome), "forgejo.wrong-password");
}

#[tokio::test]
async fn what_leaves_open_whether_one_was_made_is_unknown_and_never_repeated() {
    let host = at("Gitea", "1.27.1");
    for answer in [json(201, "{}"), json(201, ""), json(201, r#"{"id":1,"sha1":""}"#), Response::of(502, &[], "")] {
        let transport = Recorded::new([answer]);
        let Outcome::Unknown(_) = create(&host, &transport, &password("mara"), &usual()).await else { panic!() };
        assert_eq!(transport.lines().len(), 1);
    }
    let lost = Recorded::with_errors([Err(NetError::new(NetErrorKind::Reset, "git.example.org:443", ""))]);
    let Outcome::Unknown(_) = create(&host, &lost, &password("mara"), &usual()).await else { panic!() };
}

#[tokio::test]
async fn zero_times_and_missing_scopes_in_the_answer_do_no_harm() {
    let made = r#"{"id":42,"name":"x","sha1":"00112233445566778899aabbccddeeff00112233","created_at":"0001-01-01T00:00:00Z","last_used_at":"0001-01-01T00:00:00Z"}"#;
    let transport = Recorded::new([json(201, made)]);
    let Outcome::Done(made) = create(&at("Gitea", "1.21.0"), &transport, &password("mara"), &usual()).await else {
        panic!()
    };
    assert!(made.grants.iter().any(|g| g.name == "write:repository"), "those that were asked for");
}

#[tokio::test]
async fn a_successor_carries_everything_over_under_another_name() {
    let old = |last: &Validation| {
        let old = Predecessor {
            label: "laptop",
            kind: Kind::Pat,
            username: Some("mara"),
            last: Some(last),
            expires: None,
            now: now(),
        };
        creator().successor(&host(), &old)
    };
    let last = answered(&at("Gitea", "1.27.1"), [json(200, OWN)]).await;
    let next = old(&last);
    assert_eq!((next.name.as_str(), next.at.as_deref()), ("keyrack-laptop-2026-11-23", Some("mara")));
    assert_eq!(next.scopes, ["write:repository", "read:user"], "not what they include");
    let rows = ROWS.replacen(
        r#"["write:repository","read:user"],"repositories":null"#,
        r#"["read:issue","write:repository"],"repositories":[{"id":3,"full_name":"mara/site"}]"#,
        1,
    );
    let last = answered(&at("Forgejo", "16.0.1"), [json(200, USER), json(200, &rows)]).await;
    let next = old(&last);
    assert_eq!(next.at.as_deref(), Some("mara:mara/site"));
    assert_eq!(next.scopes, ["read:issue", "write:repository"]);
    assert!(creator().route(&at("Forgejo", "16.0.1"), &next, Some(&password("mara"))).is_ok());
}
