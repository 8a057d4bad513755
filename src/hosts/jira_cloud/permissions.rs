//! `GET /rest/api/3/mypermissions`: what the account may do, everywhere or at a project or issue.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-permissions/>. One unknown key fails the whole
//! question, and a site may lack a key, so a 400 is followed by the few keys that matter, one at a time.

use serde_json::Value;

use super::FACTS;
use super::call::{Product, Way};
use super::refusal::{Reading, read};
use crate::domain::{LookAt, Validation};
use crate::hosts::segment::segment;
use crate::hosts::{Session, answer::retry_after};
use crate::net::Response;

/// Keys that every site knows, so that they can be asked one by one where the whole list is refused.
pub(super) const SURE: [&str; 5] =
    ["BROWSE_PROJECTS", "USER_PICKER", "ADMINISTER", "ADMINISTER_PROJECTS", "SYSTEM_ADMIN"];
/// Most keys that are asked one by one.
const MOST: usize = 12;

/// What came of asking.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Keys that the account has.
    pub held: Vec<String>,
    /// Keys that it has not.
    pub denied: Vec<String>,
    /// Keys that could not be told, and why.
    pub unknown: Vec<(String, String)>,
    /// The token lacks the scope for the question.
    pub scope_missing: bool,
    /// The project or issue is not there, or not for this account.
    pub not_visible: bool,
    /// What stood in the way altogether.
    pub verdict: Option<Box<Validation>>,
}

/// Every permission key that the family's data knows.
pub(super) fn keys() -> Vec<String> {
    FACTS.scopes.iter().map(|s| s.name.clone()).filter(|n| is_key(n)).collect()
}

/// Permission keys are upper-case words; scopes and roles are not.
pub(super) fn is_key(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Asks for `keys`, in one request where the site takes it. An issue narrows more than its project, so it goes first.
pub(super) async fn ask(session: &Session<'_>, way: &Way<'_>, at: &LookAt, keys: &[String]) -> Told {
    let mut told = Told::default();
    if keys.is_empty() {
        return told;
    }
    if once(session, way, at, keys, &mut told).await {
        return told;
    }
    let sure = |key: &&String| keys.len() <= MOST || SURE.contains(&key.as_str());
    for key in keys.iter().filter(sure) {
        if !once(session, way, at, std::slice::from_ref(key), &mut told).await {
            told.unknown.push((key.clone(), "this site knows no permission of that name".to_owned()));
        }
        if told.scope_missing || told.not_visible || told.verdict.is_some() {
            break;
        }
    }
    told
}

/// One request. False: the site refuses the question itself.
async fn once(session: &Session<'_>, way: &Way<'_>, at: &LookAt, keys: &[String], told: &mut Told) -> bool {
    let unknown = |told: &mut Told, why: &str| told.unknown.extend(keys.iter().map(|k| (k.clone(), why.to_owned())));
    let path = format!("/rest/api/3/mypermissions?permissions={}{}", keys.join(","), context(at));
    let answer = match way.get(session, Product::Jira, &path).await {
        Ok(answer) => answer,
        Err(error) => {
            unknown(told, &error.to_string());
            told.verdict = Some(Box::new(session.wire.unreachable(&error)));
            return true;
        }
    };
    if answer.status == 400 {
        session.wire.note("the question is refused");
        return false;
    }
    match read(&session.wire, &answer) {
        Reading::Fine => sort(&answer, keys, told),
        Reading::ScopeMissing => {
            told.scope_missing = true;
            unknown(told, "the token lacks read:jira-work, with which permissions can be asked for");
        }
        Reading::Absent => {
            told.not_visible = true;
            unknown(told, "the project or issue does not exist, or this account may not see it");
        }
        // The credential was proved just now; an answer as for anybody says nothing of it.
        Reading::Refused | Reading::Forbidden => unknown(told, "the site does not answer this account"),
        Reading::Verdict(verdict) => {
            let wait =
                if answer.status == 429 { format!("; try again {}", retry_after(&answer)) } else { String::new() };
            unknown(told, &format!("{}{wait}", verdict.reason));
            told.verdict = Some(verdict);
        }
    }
    true
}

fn context(at: &LookAt) -> String {
    let named = |name: &str, key: &Option<String>| {
        let key = segment(key.as_deref()?.trim())?;
        Some(format!("&{name}={key}"))
    };
    named("issueKey", &at.issue).or_else(|| named("projectKey", &at.project)).unwrap_or_default()
}

fn sort(answer: &Response, keys: &[String], told: &mut Told) {
    let json = answer.json().unwrap_or_default();
    for key in keys {
        match json["permissions"][key]["havePermission"] {
            Value::Bool(true) => told.held.push(key.clone()),
            Value::Bool(false) => told.denied.push(key.clone()),
            _ => told.unknown.push((key.clone(), "the answer does not name it".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_scopes_and_roles() {
        for key in ["BROWSE_PROJECTS", "ADMINISTER"] {
            assert!(is_key(key) && keys().contains(&key.to_owned()), "{key}");
        }
        for other in ["read:jira-work", "atlassian/site-admin", "view-issue", ""] {
            assert!(!is_key(other), "{other}");
        }
        assert!(SURE.iter().all(|key| keys().contains(&(*key).to_owned())));
    }

    #[test]
    fn an_issue_narrows_more_than_its_project_and_stays_in_its_place() {
        let at = |project: &str, issue: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            context(&LookAt { project: some(project), issue: some(issue), repository: None })
        };
        assert_eq!(at("KEY", "KEY-1"), "&issueKey=KEY-1");
        assert_eq!(at("KEY", ""), "&projectKey=KEY");
        assert_eq!(at("", ""), "");
        assert_eq!(at("A&permissions=X", ""), "&projectKey=A%26permissions%3DX");
    }
}
