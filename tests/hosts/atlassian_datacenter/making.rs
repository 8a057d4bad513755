//! Creating and listing against recorded answers, and what is refused before anything is sent.

use jiff::Timestamp;
use keyrack::domain::{CreateRequest, CreatedToken, Expiry, Kind, Predecessor, RemoteState, Validation, Verdict};
use keyrack::hosts::{Authority, Outcome, RequestError, Route};
use keyrack::net::{Body, Method, NetError, NetErrorKind, Response};

use super::{ALL, BAMBOO, CONFLUENCE, JIRA, OTHER, Product, Recorded, TOKEN, WEB, by_token, html, own, password, to};
use crate::support::{now, token};

const CREATED: &str = r#"{"id":42,"name":"keyrack laptop","createdAt":"2026-11-23T04:00:00.000+00:00","expiringAt":"2027-02-21T04:00:00.000+00:00","rawToken":"MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU"}"#;
const BAMBOO_CREATED: &str = r#"{"id":"7","name":"keyrack laptop","permissions":["READ"],"rawToken":"MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU"}"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn wish(product: &Product) -> CreateRequest {
    let scopes = if product.name == "bamboo" { vec!["READ".to_owned()] } else { Vec::new() };
    CreateRequest {
        name: "keyrack laptop".into(),
        kind: Some(Kind::Pat),
        scopes,
        expires: Some(at("2027-02-21T04:00:00Z")),
        at: None,
    }
}

async fn create(
    product: &Product,
    transport: &Recorded,
    using: &Authority,
    request: &CreateRequest,
) -> Outcome<CreatedToken> {
    let host = product.host();
    let act = product.act(transport, &host, using);
    product.family.creator().unwrap().create(&act, request).await
}

async fn created(product: &Product, answer: Response, using: &Authority) -> Outcome<CreatedToken> {
    create(product, &Recorded::new([answer]), using, &wish(product)).await
}

