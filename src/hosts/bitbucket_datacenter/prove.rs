//! Is the token accepted?
//!
//! 1. `application-properties` answers everybody; its headers show whether the token was accepted, its body the version.
//! 2. A page that needs a log-in proves it. Where no header names the user, the same page is asked for once more without
//!    the token: only if that is refused did the token make the difference.
//!
//! <https://developer.atlassian.com/server/bitbucket/rest/>

use serde::Deserialize;
use serde_json::Value;

use super::answers::{Act, Asked, cap, conclude, login, refusal, signature};
use super::{FACTS, WEB};
use crate::domain::{Validation, Verdict};
use crate::hosts::Session;
use crate::hosts::atlassian_datacenter::signature::note_login;
use crate::hosts::version::is_before;
use crate::net::{NetError, Request, Response};

/// The first version with tokens of users.
const FIRST_VERSION: &str = "5.5";
/// Pages that need a log-in. The second is asked where Bitbucket knows the token but refuses it the first, as it might
/// for the synthetic user of a project or repository token.
const PROOFS: [&str; 2] = ["/rest/api/latest/profile/recent/repos", "/rest/api/latest/users"];

#[derive(Debug, Deserialize)]
struct Properties {
    version: String,
}

/// What step 2 showed: the page that proved the token, and who Bitbucket says is calling.
pub(super) struct Proof {
    pub path: &'static str,
    pub login: Option<String>,
    pub user_id: Option<String>,
}

/// Proves the session's token.
///
/// # Errors
/// The verdict, where it is not accepted or nothing could be learned.
pub(super) async fn prove(session: &Session<'_>, asked: &Asked<'_>) -> Result<Proof, Box<Validation>> {
    let wire = &session.wire;
    let lost = |error: NetError| Box::new(wire.unreachable(&error));
    let greeting = get(session, "/rest/api/latest/application-properties").await.map_err(lost)?;
    if let Some(verdict) = refusal(asked, &greeting) {
        return Err(Box::new(verdict));
    }
    let Some(Properties { version }) = greeting.parse::<Properties>().filter(|_| greeting.status == 200) else {
        let name = if greeting.status == 404 { "wrong-context-path" } else { "not-bitbucket" };
        return Err(Box::new(conclude(asked, &greeting, name)));
    };
    wire.note(format!("version {}", cap(&version)));
    note_login(wire, &greeting);

    let web = wire.url(WEB, "");
    let [mut path, second] = PROOFS;
    let mut answer = get(session, &format!("{path}?limit=1")).await.map_err(lost)?;
    note_login(wire, &answer);
    // Decoding may uncover an echo of the token, and the name becomes part of a URL.
    let known = login(&greeting).or_else(|| login(&answer)).map(|login| wire.mask(&login));
    let denied = |answer: &Response| {
        matches!(signature(Act::Validate, &web, answer), Some("not-permitted" | "anonymous")) && known.is_some()
    };
    if denied(&answer) {
        path = second;
        answer = get(session, &format!("{path}?limit=1")).await.map_err(lost)?;
        note_login(wire, &answer);
    }
    if denied(&answer) {
        return Err(Box::new(conclude(asked, &answer, "not-permitted")));
    }
    if let Some(verdict) = refusal(asked, &answer) {
        return Err(Box::new(
            match is_before(&version, FIRST_VERSION) == Some(true) && verdict.verdict == Verdict::Rejected {
                true => {
                    // The evidence went into the verdict that is replaced.
                    let mut older = wire.conclude(&FACTS, "too-old", &[("version", &cap(&version))]);
                    older.evidence = verdict.evidence;
                    older
                }
                false => verdict,
            },
        ));
    }
    if !is_page(&answer) {
        return Err(Box::new(conclude(asked, &answer, "not-bitbucket")));
    }
    if known.is_none() {
        prove_difference(session, asked, path).await?;
    }
    let user_id = [&answer, &greeting].into_iter().find_map(|r| r.header("x-auserid")).map(cap);
    Ok(Proof { path, login: known, user_id })
}

/// Asks for the proof without the token. A refusal that is Bitbucket's own shows that the token made the difference.
async fn prove_difference(session: &Session<'_>, asked: &Asked<'_>, path: &str) -> Result<(), Box<Validation>> {
    let wire = &session.wire;
    let request = Request::get(wire.url(WEB, &format!("{path}?limit=1"))).header("Accept", "application/json");
    let answer = wire.send(request).await.map_err(|e| Box::new(wire.unreachable(&e)))?;
    wire.note("asked without the token");
    match signature(Act::Validate, &wire.url(WEB, ""), &answer) {
        Some("anonymous") => Ok(()),
        _ => Err(Box::new(conclude(asked, &answer, "unproven"))),
    }
}

/// A GET by the token.
pub(super) async fn get(session: &Session<'_>, path: &str) -> Result<Response, NetError> {
    let request = Request::get(session.wire.url(WEB, path)).header("Accept", "application/json");
    session.wire.send(request.bearer(&session.secret.token)).await
}

fn is_page(answer: &Response) -> bool {
    answer.status == 200 && answer.json().is_some_and(|v| v.get("values").is_some_and(Value::is_array))
}
