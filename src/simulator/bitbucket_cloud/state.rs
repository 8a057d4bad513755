//! What changes while the site runs: credentials that people revoked or rotated on the pages, and OAuth tokens handed out.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::{SimRequest, SimResponse};
use super::answers::error;
use super::roster::{
    CONSUMER, CONSUMER_OWNER, CONSUMER_SCOPES, Fate, Holder, Sort, access, api, holders, spare_holder,
};

/// Life of an OAuth token, in seconds.
const OAUTH_LIFE: i64 = 7200;
/// What a rotated token has left at most, in minutes.
const GRACE: i64 = 30;
/// User name of git for API tokens.
const GIT_API: &str = "x-bitbucket-api-token-auth";
/// User name of git for access and OAuth tokens.
const GIT_TOKEN: &str = "x-token-auth";

/// Who asks.
#[derive(Debug)]
pub(super) enum Caller {
    Holder(Holder),
    Anonymous,
    /// A wrong pair, or a credential that is not known any more.
    Unknown,
    /// An OAuth token whose time is over.
    Expired,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// When a secret stops working.
    ends: BTreeMap<String, Timestamp>,
    /// New secrets of rotated tokens, and whose they are.
    rotated: BTreeMap<String, String>,
    oauth: BTreeMap<String, Timestamp>,
}

impl State {
    pub(super) fn revoke(&mut self, secret: &str) -> bool {
        let known = self.find(secret).is_some();
        self.ends.insert(secret.to_owned(), Timestamp::MIN);
        known
    }

    pub(super) fn rotate(&mut self, secret: &str, now: Timestamp) -> Option<String> {
        let holder = self.find(secret).filter(|h| h.sort.is_access_token() || h.sort == Sort::Api)?;
        let number = self.rotated.len() + 1;
        let name = format!("ROTATED-{number:04}");
        let new = if holder.sort == Sort::Api { api(&name) } else { access(&name) };
        self.rotated.insert(new.clone(), holder.secret);
        let end = now.checked_add(SignedDuration::from_mins(GRACE)).unwrap_or(now);
        let first = self.ends.get(secret).copied().filter(|known| *known < end);
        self.ends.insert(secret.to_owned(), first.unwrap_or(end));
        Some(new)
    }

    /// Who asks REST.
    pub(super) fn caller(&self, authorization: Option<&str>, now: Timestamp) -> Caller {
        let Some(authorization) = authorization else { return Caller::Anonymous };
        if let Some(token) = authorization.strip_prefix("Bearer ") {
            return self.known(token, now, |holder| holder.sort != Sort::Api);
        }
        let Some((user, secret)) = pair(authorization) else { return Caller::Unknown };
        self.known(&secret, now, |holder| holder.sort == Sort::Api && holder.email == user)
    }

    /// Who asks for git: other user names than for REST.
    pub(super) fn git_caller(&self, authorization: Option<&str>, now: Timestamp) -> Caller {
        let Some((user, secret)) = authorization.and_then(pair) else { return Caller::Anonymous };
        self.known(&secret, now, |holder| match holder.sort {
            Sort::Api => user == GIT_API || user == holder.username,
            _ => user == GIT_TOKEN,
        })
    }

    fn known(&self, secret: &str, now: Timestamp, fits: impl Fn(&Holder) -> bool) -> Caller {
        if let Some(made) = self.oauth.get(secret) {
            let end = made.checked_add(SignedDuration::from_secs(OAUTH_LIFE)).unwrap_or(*made);
            let holder = consumer_token(secret);
            return match (now < end, fits(&holder)) {
                (true, true) => Caller::Holder(holder),
                (false, true) => Caller::Expired,
                _ => Caller::Unknown,
            };
        }
        let alive = self.ends.get(secret).is_none_or(|end| now < *end);
        match self.find(secret).filter(|holder| alive && fits(holder)) {
            Some(holder) if holder.fate == Fate::Expired => Caller::Expired,
            Some(holder) if holder.fate != Fate::Unknown => Caller::Holder(holder),
            _ => Caller::Unknown,
        }
    }

    fn find(&self, secret: &str) -> Option<Holder> {
        if let Some(first) = self.rotated.get(secret) {
            return holders().into_iter().find(|h| h.secret == *first);
        }
        holders().into_iter().find(|h| h.secret == secret).or_else(|| spare_holder(secret))
    }

    /// `POST /site/oauth2/access_token`. What the host says to a wrong pair is not documented; this is RFC 6749's.
    pub(super) fn hand_out(&mut self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let Some((key, secret)) = request.header("authorization").and_then(pair) else {
            return error(401, "Token is invalid, expired, or not supported for this endpoint.");
        };
        if (key.as_str(), secret.as_str()) != CONSUMER || self.ends.contains_key(&secret) {
            let body = json!({"error": "invalid_client", "error_description": "Invalid OAuth client credentials"});
            return SimResponse::json(401, &body);
        }
        if request.body != "grant_type=client_credentials" {
            let body = json!({"error": "unsupported_grant_type", "error_description": "Unsupported grant type"});
            return SimResponse::json(400, &body);
        }
        let token = format!("KEYRACK-FAKE-OAUTH-HANDED-OUT-{:016}", self.oauth.len() + 1);
        self.oauth.insert(token.clone(), now);
        let body = json!({
            "access_token": token, "scopes": CONSUMER_SCOPES.join(" "), "expires_in": OAUTH_LIFE, "token_type": "bearer",
            "state": "client_credentials", "refresh_token": "KEYRACK-FAKE-REFRESH-00000000",
        });
        SimResponse::json(200, &body)
    }
}

fn consumer_token(secret: &str) -> Holder {
    Holder {
        secret: secret.to_owned(),
        sort: Sort::Oauth,
        email: CONSUMER_OWNER.1,
        username: CONSUMER_OWNER.0,
        scopes: CONSUMER_SCOPES.to_vec(),
        fate: Fate::Good,
        permission: "admin",
    }
}

/// User name and password of a Basic header.
fn pair(authorization: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(user, secret)| (user.to_owned(), secret.to_owned()))
}
