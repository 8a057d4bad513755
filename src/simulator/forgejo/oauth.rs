//! OAuth tokens: JWTs whose signature is a fixed text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Grant that was withdrawn.
pub(super) const WITHDRAWN: u64 = 9;
const SIGNATURE: &str = "KEYRACK-FAKE-SIGNATURE";

/// An OAuth token of that grant which ends then.
pub(super) fn oauth_token(grant: u64, end: Timestamp) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"exp": end.as_second(), "gnt": grant, "tt": 0});
    format!("{}.{}.{SIGNATURE}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims))
}

/// What such a token claims; none where it was not signed here.
pub(super) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.').skip(1);
    let claims = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    serde_json::from_slice(&claims).ok().filter(|_| parts.next() == Some(SIGNATURE))
}
