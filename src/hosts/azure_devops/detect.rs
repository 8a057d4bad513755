//! Detection without a credential: the headers that every answer of the product carries.

use serde_json::Value;

use super::address::Place;
use super::answers::{Act, Asked, conclude, has_mark, refusal};
use super::send::{Reader, Signer};
use super::{FACTS, WEB};
use crate::hosts::{Detection, Session, Wire};
use crate::net::{Request, Response};

/// Asks the host what it is. No version is published to strangers.
pub(super) async fn detect(wire: &Wire<'_>) -> Detection {
    let place = Place::at(wire);
    let request = Request::get(wire.url(WEB, "/_apis/connectionData"))
        .header("Accept", "application/json")
        .header("X-TFS-FedAuthRedirect", "Suppress");
    let answer = match wire.send(request).await {
        Ok(answer) => answer,
        Err(error) => return Detection::Unreachable(error),
    };
    let told = answer.json().filter(|_| answer.status == 200);
    let kind = told.as_ref().and_then(|b| b.get("deploymentType")).and_then(Value::as_str);
    let there = kind.is_some()
        || told.as_ref().is_some_and(|b| b.get("instanceId").is_some() && b.get("authenticatedUser").is_some())
        || answer.status != 404 && answer.status < 500 && (has_mark(&answer) || entra(&answer));
    if there {
        let hosted = match kind {
            Some(kind) => kind == "hosted",
            None => place == Place::Services || entra(&answer),
        };
        let product = if hosted { "Azure DevOps Services" } else { SERVER };
        return Detection::Found { product: product.to_owned(), version: None };
    }
    let asked = Asked { wire, act: Act::Itself, place };
    let verdict = refusal(&asked, &answer).unwrap_or_else(|| conclude(&asked, &answer, "not-azure-devops"));
    let web = wire.url(WEB, "");
    let finding = verdict.findings.into_iter().next();
    Detection::NotThis(Box::new(finding.unwrap_or_else(|| FACTS.finding("not-azure-devops", &[("web", &web)]).1)))
}

/// Which product takes that version of the API at most. A server that is newer than these takes the highest, too.
/// <https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-versioning>
const RELEASES: [(&str, &str, &str); 6] = [
    ("7.1", SERVER, "2022.1"),
    ("7.0", SERVER, "2022"),
    ("6.0", SERVER, "2020"),
    ("5.0", SERVER, "2019"),
    ("4.1", TFS, "2018.2"),
    ("3.0", TFS, "2017"),
];
const SERVER: &str = "Azure DevOps Server";
const TFS: &str = "Team Foundation Server";

/// The release of a server, by the newest version of the API that it takes: it publishes no other. Services have none.
pub(super) async fn detect_signed(session: &Session<'_>) -> Option<(String, String)> {
    let place = Place::of(session.host);
    if place == Place::Services {
        return None;
    }
    let mut reader = Reader::new(&session.wire, Signer::of(session.kind, &session.secret.token), place);
    // A token has the scope for one of them, most of the time. A refusal may come before the version is looked at.
    for path in ["/_apis/git/repositories", "/_apis/projects?$top=1"] {
        let answer = reader.get(WEB, path, None).await.ok()?;
        if answer.status == 200 && !answer.is_html() {
            let (_, product, release) = RELEASES.iter().find(|(api, ..)| *api == reader.version())?;
            return Some(((*product).to_owned(), (*release).to_owned()));
        }
    }
    None
}

/// The challenge of Services names the place where Entra signs people in.
fn entra(answer: &Response) -> bool {
    answer.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("www-authenticate")
            && value.contains("authorization_uri=https://login.microsoftonline.com/")
    })
}
