//! Doing by hand what a host has no API for: page and steps out of the family's facts, with the host's own address.

use super::exchange::{date, endpoints_of};
use crate::domain::{CreateRequest, Host, Kind, Way};
use crate::hosts::facts::{Facts, GuideFacts};
use crate::hosts::{self, Route};

/// A family's route as a way to show; `by_hand` is asked where there is no API.
pub(crate) fn way(route: Route, by_hand: impl FnOnce(String) -> Way) -> Way {
    match route {
        Route::AtHost(what) => Way::AtHost { what },
        Route::NeedsAuthority { why, password } => Way::NeedsAuthority { why, password },
        Route::Guided { why } => by_hand(why),
    }
}

/// The address of the host's web pages.
pub(crate) fn web(host: &Host) -> String {
    hosts::family(&host.family)
        .and_then(|f| endpoints_of(f, host).ok())
        .and_then(|e| e.get("web").cloned())
        .unwrap_or_else(|| host.url.clone())
}

/// Page and steps for revoking.
pub(crate) fn revoking(host: &Host, kind: Kind, why: String) -> Way {
    let facts = hosts::family(&host.family).and_then(|f| f.facts().kind(kind));
    let web = web(host);
    Way::Guided {
        why,
        page: facts.map_or_else(String::new, |k| page(&k.page, &web)),
        steps: facts.map_or_else(Vec::new, |k| k.revoke_steps.iter().map(|s| s.replace("{web}", &web)).collect()),
    }
}

/// Page and steps for making one like `request`, or for replacing one by hand.
pub(crate) fn making(host: &Host, kind: Kind, request: &CreateRequest, replacing: bool, why: String) -> Way {
    let Some(facts) = hosts::family(&host.family).map(hosts::Family::facts) else {
        return Way::Guided { why, page: String::new(), steps: Vec::new() };
    };
    let web = web(host);
    let Some(guide) = guide(facts, host, kind) else {
        let page = facts.kind(kind).or(facts.kinds.first()).map_or_else(String::new, |k| page(&k.page, &web));
        return Way::Guided { why, page, steps: Vec::new() };
    };
    let page = page(&guide.page, &web);
    let scopes = if request.scopes.is_empty() { "what the job needs".to_owned() } else { request.scopes.join(", ") };
    let expires = request.expires.map_or_else(|| "a date of your choice".to_owned(), date);
    let fill = |text: &String| {
        [
            ("{web}", web.as_str()),
            ("{name}", &request.name),
            ("{scopes}", &scopes),
            ("{expires}", &expires),
            ("{page}", &page),
        ]
        .iter()
        .fold(text.clone(), |text, (name, value)| text.replace(name, value))
    };
    let mut steps: Vec<String> = guide.steps.iter().map(fill).collect();
    if replacing {
        steps.extend(guide.rotate_steps.iter().map(fill));
    }
    Way::Guided { why, page, steps }
}

/// The guide for that kind and the host's product and version, as far as they are known; else the family's first.
fn guide<'a>(facts: &'a Facts, host: &Host, kind: Kind) -> Option<&'a GuideFacts> {
    let numbers = |text: &str| -> Vec<u64> { text.split(['.', '-', '+']).map_while(|n| n.parse().ok()).collect() };
    let version = host.version.as_deref().map(numbers);
    let fits = |g: &&GuideFacts| {
        let product = g.product.as_ref().is_none_or(|p| host.product.as_ref().is_none_or(|h| h == p));
        let since = g.since.as_deref().zip(version.as_ref()).is_none_or(|(s, v)| *v >= numbers(s));
        let before = g.before.as_deref().zip(version.as_ref()).is_none_or(|(b, v)| *v < numbers(b));
        product && since && before
    };
    let of_kind = || facts.guides.iter().filter(|g| g.kind == kind);
    of_kind().find(fits).or_else(|| of_kind().next()).or_else(|| facts.guides.first())
}

/// A page of the facts as a whole URL: absolute, below `{web}`, or a path there.
pub(crate) fn page(text: &str, web: &str) -> String {
    if text.starts_with('/') { format!("{web}{text}") } else { text.replace("{web}", web) }
}
