//! Revoking, by version, and every refusal of it.

use keyrack::domain::{Host, Kind};
use keyrack::hosts::forgejo::Forgejo;
use keyrack::hosts::{Authority, Family, Revocation, Revoke, Route};
use keyrack::net::{NetError, NetErrorKind, Response};

use super::{ROWS, Recorded, TOKEN, WEB, at, by_token, error, header, host, json, password, version, with_code};
use crate::support::{self, token};

fn revoker() -> &'static dyn Revoke {
    Forgejo.revoker().unwrap()
}

async fn revoke(host: &Host, transport: &Recorded, id: Option<&str>, using: Option<&Authority>) -> Revocation {
    let secret = token(TOKEN);
    let done = support::revoke(&Forgejo, host, transport, Kind::Pat, Some("mara"), &secret, id, using).await;
    assert!(!format!("{done:?}").contains(TOKEN));
    done
}

fn code(done: &Revocation) -> &str {
    match done {
        Revocation::Refused(found) | Revocation::Unsupported(found) => &found.findings[0].code,
        other => panic!("{other:?}"),
    }
}

fn gone() -> Response {
    Response::of(204, &[], "")
}

#[test]
fn how_goes_by_the_table_of_versions() {
    let route = |host: &Host, using: Option<&Authority>| revoker().route(host, Kind::Pat, Some("mara"), using);
    let says = |route: Route| match route {
        Route::AtHost(words) => words,
        other => panic!("{other:?}"),
    };
    assert!(says(route(&at("Gitea", "1.27.1"), None)).contains("DELETE https://git.example.org/api/v1/token,"));
    let admin = says(route(&at("Forgejo", "16.0.1"), Some(&by_token(Some("root")))));
    assert!(admin.contains("/admin/users/mara/tokens/ID"), "{admin}");
    for host in [at("Forgejo", "16.0.1"), at("Forgejo", "11.0.0"), at("Gitea", "1.26.0")] {
        assert!(matches!(route(&host, None), Route::NeedsAuthority { password: true, .. }));
        assert!(says(route(&host, Some(&with_code("mara")))).contains("/users/mara/tokens/ID"));
    }
    assert!(matches!(
        route(&at("Forgejo", "15.0.0"), Some(&by_token(Some("mara")))),
        Route::NeedsAuthority { password: true, .. }
    ));
    assert!(says(route(&at("Gitea", "1.26.0"), Some(&by_token(Some("mara"))))).contains("place of the password"));
    for kind in [Kind::OauthToken, Kind::OauthClient] {
        assert!(matches!(revoker().route(&host(), kind, None, None), Route::Guided { .. }));
    }
}

#[tokio::test]
async fn on_gitea_1_27_a_token_deletes_itself() {
    let transport = Recorded::new([gone()]);
    assert_eq!(revoke(&at("Gitea", "1.27.1"), &transport, None, None).await, Revocation::Accepted);
    assert_eq!(transport.lines(), [format!("DELETE {WEB}/api/v1/token")]);
    assert_eq!(header(&transport, 0, "Authorization"), Some(format!("token {TOKEN}")));
    // Asked where the record does not tell.
    let transport = Recorded::new([version("1.27.1"), gone()]);
    assert_eq!(revoke(&host(), &transport, None, None).await, Revocation::Accepted);
    let refused =
        revoke(&at("Gitea", "1.27.1"), &Recorded::new([error(401, "invalid username, password or token")]), None, None)
            .await;
    assert_eq!(code(&refused), "forgejo.token-refused");
}

