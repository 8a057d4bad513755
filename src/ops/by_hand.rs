//! Doing by hand what a host has no API for: page and steps out of the family's facts, with the host's own address.

use jiff::Timestamp;

use super::exchange::endpoints_of;
use super::guide::{Fill, pick};
use crate::domain::{CreateRequest, Host, Kind, Way};
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
pub(crate) fn making(
    host: &Host,
    kind: Kind,
    request: &CreateRequest,
    replacing: bool,
    now: Timestamp,
    why: String,
) -> Way {
    let Some(facts) = hosts::family(&host.family).map(hosts::Family::facts) else {
        return Way::Guided { why, page: String::new(), steps: Vec::new() };
    };
    let web = web(host);
    let known = pick(facts, kind, host.product.as_deref(), host.version.as_deref()).or_else(|| facts.guides.first());
    let Some(guide) = known else {
        let page = facts.kind(kind).or(facts.kinds.first()).map_or_else(String::new, |k| page(&k.page, &web));
        return Way::Guided { why, page, steps: Vec::new() };
    };
    let fill = Fill { web: &web, name: &request.name, scopes: &request.scopes, expires: request.expires, now };
    let page = fill.prefilled(guide).unwrap_or_else(|| fill.text(guide, &guide.page));
    let more: &[String] = if replacing { &guide.rotate_steps } else { &[] };
    let steps = guide.steps.iter().chain(more).map(|step| fill.text(guide, step)).collect();
    Way::Guided { why, page, steps }
}

/// A page of the facts as a whole URL: absolute, below `{web}`, or a path there.
pub(crate) fn page(text: &str, web: &str) -> String {
    if text.starts_with('/') { format!("{web}{text}") } else { text.replace("{web}", web) }
}
