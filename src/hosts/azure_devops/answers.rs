//! What Azure DevOps' answers mean: every failure signature of the vendor, and what is not the vendor's word at all.
//!
//! Signature, in the order in which it is looked for, and the finding that carries verdict and advice. Where somebody
//! else's token is the object and the signer is refused, `entra-refused` (token API) or `admin-refused` (administration)
//! stands for every row marked *.
//!
//! | Signature | Finding |
//! |---|---|
//! | 3xx to `_signin`, or from Services to a Microsoft log-in host | `sign-in-redirect` * |
//! | 429 | `rate-limited` |
//! | "The Personal Access Token used has expired" | `expired` * |
//! | `VS403463` | `conditional-access` |
//! | `TF401019` | `no-such-repository` |
//! | `TF401027`, `TF50309`, "You need the following permission" | `permission`; for a signer `admin-not-permitted` |
//! | 203 or other 2xx with a sign-in page | `sign-in-page` * |
//! | 401 page of IIS, or 401 of IIS without a sign of the product | `iis-basic` |
//! | 401 `TF400813` "not available for anonymous access" | `not-accepted` * |
//! | 401 `TF400813`, user empty or all `a` | `unknown-user` * |
//! | 401 `TF400813`, another user | `user-not-authorized` * |
//! | `VS30063` / `TF30063` | `client-unauthorized` / `soap-unauthorized` |
//! | 400 `TF400898`; with `JsonReaderException` | `internal-error`; `malformed-body` |
//! | 400 about the version | `api-version` |
//! | 404 HTML | `wrong-path` |
//! | 404 with the vendor's mark | `no-such-place` |
//! | other 3xx, 5xx, HTML, 401/403 without a sign of the product | the common `http.…` findings |
//! | any other 401 / 403 of the product | `refused-unexplained` * / `forbidden-unexplained` |
//!
//! The vendor's marks: a header whose name begins with `X-TFS-` or `X-VSS-`, the header `ActivityId`, the error envelope
//! with a `typeName` of `Microsoft.`, or a message that begins with a `TF` or `VS` number.

use serde::Deserialize;
use url::Url;

use super::address::{Place, name_of};
use super::{FACTS, WEB};
use crate::domain::Validation;
use crate::hosts::Wire;
use crate::hosts::answer::{foreign, retry_after};
use crate::net::Response;
use crate::sanitize;

/// Most characters of a text of the host that go into a finding.
const TEXT_CAP: usize = 200;

/// The identity of a caller whom nobody knows.
pub(super) const ANONYMOUS: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

/// What was being done: the same refusal means other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// The credential itself asked.
    Itself,
    /// A Microsoft Entra token asked the API on the user's own tokens.
    Tokens,
    /// An administrator asked for other people's tokens.
    Administer,
}

/// The circumstances that reading and advice depend on.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub wire: &'a Wire<'a>,
    pub act: Act,
    pub place: Place,
}

/// The error envelope.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Said {
    pub message: String,
    pub type_name: String,
    pub type_key: String,
}

pub(super) fn said(response: &Response) -> Said {
    response.parse().unwrap_or_default()
}

/// Text of the host, made harmless and cut to a length that a finding can hold.
pub(super) fn cap(text: &str) -> String {
    sanitize::short(text, TEXT_CAP)
}

/// The validation that a failure signature stands for. None where the answer is not a failure that any host or Azure
/// DevOps has a signature for: then the caller reads it.
pub(super) fn refusal(asked: &Asked<'_>, response: &Response) -> Option<Validation> {
    let web = asked.wire.url(WEB, "");
    if let Some(name) = signature(asked.act, asked.place, &web, response) {
        return Some(conclude(asked, response, name));
    }
    // The product refuses with a page where a person would see it.
    match response.status {
        401 if has_mark(response) => {
            Some(conclude(asked, response, signers(asked.act).unwrap_or("refused-unexplained")))
        }
        403 if has_mark(response) => Some(conclude(asked, response, "forbidden-unexplained")),
        _ => foreign(asked.wire, &FACTS, response, false),
    }
}

/// A validation by one of the family's findings, with everything the texts may mention filled in from the answer.
pub(super) fn conclude(asked: &Asked<'_>, response: &Response, name: &str) -> Validation {
    let said = said(response);
    let message = if said.message.is_empty() { "nothing".to_owned() } else { cap(&said.message) };
    let header = |name: &str| response.header(name).map_or_else(|| "not told".to_owned(), cap);
    let location = header("location");
    let wait = match response.header("x-ratelimit-delay") {
        Some(delay) if response.header("retry-after").is_none() => format!("after {} s", cap(delay)),
        _ => cap(&retry_after(response)),
    };
    conclude_with(
        asked,
        name,
        &[
            ("status", &response.status.to_string()),
            ("wait", &wait),
            ("message", &message),
            ("location", location.split(['?', '#']).next().unwrap_or("")),
            ("resource", &header("x-ratelimit-resource")),
            ("activity", &header("activityid")),
        ],
    )
}

