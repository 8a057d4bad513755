//! Detection without a credential: Bitbucket's own properties first, else the manifest that every Atlassian product has.

use serde::Deserialize;

use super::address::other_paths;
use super::answers::{Act, Asked, cap, conclude, refusal};
use super::{FACTS, WEB};
use crate::domain::{Finding, Validation};
use crate::hosts::atlassian_datacenter::detect::{manifest, product_of};
use crate::hosts::{Detection, Wire};
use crate::net::{Request, Response};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Properties {
    version: String,
    build_number: String,
    display_name: String,
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
    match manifest(wire, "").await {
        Ok((Some(found), _)) => named(wire, &found.type_id, found.version),
        Ok((None, _)) => Detection::NotThis(Box::new(unknown(wire, &properties))),
        Err(error) => Detection::Unreachable(error),
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
    let called = match type_id {
        "bitbucket" => Some("Bitbucket"),
        "stash" => Some("Stash"),
        _ => None,
    };
    if let Some(product) = called {
        return Detection::Found { product: product.to_owned(), version: version.map(|v| cap(&v)) };
    }
    let (product, family) = product_of(type_id);
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