fn answer_of(product: &Product) -> Response {
    match product.name {
        "bamboo" => to("jdoe", 200, BAMBOO_CREATED),
        _ => to("jdoe", 201, CREATED),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> Validation {
    let Outcome::Refused(said) = outcome else { panic!("{outcome:?}") };
    *said
}

#[tokio::test]
async fn a_token_is_made_by_an_old_one_or_by_the_password_in_one_request() {
    for product in ALL {
        for (using, scheme) in [(by_token(OTHER), "Bearer "), (password("jdoe"), "Basic ")] {
            let transport = Recorded::new([answer_of(&product)]);
            let Outcome::Done(made) = create(&product, &transport, &using, &wish(&product)).await else { panic!() };
            assert_eq!(made.secret.token.reveal(), TOKEN);
            assert_eq!(made.name, "keyrack laptop");
            assert_eq!(made.expiry, Expiry::At(at("2027-02-21T04:00:00Z")), "{}", product.name);
            assert!(made.notes.is_empty() && made.remote_id.is_some(), "{:?}", made.notes);
            assert!(!format!("{made:?}").contains(&TOKEN[20..]));
            let seen = transport.seen.lock().unwrap();
            assert_eq!((seen.len(), seen[0].method), (1, Method::Post));
            assert_eq!(seen[0].url, format!("{WEB}{}", product.tokens));
            let header =
                |name: &str| seen[0].headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.reveal().to_owned());
            assert!(header("Authorization").unwrap().starts_with(scheme));
            assert_eq!(header("X-Atlassian-Token").as_deref(), Some("no-check"));
            let Body::Text(body) = &seen[0].body else { panic!() };
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let life = if product.name == "bamboo" { "daysUntilExpiry" } else { "expirationDuration" };
            assert_eq!((body["name"].as_str(), body[life].as_i64()), (Some("keyrack laptop"), Some(90)));
            assert_eq!(body.get("permissions").is_some(), product.name == "bamboo");
        }
    }
}

#[tokio::test]
async fn a_new_secret_never_reaches_the_evidence() {
    for product in ALL {
        let host = product.host();
        let using = password("jdoe");
        let echo = answer_of(&product);
        let headers = [("Content-Type", "application/json"), ("X-AREQUESTID", TOKEN), ("X-AUSERNAME", "jdoe")];
        let transport = Recorded::new([Response::of(echo.status, &headers, &echo.body)]);
        let act = product.act(&transport, &host, &using);
        let Outcome::Done(_) = product.family.creator().unwrap().create(&act, &wish(&product)).await else { panic!() };
        act.wire.note(format!("later: {TOKEN}"));
        assert!(!format!("{:?}", act.wire.take_evidence()).contains(TOKEN), "it is masked from now on");
    }
}

#[tokio::test]
async fn without_an_end_the_life_is_left_out() {
    for product in ALL {
        let transport = Recorded::new([answer_of(&product)]);
        let request = CreateRequest { expires: None, ..wish(&product) };
        let Outcome::Done(made) = create(&product, &transport, &by_token(OTHER), &request).await else { panic!() };
        let seen = transport.seen.lock().unwrap();
        let Body::Text(body) = &seen[0].body else { panic!() };
        assert!(!body.contains("xpir"), "{body}");
        if product.name != "bamboo" {
            assert!(made.notes[0].contains("was not asked for"), "{:?}", made.notes);
        }
    }
}

#[tokio::test]
async fn another_end_than_asked_for_is_told() {
    let shorter = CREATED.replace("2027-02-21", "2026-12-21");
    let Outcome::Done(made) = created(&JIRA, to("jdoe", 201, &shorter), &by_token(OTHER)).await else { panic!() };
    assert_eq!(made.expiry, Expiry::At(at("2026-12-21T04:00:00Z")));
    assert!(made.notes[0].contains("2026-12-21") && made.notes[0].contains("2027-02-21"), "{:?}", made.notes);
}

#[tokio::test]
async fn limit_of_ten_tokens_403_is_told() {
    for product in [JIRA, CONFLUENCE] {
        let answer = to("jdoe", 403, r#"{"error":"limit reached"}"#);
        let found = refused(created(&product, answer, &by_token(OTHER)).await);
        product.assert_found(&found, Verdict::Unreachable, "token-limit");
    }
}

#[tokio::test]
async fn every_refusal_to_make_one_has_its_finding_and_the_vendors_words() {
    for product in ALL {
        for (answer, name) in [
            (to("jdoe", 400, r#"{"error":"the vendor's words"}"#), "create-refused"),
            (own(403, "XSRF check failed"), "xsrf"),
            (html(404), "wrong-context-path"),
            (html(200), "sign-in-page"),
            (html(503), "maintenance"),
            (Response::of(403, &[], "denied"), "http.not-the-vendor"),
        ] {
            let found = refused(created(&product, answer, &by_token(OTHER)).await);
            product.assert_found(&found, Verdict::Unreachable, name);
            if name == "create-refused" {
                assert!(found.findings[0].cause.contains("the vendor's words"));
            }
        }
        let wrong = Response::of(401, &[("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")], "");
        let found = refused(created(&product, wrong.clone(), &by_token(OTHER)).await);
        product.assert_found(&found, Verdict::Unreachable, "authority-refused");
        let found = refused(created(&product, wrong, &password("jdoe")).await);
        product.assert_found(&found, Verdict::Unreachable, "wrong-password");
        assert!(found.findings[0].cause.contains("CAPTCHA"));
        let basic = own(403, r#"{"message":"Basic Authentication has been disabled on this instance."}"#);
        let Outcome::Unsupported(found) = created(&product, basic, &password("jdoe")).await else { panic!() };
        product.assert_found(&found, Verdict::Blocked, "basic-disabled");
    }
    let found = refused(created(&BAMBOO, to("jdoe", 403, "{}"), &by_token(OTHER)).await);
    BAMBOO.assert_found(&found, Verdict::Unreachable, "signer-not-permitted");
}

#[tokio::test]
async fn a_lost_or_unreadable_answer_is_unknown_and_never_repeated() {
    for product in ALL {
        let error = NetError::new(NetErrorKind::ReadTimeout, "acme.dev:443", "");
        let transport = Recorded::with_errors([Err(error.clone())]);
        let outcome = create(&product, &transport, &by_token(OTHER), &wish(&product)).await;
        assert_eq!(outcome, Outcome::Unknown(error));
        assert_eq!(transport.lines().len(), 1);
        for answer in [to("jdoe", 201, "{}"), to("jdoe", 200, "garbage"), own(500, "{}"), own(502, "")] {
            let outcome = created(&product, answer.clone(), &by_token(OTHER)).await;
            assert!(matches!(outcome, Outcome::Unknown(_)), "{answer:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_is_known_to_be_refused_is_not_sent() {
    for product in ALL {
        let silent = Recorded::new([]);
        let over = CreateRequest { expires: Some(at("2026-01-01T00:00:00Z")), ..wish(&product) };
        let found = refused(create(&product, &silent, &by_token(OTHER), &over).await);
        product.assert_found(&found, Verdict::Unreachable, "life-over");
        for (using, name) in [
            (by_token("ATATT3xFfGF0KEYRACK-FAKE"), "cloud-token"),
            (by_token(&format!("BBDC-{OTHER}")), "bitbucket-token"),
            (Authority { secret: token(OTHER), ..password("jdoe") }, "token-as-password"),
            (password("jdoe:x"), "authority-unfit"),
            (Authority { kind: Some(Kind::HttpAccessToken), ..by_token(OTHER) }, "authority-unfit"),
        ] {
            let found = refused(create(&product, &silent, &using, &wish(&product)).await);
            product.assert_found(&found, Verdict::Unreachable, name);
        }
        assert!(silent.lines().is_empty());
    }
    for product in [JIRA, CONFLUENCE] {
        let long = CreateRequest { expires: Some(at("2027-11-24T05:00:00Z")), ..wish(&product) };
        let found = refused(create(&product, &Recorded::new([]), &by_token(OTHER), &long).await);
        product.assert_found(&found, Verdict::Unreachable, "life-too-long");
    }
}

fn route(product: &Product, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
    product.family.creator().unwrap().route(&product.host(), request, using)
}

#[test]
fn routes_say_who_signs_and_what_is_made() {
    for product in ALL {
        let Ok(Route::NeedsAuthority { password: true, .. }) = route(&product, &wish(&product), None) else { panic!() };
        for using in [by_token(OTHER), password("jdoe")] {
            let Ok(Route::AtHost(what)) = route(&product, &wish(&product), Some(&using)) else { panic!() };
            assert!(what.contains("POST") && what.contains("keyrack laptop") && !what.contains(OTHER), "{what}");
        }
        let mistaken = Authority { secret: token(OTHER), ..password("jdoe") };
        let Ok(Route::NeedsAuthority { why, .. }) = route(&product, &wish(&product), Some(&mistaken)) else { panic!() };
        assert!(why.contains("Bearer"), "{why}");
    }
}

#[test]
fn wishes_that_cannot_be_are_refused_with_what_to_ask_for() {
    for product in ALL {
        let good = wish(&product);
        for (bad, says) in [
            (CreateRequest { name: " ".into(), ..good.clone() }, "name"),
            (CreateRequest { at: Some("jdoe".into()), ..good.clone() }, "nobody else"),
            (CreateRequest { kind: Some(Kind::ProjectToken), ..good.clone() }, "only"),
            (CreateRequest { scopes: vec!["ADMIN".into()], ..good.clone() }, "ADMIN"),
        ] {
            let error = route(&product, &bad, None).unwrap_err();
            let text = format!("{} {}", error.message, error.hint);
            assert!(text.contains(says) || text.contains("no scopes"), "{}: {text}", product.name);
        }
        let mut host = product.host();
        host.version = Some(product.older.to_owned());
        let error = product.family.creator().unwrap().route(&host, &good, None).unwrap_err();
        assert!(error.hint.contains(product.first), "{error:?}");
    }
    let long = CreateRequest { name: "x".repeat(41), ..wish(&JIRA) };
    assert!(route(&JIRA, &long, None).unwrap_err().message.contains("40"));
    let mut bamboo = BAMBOO.host();
    bamboo.version = Some("9.3.0".into());
    let error = BAMBOO.family.creator().unwrap().route(&bamboo, &wish(&BAMBOO), None).unwrap_err();
    assert!(error.message.contains("9.4"), "{error:?}");
}

#[test]
fn a_successor_has_the_name_the_life_and_the_permissions_of_the_old_one() {
    let mut last = Validation::new(Verdict::Valid, "", now());
    last.remote_name = Some("nightly build".into());
    last.created_at = Some(at("2026-10-01T00:00:00Z"));
    last.expiry = Expiry::At(at("2026-12-30T00:00:00Z"));
    last.grants = vec![keyrack::domain::Grant::told("TRIGGER")];
    let old = Predecessor {
        label: "a-label-that-is-longer-than-forty-characters-are",
        kind: Kind::Pat,
        username: Some("jdoe"),
        last: Some(&last),
        expires: None,
        now: now(),
    };
    for product in [JIRA, CONFLUENCE] {
        let creator = product.family.creator().unwrap();
        let wish = creator.successor(&product.host(), &old);
        assert_eq!((wish.name.as_str(), wish.expires), ("nightly build", Some(at("2027-02-21T04:00:00Z"))));
        assert!(wish.scopes.is_empty());
        let unknown = creator.successor(&product.host(), &Predecessor { last: None, ..old });
        assert_eq!(unknown.name.chars().count(), 40);
        assert_eq!(unknown.expires, Some(at("2027-11-23T04:00:00Z")), "as long as is allowed");
        assert!(creator.route(&product.host(), &unknown, None).is_ok());
    }
    let wish = BAMBOO.family.creator().unwrap().successor(&BAMBOO.host(), &old);
    assert_eq!(wish.name, "nightly build 20261123-040000", "Bamboo refuses a name that is taken");
    assert_eq!(wish.scopes, ["TRIGGER"]);
}

// --- listing ---------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn the_list_has_the_users_tokens_with_their_state() {
    let two = r#"[{"id":1,"name":"a","createdAt":"2026-01-01T00:00:00.000+00:00","expiringAt":"2026-02-01T00:00:00.000+00:00"},
                  {"id":2,"name":"b","createdAt":"2026-01-01T00:00:00.000+00:00"}]"#;
    for product in [JIRA, CONFLUENCE] {
        let (host, using) = (product.host(), by_token(OTHER));
        let transport = Recorded::new([to("jdoe", 200, two), to("jdoe", 403, "{}")]);
        let act = product.act(&transport, &host, &using);
        let Outcome::Done(list) = product.family.lister().unwrap().list(&act).await else { panic!() };
        assert_eq!((list.of.as_str(), list.tokens.len()), ("jdoe", 2));
        assert_eq!((list.tokens[0].state, list.tokens[1].state), (RemoteState::Expired, RemoteState::Active));
        assert_eq!((list.tokens[1].expiry, list.tokens[1].owner.as_str()), (Expiry::Never, "jdoe"));
        assert!(list.gaps.is_empty() && list.evidence.len() == 2);
        assert_eq!(transport.lines()[1], format!("POST {WEB}/rest/pat/latest/tokens/search"));
    }
}

#[tokio::test]
async fn a_system_administrator_sees_the_tokens_of_everybody() {
    let mine = r#"[{"id":1,"name":"a","createdAt":"2026-01-01T00:00:00.000+00:00"}]"#;
    let everybody = r#"[{"id":1,"name":"a","userKey":"JIRAUSER1"},{"id":9,"name":"theirs","userKey":"JIRAUSER2"}]"#;
    let (host, using) = (JIRA.host(), by_token(OTHER));
    let transport = Recorded::new([to("ana", 200, mine), to("ana", 200, everybody)]);
    let act = JIRA.act(&transport, &host, &using);
    let Outcome::Done(list) = JIRA.family.lister().unwrap().list(&act).await else { panic!() };
    let seen: Vec<(&str, &str)> = list.tokens.iter().map(|t| (t.id.as_str(), t.owner.as_str())).collect();
    assert_eq!(seen, [("1", "ana"), ("9", "JIRAUSER2")]);
    assert!(list.of.contains("every user"), "{}", list.of);
}

#[tokio::test]
async fn bamboos_list_is_read_page_by_page_and_a_gap_is_told() {
    let page = |from: usize, count: usize| {
        let one = |n| format!(r#"{{"id":"{n}","name":"t{n}","permissions":["READ"]}}"#);
        let values: Vec<String> = (from..from + count).map(one).collect();
        to("jdoe", 200, &format!(r#"{{"values":[{}]}}"#, values.join(",")))
    };
    let (host, using) = (BAMBOO.host(), by_token(OTHER));
    let transport = Recorded::new([page(0, 25), page(25, 3)]);
    let act = BAMBOO.act(&transport, &host, &using);
    let Outcome::Done(list) = BAMBOO.family.lister().unwrap().list(&act).await else { panic!() };
    assert_eq!((list.tokens.len(), list.tokens[27].grants.as_slice()), (28, &["READ".to_owned()][..]));
    assert!(transport.lines()[1].ends_with("?start=25&limit=25"));
    // The same page again and again: a host that knows no pages.
    let transport = Recorded::new([page(0, 25), page(0, 25)]);
    let act = BAMBOO.act(&transport, &host, &using);
    let Outcome::Done(list) = BAMBOO.family.lister().unwrap().list(&act).await else { panic!() };
    assert_eq!((list.tokens.len(), list.gaps.len()), (25, 0));
    let transport = Recorded::new([page(0, 25), own(500, "")]);
    let act = BAMBOO.act(&transport, &host, &using);
    let Outcome::Done(list) = BAMBOO.family.lister().unwrap().list(&act).await else { panic!() };
    assert!(list.gaps[0].contains("25"), "{:?}", list.gaps);
}

#[tokio::test]
async fn refusals_to_list_have_their_findings() {
    for product in ALL {
        let (host, using) = (product.host(), by_token(OTHER));
        for (answer, name) in [(own(401, "{}"), "authority-refused"), (html(503), "maintenance")] {
            let transport = Recorded::new([answer]);
            let act = product.act(&transport, &host, &using);
            let found = refused(product.family.lister().unwrap().list(&act).await);
            product.assert_found(&found, Verdict::Unreachable, name);
        }
        for (answer, verdict, name) in [
            (own(400, r#"{"error":"off"}"#), Verdict::Blocked, "tokens-disabled"),
            (own(404, "{}"), Verdict::Unreachable, "tokens-unavailable"),
        ] {
            let transport = Recorded::new([answer]);
            let act = product.act(&transport, &host, &using);
            let Outcome::Unsupported(found) = product.family.lister().unwrap().list(&act).await else { panic!() };
            product.assert_found(&found, verdict, name);
        }
        assert!(matches!(
            product.family.lister().unwrap().route(&host, None),
            Route::NeedsAuthority { password: true, .. }
        ));
        assert!(matches!(product.family.lister().unwrap().route(&host, Some(&using)), Route::AtHost(_)));
    }
}

#[tokio::test]
async fn an_order_that_never_left_is_refused_and_not_unknown() {
    for product in ALL {
        for kind in [NetErrorKind::Dns, NetErrorKind::Refused] {
            let error = NetError::new(kind, "acme.dev:443", "");
            let transport = Recorded::with_errors([Err(error)]);
            let outcome = create(&product, &transport, &by_token(OTHER), &wish(&product)).await;
            let Outcome::Refused(found) = outcome else { panic!("{outcome:?}") };
            assert_eq!((found.verdict, found.findings[0].code.as_str()), (Verdict::Unreachable, kind.code()));
        }
    }
}
