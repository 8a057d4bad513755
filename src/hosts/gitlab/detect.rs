//! Telling GitLab from everything else without a credential.

use serde_json::Value;

use super::{FACTS, refusal, signed};
use crate::hosts::{Detection, Session, Wire};
use crate::net::{Request, Response};
use crate::sanitize;

/// `GET /version` needs a token, so GitLab's own 401 is the good sign; the version is told after a log-in only
/// (<https://docs.gitlab.com/api/metadata/>). The wire reaches nothing above the host's root, so other roots to try are
/// named in the finding and not tried here.
pub(super) async fn detect(wire: &Wire<'_>) -> Detection {
    let request = Request::get(wire.url("api", "/version")).header("Accept", "application/json");
    let response = match wire.send(request).await {
        Ok(response) => response,
        Err(error) => return Detection::Unreachable(error),
    };
    let version = told(&response);
    // Another product may know no such path and say so in a form like GitLab's, so its 404 counts only with the header.
    let gitlabs = refusal::is_gitlabs(&response)
        && (response.header("x-gitlab-meta").is_some() || matches!(response.status, 401 | 403));
    if version.is_some() || gitlabs {
        return Detection::Found { product: FACTS.name.clone(), version };
    }
    match refusal::conclude_absent(wire, &response).findings.into_iter().next() {
        Some(finding) => Detection::NotThis(Box::new(finding)),
        None => Detection::NotThis(Box::new(FACTS.finding("wrong-root", &[]).1)),
    }
}

/// `GET /metadata` (15.2 and later) or `GET /version`, which want `read_user`, `read_api` or `api`; a fine-grained token
/// needs Metadata: Read. Any other answer leaves the version unknown.
pub(super) async fn detect_signed(session: &Session<'_>) -> Option<(String, String)> {
    let wire = &session.wire;
    for path in ["/metadata", "/version"] {
        let request = Request::get(wire.url("api", path)).header("Accept", "application/json");
        let response = wire.send(signed(request, &session.secret.token)).await.ok()?;
        if let Some(version) = told(&response) {
            return Some((FACTS.name.clone(), version));
        }
        if response.status != 404 {
            return None;
        }
    }
    None
}

/// The version in either answer.
fn told(response: &Response) -> Option<String> {
    let body = response.json().filter(|_| response.status == 200 && !response.is_html())?;
    body.get("revision")?;
    body.get("version").and_then(Value::as_str).map(|version| sanitize::short(version, 40))
}
