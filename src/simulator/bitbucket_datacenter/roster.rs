//! What the demo rack holds: a row for every token that the site begins with.

use super::super::SimCredential;
use super::state::PASSWORD;
use super::tokens::{FIRST_SPARE, Owner, PROJECT, SPARES, TOKENS, Token, token};
use crate::domain::{Kind, Verdict};

/// What the demo rack holds.
pub(super) fn roster() -> Vec<SimCredential> {
    let password = format!("demo password: {PASSWORD}");
    let shared = format!("{password} (user jdoe administers {PROJECT})");
    let rows: [(Kind, &str, &str, String, Verdict); 8] = [
        (Kind::HttpAccessToken, "jdoe", "read", password.clone(), Verdict::Valid),
        (Kind::HttpAccessToken, "build.bot", "ci", format!("made for 90 days; {password}"), Verdict::Valid),
        (
            Kind::HttpAccessToken,
            "svc-release",
            "admin",
            "Basic authentication is disabled for this user: revoke it in the browser".to_owned(),
            Verdict::Valid,
        ),
        (Kind::ProjectToken, PROJECT, "ci", shared.clone(), Verdict::Valid),
        (Kind::RepositoryToken, "ACME/web", "ci", shared, Verdict::Valid),
        (Kind::HttpAccessToken, "jdoe", "old", "deleted at the host".to_owned(), Verdict::Rejected),
        (Kind::HttpAccessToken, "kim", "laptop", "too many wrong passwords".to_owned(), Verdict::Blocked),
        (Kind::HttpAccessToken, "remote", "vpn", "single sign-on stands in front".to_owned(), Verdict::Unreachable),
    ];
    TOKENS
        .iter()
        .zip(rows)
        .map(|(token, (kind, username, tag, note, expect))| SimCredential {
            label: token.name.to_owned(),
            kind,
            username: Some(username.to_owned()),
            secret: Token::from(token).secret(),
            tags: vec!["bitbucket".to_owned(), tag.to_owned()],
            note,
            expect,
        })
        .collect()
}

/// The `n`th further token, of the user `build.bot`.
pub(super) fn spare(n: usize) -> SimCredential {
    let number = FIRST_SPARE + u64::try_from(n).unwrap_or(0) % SPARES;
    let token = Token::from(&token(number, Owner::User("build.bot"), "spare", &[]));
    SimCredential {
        label: format!("bitbucket-spare-{n}"),
        kind: Kind::HttpAccessToken,
        username: Some("build.bot".to_owned()),
        secret: token.secret(),
        tags: vec!["bitbucket".to_owned()],
        note: String::new(),
        expect: Verdict::Valid,
    }
}
