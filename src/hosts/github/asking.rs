//! Who asks GitHub, and where: what every request and every refusal is read with.

use super::address::Variant;
use super::request;
use crate::domain::Validation;
use crate::hosts::{Act, Session, Wire};
use crate::net::{Method, Response};
use crate::secret::SecretText;

/// A way to a host together with the token that asks over it.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) wire: &'a Wire<'a>,
    /// URL of the web pages, without trailing slash.
    pub(super) web: &'a str,
    pub(super) variant: Variant,
    /// The token that signs, or whose value is sent.
    pub(super) key: &'a SecretText,
}

impl<'a> Asking<'a> {
    pub(super) fn of(session: &'a Session<'a>) -> Self {
        Self {
            wire: &session.wire,
            web: session.host.url.trim_end_matches('/'),
            variant: Variant::of(session.host),
            key: &session.secret.token,
        }
    }

    /// The signer of an act.
    pub(super) fn for_act(act: &'a Act<'a>) -> Self {
        Self {
            wire: &act.wire,
            web: act.host.url.trim_end_matches('/'),
            variant: Variant::of(act.host),
            key: &act.using.secret.token,
        }
    }

    /// A signed GET; the error says why no answer came.
    pub(super) async fn get(self, path: &str) -> Result<Response, Box<Validation>> {
        let request = request(self.wire, Method::Get, path).bearer(self.key);
        self.wire.send(request).await.map_err(|error| Box::new(self.wire.unreachable(&error)))
    }
}

/// A 200 that is GitHub's and whole.
pub(super) fn is_success(response: &Response) -> bool {
    response.status == 200 && !response.is_html() && !response.truncated
}
