//! Detection without a credential: Bitbucket's own properties first, else the manifest that every Atlassian product has.

use serde::Deserialize;

use super::address::other_paths;
use super::answers::{Act, Asked, cap, conclude, refusal};
use super::{FACTS, WEB};
use crate::domain::{Finding, Validation};
use crate::hosts::{Detection, Wire};
use crate::net::{Request, Response};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Properties {
    version: String,
    build_number: String,
    display_name: String,
}

/// `GET /rest/applinks/1.0/manifest`: names the product by `typeId`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Manifest {
    type_id: String,
    version: Option<String>,
}

/// Asks the host what it is.
pub(super) async fn detect(wire: &Wire<'_>) -> Detection {
    let properties = match wire.send(request(wire, "/rest/api/latest/application-properties", "application/json")).await
    {
        Ok(answer) => answer,
        Err(error) => return Detection::Unreachable(error),
    };
    if let Some(found) = bitbucket(&properties) {
        return found;
    }
    let manifest = match wire.send(request(wire, "/rest/applinks/1.0/manifest", "application/xml")).await {
        Ok(answer) => answer,
        Err(error) => return Detection::Unreachable(error),
    };
    let read = |m: &Response| quick_xml::de::from_str::<Manifest>(&m.body).ok().filter(|m| !m.type_id.is_empty());
    match Some(&manifest).filter(|m| m.status == 200 && !m.is_html()).and_then(read) {
        Some(Manifest { type_id, version }) => named(wire, &type_id, version),
        None => Detection::NotThis(Box::new(unknown(wire, &properties))),
    }
}

fn request(wire: &Wire<'_>, path: &str, accept: &str) -> Request {
    Request::get(wire.url(WEB, path)).header("Accept", accept)
}

fn bitbucket(answer: &Response) -> Option<Detection> {
    let found = answer.parse::<Properties>().filter(|p| answer.status == 200 && !p.version.is_empty())?;
    let named = ["Bitbucket", "Stash"].into_iter().find(|n| found.display_name.contains(n));
    // An administrator may have given it another name; the build number beside the version is Bitbucket's form.
    let product = named.or((!found.build_number.is_empty()).then_some("Bitbucket"))?;
    Some(Detection::Found { product: product.to_owned(), version: Some(cap(&found.version)) })
}

fn named(wire: &Wire<'_>, type_id: &str, version: Option<String>) -> Detection {
    let (product, family) = match type_id {
        "bitbucket" => return Detection::Found { product: "Bitbucket".to_owned(), version: version.map(|v| cap(&v)) },
        "stash" => return Detection::Found { product: "Stash".to_owned(), version: version.map(|v| cap(&v)) },
        "jira" => ("Jira".to_owned(), "jira-datacenter"),
        "confluence" => ("Confluence".to_owned(), "confluence-datacenter"),
        "bamboo" => ("Bamboo".to_owned(), "bamboo"),
        // This id is unconfirmed, as is the one of Crowd.
        "fecru" => ("Fisheye or Crucible".to_owned(), "fecru"),
        other => (cap(other), "generic"),
    };
    let web = wire.url(WEB, "");
    Detection::NotThis(Box::new(
        FACTS.finding("wrong-product", &[("product", &product), ("family", family), ("web", &web)]).1,
    ))
}

/// Neither answer names a product: the first one says best what is in the way.
fn unknown(wire: &Wire<'_>, answer: &Response) -> Finding {
    let asked = Asked { wire, act: Act::Validate, user: "the user", owner: String::new(), id: "" };
    let verdict: Validation = match answer.status {
        404 => conclude(&asked, answer, "wrong-context-path"),
        _ => refusal(&asked, answer).unwrap_or_else(|| conclude(&asked, answer, "not-bitbucket")),
    };
    verdict.findings.into_iter().next().unwrap_or_else(|| {
        let web = wire.url(WEB, "");
        FACTS.finding("not-bitbucket", &[("web", &web), ("paths", &other_paths(&web))]).1
    })
}
