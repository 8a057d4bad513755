//! GitHub's failure signatures, and which of them decides where an answer shows several. Status and headers are looked
//! at before messages, which GitHub rewords. Knows no verdict: each signature is a finding in the asset.
//!
//! See <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>.

use jiff::Timestamp;
use url::Url;

use super::address::Variant;
use super::asking::Asking;
use super::form::Form;
use super::{FACTS, clip, is_github};
use crate::domain::{Checksum, Finding, Validation};
use crate::hosts::Wire;
use crate::hosts::answer::{foreign, retry_after};
use crate::net::Response;

/// A recognised signature: the finding, what fills its placeholders, and what else the answer gave away.
#[derive(Debug)]
pub(super) struct Signature {
    /// Name of the finding.
    pub(super) name: &'static str,
    /// Placeholder and text.
    pub(super) args: Vec<(&'static str, String)>,
    /// GitHub's id of the token, which one of its messages contains.
    pub(super) remote_id: Option<String>,
}

impl Signature {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, args: Vec::new(), remote_id: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// The placeholders as the facts take them, `{web}` and `{api}` among them.
    pub(super) fn filled<T>(&self, at: Asking<'_>, then: impl FnOnce(&[(&str, &str)]) -> T) -> T {
        let api = at.wire.url("api", "");
        let mut args: Vec<(&str, &str)> = self.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        args.push(("web", at.web));
        args.push(("api", &api));
        then(&args)
    }

    /// The finding alone; the evidence stays where it is.
    pub(super) fn finding(&self, at: Asking<'_>) -> Finding {
        let (_, mut finding) = self.filled(at, |args| FACTS.finding(self.name, args));
        for text in [&mut finding.title, &mut finding.cause, &mut finding.remedy] {
            *text = at.wire.mask(text);
        }
        finding
    }

