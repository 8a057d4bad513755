//! One request to Azure DevOps: how it is signed, which version of the API it asks for, what of its answer is written
//! down beside it.

use super::address::Place;
use super::answers::{cap, expired, is_version_error, said};
use crate::domain::Kind;
use crate::hosts::Wire;
use crate::hosts::order::{self, Sent};
use crate::net::{NetError, Request, Response};
use crate::secret::SecretText;

/// Versions to try, newest first: each product takes every lower one, and refuses what is too new for it.
const VERSIONS: [&str; 6] = ["7.1", "7.0", "6.0", "5.0", "4.1", "3.0"];

/// Who asks: a secret and the way it travels.
#[derive(Clone, Copy)]
pub(super) struct Signer<'a> {
    /// Goes as Bearer, as Entra tokens do; a personal access token is the password of an empty user name.
    pub bearer: bool,
    pub secret: &'a SecretText,
}

impl<'a> Signer<'a> {
    pub(super) fn of(kind: Kind, secret: &'a SecretText) -> Self {
        let jwt = kind == Kind::Unknown && secret.reveal().starts_with("eyJ");
        Self { bearer: matches!(kind, Kind::EntraToken | Kind::OauthToken) || jwt, secret }
    }

    pub(super) fn sign(self, request: Request) -> Request {
        let request = request.header("Accept", "application/json").header("X-TFS-FedAuthRedirect", "Suppress");
        if self.bearer { request.bearer(self.secret) } else { request.basic("", self.secret) }
    }
}

/// Sends a request once and notes what in its answer decides.
pub(super) async fn send(wire: &Wire<'_>, request: Request) -> Result<Response, NetError> {
    let answer = wire.send(request).await?;
    remark(wire, &answer);
    Ok(answer)
}

/// A version of the API as a query; `preview` is the vendor's suffix where the resource has one.
pub(super) fn versioned(path: &str, version: &str, preview: Option<&str>) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}api-version={version}{}", preview.unwrap_or(""))
}

/// Reads paths by one signer, stepping down to the version that the server speaks and staying there.
pub(super) struct Reader<'a> {
    pub wire: &'a Wire<'a>,
    pub signer: Signer<'a>,
    pub place: Place,
    step: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(wire: &'a Wire<'a>, signer: Signer<'a>, place: Place) -> Self {
        Self { wire, signer, place, step: 0 }
    }

    /// The newest version of the API that the server took, after a GET that it answered.
    pub(super) fn version(&self) -> &'static str {
        VERSIONS.get(self.step).copied().unwrap_or("3.0")
    }

    /// GET of a path at an endpoint. Services speak the newest version; on premises the preview number of a resource
    /// differs from version to version, so none is asked for.
    pub(super) async fn get(
        &mut self,
        endpoint: &str,
        path: &str,
        preview: Option<&str>,
    ) -> Result<Response, NetError> {
        loop {
            let version = self.version();
            let preview = preview.map(|p| if self.place == Place::Services { p } else { "-preview" });
            let url = self.wire.url(endpoint, &versioned(path, version, preview));
            let answer = send(self.wire, self.signer.sign(Request::get(url))).await?;
            let older = self.step + 1 < VERSIONS.len();
            if self.place == Place::Services || !older || !is_version_error(&answer) {
                return Ok(answer);
            }
            self.step += 1;
        }
    }
}

fn remark(wire: &Wire<'_>, answer: &Response) {
    if answer.status == 200 && !answer.is_html() {
        return;
    }
    let said = said(answer);
    if !said.type_key.is_empty() {
        wire.note(cap(&said.type_key));
    }
    if !said.message.is_empty() {
        wire.note(cap(&said.message));
    } else if expired(answer) {
        wire.note("The Personal Access Token used has expired.");
    }
    if let Some(location) = answer.header("location") {
        wire.note(format!("Location: {}", cap(location.split(['?', '#']).next().unwrap_or(""))));
    }
    if answer.is_html() {
        wire.note(format!("Content-Type: {}", cap(answer.header("content-type").unwrap_or("none, body is HTML"))));
    }
    for name in ["Retry-After", "X-RateLimit-Resource", "ActivityId"] {
        if let Some(value) = answer.header(name) {
            wire.note(format!("{name}: {}", cap(value)));
        }
    }
}

/// Sends an order once and notes what in its answer decides.
pub(super) async fn order(wire: &Wire<'_>, request: Request) -> Sent {
    let sent = order::send(wire, request).await;
    if let Sent::Answer(answer) = &sent {
        remark(wire, answer);
    }
    sent
}