/// A validation by one of the family's findings, with the place filled in and what else the texts mention.
pub(super) fn conclude_with(asked: &Asked<'_>, name: &str, more: &[(&str, &str)]) -> Validation {
    let web = asked.wire.url(WEB, "");
    let organization = cap(&name_of(&web));
    let page = token_page(asked.place, &web);
    let mut args = vec![("web", web.as_str()), ("organization", organization.as_str()), ("page", page.as_str())];
    args.extend_from_slice(more);
    asked.wire.conclude(&FACTS, name, &args)
}

/// Where a person manages tokens. Older servers have them at `_details/security/tokens`, which the guides say.
pub(super) fn token_page(_place: Place, web: &str) -> String {
    format!("{web}/_usersSettings/tokens")
}

/// Name of the finding whose signature the answer has. Pure, so that a table can hold it to the vendor's documentation.
pub(super) fn signature(act: Act, place: Place, web: &str, response: &Response) -> Option<&'static str> {
    let said = said(response);
    let has = |part: &str| response.body.contains(part) || said.message.contains(part);
    let or_signer = |name| Some(signers(act).unwrap_or(name));
    match response.status {
        300..=399 if is_sign_in(place, web, response) => return or_signer("sign-in-redirect"),
        300..=399 => return None,
        429 => return Some("rate-limited"),
        500..=599 => return None,
        _ => {}
    }
    let refused = response.status == 203 || response.status >= 400;
    match () {
        () if refused && expired(response) => or_signer("expired"),
        () if refused && has("VS403463") => Some("conditional-access"),
        () if refused && has("TF401019") => Some("no-such-repository"),
        () if refused && (has("TF401027") || has("TF50309") || has("You need the following permission")) => {
            Some(if act == Act::Itself { "permission" } else { "admin-not-permitted" })
        }
        () if response.status < 300 && response.is_html() => {
            sign_in_page(response).then(|| or_signer("sign-in-page"))?
        }
        () if response.status == 401 && is_iis(response) => Some("iis-basic"),
        () if response.status == 401 && has("TF400813") => or_signer(nobody(&said.message, &response.body)),
        () if refused && has("VS30063") => Some("client-unauthorized"),
        () if refused && has("TF30063") => Some("soap-unauthorized"),
        () if response.status == 400 && has("JsonReaderException") => Some("malformed-body"),
        () if response.status == 400 && has("TF400898") => Some("internal-error"),
        () if is_version_error(response) => Some("api-version"),
        () if response.status == 404 && response.is_html() => Some("wrong-path"),
        () if response.status == 404 && has_mark(response) => Some("no-such-place"),
        () => None,
    }
}

/// What stands for a refusal of whoever signs for another token.
fn signers(act: Act) -> Option<&'static str> {
    match act {
        Act::Itself => None,
        Act::Tokens => Some("entra-refused"),
        Act::Administer => Some("admin-refused"),
    }
}

/// "Access Denied: The Personal Access Token used has expired.", as JSON, as a page or as plain text.
pub(super) fn expired(response: &Response) -> bool {
    response.status != 200 && response.body.contains("Personal Access Token used has expired")
}

/// Whether the answer is Azure DevOps' own.
pub(super) fn has_mark(response: &Response) -> bool {
    let said = said(response);
    let numbered = ["TF", "VS"].iter().any(|p| {
        said.message.strip_prefix(p).is_some_and(|rest| rest.chars().take_while(char::is_ascii_digit).count() >= 4)
    });
    product_header(response) || said.type_name.starts_with("Microsoft.") || numbered
}

fn product_header(response: &Response) -> bool {
    response.headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-tfs-") || name.starts_with("x-vss-") || name == "activityid"
    })
}

/// Only the product's own sign-in page counts: a network's or a company's says nothing of the token.
fn sign_in_page(response: &Response) -> bool {
    let words =
        ["Azure DevOps", "Visual Studio", "Team Foundation", "login.microsoftonline.com", "login.live.com", "_signin"];
    product_header(response) || words.iter().any(|w| response.body.contains(w))
}

fn is_sign_in(place: Place, web: &str, response: &Response) -> bool {
    let Some(base) = Url::parse(&format!("{web}/")).ok() else { return false };
    let Some(target) = response.header("location").and_then(|l| base.join(l).ok()) else { return false };
    let microsoft = matches!(target.host_str(), Some("login.microsoftonline.com" | "login.live.com"));
    let own_page = target.path().to_ascii_lowercase().contains("_signin");
    let at_home = target.host_str() == base.host_str();
    // A company's gateway in front of a server of its own may send people to Microsoft as well.
    match place {
        Place::Services => microsoft || own_page,
        Place::Server => own_page && at_home || (microsoft || own_page) && product_header(response),
    }
}