    /// The validation that the finding stands for.
    pub(super) fn conclude(&self, at: Asking<'_>) -> Validation {
        let mut validation = self.filled(at, |args| at.wire.conclude(&FACTS, self.name, args));
        validation.remote_id.clone_from(&self.remote_id);
        validation
    }
}

/// What an answer that is no success says of the credential, be it GitHub's or somebody else's on the way.
pub(super) fn conclude(at: Asking<'_>, response: &Response) -> Validation {
    if let Some(signature) = recognise(at, response) {
        return signature.conclude(at);
    }
    if let Some(validation) = foreign(at.wire, &FACTS, response, is_github(response)) {
        return validation;
    }
    let signature = match response.status {
        404 | 410 => Signature::new("wrong-path"),
        status => Signature::new("unexpected-answer").with("status", status.to_string()),
    };
    signature.conclude(at)
}

/// Recognises GitHub's own refusals; none where the answer is not GitHub's, or says nothing that is known.
pub(super) fn recognise(at: Asking<'_>, response: &Response) -> Option<Signature> {
    let message = message(response);
    let lower = message.to_lowercase();
    let form = Form::of(at.key.reveal());
    let variant = at.variant;
    // Two that come as text or HTML, and so without GitHub's error shape.
    if response.status == 503 && variant == Variant::Server {
        return Some(Signature::new("maintenance"));
    }
    if response.status == 403 && !response.is_html() && response.body.to_lowercase().contains("user-agent header") {
        return Some(Signature::new("no-user-agent"));
    }
    // A server in private mode has also been seen to answer with a bare page, whose challenge is its own.
    if response.status == 401 && variant == Variant::Server && response.is_html() && is_challenge(response) {
        return Some(Signature::new("private-mode"));
    }
    if !is_github(response) || response.is_html() {
        return None;
    }
    if !message.is_empty() {
        at.wire.note(format!("message: {message}"));
    }
    match response.status {
        400 if lower.contains("version") => Some(Signature::new("api-version")),
        401 => Some(unauthorised(at, response, &lower, form, variant)),
        403 => Some(forbidden(at, response, &message, &lower, form)),
        429 => Some(limited(response, &lower, at.wire.now())),
        502 | 504 if lower.contains("server error") => Some(Signature::new("timeout")),
        400..=499 if lower.contains("basic auth") || lower.contains("password authentication") => {
            Some(Signature::new("password-not-supported"))
        }
        // Private things are hidden rather than refused; only single sign-on and a lacking scope can then be told for
        // sure.
        404 => sso(at, response).or_else(|| missing_scope(at, response, form)),
        _ => None,
    }
}

/// GitHub's own challenge to sign in, as git and a server in private mode get it.
pub(super) fn is_challenge(response: &Response) -> bool {
    response.header("www-authenticate").is_some_and(|challenge| challenge.contains("realm=\"GitHub\""))
}

/// 401. GitHub does not tell malformed, unknown, expired, revoked and deleted tokens apart.
fn unauthorised(at: Asking<'_>, response: &Response, lower: &str, form: Form, variant: Variant) -> Signature {
    if let Some(otp) = response.header("x-github-otp").filter(|otp| otp.starts_with("required")) {
        at.wire.note(format!("X-GitHub-OTP: {}", clip(otp)));
        return Signature::new("otp-required");
    }
    if lower.contains("must authenticate to access this api") {
        return Signature::new("private-mode");
    }
    if lower.contains("requires authentication") {
        return Signature::new("token-not-seen");
    }
    if lower.contains("basic auth") || lower.contains("password authentication") {
        return Signature::new("password-not-supported");
    }
    if form == Form::StatelessInstallation && variant == Variant::Server {
        return Signature::new("wrong-host");
    }
    match form.checksum(at.key.reveal()) {
        Checksum::Mismatch => Signature::new("bad-credentials-mistyped"),
        Checksum::None | Checksum::Ok => Signature::new("bad-credentials"),
    }
}

/// 403, in the order: single sign-on, rate limits, account and organisation policies, permissions, scopes, the rest.
fn forbidden(at: Asking<'_>, response: &Response, message: &str, lower: &str, form: Form) -> Signature {
    if let Some(sso) = sso(at, response) {
        return sso;
    }
    let has = |text: &str| lower.contains(text);
    let exhausted = response.header("x-ratelimit-remaining") == Some("0");
    if exhausted || response.header("retry-after").is_some() {
        return limited(response, lower, at.wire.now());
    }
    let org = || organisation(message);
    if has("account was suspended") || has("account is suspended") {
        return Signature::new("account-suspended");
    }
    if has("ip allow list") {
        return Signature::new("ip-allow-list").with("org", org());
    }
    if has("forbids access") && has("lifetime") {
        return lifetime(at, message, lower);
    }
    if has("forbids access via a personal access token (classic)") {
        return Signature::new("org-forbids-classic").with("org", org());
    }
    if has("forbids access via a personal access token with fine-grained") {
        return Signature::new("org-forbids-fine-grained").with("org", org());
    }
    if has("oauth app access restrictions") {
        return Signature::new("oauth-app-restricted").with("org", org());
    }
    if has("saml enforcement") {
        return sso_required(at, None);
    }
    if has("basic auth") || has("password authentication") {
        return Signature::new("password-not-supported");
    }
    if has("maximum number of login attempts exceeded") {
        return Signature::new("too-many-logins");
    }
    if has("secondary rate limit") || has("rate limit exceeded") {
        return limited(response, lower, at.wire.now());
    }
    let permissions = response.header("x-accepted-github-permissions").map(clip).filter(|p| !p.is_empty());
    if let Some(permissions) = &permissions {
        at.wire.note(format!("X-Accepted-GitHub-Permissions: {permissions}"));
    }
    let needed =
        permissions.as_deref().map_or_else(|| "which one, the answer does not say".to_owned(), permission_words);
    if has("not accessible by integration") {
        return Signature::new("not-for-integrations").with("permissions", needed);
    }
    if has("not accessible by personal access token") || (permissions.is_some() && form.has_permissions()) {
        return Signature::new("missing-permission").with("permissions", needed);
    }
    let words = if message.is_empty() { "403, without a message" } else { message };
    missing_scope(at, response, form).unwrap_or_else(|| Signature::new("forbidden").with("message", words))
}

/// `pull_requests=read,contents=read; issues=read` in words: all of a set are needed, and any one set will do.
pub(super) fn permission_words(header: &str) -> String {
    let one = |permission: &str| format!("`{}`", permission.trim().replacen('=', ":", 1));
    let set = |set: &str| set.split(',').filter(|p| !p.trim().is_empty()).map(one).collect::<Vec<_>>().join(" and ");
    header.split(';').map(set).filter(|set| !set.is_empty()).collect::<Vec<_>>().join(", or ")
}

/// `X-GitHub-SSO`, on whatever status. See
/// <https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api>.
pub(super) fn sso(at: Asking<'_>, response: &Response) -> Option<Signature> {
    let value = response.header("x-github-sso")?;
    let mut parts = value.split(';').map(str::trim);
    match parts.next()? {
        "required" => {
            at.wire.note("X-GitHub-SSO: required");
            Some(sso_required(at, parts.find_map(|part| part.strip_prefix("url="))))
        }
        "partial-results" => {
            let ids: Vec<&str> = parts
                .find_map(|part| part.strip_prefix("organizations="))
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|id| !id.is_empty() && id.len() <= 20 && id.bytes().all(|b| b.is_ascii_digit()))
                .collect();
            let ids = clip(&ids.join(", "));
            at.wire.note(format!("X-GitHub-SSO: partial-results; organizations={ids}"));
            Some(Signature::new("sso-partial").with("orgs", ids))
        }
        _ => None,
    }
}

