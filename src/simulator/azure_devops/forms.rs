//! Tokens in the vendor's forms, fake by construction: every one spells out KEYRACK FAKE.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};

/// The form of 84 characters, allocated in November 2026. The last four would be a checksum that nobody published.
pub(super) fn long(tag: &str) -> String {
    let random = format!("{:x<52}", format!("KEYRACKxFAKEx{tag}")).chars().take(52).collect::<String>();
    format!("{random}JQQJ99CKAAAAAAAAAAAAAAAAAZDOFake")
}

/// The form of 52 characters with its checksum, of a user. `tag` has at most 15 bytes.
pub(super) fn short(tag: &str) -> String {
    let data: Vec<u8> = format!("{:-<28}", format!("KEYRACK-FAKE-{tag}")).into_bytes();
    let [a, b, c, d] = (crc32fast::hash(&data) ^ 0xE0B9_692D).to_le_bytes();
    let part = |from: usize, to: usize| data.get(from..to).unwrap_or_default();
    // Data fills 0..2, 3..7, 9..22, 23..32; the checksum's bytes go to 22, 8, 7, 2.
    let bytes = [part(0, 2), &[d], part(2, 6), &[c], &[b], part(6, 19), &[a], part(19, 28)].concat();
    BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
}

const SIGNATURE: &str = "KEYRACK-FAKE-SIGNATURE";

/// A Microsoft Entra token of a user that ends at a moment, in seconds.
pub(super) fn entra(user: &str, ends: i64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"typ": "JWT", "alg": "none", "kid": "KEYRACK-FAKE"}));
    let claims = part(json!({
        "aud": "499b84ac-1321-427f-aa17-267ca6975798", "iss": "https://sts.windows.net/dddd0000-0000-4000-8000-00000000000d/",
        "exp": ends, "upn": user, "tid": "dddd0000-0000-4000-8000-00000000000d", "scp": "user_impersonation",
    }));
    format!("{header}.{claims}.{SIGNATURE}")
}

/// User and end of an Entra token that this site would have made.
pub(super) fn read_entra(token: &str) -> Option<(String, i64)> {
    let (rest, signature) = token.rsplit_once('.')?;
    let (_, payload) = rest.split_once('.')?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let ours = signature == SIGNATURE && claims["aud"] == "499b84ac-1321-427f-aa17-267ca6975798";
    ours.then(|| Some((claims["upn"].as_str()?.to_owned(), claims["exp"].as_i64()?)))?
}