/// IIS took the header for a Windows log-in, or wants one, before the product saw anything.
fn is_iis(response: &Response) -> bool {
    let page = response.body.contains("401 - Unauthorized: Access is denied due to invalid credentials");
    let offers = |scheme: &str| {
        response.headers.iter().any(|(n, v)| n.eq_ignore_ascii_case("www-authenticate") && v.starts_with(scheme))
    };
    let iis = response.header("server").is_some_and(|s| s.starts_with("Microsoft-IIS"));
    let windows = offers("Negotiate") || offers("NTLM") || offers("Basic");
    page || iis && windows && !has_mark(response) && !response.body.contains("TF400813")
}

/// A 400 that is about the version asked for. The exact wording is not published, so type and text both count.
pub(super) fn is_version_error(answer: &Response) -> bool {
    let said = said(answer);
    let names = |text: &str| text.contains("VersionOutOfRange") || text.contains("VersionNotSupported");
    answer.status == 400
        && has_mark(answer)
        && (names(&said.type_key)
            || names(&said.type_name)
            || said.message.to_ascii_lowercase().contains("api-version")
            || said.message.to_ascii_lowercase().contains("rest api version"))
}

/// `TF400813: The user 'X' is not authorized to access this resource.`
fn nobody(message: &str, body: &str) -> &'static str {
    let text = if message.is_empty() { body } else { message };
    let user = text.split_once("The user '").and_then(|(_, rest)| rest.split_once('\'')).map(|(user, _)| user);
    match user {
        None => "not-accepted",
        Some(user) if user.is_empty() || user.contains(ANONYMOUS) => "unknown-user",
        Some(_) => "user-not-authorized",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://dev.azure.com/contoso";
    const SERVER: &str = "https://tfs.acme.dev/tfs/Main";

    fn redirect(location: &str, headers: &[(&str, &str)]) -> Response {
        let all: Vec<_> = headers.iter().copied().chain([("Location", location)]).collect();
        Response::of(302, &all, "")
    }

    #[test]
    fn only_the_products_own_sign_in_counts() {
        let at = |place, web, response: &Response| signature(Act::Itself, place, web, response);
        for location in [
            "/_signin?x=1",
            "https://dev.azure.com/contoso/_signin",
            "https://spsprodweu1.vssps.visualstudio.com/_signin?realm=dev.azure.com",
            "https://login.microsoftonline.com/common/oauth2/authorize?client_id=x",
        ] {
            assert_eq!(at(Place::Services, WEB, &redirect(location, &[])), Some("sign-in-redirect"), "{location}");
        }
        assert_eq!(at(Place::Services, WEB, &redirect("https://sso.acme.dev/", &[])), None);
        let gateway = redirect("https://login.microsoftonline.com/x", &[]);
        assert_eq!(at(Place::Server, SERVER, &gateway), None, "a gateway in front of a server");
        let own = redirect("https://login.microsoftonline.com/x", &[("X-TFS-ProcessId", "1")]);
        assert_eq!(at(Place::Server, SERVER, &own), Some("sign-in-redirect"));
        assert_eq!(at(Place::Server, SERVER, &redirect("/tfs/_signin", &[])), Some("sign-in-redirect"));
    }

    #[test]
    fn a_portals_page_is_not_the_products() {
        let page = |body: &str| Response::of(203, &[("Content-Type", "text/html")], body);
        let read = |r: &Response| signature(Act::Itself, Place::Services, WEB, r);
        assert_eq!(read(&page("<html><title>Azure DevOps Services | Sign In</title></html>")), Some("sign-in-page"));
        assert_eq!(read(&page("<html><title>Hotel Wi-Fi: Sign in</title></html>")), None);
    }

    #[test]
    fn marks_are_the_products_alone() {
        let with = |headers: &[(&str, &str)], body: &str| has_mark(&Response::of(401, headers, body));
        assert!(
            with(&[("x-tfs-session", "1")], "")
                && with(&[("X-VSS-E2EID", "1")], "")
                && with(&[("ActivityId", "1")], "")
        );
        assert!(
            with(&[], r#"{"message":"TF400813: no"}"#) && with(&[], r#"{"typeName":"Microsoft.TeamFoundation.X"}"#)
        );
        assert!(!with(&[], r#"{"message":"TFoo"}"#) && !with(&[("X-Frame", "1")], "TF400813"));
    }
}
