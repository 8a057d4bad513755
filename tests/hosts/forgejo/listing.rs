//! The account's own list, and deleting from it.

use keyrack::domain::{Expiry, Host, RemoteList, RemoteState};
use keyrack::hosts::forgejo::Forgejo;
use keyrack::hosts::{Authority, Family, Inventory, Outcome, Revocation, Route};
use keyrack::net::Response;

use super::{ROWS, Recorded, USER, WEB, act, at, by_token, error, header, json, password, with_code};

fn lister() -> &'static dyn Inventory {
    Forgejo.lister().unwrap()
}

async fn list(host: &Host, transport: &Recorded, using: &Authority) -> Outcome<RemoteList> {
    lister().list(&act(host, transport, using)).await
}

async fn delete(host: &Host, transport: &Recorded, using: &Authority, ids: &[&str]) -> Vec<Revocation> {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    lister().revoke(&act(host, transport, using), &ids).await
}

fn of(n: usize, from: usize) -> Response {
    let rows: Vec<_> = (from..from + n)
        .map(|id| serde_json::json!({"id": id, "name": format!("t{id}"), "token_last_eight": format!("{id:08x}"), "scopes": ["all"]}))
        .collect();
    json(200, &serde_json::json!(rows).to_string())
}

#[tokio::test]
async fn a_line_holds_what_the_host_tells() {
    let transport = Recorded::new([json(200, ROWS)]);
    let Outcome::Done(list) = list(&at("Gitea", "1.26.0"), &transport, &with_code("mara")).await else { panic!() };
    assert_eq!((list.of.as_str(), list.tokens.len(), list.gaps.len()), ("mara", 2, 0));
    let first = &list.tokens[0];
    assert_eq!(
        (first.id.as_str(), first.name.as_str(), first.tail.as_deref()),
        ("42", "keyrack-laptop", Some("00112233"))
    );
    assert_eq!((first.expiry, first.state), (Expiry::Never, RemoteState::Active));
    assert_eq!(first.grants, ["write:repository", "read:user"]);
    assert_eq!(first.created_at.unwrap().to_string(), "2026-08-01T09:00:00Z");
    assert_eq!(header(&transport, 0, "X-Gitea-OTP").as_deref(), Some("123456"));
    assert!(!list.evidence.is_empty());
}

#[tokio::test]
async fn forgejo_11_lists_to_a_token_and_gitea_to_basic_only() {
    let transport = Recorded::new([json(200, USER), json(200, ROWS)]);
    let Outcome::Done(own) = list(&at("Forgejo", "11.0.0"), &transport, &by_token(None)).await else { panic!() };
    assert_eq!(own.of, "mara");
    assert!(header(&transport, 1, "Authorization").unwrap().starts_with("token "));
    // Another product: the token goes in the place of the password.
    let transport = Recorded::new([json(200, ROWS)]);
    let Outcome::Done(_) = list(&at("Gitea", "1.26.0"), &transport, &by_token(Some("mara"))).await else { panic!() };
    assert!(header(&transport, 0, "Authorization").unwrap().starts_with("Basic "));
    assert!(matches!(lister().route(&at("Gitea", "1.26.0"), None), Route::NeedsAuthority { password: true, .. }));
    let Route::AtHost(words) = lister().route(&at("Gitea", "1.26.0"), Some(&password("mara"))) else { panic!() };
    assert!(words.contains(&format!("{WEB}/api/v1/users/mara/tokens")));
}

