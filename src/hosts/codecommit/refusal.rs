//! AWS's own refusals: reading their shapes, and telling what each code means.
//!
//! Only what carries AWS's shape is a refusal; anything else came from something in between. Of a body nothing but the
//! code and the first line of the message is kept: bodies can hold secrets.
//! Codes: <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>.

use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Deserialize;

use crate::net::Response;

/// Most characters of a code or message that are kept.
const TEXT_CAP: usize = 500;

/// A refusal in AWS's own shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The error code, without namespace; empty where only the headers are AWS's.
    pub code: String,
    /// First line of the message; may be empty.
    pub message: String,
    /// The `Date` header: AWS's clock.
    pub date: Option<Timestamp>,
}

/// What a refusal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The access key id, or the session token with it, is not known.
    UnknownKey,
    /// The signature does not fit the key's secret.
    WrongSecret,
    /// The clocks differ.
    ClockSkew,
    /// Temporary credentials are over.
    SessionExpired,
    /// The caller is known and may not do this.
    Denied {
        /// The action that is missing, where the message names it.
        action: Option<String>,
        /// The resource, where the message names it.
        resource: Option<String>,
    },
    /// The account has not enabled the region.
    RegionNotEnabled,
    /// What arrived is not what was sent: no signature, or a broken one.
    AuthorizationLost,
    /// Too many requests.
    Throttled,
    /// No rights on the encryption key of a repository.
    KmsDenied,
    /// No such repository in this region.
    NoRepository,
    /// No such user, key or credential.
    NoSuchEntity,
    /// As many keys or Git credentials as AWS allows are there already.
    LimitExceeded,
    /// Any other code.
    Other,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct XmlError {
    #[serde(rename = "Error")]
    error: Option<XmlErrorBody>,
    /// The older form, one level deeper; look-alikes of AWS use it.
    #[serde(rename = "Errors")]
    errors: XmlErrors,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct XmlErrors {
    #[serde(rename = "Error")]
    error: XmlErrorBody,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct XmlErrorBody {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", alias = "message")]
    message: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct JsonError {
    #[serde(rename = "__type")]
    kind: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    message_upper: Option<String>,
}

impl Refusal {
    /// The refusal in an answer; none where the answer is no error or not of AWS's shape.
    #[must_use]
    pub fn read(response: &Response) -> Option<Self> {
        if response.status < 400 {
            return None;
        }
        let (code, message) = if root(&response.body).as_deref() == Some("ErrorResponse") {
            let XmlError { error, errors } = quick_xml::de::from_str(&response.body).unwrap_or_default();
            let error = error.unwrap_or(errors.error);
            (error.code, error.message)
        } else {
            let body: JsonError = response.parse().unwrap_or_default();
            let header = response.header("x-amzn-errortype");
            if body.kind.is_none() && header.is_none() && response.header("x-amzn-requestid").is_none() {
                return None;
            }
            // The body's type may be `com.amazon.coral.service#Code`, the header's `Code:http://…`.
            let kind = body.kind.as_deref().or(header).unwrap_or("");
            let kind = kind.rsplit('#').next().unwrap_or("");
            let kind = kind.split(':').next().unwrap_or("");
            (kind.to_owned(), body.message.or(body.message_upper).unwrap_or_default())
        };
        Some(Self {
            status: response.status,
            code: first_line(&code),
            message: first_line(&message),
            date: response.header("date").and_then(date),
        })
    }

    /// What it says. Codes of the query protocol and of JSON 1.1 (with `Exception`) are told alike.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        match self.code.strip_suffix("Exception").unwrap_or(&self.code) {
            "InvalidClientTokenId" | "UnrecognizedClient" => Meaning::UnknownKey,
            "SignatureDoesNotMatch" | "InvalidSignature" if self.tells_of_time() => Meaning::ClockSkew,
            "SignatureDoesNotMatch" | "InvalidSignature" => Meaning::WrongSecret,
            "RequestExpired" | "RequestTimeTooSkewed" => Meaning::ClockSkew,
            "ExpiredToken" => Meaning::SessionExpired,
            "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => Meaning::Denied {
                action: word_after(&self.message, "to perform: "),
                resource: phrase_after(&self.message, "on resource: "),
            },
            "OptInRequired" => Meaning::RegionNotEnabled,
            "MissingAuthenticationToken" | "IncompleteSignature" => Meaning::AuthorizationLost,
            "Throttling" | "RequestLimitExceeded" | "TooManyRequests" => Meaning::Throttled,
            "EncryptionKeyAccessDenied" => Meaning::KmsDenied,
            "RepositoryDoesNotExist" => Meaning::NoRepository,
            "NoSuchEntity" => Meaning::NoSuchEntity,
            "LimitExceeded" => Meaning::LimitExceeded,
            _ => Meaning::Other,
        }
    }

    /// Code and message in one line, for evidence.
    #[must_use]
    pub fn line(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => "refused without a code".into(),
            (code, "") => code.into(),
            ("", message) => message.into(),
            (code, message) => format!("{code}: {message}"),
        }
    }

    /// How far the clock that gave `now` is off AWS's, in words that follow "this machine's clock is". From the `Date`
    /// header, else from the time in the message.
    #[must_use]
    pub fn skew(&self, now: Timestamp) -> String {
        let Some(theirs) = self.date.or_else(|| time_in(&self.message)) else {
            return "off by an unknown amount".into();
        };
        let seconds = now.as_second() - theirs.as_second();
        let off = seconds.unsigned_abs();
        let (h, m, s) = (off / 3600, off % 3600 / 60, off % 60);
        let mut parts = Vec::new();
        for (n, unit) in [(h, "h"), (m, "min"), (s, "s")] {
            if n > 0 {
                parts.push(format!("{n} {unit}"));
            }
        }
        match seconds {
            0 => "in step with the `Date` of the answer: look for a proxy that holds requests back".into(),
            1.. => format!("{} ahead of AWS's", parts.join(" ")),
            _ => format!("{} behind AWS's", parts.join(" ")),
        }
    }

    fn tells_of_time(&self) -> bool {
        let text = self.message.to_ascii_lowercase();
        text.contains("signature expired") || text.contains("not yet current")
    }
}

