//! Getting a Bearer token for the client: the gateway's token endpoint first, then the one for service accounts.
//!
//! | Answer of a token endpoint | Meaning |
//! |---|---|
//! | 200 with an `access_token` | done; it ends after `expires_in`, else at its `exp`, else after 15 minutes |
//! | 200 without | `token-unreadable` |
//! | 400/401/403 `error` of `access_denied`, `invalid_client`, or the gateway's `{"code":401,…}` | `client-refused`, if both endpoints say so |
//! | 400/401/403 `error` of `unauthorized_client`, `unsupported_grant_type` | `not-client-credentials`, if the other endpoint refuses too |
//! | any other 4xx with an `error` | `token-request-refused` |
//! | anything else | the common `http.…` findings |
//!
//! <https://developer.atlassian.com/cloud/jira/software/integrate-jsw-cloud-with-onpremises-tools/>

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::FACTS;
use crate::domain::{Evidence, Kind, Minted, Validation};
use crate::hosts::answer::foreign;
use crate::hosts::atlassian::{AUTH, GATEWAY, WEB, claims, signature};
use crate::hosts::jwt;
use crate::hosts::{Session, Wire};
use crate::net::{NetError, Request, Response};
use crate::sanitize::short;
use crate::secret::SecretText;

const PATH: &str = "/oauth/token";
/// Life of a token whose end nobody tells: what the vendor's tutorial says.
const LEAST: SignedDuration = SignedDuration::from_mins(15);
/// Longest life that is believed, in seconds: nothing of the vendor's lives longer than a day.
const LONGEST: i64 = 24 * 60 * 60;

