//! What answers at a host, asked without a credential. The application manifest that every product of Atlassian has
//! comes first, since it names the product.

use serde::Deserialize;

use super::refusal::{Act, Asked, conclude, refusal};
use super::signature::cap;
use super::{About, Product, WEB};
use crate::domain::Finding;
use crate::hosts::{Detection, Wire};
use crate::net::{NetError, Request, Response};

/// `GET /rest/applinks/1.0/manifest`: names the product by `typeId`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Manifest {
    /// `jira`, `confluence`, `bitbucket`, `stash`, `bamboo`, …
    pub type_id: String,
    /// Its version.
    pub version: Option<String>,
}

/// Asks for the manifest below `context`; the answer beside it for what it says where it is none.
///
/// # Errors
/// [`NetError`] where no answer came.
pub async fn manifest(wire: &Wire<'_>, context: &str) -> Result<(Option<Manifest>, Response), NetError> {
    let request = Request::get(wire.url(WEB, &format!("{context}/rest/applinks/1.0/manifest")));
    let answer = wire.send(request.header("Accept", "application/xml")).await?;
    let read = |m: &Response| quick_xml::de::from_str::<Manifest>(&m.body).ok().filter(|m| !m.type_id.is_empty());
    let found = Some(&answer).filter(|m| m.status == 200 && !m.is_html()).and_then(read);
    if let Some(found) = &found {
        wire.note(format!("{} {}", cap(&found.type_id), cap(found.version.as_deref().unwrap_or(""))));
    }
    Ok((found, answer))
}

/// What a manifest's `typeId` means: the product's name, and the family that speaks to it.
pub fn product_of(type_id: &str) -> (String, &'static str) {
    let (product, family) = match type_id {
        "bitbucket" => ("Bitbucket", "bitbucket-datacenter"),
        "stash" => ("Stash", "bitbucket-datacenter"),
        "jira" => ("Jira", "jira-datacenter"),
        "confluence" => ("Confluence", "confluence-datacenter"),
        "bamboo" => ("Bamboo", "bamboo"),
        // This id is unconfirmed, as is the one of Crowd.
        "fecru" => ("Fisheye or Crucible", "fecru"),
        other => return (cap(other), "generic"),
    };
    (product.to_owned(), family)
}

/// Asks the host what it is.
pub async fn detect(wire: &Wire<'_>, product: &'static Product) -> Detection {
    let (found, answer) = match manifest(wire, "").await {
        Ok(both) => both,
        Err(error) => return Detection::Unreachable(error),
    };
    match found {
        Some(found) if found.type_id == product.type_id => {
            let version = found.version.map(|v| cap(&v));
            Detection::Found { product: product.name.to_owned(), version }
        }
        Some(found) => Detection::NotThis(Box::new(wrong_product(wire, product, &found))),
        None => match properties(wire, product).await {
            Some(About { cloud: true, .. }) => Detection::NotThis(Box::new(product.facts.finding("cloud-site", &[]).1)),
            Some(About { version, .. }) => {
                Detection::Found { product: product.name.to_owned(), version: Some(cap(&version)) }
            }
            None => match locate(wire, product).await {
                Some(found) => Detection::NotThis(Box::new(moved(wire, product, &found))),
                None => Detection::NotThis(Box::new(unknown(wire, product, &answer))),
            },
        },
    }
}

/// Where the manifest is not to be had, the product's own page about itself.
async fn properties(wire: &Wire<'_>, product: &Product) -> Option<About> {
    let (path, read) = product.properties?;
    let request = Request::get(wire.url(WEB, path)).header("Accept", "application/json");
    let answer = wire.send(request).await.ok().filter(|a| a.status == 200)?;
    read(&answer.json()?)
}

/// The base URL at which the product answers, where the context path was left out and is one of the usual ones. What
/// lies beside a context path cannot be asked: it is no endpoint of the host.
pub async fn locate(wire: &Wire<'_>, product: &Product) -> Option<String> {
    let web = wire.url(WEB, "");
    if !url::Url::parse(&web).is_ok_and(|u| u.path().trim_end_matches('/').is_empty()) {
        return None;
    }
    for path in product.usual_paths.iter().filter(|p| **p != "/") {
        if let Ok((Some(found), _)) = manifest(wire, path).await
            && found.type_id == product.type_id
        {
            return Some(format!("{web}{path}"));
        }
    }
    None
}

/// The finding for another product at this URL.
pub fn wrong_product(wire: &Wire<'_>, product: &Product, found: &Manifest) -> Finding {
    let (name, family) = product_of(&found.type_id);
    let web = wire.url(WEB, "");
    product.facts.finding("wrong-product", &[("product", &name), ("family", family), ("web", &web)]).1
}

/// The finding for a context path that was left out.
pub fn moved(wire: &Wire<'_>, product: &Product, found: &str) -> Finding {
    let web = wire.url(WEB, "");
    product.facts.finding("context-path-found", &[("found", found), ("web", &web)]).1
}

fn unknown(wire: &Wire<'_>, product: &'static Product, answer: &Response) -> Finding {
    let asked = Asked { wire, product, act: Act::Validate, user: "the user", id: "" };
    let mut said = match answer.status {
        404 => conclude(&asked, answer, "wrong-context-path"),
        _ => refusal(&asked, answer).unwrap_or_else(|| conclude(&asked, answer, "not-the-product")),
    };
    said.findings.pop().unwrap_or_else(|| product.facts.finding("not-the-product", &[]).1)
}