#[tokio::test]
async fn a_password_deletes_by_number_or_by_the_last_eight_characters() {
    let host = at("Forgejo", "16.0.1");
    let transport = Recorded::new([gone()]);
    assert_eq!(revoke(&host, &transport, Some("42"), Some(&with_code("mara"))).await, Revocation::Accepted);
    assert_eq!(transport.lines(), [format!("DELETE {WEB}/api/v1/users/mara/tokens/42")]);
    assert_eq!(header(&transport, 0, "X-Forgejo-OTP").as_deref(), Some("123456"));
    let transport = Recorded::new([json(200, ROWS), gone()]);
    assert_eq!(revoke(&host, &transport, None, Some(&password("mara"))).await, Revocation::Accepted);
    assert_eq!(transport.lines()[1], format!("DELETE {WEB}/api/v1/users/mara/tokens/42"));
    for rows in ["[]".to_owned(), ROWS.replace("99887766", "00112233")] {
        let transport = Recorded::new([json(200, &rows)]);
        assert_eq!(code(&revoke(&host, &transport, None, Some(&password("mara"))).await), "forgejo.id-unknown");
        assert_eq!(transport.lines().len(), 1, "nothing is deleted on a guess");
    }
}

#[tokio::test]
async fn a_site_administrator_deletes_without_a_password() {
    let transport = Recorded::new([json(200, ROWS), gone()]);
    let done = revoke(&at("Forgejo", "16.0.1"), &transport, None, Some(&by_token(Some("root")))).await;
    assert_eq!(done, Revocation::Accepted);
    assert_eq!(
        transport.lines(),
        [
            format!("GET {WEB}/api/v1/admin/users/mara/tokens?page=1&limit=50"),
            format!("DELETE {WEB}/api/v1/admin/users/mara/tokens/42"),
        ]
    );
}

#[tokio::test]
async fn already_gone_404_counts_as_done() {
    let transport = Recorded::new([error(404, "The target couldn't be found.")]);
    assert_eq!(revoke(&at("Gitea", "1.27.1"), &transport, None, None).await, Revocation::Accepted);
    // A 404 that is not the host's word does not.
    let page = Response::of(404, &[("Content-Type", "text/html")], "<html>");
    let done = revoke(&at("Gitea", "1.27.1"), &Recorded::new([page]), None, None).await;
    assert_eq!(code(&done), "forgejo.web-page");
}

#[tokio::test]
async fn every_refusal_is_told_and_nothing_is_repeated() {
    let host = at("Forgejo", "16.0.1");
    for (status, message, expected, by_hand) in [
        (401, "invalid provided OTP", "otp-wrong", false),
        (401, "user's password is invalid [uid: 7, name: mara]", "wrong-password", false),
        (401, "Basic authorization is not allowed while having security keys enrolled", "security-key", true),
        (401, "basic authentication by username & password is disabled", "password-disabled", true),
        (401, "auth method not allowed", "not-basic", true),
        (403, "doer should be the site admin or be same as the contextUser", "not-own-tokens", false),
        (422, "multiple matches for token name 'X'", "request-refused", false),
    ] {
        let transport = Recorded::new([error(status, message)]);
        let done = revoke(&host, &transport, Some("42"), Some(&password("mara"))).await;
        assert_eq!(code(&done), format!("forgejo.{expected}"), "{message}");
        assert_eq!(matches!(done, Revocation::Unsupported(_)), by_hand, "{message}");
        assert_eq!(transport.lines().len(), 1);
    }
}

#[tokio::test]
async fn an_outcome_that_is_not_known_is_said_to_be_unknown() {
    let host = at("Forgejo", "16.0.1");
    let done = revoke(&host, &Recorded::new([error(500, "")]), Some("42"), Some(&password("mara"))).await;
    assert!(matches!(done, Revocation::Unknown(_)), "{done:?}");
    let lost = Recorded::with_errors([Err(NetError::new(NetErrorKind::Reset, "git.example.org:443", ""))]);
    assert!(matches!(revoke(&host, &lost, Some("42"), Some(&password("mara"))).await, Revocation::Unknown(_)));
}

#[tokio::test]
async fn what_cannot_sign_is_not_sent() {
    let transport = Recorded::new([]);
    for using in [None, Some(by_token(Some("mara")))] {
        let done = revoke(&at("Forgejo", "15.0.0"), &transport, Some("42"), using.as_ref()).await;
        assert_eq!(code(&done), "forgejo.authority-unfit");
    }
    let done = revoke(&at("Forgejo", "16.0.1"), &transport, Some("../1"), Some(&password("mara"))).await;
    assert_eq!(code(&done), "forgejo.id-unknown");
    assert!(transport.lines().is_empty());
}
