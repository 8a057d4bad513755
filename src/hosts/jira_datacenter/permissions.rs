//! `GET /rest/api/2/mypermissions`: what the user may do, everywhere or at one place. It answers anonymous callers too, so
//! it is asked only after the token was proved, and an answer to somebody else is dropped.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use crate::domain::{Grant, GrantSource, LookAt};
use crate::hosts::Session;
use crate::hosts::atlassian_datacenter::manage::get;
use crate::hosts::atlassian_datacenter::signature::{is_anonymous, note_login};
use crate::net::{NetError, Response};

/// Most permissions that are taken; Jira has some fifty.
const MOST: usize = 300;
/// Longest key that is taken.
const LONGEST: usize = 64;

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Permission {
    /// The vendor's key.
    pub key: String,
    /// It is one of the whole installation, not of projects.
    pub global: bool,
    /// The user has it.
    pub have: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    permissions: BTreeMap<String, One>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct One {
    #[serde(rename = "type")]
    scope: String,
    have_permission: bool,
    deprecated_key: bool,
}

/// Why there are none.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// No answer.
    Net(NetError),
    /// Not the list.
    Other(Response),
}

/// Asks for the permissions, at the issue or the project if one is named.
pub(super) async fn ask(session: &Session<'_>, at: Option<&LookAt>) -> Result<Vec<Permission>, NoAnswer> {
    let key = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let query = match at.map(|at| (at.issue.as_deref(), at.project.as_deref())) {
        Some((Some(issue), _)) => format!("?issueKey={}", key(issue)),
        Some((None, Some(project))) => format!("?projectKey={}", key(project)),
        _ => String::new(),
    };
    let request = get(&session.wire, &format!("/rest/api/2/mypermissions{query}")).bearer(&session.secret.token);
    let answer = session.wire.send(request).await.map_err(NoAnswer::Net)?;
    note_login(&session.wire, &answer);
    let read = |a: &Response| a.parse::<Answer>().filter(|r| !r.permissions.is_empty());
    match Some(&answer).filter(|a| a.status == 200 && !is_anonymous(a)).and_then(read) {
        Some(told) => Ok(told
            .permissions
            .into_iter()
            .filter(|(key, one)| key.len() <= LONGEST && !one.deprecated_key)
            .take(MOST)
            .map(|(key, one)| Permission {
                key: session.wire.mask(&key),
                global: one.scope != "PROJECT",
                have: one.have_permission,
            })
            .collect()),
        None => Err(NoAnswer::Other(answer)),
    }
}

/// What is held, as grants.
pub(super) fn held(told: &[Permission]) -> Vec<Grant> {
    told.iter().filter(|p| p.have).map(|p| Grant { name: p.key.clone(), source: GrantSource::Told }).collect()
}
