//! Creating and listing against recorded answers, the permission pairs, and what is refused before anything is sent.

use jiff::Timestamp;
use keyrack::domain::{CreateRequest, CreatedToken, Expiry, Grant, Kind, Predecessor, RemoteList, Validation, Verdict};
use keyrack::hosts::{Act, Authority, Family, Outcome, RequestError, Revocation, Route, family};
use keyrack::net::{Body, Method, NetError, NetErrorKind, Response};

use super::{
    BitbucketDatacenter, FamilyId, Recorded, TOKEN, WEB, assert_found, envelope, host, html, own, thrown, to, token,
};
use crate::support::{now, wire};

const CREATED: &str = r#"{"id":"123456789012","createdDate":1795420000000,"name":"keyrack laptop","permissions":["PROJECT_READ","REPO_WRITE"],"token":"BBDC-MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU","user":{"name":"jdoe","id":101,"slug":"jdoe"}}"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn password(user: &str) -> Authority {
    Authority { one_time_code: None, kind: None, username: Some(user.into()), secret: token("keyrack-demo-password") }
}

fn signed(kind: Kind, username: &str) -> Authority {
    Authority {
        kind: Some(kind),
        secret: token("BBDC-MTExMTExMTExMTExOktFWVJBQ0stRkFLRS1UT0tFTi0w"),
        ..password(username)
    }
}

fn wish(scopes: &[&str]) -> CreateRequest {
    CreateRequest {
        name: "keyrack laptop".into(),
        scopes: scopes.iter().map(|&s| s.to_owned()).collect(),
        expires: Some(at("2027-02-21T04:00:00Z")),
        ..CreateRequest::default()
    }
}

async fn create(transport: &Recorded, using: &Authority, request: &CreateRequest) -> Outcome<CreatedToken> {
    let host = host();
    let act = Act { wire: wire(&BitbucketDatacenter, &host, transport, &[&using.secret]), host: &host, using };
    BitbucketDatacenter.creator().unwrap().create(&act, request).await
}

async fn list(transport: &Recorded, using: &Authority) -> Outcome<RemoteList> {
    let host = host();
    let act = Act { wire: wire(&BitbucketDatacenter, &host, transport, &[&using.secret]), host: &host, using };
    BitbucketDatacenter.lister().unwrap().list(&act).await
}

fn route(request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
    BitbucketDatacenter.creator().unwrap().route(&host(), request, using)
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> Validation {
    let Outcome::Refused(said) = outcome else { panic!("{outcome:?}") };
    *said
}

#[tokio::test]
async fn a_users_token_is_made_with_the_password_in_one_put() {
    let transport = Recorded::new([to("jdoe", 200, CREATED)]);
    let Outcome::Done(made) = create(&transport, &password("JDoe"), &wish(&["PROJECT_READ", "REPO_WRITE"])).await
    else {
        panic!()
    };
    assert_eq!(made.secret.token.reveal(), TOKEN);
    assert_eq!((made.kind, made.remote_id.as_deref()), (Kind::HttpAccessToken, Some("123456789012")));
    assert_eq!(made.expiry, Expiry::At(at("2027-02-21T04:00:00Z")), "kept from the request, since no answer tells it");
    assert_eq!(made.grants, [Grant::told("PROJECT_READ"), Grant::told("REPO_WRITE")]);
    assert!(made.notes.is_empty() && !format!("{made:?}").contains(&TOKEN[20..]), "{made:?}");
    let seen = transport.seen.lock().unwrap();
    assert_eq!((seen.len(), seen[0].method), (1, Method::Put));
    assert_eq!(seen[0].url, format!("{WEB}/rest/access-tokens/latest/users/jdoe"));
    let Body::Text(body) = &seen[0].body else { panic!() };
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"name": "keyrack laptop", "permissions": ["PROJECT_READ", "REPO_WRITE"], "expiryDays": 90})
    );
}

