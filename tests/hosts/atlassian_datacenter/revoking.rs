//! Revoking against recorded answers: looked up first, asked once, looked up again.

use keyrack::domain::{Kind, Validation, Verdict};
use keyrack::hosts::{Authority, Revocation, Route};
use keyrack::net::{Method, NetError, NetErrorKind, Response};

use super::{ALL, BAMBOO, CONFLUENCE, JIRA, OTHER, Product, Recorded, TOKEN, WEB, by_token, html, own, password, to};
use crate::support::{self, token};

async fn revoke(
    product: &Product,
    transport: &Recorded,
    remote_id: Option<&str>,
    using: Option<&Authority>,
) -> Revocation {
    let (host, secret) = (product.host(), token(TOKEN));
    support::revoke(product.family, &host, transport, Kind::Pat, Some("jdoe"), &secret, remote_id, using).await
}

/// What shows that the token is there, and its id.
fn there(product: &Product) -> (Response, &'static str) {
    match product.name {
        "bamboo" => (to("jdoe", 200, product.list), "7"),
        _ => (to("jdoe", 200, r#"{"id":42,"name":"keyrack laptop"}"#), "42"),
    }
}

/// What shows that it is gone.
fn gone(product: &Product) -> Response {
    match product.name {
        "bamboo" => to("jdoe", 200, r#"{"values":[]}"#),
        _ => to("jdoe", 404, r#"{"error":"No such token."}"#),
    }
}

#[track_caller]
fn refused(revocation: Revocation) -> Validation {
    let Revocation::Refused(said) = revocation else { panic!("{revocation:?}") };
    *said
}

#[tokio::test]
async fn a_token_revokes_itself_by_its_id() {
    for product in ALL {
        let (found, id) = there(&product);
        let transport = Recorded::new([found, to("jdoe", 204, "")]);
        assert_eq!(revoke(&product, &transport, Some(id), None).await, Revocation::Accepted, "{}", product.name);
        let seen = transport.seen.lock().unwrap();
        assert_eq!((seen.len(), seen[1].method), (2, Method::Delete));
        assert_eq!(seen[1].url, format!("{WEB}{}/{id}", product.tokens));
        let header = |name: &str| seen[1].headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.reveal().to_owned());
        assert_eq!(header("Authorization").unwrap(), format!("Bearer {TOKEN}"));
        assert_eq!(header("X-Atlassian-Token").as_deref(), Some("no-check"));
    }
}

#[tokio::test]
async fn delete_204_for_an_unknown_id_is_not_believed() {
    for product in ALL {
        // Nothing is deleted where the id is not on the list.
        let transport = Recorded::new([gone(&product)]);
        let found = refused(revoke(&product, &transport, Some("4711"), None).await);
        product.assert_found(&found, Verdict::Unreachable, "token-not-found");
        assert!(found.findings[0].title.contains("4711"));
        assert!(transport.lines().iter().all(|l| l.starts_with("GET")));
    }
}

#[tokio::test]
async fn another_signer_looks_afterwards() {
    for product in ALL {
        for using in [password("jdoe"), by_token(OTHER)] {
            let (found, id) = there(&product);
            let transport = Recorded::new([found, to("jdoe", 204, ""), gone(&product)]);
            assert_eq!(revoke(&product, &transport, Some(id), Some(&using)).await, Revocation::Accepted);
            assert_eq!(transport.lines().len(), 3);
        }
    }
}

#[tokio::test]
async fn a_token_that_is_still_there_is_given_to_the_administrators_endpoint_alone() {
    for product in [JIRA, CONFLUENCE] {
        let (found, id) = there(&product);
        let transport =
            Recorded::new([found.clone(), to("ana", 204, ""), found.clone(), to("ana", 204, ""), gone(&product)]);
        assert_eq!(revoke(&product, &transport, Some(id), Some(&password("ana"))).await, Revocation::Accepted);
        {
            let seen = transport.seen.lock().unwrap();
            assert_eq!(seen[3].url, format!("{WEB}/rest/pat/latest/admin/tokens"));
            assert_eq!(seen[3].body, keyrack::net::Body::Text("[42]".into()), "this one id and no other");
        }
        let transport = Recorded::new([found.clone(), to("ana", 204, ""), found, to("ana", 403, "{}")]);
        let said = refused(revoke(&product, &transport, Some(id), Some(&password("ana"))).await);
        product.assert_found(&said, Verdict::Unreachable, "still-there");
    }
    let (found, id) = there(&BAMBOO);
    let transport = Recorded::new([found.clone(), to("jdoe", 204, ""), found]);
    let said = refused(revoke(&BAMBOO, &transport, Some(id), Some(&password("jdoe"))).await);
    BAMBOO.assert_found(&said, Verdict::Unreachable, "still-there");
}

#[tokio::test]
async fn a_token_of_another_user_401_is_not_a_wrong_signer() {
    for product in [JIRA, CONFLUENCE] {
        let transport = Recorded::new([to("kim", 401, r#"{"error":"not yours"}"#)]);
        let said = refused(revoke(&product, &transport, Some("42"), Some(&by_token(OTHER))).await);
        product.assert_found(&said, Verdict::Unreachable, "not-yours");
        let transport = Recorded::new([own(401, "{}")]);
        let said = refused(revoke(&product, &transport, Some("42"), Some(&by_token(OTHER))).await);
        product.assert_found(&said, Verdict::Unreachable, "authority-refused");
    }
}

#[tokio::test]
async fn a_token_that_signs_for_itself_and_is_refused_is_dead() {
    for product in ALL {
        let said = refused(revoke(&product, &Recorded::new([own(401, "{}")]), Some("42"), None).await);
        product.assert_found(&said, Verdict::Rejected, "token-refused");
        assert!(said.verdict.is_dead());
    }
}

#[tokio::test]
async fn without_an_id_the_only_living_token_is_the_one() {
    for product in ALL {
        let (found, id) = there(&product);
        let transport = Recorded::new([to("jdoe", 200, product.list), found, to("jdoe", 204, "")]);
        assert_eq!(revoke(&product, &transport, None, None).await, Revocation::Accepted);
        assert!(transport.lines()[2].ends_with(&format!("/{id}")));
    }
}

#[tokio::test]
async fn without_an_id_nothing_is_deleted_where_it_can_be_one_of_several() {
    for product in [JIRA, CONFLUENCE] {
        let several = r#"[{"id":1,"name":"a"},{"id":2,"name":"b"}]"#;
        let transport = Recorded::new([to("jdoe", 200, several)]);
        let Revocation::Unsupported(said) = revoke(&product, &transport, None, None).await else { panic!() };
        product.assert_found(&said, Verdict::Unreachable, "which-token");
        assert!(said.findings[0].title.contains("2 tokens"), "{said:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown() {
    for product in ALL {
        let error = NetError::new(NetErrorKind::ReadTimeout, "acme.dev:443", "");
        let (found, id) = there(&product);
        let transport = Recorded::with_errors([Ok(found.clone()), Err(error.clone())]);
        assert_eq!(revoke(&product, &transport, Some(id), None).await, Revocation::Unknown(error));
        for status in [500, 502, 504] {
            let transport = Recorded::new([found.clone(), own(status, "")]);
            assert!(matches!(revoke(&product, &transport, Some(id), None).await, Revocation::Unknown(_)), "{status}");
        }
    }
}

#[tokio::test]
async fn refusals_of_the_order_have_their_findings() {
    for product in ALL {
        let (there, id) = there(&product);
        for (answer, name) in [
            (own(403, "XSRF check failed"), "xsrf"),
            (to("jdoe", 403, "{}"), "signer-not-permitted"),
            (to("jdoe", 400, r#"{"message":"no"}"#), "revoke-refused"),
            (html(503), "maintenance"),
            (Response::of(403, &[], "denied"), "http.not-the-vendor"),
        ] {
            let transport = Recorded::new([there.clone(), answer]);
            let said = refused(revoke(&product, &transport, Some(id), Some(&password("jdoe"))).await);
            product.assert_found(&said, Verdict::Unreachable, name);
        }
        let basic = own(403, r#"{"message":"Basic Authentication has been disabled on this instance."}"#);
        let Revocation::Unsupported(said) =
            revoke(&product, &Recorded::new([basic]), Some(id), Some(&password("jdoe"))).await
        else {
            panic!()
        };
        product.assert_found(&said, Verdict::Blocked, "basic-disabled");
        let captcha = Response::of(403, &[("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE")], "");
        let said = refused(revoke(&product, &Recorded::new([captcha]), Some(id), Some(&password("jdoe"))).await);
        product.assert_found(&said, Verdict::Blocked, "captcha");
    }
}

#[tokio::test]
async fn ids_are_one_segment_of_the_path() {
    for product in [JIRA, CONFLUENCE] {
        let transport = Recorded::new([to("jdoe", 404, "{}")]);
        let _ = revoke(&product, &transport, Some("4/2?x"), None).await;
        assert!(transport.lines()[0].ends_with("/4%2F2%3Fx"), "{:?}", transport.lines());
        let climbing = Recorded::new([]);
        let _ = revoke(&product, &climbing, Some("4/../2"), None).await;
        assert!(climbing.lines().is_empty());
    }
}

#[tokio::test]
async fn several_by_id_stop_where_the_signer_is_refused() {
    for product in [JIRA, CONFLUENCE] {
        let (host, using) = (product.host(), password("jdoe"));
        let wrong = Response::of(401, &[("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")], "");
        let transport = Recorded::new([wrong]);
        let act = product.act(&transport, &host, &using);
        let ids = ["1".to_owned(), "2".to_owned(), "3".to_owned()];
        let done = product.family.lister().unwrap().revoke(&act, &ids).await;
        assert_eq!((done.len(), transport.lines().len()), (3, 1), "a wrong password is sent once");
        for one in done {
            product.assert_found(&refused(one), Verdict::Unreachable, "wrong-password");
        }
        // Not an administrator: one after another.
        let closed = to("jdoe", 403, "{}");
        let transport = Recorded::new([closed, gone(&product), there(&product).0, to("jdoe", 204, ""), gone(&product)]);
        let act = product.act(&transport, &host, &using);
        let done = product.family.lister().unwrap().revoke(&act, &["9".to_owned(), "42".to_owned()]).await;
        assert!(matches!(done[0], Revocation::Refused(_)) && done[1] == Revocation::Accepted, "{done:?}");
    }
}

#[tokio::test]
async fn an_administrator_ends_many_with_one_order() {
    let row = |id: u32| format!(r#"{{"id":{id},"name":"t{id}","userKey":"JIRAUSER2"}}"#);
    let ids: Vec<String> = ["7", "8", "9", "4711"].map(str::to_owned).to_vec();
    for product in [JIRA, CONFLUENCE] {
        let (host, using) = (product.host(), by_token(OTHER));
        let all =
            |rows: &[u32]| to("ana", 200, &format!("[{}]", rows.iter().map(|n| row(*n)).collect::<Vec<_>>().join(",")));
        let transport = Recorded::new([all(&[6, 7, 8, 9]), to("ana", 204, ""), all(&[6, 9])]);
        let act = product.act(&transport, &host, &using);
        let done = product.family.lister().unwrap().revoke(&act, &ids).await;
        assert_eq!((&done[0], &done[1]), (&Revocation::Accepted, &Revocation::Accepted));
        product.assert_found(&refused(done[2].clone()), Verdict::Unreachable, "still-there");
        product.assert_found(&refused(done[3].clone()), Verdict::Unreachable, "token-not-found");
        {
            let seen = transport.seen.lock().unwrap();
            assert_eq!(seen.len(), 3);
            assert_eq!(seen[1].url, format!("{WEB}/rest/pat/latest/admin/tokens"));
            assert_eq!(
                seen[1].body,
                keyrack::net::Body::Text("[7,8,9]".into()),
                "these and no other, whatever was asked for"
            );
        }
        // The answer to the order is lost: it may have been carried out, and is not repeated.
        let lost = keyrack::net::NetError::new(keyrack::net::NetErrorKind::Other, "x", "");
        let transport = Recorded::with_errors([Ok(all(&[7, 8])), Err(lost)]);
        let act = product.act(&transport, &host, &using);
        let done = product.family.lister().unwrap().revoke(&act, &ids[..2]).await;
        assert!(done.iter().all(|one| matches!(one, Revocation::Unknown(_))), "{done:?}");
        assert_eq!(transport.lines().len(), 2);
    }
}

#[test]
fn routes_are_decided_offline() {
    for product in ALL {
        let route = |kind, using: Option<&Authority>| {
            product.family.revoker().unwrap().route(&product.host(), kind, Some("jdoe"), using)
        };
        let Route::AtHost(what) = route(Kind::Pat, None) else { panic!() };
        assert!(what.contains("DELETE") && what.contains("itself"), "{what}");
        assert!(matches!(route(Kind::Pat, Some(&password("jdoe"))), Route::AtHost(_)));
        assert!(matches!(route(Kind::HttpAccessToken, None), Route::Guided { .. }));
        let mistaken = Authority { secret: token(OTHER), ..password("jdoe") };
        assert!(matches!(route(Kind::Pat, Some(&mistaken)), Route::NeedsAuthority { .. }));
    }
}
