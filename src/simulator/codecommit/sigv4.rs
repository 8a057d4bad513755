//! The server's half of Signature Version 4, from the published rules:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::simulator::SimRequest;

/// STS takes signatures made within 15 minutes of its own time.
const WINDOW_SECONDS: i64 = 15 * 60;

/// What an `Authorization` header claims.
pub struct Claim {
    pub key_id: String,
    pub region: String,
    pub service: String,
    day: String,
    stamp: String,
    signed: Vec<String>,
    signature: String,
}

impl Claim {
    pub fn of(request: &SimRequest) -> Option<Self> {
        let text = request.header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let part = |name: &str| text.split(',').find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('='));
        let scope: Vec<&str> = part("Credential")?.split('/').collect();
        let [key_id, day, region, service, "aws4_request"] = scope.as_slice() else { return None };
        Some(Self {
            key_id: (*key_id).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
            day: (*day).to_owned(),
            stamp: request.header("x-amz-date")?.to_owned(),
            signed: part("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: part("Signature")?.to_owned(),
        })
    }

    /// AWS's words where the signature is too old or too new.
    pub fn in_time(&self, now: Timestamp) -> Result<(), String> {
        let made = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &self.stamp)
            .and_then(|d| d.to_zoned(TimeZone::UTC))
            .map_err(|_| "Date must be in ISO-8601 'basic format'".to_owned())?
            .timestamp();
        let off = made.as_second() - now.as_second();
        let edge = |seconds: i64| Timestamp::from_second(now.as_second() + seconds).map(basic).unwrap_or_default();
        if off < -WINDOW_SECONDS {
            let edge = edge(-WINDOW_SECONDS);
            return Err(format!(
                "Signature expired: {} is now earlier than {edge} ({} - 15 min.)",
                self.stamp,
                basic(now)
            ));
        }
        if off > WINDOW_SECONDS {
            let edge = edge(WINDOW_SECONDS);
            return Err(format!(
                "Signature not yet current: {} is still later than {edge} ({} + 15 min.)",
                self.stamp,
                basic(now)
            ));
        }
        Ok(())
    }

    /// Whether the signature is the one that `secret` makes over this request.
    pub fn fits(&self, request: &SimRequest, secret: &str) -> bool {
        let must = ["host", "x-amz-date"];
        if !self.stamp.starts_with(&self.day) || must.iter().any(|m| !self.signed.iter().any(|s| s == m)) {
            return false;
        }
        // What AWS calls for besides, as far as the request has it.
        let wanted = ["content-type", "x-amz-security-token", "x-amz-target"];
        if wanted.iter().any(|w| request.header(w).is_some() && !self.signed.iter().any(|s| s == w)) {
            return false;
        }
        let mut canonical = format!("{}\n{}\n{}\n", request.method, request.path, request.query);
        for name in &self.signed {
            let Some(value) = request.header(name) else { return false };
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(canonical, "{name}:{value}");
        }
        let _ = write!(canonical, "\n{}\n{}", self.signed.join(";"), sha256(request.body.as_bytes()));
        let scope = format!("{}/{}/{}/aws4_request", self.day, self.region, self.service);
        let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", self.stamp, sha256(canonical.as_bytes()));
        let key = [self.day.as_str(), &self.region, &self.service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part.as_bytes()));
        HEXLOWER.encode(&hmac(&key, to_sign.as_bytes())) == self.signature
    }
}

fn basic(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn hmac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(bytes);
            mac.finalize().into_bytes().to_vec()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_rules_give_the_known_answer() {
        let signature = "e8eb8d97c4d38394c607491b61d1888f1fbf3a580bc9da1fa77bac0ccd6c2bf4";
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = SimRequest {
            method: "POST".into(),
            path: "/".into(),
            query: String::new(),
            headers: vec![
                header("host", "sts.us-east-1.amazonaws.com"),
                header("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                header("x-amz-date", "20261123T040000Z"),
                header(
                    "authorization",
                    &format!(
                        "AWS4-HMAC-SHA256 Credential=AKIARZPUZDIKAAISEM2E/20261123/us-east-1/sts/aws4_request, \
                         SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
                    ),
                ),
            ],
            body: "Action=GetCallerIdentity&Version=2011-06-15".into(),
        };
        let claim = Claim::of(&request).unwrap();
        assert!(claim.fits(&request, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
        assert!(!claim.fits(&request, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEX"));
        let at = |text: &str| claim.in_time(text.parse().unwrap());
        assert_eq!(at("2026-11-23T04:15:00Z"), Ok(()));
        assert!(at("2026-11-23T04:15:01Z").unwrap_err().starts_with("Signature expired"));
        assert!(at("2026-11-23T03:44:59Z").unwrap_err().starts_with("Signature not yet current"));
    }
}
