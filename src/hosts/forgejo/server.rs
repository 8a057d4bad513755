//! Which product and version answers. What the family can do goes by that, never by the `+gitea-1.22.0` part of a
//! Forgejo version: it is a fixed label.
//!
//! | Since | What changes |
//! |---|---|
//! | Forgejo 11 | tokens may be listed with a token; they are made and deleted with a password only |
//! | Forgejo 15 | tokens for specific repositories |
//! | Forgejo 16 | `/admin/users/{name}/tokens` for a site administrator's token |
//! | Gitea 1.27 | `GET /token` and `DELETE /token` |

use serde::Deserialize;

use super::answers::{self, Asker};
use super::{API, FACTS, WEB, sending};
use crate::domain::{Host, Validation};
use crate::hosts::{Detection, Session, Wire};
use crate::net::{NetError, Request, Response};
use crate::sanitize::short;
use crate::secret::SecretText;

/// The label in a Forgejo version.
const LABEL: &str = "+gitea-";

/// The two products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    Forgejo,
    Gitea,
}

impl Product {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Forgejo => "Forgejo",
            Self::Gitea => "Gitea",
        }
    }
}

/// What answers, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Server {
    pub product: Option<Product>,
    version: Option<(u32, u32)>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

impl Server {
    /// Reads a version text. `forgejo`: the route that Forgejo alone has gave it.
    fn of_text(text: &str, forgejo: bool) -> Self {
        let product = if forgejo || text.contains(LABEL) { Product::Forgejo } else { Product::Gitea };
        let mut parts = text.split(['.', '+', '-', ' ']).map_while(|p| p.parse::<u32>().ok());
        let version = parts.next().map(|major| (major, parts.next().unwrap_or(0)));
        Self { product: Some(product), version }
    }

    /// What the host record says; nothing where the product is not one of the two.
    pub(super) fn recorded(host: &Host) -> Self {
        let product = match host.product.as_deref() {
            Some("Forgejo") => Product::Forgejo,
            Some("Gitea") => Product::Gitea,
            _ => return Self::default(),
        };
        let version = host.version.as_deref().map(|v| Self::of_text(v, product == Product::Forgejo).version);
        Self { product: Some(product), version: version.flatten() }
    }

    /// Product and version are both known.
    pub(super) fn is_known(self) -> bool {
        self.product.is_some() && self.version.is_some()
    }

    fn is(self, product: Product, since: (u32, u32)) -> bool {
        self.product == Some(product) && self.version.is_some_and(|v| v >= since)
    }

    /// A token can describe and delete itself.
    pub(super) fn has_own_route(self) -> bool {
        self.is(Product::Gitea, (1, 27))
    }

    /// Tokens may be listed with a token.
    pub(super) fn lists_by_token(self) -> bool {
        self.is(Product::Forgejo, (11, 0))
    }

    /// Nothing but the password makes or deletes tokens of an account.
    pub(super) fn wants_password(self) -> bool {
        self.lists_by_token()
    }

    /// Tokens can be limited to repositories.
    pub(super) fn limits_repositories(self) -> bool {
        self.is(Product::Forgejo, (15, 0))
    }

    /// A site administrator's token makes, lists and deletes tokens of anybody.
    pub(super) fn has_admin_routes(self) -> bool {
        self.is(Product::Forgejo, (16, 0))
    }
}

/// Product and version: from the record where it has both, else asked with the token, whose death would show here.
///
/// # Errors
/// What the host said instead, as a validation of the token.
pub(super) async fn learn(session: &Session<'_>) -> Result<Server, Box<Validation>> {
    let recorded = Server::recorded(session.host);
    if recorded.is_known() {
        return Ok(recorded);
    }
    let wire = &session.wire;
    let secret = &session.secret.token;
    let answer = ask(wire, Some(secret)).await.map_err(|e| Box::new(wire.unreachable(&e)))?;
    if let Some(text) = version(&answer) {
        wire.note(format!("version {}", shown(&text)));
        return Ok(Server::of_text(&text, false));
    }
    // Gitea 1.20.0 alone wanted a scope for this: the token is alive, and which version it is does not matter.
    if answer.status == 403 && answers::is_scope_refusal(&answer) {
        return Ok(Server { product: Some(Product::Gitea), version: Some((1, 20)) });
    }
    Err(Box::new(answers::refusal(wire, Asker::Token(secret), &answer).unwrap_or_else(|| not_forgejo(wire, &answer))))
}

