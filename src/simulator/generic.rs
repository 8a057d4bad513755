//! A simulated service that keyrack has no family for: one URL that tells who is asking, as many such services have. Takes
//! Bearer tokens and, for one user, Basic.

use std::collections::BTreeSet;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::{FamilyId, Kind, Verdict};

/// Where it tells who is asking.
const WHOAMI: &str = "/api/whoami";
/// A page that answers everybody.
const STATUS: &str = "/api/status";
const USER: &str = "backup";
const PASSWORD: &str = "keyrack-demo-KEYRACK-FAKE-PASSWORD";
const SPARE: &str = "KEYRACK-FAKE-SERVICE-TOKEN-SPARE-";

/// What a token is answered with.
const TOKENS: &[(&str, &str, u16, Verdict)] = &[
    ("service-metrics", "KEYRACK-FAKE-SERVICE-TOKEN-0001", 200, Verdict::Valid),
    ("service-old-token", "KEYRACK-FAKE-SERVICE-TOKEN-0002", 401, Verdict::Rejected),
    ("service-read-only", "KEYRACK-FAKE-SERVICE-TOKEN-0003", 403, Verdict::Limited),
    ("service-in-maintenance", "KEYRACK-FAKE-SERVICE-TOKEN-0004", 503, Verdict::Unreachable),
];

/// The service.
#[derive(Debug, Default)]
pub struct Service {
    revoked: Mutex<BTreeSet<String>>,
}

impl Service {
    /// A fresh one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Revokes a token, as its owner does on the service's own page.
    pub fn revoke(&self, token: &str) {
        self.revoked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(token.to_owned());
    }

    fn status_for(&self, authorization: Option<&str>) -> u16 {
        let Some(authorization) = authorization else { return 401 };
        if let Some(pair) = authorization.strip_prefix("Basic ") {
            let expected = STANDARD.encode(format!("{USER}:{PASSWORD}"));
            return if pair == expected { 200 } else { 401 };
        }
        let Some(token) = authorization.strip_prefix("Bearer ") else { return 401 };
        if self.revoked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).contains(token) {
            return 401;
        }
        let known = TOKENS.iter().find(|(_, t, _, _)| *t == token).map(|(_, _, status, _)| *status);
        known.unwrap_or(if token.starts_with(SPARE) { 200 } else { 401 })
    }
}

impl Site for Service {
    fn family(&self) -> FamilyId {
        FamilyId::new("generic")
    }

    fn name(&self) -> String {
        "metrics.acme.dev".to_owned()
    }

    fn url(&self, listen: &str) -> String {
        listen.to_owned()
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        vec![("web".to_owned(), listen.to_owned()), ("probe".to_owned(), format!("{listen}{WHOAMI}"))]
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        let credential = |label: &str, kind, username: Option<&str>, secret: &str, expect| SimCredential {
            label: label.to_owned(),
            kind,
            username: username.map(str::to_owned),
            secret: secret.to_owned(),
            tags: vec!["service".to_owned()],
            note: "a host that keyrack has no family for: only the status of a URL is known".to_owned(),
            expect,
        };
        let mut all: Vec<_> =
            TOKENS.iter().map(|(label, token, _, expect)| credential(label, Kind::Pat, None, token, *expect)).collect();
        all.insert(1, credential("service-backup", Kind::GitCredential, Some(USER), PASSWORD, Verdict::Valid));
        all
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        SimCredential {
            label: format!("service-{}", n + 1),
            kind: Kind::Pat,
            username: None,
            secret: format!("{SPARE}{n:08}"),
            tags: vec!["service".to_owned()],
            note: String::new(),
            expect: Verdict::Valid,
        }
    }

    fn answer(&self, request: &SimRequest, _now: Timestamp) -> SimResponse {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", STATUS) => SimResponse::json(200, &json!({"status": "up"})),
            ("GET", WHOAMI) => match self.status_for(request.header("authorization")) {
                200 => SimResponse::json(200, &json!({"you": "are known"})),
                401 => SimResponse::json(401, &json!({"error": "who are you?"}))
                    .with("WWW-Authenticate", "Bearer realm=\"metrics\""),
                status => SimResponse::json(status, &json!({"error": "no"})),
            },
            _ => SimResponse::json(404, &json!({"error": "nothing here"})),
        }
    }
}
