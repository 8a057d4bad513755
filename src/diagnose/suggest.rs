//! Where the product may be instead: behind another path of the same address, or another product altogether. Asks without
//! a credential, the host of the record alone.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use url::Url;

use super::look::finding;
use super::patient::Patient;
use crate::domain::{Finding, Host};
use crate::hosts;
use crate::ops::Core;

/// Paths under which these products are usually installed.
const PATHS: [&str; 11] =
    ["", "/jira", "/confluence", "/wiki", "/bitbucket", "/stash", "/bamboo", "/gitlab", "/git", "/tfs", "/fisheye"];

/// What answers near by, if anything known does.
pub(crate) async fn elsewhere(core: &Core, patient: &Patient) -> Option<Finding> {
    // With endpoints of its own the record was told exactly where to ask.
    if !patient.host.endpoints.is_empty() {
        return other_product(core, patient).await;
    }
    match other_path(core, patient).await {
        Some(found) => Some(found),
        None => other_product(core, patient).await,
    }
}

async fn other_path(core: &Core, patient: &Patient) -> Option<Finding> {
    let base = Url::parse(&patient.host.url).ok()?;
    let attempts = PATHS.iter().filter(|p| **p != base.path().trim_end_matches('/')).map(|path| {
        let mut url = base.clone();
        url.set_path(path);
        Host { url: url.as_str().trim_end_matches('/').to_owned(), ..patient.host.clone() }
    });
    let found = first_that_answers(core, attempts.collect()).await?;
    let product = found.1;
    Some(finding("host.other-path", &[("url", &found.0.url), ("product", &product), ("name", &patient.host.name)]))
}

async fn other_product(core: &Core, patient: &Patient) -> Option<Finding> {
    let others = hosts::families().iter().filter(|f| f.facts().id != patient.host.family).filter_map(|family| {
        let understood = family.host_url(&patient.host.url).ok().filter(|u| !u.certain)?;
        let id = family.facts().id.clone();
        let web = patient.host.endpoints.get("web").cloned();
        let endpoints = web.map(|web| ("web".to_owned(), web)).into_iter().collect();
        Some(Host { family: id, url: understood.url, endpoints, ..patient.host.clone() })
    });
    let (host, product) = first_that_answers(core, others.collect()).await?;
    let expected = hosts::family(&patient.host.family).map_or_else(String::new, |f| f.facts().name.clone());
    let args = [
        ("product", product.as_str()),
        ("expected", expected.as_str()),
        ("family", host.family.as_str()),
        ("url", patient.host.url.as_str()),
    ];
    Some(finding("host.other-product", &args))
}

/// Asks all side by side; the first in order that is what its record says, with the product's name.
async fn first_that_answers(core: &Core, attempts: Vec<Host>) -> Option<(Host, String)> {
    let mut asked: FuturesUnordered<_> = attempts
        .into_iter()
        .enumerate()
        .map(|(place, host)| async move {
            let test = core.detect(&host).await;
            (place, host, test)
        })
        .collect();
    let mut best: Option<(usize, Host, String)> = None;
    while let Some((place, host, test)) = asked.next().await {
        if test.found && best.as_ref().is_none_or(|(b, _, _)| place < *b) {
            best = Some((place, host, test.product.unwrap_or_default()));
        }
    }
    best.map(|(_, host, product)| (host, product))
}