#[tokio::test]
async fn project_and_repository_tokens_are_made_by_an_administrator_at_their_place() {
    for (at, kind, scopes, path) in [
        ("ACME", Kind::ProjectToken, &["PROJECT_WRITE", "REPO_WRITE"][..], "projects/ACME"),
        ("ACME/web", Kind::RepositoryToken, &["REPO_ADMIN"][..], "projects/ACME/repos/web"),
    ] {
        let transport = Recorded::new([to("jdoe", 200, CREATED)]);
        let request = CreateRequest { at: Some(at.into()), ..wish(scopes) };
        let Outcome::Done(made) = create(&transport, &password("jdoe"), &request).await else { panic!("{at}") };
        assert_eq!((made.kind, made.username.as_deref()), (kind, Some(at)));
        assert_eq!(transport.lines(), [format!("PUT {WEB}/rest/access-tokens/latest/{path}")]);
    }
}

#[test]
fn the_permission_table_decides_which_pairs_are_asked_for() {
    let table = &family(&FamilyId::new("bitbucket-datacenter")).unwrap().facts().tables[0];
    for cell in &table.cells {
        let found = route(&wish(&[&cell.row, &cell.column]), Some(&password("jdoe")));
        assert_eq!(found.is_ok(), !cell.allows.is_empty(), "{} and {}", cell.row, cell.column);
    }
    for (scopes, asked) in [
        (&["REPO_WRITE"][..], "PROJECT_READ and REPO_WRITE"),
        (&["PROJECT_ADMIN"], "PROJECT_ADMIN and REPO_ADMIN"),
        (&["REPO_READ", "REPO_ADMIN", "PROJECT_READ"], "PROJECT_READ and REPO_ADMIN"),
    ] {
        let Ok(Route::AtHost(what)) = route(&wish(scopes), Some(&password("jdoe"))) else { panic!() };
        assert!(what.contains(asked) && what.contains("password of jdoe"), "{what}");
    }
}

#[test]
fn wishes_that_cannot_be_are_refused_with_what_to_ask_for() {
    let at_web = |scopes: &[&str]| CreateRequest { at: Some("ACME/web".into()), ..wish(scopes) };
    for (request, says) in [
        (wish(&["REPO_CREATE"]), "REPO_CREATE"),
        (wish(&["SYS_ADMIN"]), "BSERV-10482"),
        (at_web(&["PROJECT_READ", "REPO_READ"]), "that repository only"),
        (CreateRequest { kind: Some(Kind::HttpAccessToken), ..at_web(&["REPO_READ"]) }, "the user who signs"),
        (CreateRequest { kind: Some(Kind::ProjectToken), ..wish(&["REPO_READ"]) }, "the place"),
        (CreateRequest { kind: Some(Kind::Pat), ..wish(&["REPO_READ"]) }, "no `pat`"),
        (CreateRequest { name: String::new(), ..wish(&["REPO_READ"]) }, "name"),
        (CreateRequest { at: Some("ACME/..".into()), ..wish(&["REPO_READ"]) }, "names no"),
    ] {
        let error = route(&request, Some(&password("jdoe"))).unwrap_err();
        assert!(error.message.contains(says), "{says}: {error:?}");
    }
}

