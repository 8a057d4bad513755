//! Validation: which product it is, then the token, held against what strangers get.

use super::answers::{conclude, product, refusal};
use super::{WEB, token};
use crate::domain::{Expiry, Identity, Kind, Validation};
use crate::hosts::atlassian_datacenter::detect::manifest;
use crate::hosts::{Session, Wire};
use crate::net::{NetError, Request, Response};

/// Read requests: of the administration's token, and of everybody who may read.
const ADMIN: &str = "/rest-service-fecru/admin/repositories";
const READ: &str = "/rest-service/repositories-v1";

/// How a token is sent, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// `X-Api-Key`, the administration's token.
    Key,
    /// Parameter `FEAUTH`, a log-in's.
    Login,
}

impl Sent {
    fn of(kind: Kind, secret: &str) -> Option<Self> {
        match kind {
            Kind::ApiToken => Some(Self::Key),
            Kind::LoginToken => Some(Self::Login),
            // By its form it can only be a log-in's.
            Kind::Unknown if token::user(secret).is_some() => Some(Self::Login),
            _ => None,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Key => ADMIN,
            Self::Login => READ,
        }
    }

    fn refused(self) -> &'static str {
        match self {
            Self::Key => "api-token-refused",
            Self::Login => "login-token-refused",
        }
    }
}

/// Validates the session's token.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let secret = &session.secret.token;
    let named_user = token::user(secret.reveal()).map(str::to_owned);
    let user = session.username.map(str::to_owned).or(named_user.clone()).unwrap_or_else(|| "its user".to_owned());
    let Some(sent) = Sent::of(session.kind, secret.reveal()) else {
        return wire.conclude(&super::FACTS, "kind-unclear", &[]);
    };
    let (found, greeting) = match manifest(wire, "").await {
        Ok(both) => both,
        Err(error) => return wire.unreachable(&error),
    };
    // Where the manifest is switched off, the token's own answer may still say something; only its refusal does not.
    let named = match product(wire, found.as_ref(), &greeting) {
        Ok(_) => true,
        Err(other) if found.is_some() || greeting.status != 404 || greeting.is_html() => return *other,
        Err(other) => {
            // The evidence went into the verdict that is not given.
            drop(other);
            false
        }
    };
    let request = match sent {
        Sent::Key => ask(wire, sent.path()).secret_header("X-Api-Key", secret.clone()),
        Sent::Login => ask(wire, sent.path()).secret_query("FEAUTH", secret.clone()),
    };
    let answer = match wire.send(request).await {
        Ok(answer) => answer,
        Err(error) => return wire.unreachable(&error),
    };
    if let Some(said) = refusal(wire, &answer, named, sent.refused(), &user) {
        return said;
    }
    match makes_a_difference(wire, sent.path(), &answer).await {
        Err(error) => wire.unreachable(&error),
        Ok(None) => conclude(wire, &answer, "unproven", &user),
        Ok(Some(how)) => {
            let mut found = wire.accepted(how);
            found.kind = Some(if sent == Sent::Key { Kind::ApiToken } else { Kind::LoginToken });
            if sent == Sent::Key {
                // It lives until an administrator sets another.
                found.expiry = Expiry::Never;
            }
            found.identity = named_user.filter(|_| sent == Sent::Login).map(|user| Identity {
                id: user.clone(),
                login: user,
                name: String::new(),
                kind: "user".to_owned(),
            });
            found
        }
    }
}

/// Whether strangers get another answer; in words how. They are asked twice where they get one at all: an answer that
/// changes from request to request differs for no reason of the token's.
async fn makes_a_difference(wire: &Wire<'_>, path: &str, answer: &Response) -> Result<Option<String>, NetError> {
    let status = answer.status;
    let first = wire.send(ask(wire, path)).await?;
    wire.note("asked without the token");
    if matches!(first.status, 401 | 403 | 300..=399) {
        return Ok(Some(format!("status {status} with the token, {} without", first.status)));
    }
    if first.status != status || first.body == answer.body {
        return Ok(None);
    }
    let second = wire.send(ask(wire, path)).await?;
    wire.note("asked without the token");
    let stable = second.status == first.status && second.body == first.body;
    Ok(stable.then(|| "the token shows more than strangers see".to_owned()))
}

fn ask(wire: &Wire<'_>, path: &str) -> Request {
    Request::get(wire.url(WEB, path)).header("Accept", "application/json")
}
