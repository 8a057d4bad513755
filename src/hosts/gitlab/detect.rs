//! Telling GitLab from everything else without a credential.

use serde_json::Value;

use super::{FACTS, refusal};
use crate::hosts::{Detection, Wire};
use crate::net::Request;
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
    let version = (response.status == 200 && !response.is_html()).then(|| response.json()).flatten().and_then(|body| {
        body.get("revision")?;
        body.get("version").and_then(Value::as_str).map(|v| sanitize::short(v, 40))
    });
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