#[tokio::test]
async fn pages_are_counted_here_and_capped() {
    let linked = |mut answer: Response, total: &str| {
        let link = r#"<https://elsewhere.example/api/v1/users/mara/tokens?page=9>; rel="next""#;
        answer.headers.extend([("Link".into(), link.into()), ("X-Total-Count".into(), total.into())]);
        answer
    };
    let transport = Recorded::new([linked(of(50, 1), "60"), linked(of(10, 51), "60")]);
    let Outcome::Done(whole) = list(&at("Forgejo", "16.0.1"), &transport, &password("mara")).await else { panic!() };
    assert_eq!((whole.tokens.len(), whole.gaps.len()), (60, 0));
    assert_eq!(transport.lines()[1], format!("GET {WEB}/api/v1/users/mara/tokens?page=2&limit=50"));
    // A server that cuts the page size is believed by its count.
    let transport = Recorded::new([linked(of(30, 1), "40"), linked(of(10, 31), "40")]);
    let Outcome::Done(whole) = list(&at("Forgejo", "16.0.1"), &transport, &password("mara")).await else { panic!() };
    assert_eq!((whole.tokens.len(), whole.gaps.len()), (40, 0));
    let transport = Recorded::new((0..20).map(|n| linked(of(50, n * 50 + 1), "5000")));
    let Outcome::Done(part) = list(&at("Forgejo", "16.0.1"), &transport, &password("mara")).await else { panic!() };
    assert_eq!(part.tokens.len(), 1000);
    assert!(part.gaps[0].contains("1000 of 5000"), "{:?}", part.gaps);
}

#[tokio::test]
async fn an_administrator_is_told_what_is_missing() {
    let admin = USER.replace(r#""is_admin":false"#, r#""is_admin":true"#);
    let transport = Recorded::new([json(200, &admin), json(200, ROWS)]);
    let Outcome::Done(own) = list(&at("Forgejo", "16.0.1"), &transport, &by_token(None)).await else { panic!() };
    assert!(own.gaps[0].contains("other accounts"));
}

#[tokio::test]
async fn refusals_of_the_list_are_told() {
    for (host, using, answer, code) in [
        (at("Gitea", "1.26.0"), password("mara"), error(401, "invalid username, password or token"), "wrong-password"),
        (at("Forgejo", "10.0.0"), by_token(Some("mara")), error(401, "auth required"), "not-basic"),
        (
            at("Gitea", "1.26.0"),
            by_token(Some("mara")),
            error(403, "token does not have at least one of required scope(s), required=[read:user], token scope=all"),
            "signer-scope-missing",
        ),
        (
            at("Gitea", "1.26.0"),
            password("mara"),
            error(403, "doer should be the site admin or be same as the contextUser"),
            "not-own-tokens",
        ),
        (at("Gitea", "1.26.0"), password("mara"), error(404, "The target couldn't be found."), "request-refused"),
    ] {
        let Outcome::Refused(found) = list(&host, &Recorded::new([answer]), &using).await else { panic!("{code}") };
        assert_eq!(found.findings[0].code, format!("forgejo.{code}"));
    }
    let nobody = Recorded::new([error(403, "token does not have at least one of required scope(s): [read:user]")]);
    let Outcome::Unsupported(_) = list(&at("Forgejo", "16.0.1"), &nobody, &by_token(None)).await else { panic!() };
}

#[tokio::test]
async fn tokens_are_deleted_by_number_and_never_by_name() {
    let gone = || Response::of(204, &[], "");
    let host = at("Forgejo", "16.0.1");
    let transport = Recorded::new([gone(), error(404, "The target couldn't be found.")]);
    let done = delete(&host, &transport, &password("mara"), &["42", "43", "keyrack-laptop"]).await;
    assert_eq!(done[..2], [Revocation::Accepted, Revocation::Accepted], "what is gone is dead");
    assert!(matches!(done[2], Revocation::Unsupported(_)));
    assert_eq!(
        transport.lines(),
        [format!("DELETE {WEB}/api/v1/users/mara/tokens/42"), format!("DELETE {WEB}/api/v1/users/mara/tokens/43"),]
    );
    // Forgejo 15 takes the password only; 16 a site administrator's token.
    let done = delete(&at("Forgejo", "15.0.0"), &Recorded::new([]), &by_token(Some("mara")), &["42"]).await;
    assert!(matches!(&done[0], Revocation::Unsupported(found) if found.findings[0].code == "forgejo.authority-unfit"));
    let transport = Recorded::new([gone()]);
    delete(&host, &transport, &by_token(Some("mara")), &["42"]).await;
    assert_eq!(transport.lines(), [format!("DELETE {WEB}/api/v1/admin/users/mara/tokens/42")]);
}