#[test]
fn no_token_makes_tokens() {
    for using in [None, Some(signed(Kind::HttpAccessToken, "jdoe")), Some(signed(Kind::ProjectToken, "ACME"))] {
        for request in [wish(&["REPO_READ"]), CreateRequest { at: Some("ACME".into()), ..wish(&["REPO_READ"]) }] {
            let found = route(&request, using.as_ref()).unwrap();
            assert!(matches!(found, Route::NeedsAuthority { password: true, .. }), "{found:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_where_it_would_be_refused() {
    let silent = Recorded::new([]);
    let request = wish(&["REPO_READ"]);
    let found = refused(create(&silent, &signed(Kind::HttpAccessToken, "jdoe"), &request).await);
    assert_eq!(found.findings[0].code, "bitbucket-datacenter.token-makes-no-token");
    let over = CreateRequest { expires: Some(at("2026-01-01T00:00:00Z")), ..request };
    let found = refused(create(&silent, &password("jdoe"), &over).await);
    assert_eq!(found.findings[0].code, "bitbucket-datacenter.life-over");
}

#[tokio::test]
async fn every_refusal_to_make_one_has_its_finding() {
    for (answer, name) in [
        (own(400, &envelope("validation.ArgumentValidationException")), "create-refused"),
        (thrown(401, "auth.IncorrectPasswordAuthenticationException"), "wrong-password"),
        (thrown(401, "AuthorisationException"), "create-not-permitted"),
        (thrown(404, "user.NoSuchUserException"), "no-such-user"),
        (thrown(404, "project.NoSuchProjectException"), "no-such-project"),
        (own(403, "XSRF check failed"), "xsrf"),
        (html(404), "wrong-context-path"),
        (html(200), "sign-in-page"),
        (html(503), "maintenance"),
        (own(429, ""), "rate-limited"),
        (Response::of(403, &[], "denied"), "http.not-the-vendor"),
    ] {
        let found = refused(create(&Recorded::new([answer]), &password("jdoe"), &wish(&["REPO_READ"])).await);
        assert_found(&found, Verdict::Unreachable, name);
    }
    let captcha = thrown(403, "auth.CaptchaRequiredAuthenticationException");
    let found = refused(create(&Recorded::new([captcha]), &password("jdoe"), &wish(&["REPO_READ"])).await);
    assert_found(&found, Verdict::Blocked, "captcha");
    let basic = own(403, r#"{"message":"Basic Authentication has been disabled on this instance."}"#);
    let outcome = create(&Recorded::new([basic]), &password("jdoe"), &wish(&["REPO_READ"])).await;
    let Outcome::Unsupported(found) = outcome else { panic!("{outcome:?}") };
    assert_found(&found, Verdict::Blocked, "basic-disabled");
}

#[tokio::test]
async fn a_lost_or_unreadable_answer_is_unknown_and_never_repeated() {
    let error = NetError::new(NetErrorKind::ReadTimeout, "bitbucket.example.com:443", "");
    let transport = Recorded::with_errors([Err(error.clone())]);
    assert_eq!(create(&transport, &password("jdoe"), &wish(&["REPO_READ"])).await, Outcome::Unknown(error));
    assert_eq!(transport.lines().len(), 1);
    for answer in [own(200, "{}"), own(200, "x"), own(500, ""), own(502, "")] {
        let outcome = create(&Recorded::new([answer]), &password("jdoe"), &wish(&["REPO_READ"])).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
}

#[test]
fn a_successor_has_what_the_host_told_of_the_old_one_and_no_more() {
    let creator = BitbucketDatacenter.creator().unwrap();
    let mut last = Validation::new(Verdict::Valid, "", now());
    last.remote_name = Some("ci".into());
    last.grants = vec![Grant::told("PROJECT_READ"), Grant::told("REPO_WRITE")];
    last.created_at = Some(at("2026-10-01T00:00:00Z"));
    last.expiry = Expiry::At(at("2026-12-30T00:00:00Z"));
    let old = Predecessor {
        label: "label",
        kind: Kind::ProjectToken,
        username: Some("ACME"),
        last: Some(&last),
        expires: None,
        now: now(),
    };
    let wish = creator.successor(&host(), &old);
    assert_eq!((wish.name.as_str(), wish.kind, wish.at.as_deref()), ("ci", Some(Kind::ProjectToken), Some("ACME")));
    assert_eq!(wish.scopes, ["PROJECT_READ", "REPO_WRITE"]);
    assert_eq!(wish.expires, Some(at("2027-02-21T04:00:00Z")));
    // Probed rights may be the user's: what is not told is not asked for, and the page is where they are chosen.
    let mut probed = last.clone();
    for grant in &mut probed.grants {
        grant.source = keyrack::domain::GrantSource::Probed;
    }
    let wish = creator.successor(&host(), &Predecessor { last: Some(&probed), ..old });
    assert!(wish.scopes.is_empty());
    let Ok(Route::Guided { why }) = creator.route(&host(), &wish, Some(&password("jdoe"))) else { panic!() };
    assert!(why.contains("permissions"), "{why}");
}

// --- listing ---------------------------------------------------------------------------------------------------------

fn page(values: &str, next: Option<u64>) -> Response {
    let next = next.map_or_else(String::new, |n| format!(r#","nextPageStart":{n}"#));
    let last = next.is_empty();
    to("jdoe", 200, &format!(r#"{{"size":1,"limit":25,"isLastPage":{last},"start":0,"values":[{values}]{next}}}"#))
}

fn record(id: u64) -> String {
    format!(r#"{{"id":"{id:012}","createdDate":1795420000000,"name":"t{id}","permissions":["REPO_READ"]}}"#)
}

#[tokio::test]
async fn user_project_and_repository_lists_are_read_page_by_page() {
    let transport = Recorded::new([
        page(&record(1), Some(25)),
        page(&record(2), None),
        page(r#"{"key":"ACME","id":3}"#, None),
        page(r#"{"slug":"web","project":{"key":"ACME"}}"#, None),
        page(&record(3), None),
        page(&record(4), None),
    ]);
    let Outcome::Done(list) = list(&transport, &password("JDoe")).await else { panic!() };
    let seen: Vec<_> = list.tokens.iter().map(|t| (t.name.as_str(), t.owner.as_str(), t.kind.unwrap())).collect();
    assert_eq!(
        seen,
        [
            ("t1", "jdoe", Kind::HttpAccessToken),
            ("t2", "jdoe", Kind::HttpAccessToken),
            ("t3", "ACME", Kind::ProjectToken),
            ("t4", "ACME/web", Kind::RepositoryToken),
        ]
    );
    assert_eq!((list.of.as_str(), list.gaps.len(), list.tokens[0].grants.len()), ("jdoe", 0, 1));
    assert!(transport.lines()[1].ends_with("/users/jdoe?start=25&limit=25"));
    assert!(transport.lines()[5].ends_with("/projects/ACME/repos/web?start=0&limit=25"));
}

#[tokio::test]
async fn what_is_missing_from_the_list_is_told() {
    let denied = || thrown(401, "AuthorisationException");
    let transport = Recorded::new([page(&record(1), Some(25)), own(500, ""), denied(), page("", None)]);
    let Outcome::Done(found) = list(&transport, &password("jdoe")).await else { panic!() };
    assert_eq!((found.tokens.len(), found.gaps.len()), (1, 2), "{:?}", found.gaps);
    // A page that leads back is not followed.
    let transport = Recorded::new([page(&record(1), Some(0)), page("", None), page("", None)]);
    let Outcome::Done(found) = list(&transport, &password("jdoe")).await else { panic!() };
    assert_eq!(found.tokens.len(), 1);
}

#[tokio::test]
async fn a_token_of_a_project_lists_its_own_place_only() {
    let transport = Recorded::new([page(&record(3), None)]);
    let Outcome::Done(found) = list(&transport, &signed(Kind::ProjectToken, "ACME")).await else { panic!() };
    assert_eq!((found.of.as_str(), found.tokens.len()), ("ACME", 1));
    let refusal = Recorded::new([thrown(401, "AuthorisationException")]);
    let found = refused(list(&refusal, &signed(Kind::HttpAccessToken, "jdoe")).await);
    assert_found(&found, Verdict::Unreachable, "list-not-permitted");
    let lister = BitbucketDatacenter.lister().unwrap();
    assert!(matches!(lister.route(&host(), None), Route::NeedsAuthority { password: true, .. }));
    assert!(matches!(lister.route(&host(), Some(&password("jdoe"))), Route::AtHost(_)));
}

#[tokio::test]
async fn revoking_by_id_finds_the_owner_first() {
    let transport = Recorded::new([
        page(&record(1), None),
        page(r#"{"key":"ACME"}"#, None),
        page("", None),
        page(&record(3), None),
        own(204, ""),
    ]);
    let (host, using) = (host(), password("jdoe"));
    let act = Act { wire: wire(&BitbucketDatacenter, &host, &transport, &[&using.secret]), host: &host, using: &using };
    let ids = ["000000000009".to_owned(), "000000000003".to_owned()];
    let done = BitbucketDatacenter.lister().unwrap().revoke(&act, &ids).await;
    let Revocation::Refused(said) = &done[0] else { panic!("{done:?}") };
    assert_eq!(said.findings[0].code, "bitbucket-datacenter.token-not-found");
    assert_eq!(done[1], Revocation::Accepted);
    assert_eq!(
        transport.lines().last().unwrap(),
        &format!("DELETE {WEB}/rest/access-tokens/latest/projects/ACME/000000000003")
    );
}

// --- probing ---------------------------------------------------------------------------------------------------------

async fn probe(transport: &Recorded, look_at: &keyrack::domain::LookAt, names: &[&str]) -> keyrack::domain::Probed {
    let (host, secret) = (host(), token(TOKEN));
    let session = keyrack::hosts::Session {
        wire: wire(&BitbucketDatacenter, &host, transport, &[&secret]),
        host: &host,
        kind: Kind::HttpAccessToken,
        username: Some("jdoe"),
        secret: &secret,
    };
    let wanted: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    BitbucketDatacenter.prober().unwrap().probe(&session, look_at, &wanted).await
}

#[tokio::test]
async fn no_token_administers_bserv_10482() {
    let found =
        probe(&Recorded::new([]), &keyrack::domain::LookAt::default(), &["SYS_ADMIN", "ADMIN", "REPO_READ"]).await;
    assert_eq!(found.denied, ["SYS_ADMIN", "ADMIN"]);
    assert_eq!(found.findings.len(), 1);
    assert!(found.findings[0].cause.contains("BSERV-10482"));
    assert!(found.unknown[0].1.contains("name one"), "{:?}", found.unknown);
}

#[tokio::test]
async fn rights_at_a_repository_are_shown_by_reads_of_it() {
    let advertised = Response::of(200, &[("Content-Type", "application/x-git-receive-pack-advertisement")], "001f# s");
    let transport = Recorded::new([
        to("jdoe", 200, r#"{"slug":"web"}"#),
        advertised,
        to("jdoe", 401, &envelope("AuthorisationException")),
        to("jdoe", 404, &envelope("project.NoSuchProjectException")),
        thrown(401, "AuthorisationException"),
    ]);
    let look_at = keyrack::domain::LookAt { repository: Some("ACME/web".into()), ..Default::default() };
    let names = ["REPO_READ", "REPO_WRITE", "REPO_ADMIN", "PROJECT_READ", "PROJECT_ADMIN", "PROJECT_WRITE"];
    let found = probe(&transport, &look_at, &names).await;
    let held: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(
        (held.as_slice(), found.denied.as_slice()),
        (&["REPO_READ", "REPO_WRITE"][..], &["REPO_ADMIN".to_owned()][..])
    );
    let unknown: Vec<_> = found.unknown.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(unknown, ["PROJECT_READ", "PROJECT_ADMIN", "PROJECT_WRITE"], "hidden, anonymous, and not to be shown");
    assert_eq!(
        transport.lines(),
        [
            format!("GET {WEB}/rest/api/latest/projects/ACME/repos/web"),
            format!("GET {WEB}/scm/ACME/web.git/info/refs?service=git-receive-pack"),
            format!("GET {WEB}/rest/api/latest/projects/ACME/repos/web/permissions/users?limit=1"),
            format!("GET {WEB}/rest/api/latest/projects/ACME"),
            format!("GET {WEB}/rest/api/latest/projects/ACME/permissions/users?limit=1"),
        ]
    );
}