/// The address to authorise at is good for an hour and for the user alone: it goes into the advice, not into evidence.
/// An address at another host than this one is not passed on.
fn sso_required(at: Asking<'_>, url: Option<&str>) -> Signature {
    let ours = Url::parse(at.web).ok();
    let theirs = url
        .and_then(|url| Url::parse(url).ok())
        .filter(|url| url.scheme() == "https" && ours.as_ref().is_some_and(|ours| ours.host_str() == url.host_str()));
    let org = theirs
        .as_ref()
        .and_then(|url| url.path_segments())
        .and_then(|mut path| if path.next() == Some("orgs") { path.next() } else { None })
        .map_or_else(|| "an organization".to_owned(), |org| format!("`{}`", clip(org)));
    let page =
        theirs.map_or_else(|| format!("{}/settings/tokens", at.web), |url| url.as_str().chars().take(2048).collect());
    Signature::new("sso-required").with("url", page).with("org", org)
}

/// The primary limit is over at a known moment, the secondary after `Retry-After` or at least a minute.
fn limited(response: &Response, lower: &str, now: Timestamp) -> Signature {
    let exhausted = response.header("x-ratelimit-remaining") == Some("0");
    if exhausted && !lower.contains("secondary rate limit") {
        let reset = response
            .header("x-ratelimit-reset")
            .and_then(|reset| reset.parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .filter(|reset| *reset >= now);
        let wait = reset.map_or_else(|| clip(&retry_after(response)), |reset| format!("after {reset}"));
        return Signature::new("primary-rate-limit").with("wait", wait);
    }
    let wait = match response.header("retry-after") {
        Some(_) => clip(&retry_after(response)),
        None => "after 60 s at the earliest".to_owned(),
    };
    Signature::new("secondary-rate-limit").with("wait", wait)
}

/// The message names the longest life allowed and the page of the token, whose last part is the token's id.
fn lifetime(at: Asking<'_>, message: &str, lower: &str) -> Signature {
    let days: String = lower
        .split_once("greater than ")
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).take(6).collect())
        .unwrap_or_default();
    let id: String = message
        .split_once("/settings/personal-access-tokens/")
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).take(20).collect())
        .unwrap_or_default();
    let list = format!("{}/settings/personal-access-tokens", at.web);
    let page = if id.is_empty() { list } else { format!("{list}/{id}") };
    let mut signature = Signature::new("lifetime-policy")
        .with("org", organisation(message))
        .with("days", if days.is_empty() { "the allowed number of".to_owned() } else { days })
        .with("url", page);
    signature.remote_id = Some(id).filter(|id| !id.is_empty());
    signature
}

/// The scopes that would do, where the token has none of them.
fn missing_scope(at: Asking<'_>, response: &Response, form: Form) -> Option<Signature> {
    let accepted = scopes(response.header("x-accepted-oauth-scopes")?);
    let granted = scopes(response.header("x-oauth-scopes").filter(|_| form.has_scopes())?);
    let implied = FACTS.implied(&granted);
    if accepted.is_empty() || accepted.iter().any(|scope| granted.contains(scope) || implied.contains(scope)) {
        return None;
    }
    at.wire.note(format!("X-OAuth-Scopes: {}", granted.join(", ")));
    at.wire.note(format!("X-Accepted-OAuth-Scopes: {}", accepted.join(", ")));
    let all = accepted.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" or ");
    Some(Signature::new("missing-scope").with("scopes", all))
}

/// A comma-separated header value as a list; no longer than a real one.
pub(super) fn scopes(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|s| !s.is_empty() && s.len() <= 64).take(64).map(str::to_owned).collect()
}

/// GitHub's own words, capped; empty where there are none.
pub(super) fn message(response: &Response) -> String {
    response.json().and_then(|body| body["message"].as_str().map(clip)).unwrap_or_default()
}

/// The organisation or enterprise that a message names between backticks or quotes.
fn organisation(message: &str) -> String {
    ['`', '\'']
        .iter()
        .find_map(|quote| message.split(*quote).nth(1))
        .filter(|name| !name.is_empty() && name.len() <= 100 && !name.contains(char::is_whitespace))
        .map_or_else(|| "an organization".to_owned(), |name| format!("`{name}`"))
}

/// Whether a refusal concerns one organisation's resources and not the token as such.
pub(super) fn is_about_an_organisation(signature: &Signature) -> bool {
    matches!(
        signature.name,
        "sso-required"
            | "sso-partial"
            | "ip-allow-list"
            | "lifetime-policy"
            | "org-forbids-classic"
            | "org-forbids-fine-grained"
            | "oauth-app-restricted"
    )
}

/// Writes the expiry and scope headers beside the last request.
pub(super) fn note_header(wire: &Wire<'_>, response: &Response, name: &str) {
    if let Some(value) = response.header(name) {
        wire.note(format!("{name}: {}", clip(value)));
    }
}