/// Product and version for an act that is signed by somebody: as [`learn`], but what cannot be learned stays unknown.
pub(super) async fn learn_for(wire: &Wire<'_>, host: &Host) -> Server {
    let recorded = Server::recorded(host);
    if recorded.is_known() {
        return recorded;
    }
    match ask(wire, None).await {
        Ok(answer) => version(&answer).map_or(recorded, |text| Server::of_text(&text, false)),
        Err(_) => recorded,
    }
}

/// Asks what answers, without a credential: the route that Forgejo alone has, then the one of both.
pub(super) async fn detect(wire: &Wire<'_>) -> Detection {
    let own = Request::get(wire.url(WEB, "/api/forgejo/v1/version")).header("Accept", "application/json");
    let forgejo = match wire.send(own).await {
        Ok(answer) => answer,
        Err(error) => return Detection::Unreachable(error),
    };
    if let Some(text) = version(&forgejo) {
        return Detection::Found { product: Product::Forgejo.name().to_owned(), version: Some(shown(&text)) };
    }
    let answer = match ask(wire, None).await {
        Ok(answer) => answer,
        Err(error) => return Detection::Unreachable(error),
    };
    if let Some(text) = version(&answer) {
        let product = Server::of_text(&text, false).product.unwrap_or(Product::Gitea);
        return Detection::Found { product: product.name().to_owned(), version: Some(shown(&text)) };
    }
    // It is one of the two, and tells which only after signing in.
    if answers::wants_sign_in(&answer) {
        return Detection::Found { product: FACTS.name.clone(), version: None };
    }
    let other = answers::elsewhere(wire, &answer).unwrap_or_else(|| not_forgejo(wire, &answer));
    match other.findings.into_iter().next() {
        Some(finding) => Detection::NotThis(Box::new(finding)),
        None => Detection::NotThis(Box::new(FACTS.finding("not-forgejo", &[]).1)),
    }
}

/// Where signing in is required for everything, the version is told to a token.
pub(super) async fn detect_signed(session: &Session<'_>) -> Option<(String, String)> {
    let answer = ask(&session.wire, Some(&session.secret.token)).await.ok()?;
    let text = version(&answer)?;
    let product = Server::of_text(&text, false).product?;
    Some((product.name().to_owned(), shown(&text)))
}

async fn ask(wire: &Wire<'_>, secret: Option<&SecretText>) -> Result<Response, NetError> {
    let request = Request::get(wire.url(API, "/version"));
    wire.send(match secret {
        Some(secret) => sending::by_token(request, secret),
        None => sending::plain(request),
    })
    .await
}

fn version(answer: &Response) -> Option<String> {
    let told = answer.parse::<Version>().filter(|_| answer.status == 200 && !answer.is_html())?;
    told.version.starts_with(|c: char| c.is_ascii_digit()).then_some(told.version)
}

/// The version as people write it, without the label.
fn shown(text: &str) -> String {
    short(text.split(LABEL).next().unwrap_or(text), 40)
}

/// Something else answers.
pub(super) fn not_forgejo(wire: &Wire<'_>, answer: &Response) -> Validation {
    answers::conclude(wire, answer, "not-forgejo", &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_tells_the_product_and_no_version() {
        let forgejo = Server::of_text("16.0.1+gitea-1.22.0", false);
        assert_eq!((forgejo.product, forgejo.version), (Some(Product::Forgejo), Some((16, 0))));
        assert!(forgejo.has_admin_routes() && !forgejo.has_own_route());
        assert_eq!(shown("16.0.1+gitea-1.22.0"), "16.0.1");
        let old = Server::of_text("1.21.11-1", true);
        assert!(!old.lists_by_token() && !old.wants_password() && old.is_known());
    }

    #[test]
    fn powers_go_by_product_and_version() {
        for (text, own, lists, limits, admin) in [
            ("1.26.4", false, false, false, false),
            ("1.27.1", true, false, false, false),
            ("1.28.0+dev-12-gabcdef0", true, false, false, false),
            ("10.0.3+gitea-1.22.0", false, false, false, false),
            ("11.0.0+gitea-1.22.0", false, true, false, false),
            ("15.0.2+gitea-1.22.0", false, true, true, false),
            ("16.0.0-rc1+gitea-1.22.0", false, true, true, true),
        ] {
            let server = Server::of_text(text, false);
            let powers = (
                server.has_own_route(),
                server.lists_by_token(),
                server.limits_repositories(),
                server.has_admin_routes(),
            );
            assert_eq!(powers, (own, lists, limits, admin), "{text}");
        }
    }
}
