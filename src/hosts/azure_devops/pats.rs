//! The API on a user's own personal access tokens: Services only, and only for a Microsoft Entra token of the user.
//!
//! An answer with status 200 may carry a failure: `patTokenError` decides.
//! <https://learn.microsoft.com/rest/api/azure/devops/tokens/pats>

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::answers::{Act, Asked, cap, conclude, conclude_with, refusal};
use super::send::{Signer, send, versioned};
use super::{FACTS, IDENTITY};
use crate::domain::Validation;
use crate::hosts::order::{self, Sent};
use crate::net::{NetError, Request, Response};
use crate::secret::SecretText;

const PATH: &str = "/_apis/tokens/pats";
/// Most pages of a list that are read.
const PAGES: usize = 50;

/// A personal access token as the API shows it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Pat {
    pub display_name: String,
    #[serde(deserialize_with = "moment")]
    pub valid_from: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub valid_to: Option<Timestamp>,
    /// Space-separated.
    pub scope: String,
    /// `null` marks a token for all organisations.
    #[serde(default = "not_told")]
    target_accounts: Value,
    pub authorization_id: String,
    /// Only in the answer to creating one.
    #[serde(deserialize_with = "secret")]
    pub token: Option<SecretText>,
}

impl Pat {
    /// Whether it is one for all organisations.
    pub(super) fn is_global(&self) -> bool {
        self.target_accounts.is_null()
    }
}

/// What stands for a field that is not there, since one that is `null` means something.
pub(super) fn not_told() -> Value {
    Value::Bool(false)
}

/// Moments are UTC, with or without saying so.
pub(super) fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    Ok(text.parse().or_else(|_| format!("{text}Z").parse()).ok())
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretText>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.filter(|t| !t.is_empty()).map(SecretText::new))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page {
    pat_tokens: Option<Vec<Pat>>,
    continuation_token: Option<String>,
}

/// An answer about one token.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct One {
    pat_token: Option<Pat>,
    pat_token_error: Option<String>,
    pat_token_error_message: Option<String>,
}

/// Why there is nothing to go on with.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No answer.
    Lost(NetError),
    /// The host refused, or answered something else.
    Refused(Box<Validation>),
}

/// Tokens in one state, all pages up to the cap; says whether some were left out.
pub(super) async fn list(asked: &Asked<'_>, signer: Signer<'_>, state: &str) -> Result<(Vec<Pat>, bool), Trouble> {
    let mut tokens = Vec::new();
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let query = format!("?displayFilterOption={state}&sortByOption=displayName&isSortAscending=true&$top=100");
        let more = if cursor.is_empty() { String::new() } else { format!("&continuationToken={}", encoded(&cursor)) };
        let url = asked.wire.url(IDENTITY, &versioned(&format!("{PATH}{query}{more}"), "7.1", Some("-preview.1")));
        let answer = send(asked.wire, signer.sign(Request::get(url))).await.map_err(Trouble::Lost)?;
        let page = match answer.parse::<Page>().filter(|p| answer.status == 200 && p.pat_tokens.is_some()) {
            Some(page) => page,
            None => return Err(Trouble::Refused(Box::new(unread(asked, &answer)))),
        };
        let got = page.pat_tokens.unwrap_or_default();
        asked.wire.note(format!("{} {state}", got.len()));
        let empty = got.is_empty();
        tokens.extend(got);
        match page.continuation_token.filter(|next| !next.is_empty() && *next != cursor && !empty) {
            Some(next) => cursor = next,
            None => return Ok((tokens, false)),
        }
    }
    Ok((tokens, true))
}

/// What came of asking for a new one.
pub(super) enum Made {
    /// The token.
    Token(Box<Pat>),
    /// Refused, also where the status was 200.
    Refused(Box<Validation>),
    /// It may or may not have happened.
    Unknown(String),
    /// No answer.
    Lost(NetError),
}

/// Asks for a token of this organisation; never for one of all.
pub(super) async fn create(
    asked: &Asked<'_>,
    signer: Signer<'_>,
    name: &str,
    scope: &str,
    valid_to: Timestamp,
) -> Made {
    let url = asked.wire.url(IDENTITY, &versioned(PATH, "7.1", Some("-preview.1")));
    let valid_to = valid_to.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    let body = json!({"displayName": name, "scope": scope, "validTo": valid_to, "allOrgs": false});
    // Not by `send::order`: nothing of the answer may be noted before its token is known.
    let answer = match order::send(asked.wire, signer.sign(Request::post(url)).json(&body)).await {
        Sent::Answer(answer) => answer,
        Sent::Never(validation) => return Made::Refused(validation),
        Sent::Lost(error) => return Made::Lost(error),
    };
    let one = answer.parse::<One>().filter(|_| (200..300).contains(&answer.status) && answer.status != 203);
    let Some(one) = one else {
        return match answer.status {
            200..=299 if answer.status != 203 && !answer.is_html() => {
                Made::Unknown("an answer that cannot be read".to_owned())
            }
            _ => Made::Refused(Box::new(unread(asked, &answer))),
        };
    };
    // Before anything of the answer is written down.
    if let Some(token) = one.pat_token.as_ref().and_then(|p| p.token.as_ref()) {
        asked.wire.learn(token);
    }
    match (failure(asked, &one), one.pat_token) {
        (Some(validation), _) => Made::Refused(Box::new(validation)),
        (None, Some(pat)) if pat.token.is_some() => Made::Token(Box::new(pat)),
        (None, _) => Made::Unknown("success without a token".to_owned()),
    }
}

