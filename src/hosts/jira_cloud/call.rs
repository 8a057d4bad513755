//! How a credential is sent, and where: with the e-mail address or alone, at the site or at the gateway.

use crate::domain::Kind;
use crate::hosts::atlassian::tenant::CloudId;
use crate::hosts::atlassian::{GATEWAY, WEB, signature};
use crate::hosts::{Session, Wire};
use crate::net::{NetError, Request, Response};
use crate::secret::SecretText;

/// Where a credential counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// At the site itself.
    Site,
    /// At `api.atlassian.com/ex/…`, for the site of that id.
    Gateway(CloudId),
}

/// Which product is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    /// Jira.
    Jira,
    /// Confluence; its paths begin with `/wiki` in both places.
    Confluence,
}

/// A credential on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way<'a> {
    /// Where to.
    pub place: Place,
    /// The e-mail address; none sends the token alone, as Bearer.
    pub user: Option<&'a str>,
}

impl Way<'_> {
    /// GET with the session's credential. What in the answer may decide is noted as evidence.
    pub(super) async fn get(&self, session: &Session<'_>, product: Product, path: &str) -> Result<Response, NetError> {
        let wire = &session.wire;
        let request = Request::get(self.url(wire, product, path)).header("Accept", "application/json");
        let token = whole(wire, &session.secret.token);
        let request = match self.user {
            Some(user) => request.basic(user, &token),
            None => request.bearer(&token),
        };
        let answer = wire.send(request).await?;
        note(wire, &answer);
        Ok(answer)
    }

    fn url(&self, wire: &Wire<'_>, product: Product, path: &str) -> String {
        match (&self.place, product) {
            (Place::Site, _) => wire.url(WEB, path),
            (Place::Gateway(id), Product::Jira) => wire.url(GATEWAY, &format!("/ex/jira/{}{path}", id.as_str())),
            (Place::Gateway(id), Product::Confluence) => {
                wire.url(GATEWAY, &format!("/ex/confluence/{}{path}", id.as_str()))
            }
        }
    }

    /// Where it is, in words.
    pub(super) fn words(&self) -> &'static str {
        match self.place {
            Place::Site => "at the site",
            Place::Gateway(_) => "at the gateway",
        }
    }

    /// The kind that being accepted here proves, as far as it does.
    pub(super) fn kind(&self, session: &Session<'_>, service: bool) -> Kind {
        match (&self.place, session.kind) {
            (Place::Site, _) => Kind::ApiToken,
            (Place::Gateway(_), Kind::OauthToken) => Kind::OauthToken,
            (Place::Gateway(_), _) if service => Kind::ServiceAccountToken,
            (Place::Gateway(_), _) => Kind::ScopedApiToken,
        }
    }
}

/// Notes what in an answer decides.
pub(super) fn note(wire: &Wire<'_>, answer: &Response) {
    let detail = signature::detail(answer);
    if !detail.is_empty() {
        wire.note(detail);
    }
    if let Some(account) = signature::account(answer) {
        wire.note(format!("X-AACCOUNTID: {account}"));
    }
}

/// The token without white space around it: a line break inside the encoded pair is a classic failure.
pub(super) fn whole(wire: &Wire<'_>, token: &SecretText) -> SecretText {
    let trimmed = token.reveal().trim();
    if trimmed.len() == token.len() {
        return token.clone();
    }
    let token = SecretText::new(trimmed.to_owned());
    wire.learn(&token);
    token
}
