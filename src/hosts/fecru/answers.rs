//! What Fisheye's answers mean. The vendor documents none of its refusals, so a 401 or 403 counts only where the server
//! has named itself Fisheye or Crucible, or has put one of Atlassian's headers beside it, and shows no page.

use super::{FACTS, USUAL_PATHS, WEB};
use crate::domain::{Finding, Validation};
use crate::hosts::Wire;
use crate::hosts::answer::foreign;
use crate::hosts::atlassian_datacenter::address::other_paths;
use crate::hosts::atlassian_datacenter::detect::{Manifest, product_of};
use crate::hosts::atlassian_datacenter::signature::has_fingerprint;
use crate::net::Response;
use crate::sanitize::short;

/// Other products of Atlassian's by which the manifest names itself.
const OTHERS: [&str; 6] = ["bitbucket", "stash", "jira", "confluence", "bamboo", "crowd"];

/// Whether the manifest allows for Fisheye, whose id in it is not confirmed; its version where it is told.
///
/// # Errors
/// The validation that stands for another product, a wrong path, or no such server at all.
pub(super) fn product(
    wire: &Wire<'_>,
    found: Option<&Manifest>,
    answer: &Response,
) -> Result<Option<String>, Box<Validation>> {
    match found {
        Some(found) if OTHERS.contains(&found.type_id.as_str()) => {
            let (product, family) = product_of(&found.type_id);
            Err(Box::new(wire.conclude(&FACTS, "wrong-product", &[("product", &product), ("family", family)])))
        }
        Some(found) => Ok(found.version.as_deref().map(|v| short(v, 80))),
        None => Err(Box::new(
            refusal(wire, answer, false, "not-fisheye", "")
                .unwrap_or_else(|| conclude(wire, answer, "not-fisheye", "")),
        )),
    }
}

/// Whether the manifest's id is one of the product's names. Which of them it is, is not confirmed.
pub(super) fn names_itself(found: Option<&Manifest>) -> bool {
    let id = found.map(|f| f.type_id.to_ascii_lowercase()).unwrap_or_default();
    ["fecru", "fisheye", "crucible"].iter().any(|name| id.contains(name))
}

/// The finding for a server that is something else.
pub(super) fn not_fisheye(wire: &Wire<'_>, answer: &Response) -> Finding {
    let (web, status) = (wire.url(WEB, ""), answer.status.to_string());
    let paths = other_paths(&USUAL_PATHS, &web);
    FACTS.finding("not-fisheye", &[("web", &web), ("status", &status), ("paths", &paths)]).1
}

/// The validation that a failure stands for; none where the answer is a success. `named`: the server has named itself.
/// `refused` is the finding for a refusal of its own.
pub(super) fn refusal(
    wire: &Wire<'_>,
    answer: &Response,
    named: bool,
    refused: &str,
    user: &str,
) -> Option<Validation> {
    let denied = answer.header("x-authentication-denied-reason").unwrap_or("");
    if denied.trim_start().starts_with("CAPTCHA_CHALLENGE") {
        wire.note("X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE");
        return Some(conclude(wire, answer, "captcha", user));
    }
    match answer.status {
        404 => return Some(conclude(wire, answer, "wrong-context-path", user)),
        200..=299 | 401 | 403 if answer.is_html() => return Some(conclude(wire, answer, "sign-in-page", user)),
        _ => {}
    }
    if let Some(validation) = foreign(wire, &FACTS, answer, named || has_fingerprint(answer)) {
        return Some(validation);
    }
    match answer.status {
        200..=299 if answer.status != 203 => None,
        401 | 403 => Some(conclude(wire, answer, refused, user)),
        _ => Some(conclude(wire, answer, "not-fisheye", user)),
    }
}

/// A validation by one of the family's findings.
pub(super) fn conclude(wire: &Wire<'_>, answer: &Response, name: &str, user: &str) -> Validation {
    let (web, status) = (wire.url(WEB, ""), answer.status.to_string());
    let paths = other_paths(&USUAL_PATHS, &web);
    let args = [("web", web.as_str()), ("status", status.as_str()), ("paths", paths.as_str()), ("user", user)];
    wire.conclude(&FACTS, name, &args)
}
