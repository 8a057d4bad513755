//! How to get a grant that is missing: the page, the page filled in, the host's API, or who has to give it.

use jiff::Timestamp;

use crate::domain::{Fix, Host, Kind, Need, Profile, ProfileEntry};
use crate::error::Result;
use crate::ops::exchange::family;
use crate::ops::guide::{Fill, pick, web_of};

/// For whom something is measured.
pub(crate) struct Ground<'a> {
    pub(crate) host: &'a Host,
    pub(crate) kind: Kind,
    pub(crate) label: &'a str,
    pub(crate) now: Timestamp,
}

/// How to get what `need` asks for.
pub(crate) fn fix(need: &Need, entry: &ProfileEntry, ground: &Ground<'_>, profile: &Profile) -> Result<Fix> {
    let family = family(&ground.host.family)?;
    let facts = family.facts();
    if !need.from.is_empty() {
        return Ok(Fix { text: format!("ask {}", need.from), page: None, prefilled: None, api: false });
    }
    let web = web_of(facts, Some(ground.host));
    let page = facts.kind(ground.kind).map(|k| k.page.replace("{web}", &web)).filter(|p| !p.is_empty());
    let name = if profile.token_name.is_empty() { ground.label } else { &profile.token_name };
    let fill = Fill { web: &web, name, scopes: &entry.tick, expires: None, now: ground.now };
    let guide = pick(facts, ground.kind, ground.host.product.as_deref(), ground.host.version.as_deref());
    let prefilled = guide.and_then(|g| fill.prefilled(g));
    let tick = if entry.tick.is_empty() { need.any.clone() } else { entry.tick.clone() };
    let text = format!(
        "tick {} on the token's page, or where it cannot be changed make one with {} and put it in place of this one",
        need.any.first().map_or("", String::as_str),
        tick.join(", ")
    );
    Ok(Fix { text, page, prefilled, api: family.creator().is_some() })
}