/// A Bearer token and where it came from.
#[derive(Debug)]
pub(super) struct Bearer {
    pub minted: Minted,
    /// The endpoint for service accounts gave it.
    pub of_service_account: bool,
    /// It was given for the client just now; otherwise it is the credential itself.
    pub fresh: bool,
    /// The client it was made for, as it says.
    pub client: Option<String>,
    /// Its end, where it tells one.
    pub ends: Option<Timestamp>,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum NoBearer {
    /// An answer that says why.
    Refused(Box<Validation>),
    /// No answer.
    Lost(NetError),
}

impl NoBearer {
    pub(super) fn into_validation(self, wire: &Wire<'_>) -> Validation {
        match self {
            Self::Refused(validation) => *validation,
            Self::Lost(error) => wire.unreachable(&error),
        }
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

/// What an endpoint says of the client.
enum Said {
    Done(Box<Bearer>),
    /// The client is not taken; the finding's name, and the host's word for it.
    NotTaken(&'static str, String),
}

/// A Bearer token for the session's credential.
pub(super) async fn bearer(session: &Session<'_>) -> Result<Bearer, NoBearer> {
    let wire = &session.wire;
    if session.kind == Kind::OauthToken {
        return Ok(itself(session));
    }
    let web = wire.url(WEB, "");
    let Some(client) = session.username.map(str::trim).filter(|c| !c.is_empty()) else {
        return Err(refused(wire, "no-client-id", &[("web", &web)]));
    };
    let (name, word) = match ask(session, GATEWAY, client).await? {
        Said::Done(bearer) => return Ok(*bearer),
        Said::NotTaken(name, word) => (name, word),
    };
    match ask(session, AUTH, client).await? {
        Said::Done(bearer) => Ok(Bearer { of_service_account: true, ..*bearer }),
        // The gateway is where clients of Jira belong, so what it says is told, unless only the other one knows more.
        Said::NotTaken(second, told) => {
            let (name, word) = if name == "client-refused" { (second, told) } else { (name, word) };
            Err(refused(wire, name, &[("web", &web), ("client", client), ("error", &word)]))
        }
    }
}

async fn ask(session: &Session<'_>, endpoint: &str, client: &str) -> Result<Said, NoBearer> {
    let wire = &session.wire;
    let request = Request::post(wire.url(endpoint, PATH)).header("Accept", "application/json");
    let request = request.secret_body("application/json", body(client, &session.secret.token));
    let answer = wire.send(request).await.map_err(NoBearer::Lost)?;
    if answer.status == 200 && !answer.is_html() {
        let granted = answer.parse::<Granted>().filter(|g| is_sendable(&g.access_token));
        let Some(granted) = granted else {
            let address = wire.url(endpoint, "");
            return Err(refused(wire, "token-unreadable", &[("status", "200"), ("endpoint", &address)]));
        };
        return Ok(Said::Done(Box::new(take(wire, granted))));
    }
    said(wire, endpoint, &answer)
}

fn said(wire: &Wire<'_>, endpoint: &str, answer: &Response) -> Result<Said, NoBearer> {
    let told = answer.parse::<Refused>();
    let gateways = signature::of(answer) == Some(signature::Signature::GatewayRefused);
    let vendor = told.is_some() || signature::is_vendor(answer);
    let judged = matches!(answer.status, 400 | 401 | 403) && !answer.is_html();
    let detail = signature::detail(answer);
    if let Some(Refused { error, .. }) = &told {
        wire.note(format!("error: {}", short(error, 80)));
    } else if !detail.is_empty() {
        wire.note(detail);
    }
    match &told {
        Some(Refused { error, .. }) if judged => match error.as_str() {
            "access_denied" | "invalid_client" => return Ok(Said::NotTaken("client-refused", error.clone())),
            "unauthorized_client" | "unsupported_grant_type" => {
                return Ok(Said::NotTaken("not-client-credentials", error.clone()));
            }
            _ => {}
        },
        None if judged && gateways => return Ok(Said::NotTaken("client-refused", "Unauthorized".to_owned())),
        _ => {}
    }
    if let Some(validation) = foreign(wire, &FACTS, answer, vendor) {
        return Err(NoBearer::Refused(Box::new(validation)));
    }
    let status = answer.status.to_string();
    Err(match told {
        Some(told) => {
            let message = told.error_description.as_deref().map_or_else(|| "nothing more".to_owned(), clipped);
            refused(wire, "token-request-refused", &[("error", &clipped(&told.error)), ("message", &message)])
        }
        None => refused(wire, "token-unreadable", &[("status", &status), ("endpoint", &wire.url(endpoint, ""))]),
    })
}

fn take(wire: &Wire<'_>, granted: Granted) -> Bearer {
    let token = SecretText::new(granted.access_token);
    wire.learn(&token);
    let read = jwt::read(token.reveal()).unwrap_or_default();
    let told = seconds(&granted.expires_in).map(|s| wire.now() + SignedDuration::from_secs(s));
    let expires_at = told.or(read.ends()).unwrap_or(wire.now() + LEAST);
    let scopes = match granted.scope.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        Some(scopes) => scopes.split_whitespace().take(200).map(clipped).collect(),
        None => read.words("scope"),
    };
    wire.note(format!("a token that ends {expires_at}"));
    let masked = |text: String| wire.mask(&text);
    Bearer {
        minted: Minted {
            token,
            expires_at,
            scopes: scopes.into_iter().map(masked).collect(),
            claims: claims::shown(&read).into_iter().map(|(n, v)| (n, wire.mask(&v))).collect(),
        },
        of_service_account: false,
        fresh: true,
        client: claims::client(&read).map(|c| wire.mask(&c)),
        ends: Some(expires_at),
    }
}

/// The credential is a token already.
fn itself(session: &Session<'_>) -> Bearer {
    let read = jwt::read(session.secret.token.reveal()).unwrap_or_default();
    let wire = &session.wire;
    Bearer {
        minted: Minted {
            token: session.secret.token.clone(),
            expires_at: read.ends().unwrap_or(wire.now() + LEAST),
            scopes: read.words("scope"),
            claims: claims::shown(&read),
        },
        of_service_account: false,
        fresh: false,
        client: claims::client(&read),
        ends: read.ends(),
    }
}

fn body(client: &str, secret: &SecretText) -> SecretText {
    let quoted = |text: &str| Zeroizing::new(Value::from(text).to_string());
    let (client, secret) = (quoted(client), quoted(secret.reveal()));
    SecretText::new(format!(
        r#"{{"audience":"api.atlassian.com","grant_type":"client_credentials","client_id":{},"client_secret":{}}}"#,
        *client, *secret
    ))
}

/// A number of seconds, or the same as text; none where it is nothing that can be believed.
fn seconds(value: &Value) -> Option<i64> {
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (1..=LONGEST).contains(&number).then_some(number)
}

/// Whether it can stand in a header: the characters that RFC 6750 gives a Bearer token.
fn is_sendable(token: &str) -> bool {
    !token.is_empty()
        && token.len() <= 32 * 1024
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
}

fn clipped(text: impl AsRef<str>) -> String {
    short(text.as_ref(), 200)
}

fn refused(wire: &Wire<'_>, name: &str, args: &[(&str, &str)]) -> NoBearer {
    NoBearer::Refused(Box::new(wire.conclude(&FACTS, name, args)))
}

/// Puts evidence that was taken earlier before that of a validation.
pub(super) fn with_earlier(mut validation: Validation, mut earlier: Vec<Evidence>) -> Validation {
    earlier.append(&mut validation.evidence);
    validation.evidence = earlier;
    validation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_json_whatever_the_secret_holds() {
        let body = body("id", &SecretText::from("a\"b\\c\n"));
        let read: Value = serde_json::from_str(body.reveal()).unwrap();
        assert_eq!(read["client_secret"], "a\"b\\c\n");
        assert_eq!(read["audience"], "api.atlassian.com");
        assert_eq!(read["grant_type"], "client_credentials");
    }

    #[test]
    fn seconds_are_read_as_numbers_and_as_text_and_nonsense_is_not_believed() {
        for (value, expected) in [
            (Value::from(3600), Some(3600)),
            (Value::from("3600"), Some(3600)),
            (Value::from(0), None),
            (Value::from(-1), None),
            (Value::from(i64::MAX), None),
            (Value::Null, None),
        ] {
            assert_eq!(seconds(&value), expected, "{value}");
        }
    }

    #[test]
    fn only_what_fits_a_header_is_a_token() {
        assert!(is_sendable("eyJ.a-b_c~d+e/f=") && !is_sendable("") && !is_sendable("a b") && !is_sendable("a\nb"));
    }
}
