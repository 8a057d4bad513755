//! Pages of vendors, which open in the browser. Hosts name pages too: what is no address of a web page is none.

use crate::domain::{CredentialId, Way};

use super::effect::{Effect, SystemFx};
use super::overlays::toast::Level;
use super::shared::{Cx, Shared};

/// The address, where it is one of a web page.
#[must_use]
pub fn web(address: &str) -> Option<&str> {
    (address.starts_with("https://") || address.starts_with("http://")).then_some(address)
}

/// The page on which something is done by hand.
#[must_use]
pub fn by_hand(way: &Way) -> Option<&str> {
    match way {
        Way::Guided { page, .. } => web(page),
        _ => None,
    }
}

/// The page that helps with what the newest check of a credential found, if it names one.
#[must_use]
pub fn of_last_check<'a>(id: &CredentialId, s: &'a Shared) -> Option<&'a str> {
    let (_, newest) = s.history.of(id)?.first()?;
    newest.findings.iter().find_map(|f| web(&f.link))
}

/// Opens a page, where there is one, and says so.
pub fn open(page: Option<String>, cx: &mut Cx<'_>) {
    if let Some(page) = page {
        cx.say(Level::Info, format!("opening {page}"));
        cx.emit(Effect::System(SystemFx::OpenUrl(page)));
    }
}