/// Name of the outermost element, where the text is XML.
#[must_use]
pub fn root(xml: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                return Some(tag.local_name().as_ref().to_owned());
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Text(text) if text.trim().is_empty() => {}
            _ => return None,
        }
    }
}

/// An HTTP date.
fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("").trim().chars().take(TEXT_CAP).collect()
}

fn word_after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    rest.split_whitespace().next().map(|w| w.trim_end_matches(['.', ',']).to_owned()).filter(|w| !w.is_empty())
}

/// What follows `mark` up to where AWS's messages go on with the reason.
fn phrase_after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    let end = [" because ", " with an "].iter().filter_map(|m| rest.find(m)).min().unwrap_or(rest.len());
    rest.get(..end).map(|p| p.trim().trim_end_matches('.').to_owned()).filter(|p| !p.is_empty())
}

/// AWS's time in `Signature expired: A is now earlier than B (C - 15 min.)`: the one in the brackets.
fn time_in(message: &str) -> Option<Timestamp> {
    let (_, rest) = message.split_once('(')?;
    let stamp = rest.split_whitespace().next()?;
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", stamp)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|z| z.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(code: &str, message: &str) -> Refusal {
        let body = format!(
            "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        );
        Refusal::read(&Response::of(403, &[("Content-Type", "text/xml")], &body)).unwrap()
    }

    #[test]
    fn json_shapes_with_prefix_either_message_key_or_header_alone() {
        for (headers, body) in [
            (vec![], r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"m"}"#),
            (vec![], r#"{"__type":"AccessDeniedException","message":"m"}"#),
            (vec![("x-amzn-ErrorType", "AccessDeniedException:http://internal/")], r#"{"message":"m"}"#),
        ] {
            let refusal = Refusal::read(&Response::of(400, &headers, body)).unwrap();
            assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("AccessDeniedException", "m"), "{body}");
            assert!(matches!(refusal.meaning(), Meaning::Denied { .. }));
        }
    }

    #[test]
    fn the_older_xml_form_is_read_too_whatever_it_calls_itself() {
        let body = "<ErrorResponse><Errors><Error><Code>InvalidClientTokenId</Code><Message>m</Message></Error></Errors>\
                    </ErrorResponse>";
        let refusal = Refusal::read(&Response::of(403, &[("Content-Type", "text/html")], body)).unwrap();
        assert_eq!((refusal.meaning(), refusal.message.as_str()), (Meaning::UnknownKey, "m"));
    }

    #[test]
    fn what_lacks_the_shape_is_no_refusal() {
        for body in ["", "<html><body>403</body></html>", r#"{"error":"denied"}"#, "<a><b/></a>", "<", "null", "[]"] {
            assert_eq!(Refusal::read(&Response::of(403, &[], body)), None, "{body}");
        }
        assert_eq!(Refusal::read(&Response::of(200, &[], r#"{"__type":"X"}"#)), None);
        let bare = Refusal::read(&Response::of(403, &[("x-amzn-RequestId", "1")], "")).unwrap();
        assert_eq!(bare.meaning(), Meaning::Other);
    }

    #[test]
    fn the_denied_action_and_resource_are_read() {
        let refusal = xml(
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:ListAccessKeys on resource: user bob \
             because no identity-based policy allows the iam:ListAccessKeys action",
        );
        let expected = Meaning::Denied { action: Some("iam:ListAccessKeys".into()), resource: Some("user bob".into()) };
        assert_eq!(refusal.meaning(), expected);
        assert_eq!(xml("AccessDenied", "no").meaning(), Meaning::Denied { action: None, resource: None });
    }

    #[test]
    fn a_signature_refused_for_its_time_is_no_wrong_secret() {
        let message =
            "Signature expired: 20261123T034000Z is now earlier than 20261123T034500Z (20261123T040000Z - 15 min.)";
        let refusal = xml("SignatureDoesNotMatch", message);
        assert_eq!(refusal.meaning(), Meaning::ClockSkew);
        let now = "2026-11-23T03:40:00Z".parse().unwrap();
        assert_eq!(refusal.skew(now), "20 min behind AWS's");
        let dated = Refusal { date: date("Mon, 23 Nov 2026 02:38:57 GMT"), ..refusal };
        assert_eq!(dated.skew(now), "1 h 1 min 3 s ahead of AWS's");
        assert_eq!(xml("SignatureDoesNotMatch", "Signature not yet current: x").skew(now), "off by an unknown amount");
        assert_eq!(xml("SignatureDoesNotMatch", "The request signature we calculated").meaning(), Meaning::WrongSecret);
    }

    #[test]
    fn only_the_first_line_of_a_message_is_kept_and_it_is_capped() {
        let refusal =
            xml("SignatureDoesNotMatch", &format!("{}\nThe Canonical String is\nsecret things", "x".repeat(9000)));
        assert_eq!(refusal.message.len(), TEXT_CAP);
        assert!(!refusal.line().contains("Canonical"));
    }
}