/// What came of asking to revoke.
pub(super) enum Ended {
    /// Accepted.
    Done,
    /// There is no such token of this user.
    NotOwn(Box<Validation>),
    /// Refused.
    Refused(Box<Validation>),
    /// It may or may not have happened.
    Unknown(NetError),
}

/// Revokes one of the user's own.
pub(super) async fn revoke(asked: &Asked<'_>, signer: Signer<'_>, id: &str) -> Ended {
    let url = asked
        .wire
        .url(IDENTITY, &versioned(&format!("{PATH}?authorizationId={}", encoded(id)), "7.1", Some("-preview.1")));
    let answer = match super::send::order(asked.wire, signer.sign(Request::delete(url))).await {
        Sent::Answer(answer) => answer,
        Sent::Never(validation) => return Ended::Refused(validation),
        Sent::Lost(error) => return Ended::Unknown(error),
    };
    let one = answer.parse::<One>().unwrap_or_default();
    let not_own = matches!(
        one.pat_token_error.as_deref(),
        Some("authorizationNotFound" | "hostAuthorizationNotFound" | "tokenNotFound")
    );
    match answer.status {
        404 if super::answers::has_mark(&answer) => {
            Ended::NotOwn(Box::new(conclude_with(asked, "token-not-found", &[("id", &cap(id))])))
        }
        200 | 204 if !answer.is_html() => match failure(asked, &one) {
            Some(found) if not_own => Ended::NotOwn(Box::new(found)),
            Some(found) => Ended::Refused(Box::new(found)),
            None => Ended::Done,
        },
        _ => Ended::Refused(Box::new(unread(asked, &answer))),
    }
}

/// The failure that a status of 200 hides, by its own finding where it has one.
fn failure(asked: &Asked<'_>, one: &One) -> Option<Validation> {
    let error = one.pat_token_error.as_deref().filter(|e| !e.is_empty() && !e.eq_ignore_ascii_case("none"))?;
    let message = one.pat_token_error_message.as_deref().map_or_else(|| "nothing".to_owned(), cap);
    asked.wire.note(format!("patTokenError: {}", cap(error)));
    let name = format!("pat-{}", kebab(error));
    let known = FACTS.findings.iter().any(|f| f.name == name);
    let args = [("error", cap(error)), ("message", message)];
    let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Some(conclude_with(asked, if known { &name } else { "pat-error-unknown" }, &args))
}

/// An answer that is none of the API's.
fn unread(asked: &Asked<'_>, answer: &Response) -> Validation {
    // All zeroes: the organisation stands on Microsoft accounts, which this API does not serve.
    let tenant = answer.header("x-vss-resourcetenant").unwrap_or("");
    let refused = matches!(answer.status, 203 | 302 | 401 | 403);
    if refused && !tenant.is_empty() && tenant.bytes().all(|b| matches!(b, b'0' | b'-')) {
        return conclude(asked, answer, "not-entra-backed");
    }
    refusal(asked, answer).unwrap_or_else(|| conclude(asked, answer, "not-azure-devops"))
}

/// The same circumstances for this API.
pub(super) fn asked<'a>(asked: &Asked<'a>) -> Asked<'a> {
    Asked { act: Act::Tokens, ..*asked }
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `globalPATCreationBlocked` as `global-pat-creation-blocked`.
fn kebab(camel: &str) -> String {
    let chars: Vec<char> = camel.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    let mut out = String::new();
    for (n, c) in chars.iter().enumerate() {
        let before = n.checked_sub(1).and_then(|b| chars.get(b));
        let after = chars.get(n + 1);
        let starts = before.is_some_and(|b| !b.is_ascii_uppercase()) || after.is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && n > 0 && starts {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every value that the vendor documents.
    const ERRORS: &str = "displayNameRequired invalidDisplayName invalidValidTo invalidScope userIdRequired invalidUserId \
        invalidUserType accessDenied failedToIssueAccessToken invalidClient invalidClientType invalidClientId \
        invalidTargetAccounts hostAuthorizationNotFound authorizationNotFound failedToUpdateAccessToken \
        sourceNotSupported invalidSourceIP invalidSource duplicateHash sshPolicyDisabled invalidToken tokenNotFound \
        invalidAuthorizationId failedToReadTenantPolicy globalPatPolicyViolation fullScopePatPolicyViolation \
        patLifespanPolicyViolation invalidTokenType invalidAudience invalidSubject deploymentHostNotSupported \
        disablePatCreationPolicyViolation failedToReadOrgPolicy globalPATCreationBlocked expiredPatCannotBeExtended";

    #[test]
    fn every_documented_error_has_its_finding() {
        for error in ERRORS.split_whitespace() {
            let name = format!("pat-{}", kebab(error));
            assert!(FACTS.findings.iter().any(|f| f.name == name), "{name}");
        }
        assert_eq!(kebab("globalPATCreationBlocked"), "global-pat-creation-blocked");
        assert_eq!(kebab("invalidSourceIP"), "invalid-source-ip");
    }
}
