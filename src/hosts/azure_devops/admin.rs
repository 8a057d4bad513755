//! The API of administrators on everybody's tokens: Services, and Server 2019 to 2022 below the collection. Wants the
//! scope `vso.tokenadministration` and membership in Project Collection Administrators.
//!
//! <https://learn.microsoft.com/rest/api/azure/devops/tokenadmin>

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::IDENTITY;
use super::answers::{Act, Asked, cap, conclude, conclude_with, refusal};
use super::pats::{Trouble, encoded, moment, not_told};
use super::send::{Reader, order, versioned};
use crate::hosts::Revocation;
use crate::hosts::segment::segment;
use crate::net::Request;

/// Most pages of one user's tokens that are read.
const PAGES: usize = 20;

/// A token as administrators see it. Its value and its hash, which the answer may hold, are not read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Token {
    pub authorization_id: String,
    pub display_name: String,
    pub scope: Option<String>,
    #[serde(default = "not_told")]
    target_accounts: Value,
    #[serde(deserialize_with = "moment")]
    pub valid_from: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub valid_to: Option<Timestamp>,
    pub is_valid: Option<bool>,
}

impl Token {
    /// Whether it is one for all organisations.
    pub(super) fn is_global(&self) -> bool {
        self.target_accounts.is_null()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    value: Vec<T>,
    #[serde(default)]
    continuation_token: Option<String>,
}

/// Somebody whose tokens can be asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Member {
    subject_descriptor: Option<String>,
    descriptor: Option<String>,
    display_name: String,
    principal_name: Option<String>,
}

impl Member {
    /// The key that the calls take. Its name in this list is not documented, so both are read.
    pub(super) fn key(&self) -> Option<&str> {
        self.subject_descriptor.as_deref().or(self.descriptor.as_deref()).filter(|k| !k.is_empty())
    }

    pub(super) fn name(&self) -> String {
        cap(self.principal_name.as_deref().filter(|n| !n.is_empty()).unwrap_or(&self.display_name))
    }
}

/// The circumstances for this API.
pub(super) fn asked<'a>(asked: &Asked<'a>) -> Asked<'a> {
    Asked { act: Act::Administer, ..*asked }
}

/// The users of the organisation or collection, and whether the host says there are more.
pub(super) async fn members(asked: &Asked<'_>, reader: &mut Reader<'_>) -> Result<(Vec<Member>, bool), Trouble> {
    let answer = reader.get(IDENTITY, "/_apis/graph/users", Some("-preview.1")).await.map_err(Trouble::Lost)?;
    match answer.parse::<Page<Member>>().filter(|_| answer.status == 200) {
        Some(page) => {
            let more = answer.header("x-ms-continuationtoken").is_some() || page.continuation_token.is_some();
            asked.wire.note(format!("{} users", page.value.len()));
            Ok((page.value, more || answer.truncated))
        }
        None => Err(Trouble::Refused(Box::new(
            refusal(asked, &answer).unwrap_or_else(|| conclude(asked, &answer, "not-azure-devops")),
        ))),
    }
}

/// One user's tokens, all pages up to the cap; says whether some were left out.
pub(super) async fn list(
    asked: &Asked<'_>,
    reader: &mut Reader<'_>,
    descriptor: &str,
) -> Result<(Vec<Token>, bool), Trouble> {
    let Some(key) = segment(descriptor) else { return Ok((Vec::new(), false)) };
    let mut tokens = Vec::new();
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let more = if cursor.is_empty() { String::new() } else { format!("&continuationToken={}", encoded(&cursor)) };
        let path = format!("/_apis/tokenadmin/personalaccesstokens/{key}?pageSize=100&isPublic=false{more}");
        let answer = reader.get(IDENTITY, &path, Some("-preview.1")).await.map_err(Trouble::Lost)?;
        let Some(page) = answer.parse::<Page<Token>>().filter(|_| answer.status == 200) else {
            let found = refusal(asked, &answer).unwrap_or_else(|| conclude(asked, &answer, "not-azure-devops"));
            return Err(Trouble::Refused(Box::new(found)));
        };
        let empty = page.value.is_empty();
        asked.wire.note(format!("{} tokens", page.value.len()));
        tokens.extend(page.value);
        match page.continuation_token.filter(|next| !next.is_empty() && *next != cursor && !empty) {
            Some(next) => cursor = next,
            None => return Ok((tokens, false)),
        }
    }
    Ok((tokens, true))
}

/// Revokes by authorisation ids, all in one request.
pub(super) async fn revoke(asked: &Asked<'_>, reader: &Reader<'_>, ids: &[&str]) -> Revocation {
    let wire = asked.wire;
    // The oldest version that has it, so that no step down is needed: this is sent once.
    let version =
        if reader.place == super::address::Place::Services { ("7.1", "-preview.1") } else { ("5.0", "-preview") };
    let path = versioned("/_apis/tokenadmin/revocations?isPublic=false", version.0, Some(version.1));
    let body: Vec<_> = ids.iter().map(|id| json!({"authorizationId": id})).collect();
    let request = reader.signer.sign(Request::post(wire.url(IDENTITY, &path))).json(&json!(body));
    let answer = match order(wire, request).await.for_revoking() {
        Ok(answer) => answer,
        Err(ended) => return ended,
    };
    match answer.status {
        200 | 204 if !answer.is_html() => Revocation::Accepted,
        404 if super::answers::has_mark(&answer) => {
            Revocation::Refused(Box::new(conclude_with(asked, "token-not-found", &[("id", &cap(&ids.join(", ")))])))
        }
        404 => Revocation::Unsupported(Box::new(conclude(asked, &answer, "no-token-api"))),
        _ => Revocation::Refused(Box::new(
            refusal(asked, &answer).unwrap_or_else(|| conclude(asked, &answer, "not-azure-devops")),
        )),
    }
}
