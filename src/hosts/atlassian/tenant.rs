//! The cloud id of a site, asked without a credential: `GET /_edge/tenant_info`.
//!
//! The vendor's Open DevOps tutorial uses it; the REST reference does not name it. What a site that does not exist
//! answers is unconfirmed, so anything without a well-formed id is "no such site, as far as can be told".

use crate::hosts::Wire;
use crate::net::{NetError, Request, Response};

/// A site's id: a UUID, checked, so that it can stand in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudId(String);

impl CloudId {
    /// Takes a text that is a UUID in the usual spelling (8-4-4-4-12 hexadecimal digits); lower case from then on.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let dashes = |i: usize| matches!(i, 8 | 13 | 18 | 23);
        let fits = text.len() == 36
            && text.bytes().enumerate().all(|(i, b)| if dashes(i) { b == b'-' } else { b.is_ascii_hexdigit() });
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenant {
    /// The site exists; this is its id.
    Found(CloudId),
    /// What answered gave no id: the site does not exist, is suspended, or something else answers in its place. The
    /// caller reads the answer (a 429 or 503 says nothing of the site).
    NoId(Box<Response>),
    /// No answer came.
    Lost(NetError),
}

/// Asks the site at the endpoint [`super::WEB`]. Sends no credential.
pub async fn ask(wire: &Wire<'_>) -> Tenant {
    let request = Request::get(wire.url(super::WEB, "/_edge/tenant_info")).header("Accept", "application/json");
    match wire.send(request).await {
        Err(error) => Tenant::Lost(error),
        Ok(answer) => match id(&answer) {
            Some(id) => {
                wire.note(format!("cloud id {}", id.as_str()));
                Tenant::Found(id)
            }
            None => {
                wire.note("no cloud id in the answer");
                Tenant::NoId(Box::new(answer))
            }
        },
    }
}

fn id(answer: &Response) -> Option<CloudId> {
    let json = answer.json().filter(|_| answer.status == 200)?;
    CloudId::of(json.get("cloudId")?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_uuid_in_a_good_answer_is_an_id() {
        let of = |status, body: &str| id(&Response::of(status, &[], body)).map(|c| c.0);
        let good = r#"{"cloudId":"11111111-2222-4333-8444-ABCDEFABCDEF"}"#;
        assert_eq!(of(200, good).as_deref(), Some("11111111-2222-4333-8444-abcdefabcdef"));
        assert_eq!(of(404, good), None);
        for body in [
            "",
            "<html></html>",
            "{}",
            "[]",
            r#"{"cloudId":null}"#,
            r#"{"cloudId":7}"#,
            r#"{"cloudId":"../../admin/v1/orgs"}"#,
            r#"{"cloudId":"11111111-2222-4333-8444-55555555555"}"#,
            r#"{"cloudId":"11111111-2222-4333-8444-55555555555g"}"#,
            r#"{"cloudId":"111111112222-4333-8444-555555555555-"}"#,
        ] {
            assert_eq!(of(200, body), None, "{body}");
        }
    }
}
