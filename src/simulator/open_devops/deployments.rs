//! The deployments API: what was submitted, and what of it is refused.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::clients::Client;
use super::{State, empty};

/// Most bytes of a request; the vendor tells no number.
const MOST: usize = 100_000;
const STATES: [&str; 7] = ["unknown", "pending", "in_progress", "cancelled", "failed", "rolled_back", "successful"];
/// `repository` is of newer clients; a commit is an object of hash and repository, everything else a text.
const ASSOCIATIONS: [&str; 5] = ["issueIdOrKeys", "issueKeys", "serviceIdOrKeys", "commit", "repository"];
const TYPES: [&str; 5] = ["unmapped", "development", "testing", "staging", "production"];

/// A deployment that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub client: String,
    key: (String, String, i64),
    body: Value,
}

impl State {
    pub(super) fn deployments_api(&mut self, client: &Client, request: &SimRequest, rest: &[&str]) -> SimResponse {
        if !self.slow {
            self.process();
        }
        match (request.method.as_str(), rest) {
            ("POST", ["bulk"]) => self.submit(client, &request.body),
            ("GET" | "DELETE", ["pipelines", pipeline, "environments", environment, "deployments", number]) => {
                let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
                let Ok(number) = number.parse() else { return empty(404) };
                let key = (decoded(pipeline), decoded(environment), number);
                if request.method == "DELETE" {
                    self.deployments.remove(&key);
                    return empty(202);
                }
                self.deployments.get(&key).map_or_else(|| empty(404), |kept| SimResponse::json(200, &kept.body))
            }
            _ => empty(404),
        }
    }

    /// Takes over what was accepted; an update with a lower number than is known is ignored without a word.
    pub(super) fn process(&mut self) {
        if self.slow {
            return;
        }
        for kept in std::mem::take(&mut self.queue) {
            let number = |body: &Value| body["updateSequenceNumber"].as_i64().unwrap_or(0);
            let newer = self.deployments.get(&kept.key).is_none_or(|old| number(&kept.body) > number(&old.body));
            if newer {
                self.deployments.insert(kept.key.clone(), kept);
            }
        }
    }

    fn submit(&mut self, client: &Client, body: &str) -> SimResponse {
        if body.len() > MOST {
            return errors(413, "The request is too large. Send fewer deployments.");
        }
        let Some(deployments) = serde_json::from_str::<Value>(body)
            .ok()
            .and_then(|v| v["deployments"].as_array().cloned())
            .filter(|all| !all.is_empty())
        else {
            return errors(400, "'deployments' must be a list of at least one.");
        };
        let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
        let (mut unknown_keys, mut unknown_associations) = (Vec::new(), Vec::new());
        for one in deployments {
            let key = json!({
                "pipelineId": one["pipeline"]["id"], "environmentId": one["environment"]["id"],
                "deploymentSequenceNumber": one["deploymentSequenceNumber"],
            });
            if let Some(fault) = fault(&one) {
                rejected.push(json!({"key": key, "errors": [{"message": fault, "errorTraceId": "keyrack-trace-1"}]}));
                continue;
            }
            let mut known = 0;
            let older = one["issueKeys"].as_array().map(|k| json!({"associationType": "issueKeys", "values": k}));
            for association in one["associations"].as_array().into_iter().flatten().chain(&older) {
                let kind = association["associationType"].as_str().unwrap_or("");
                for value in association["values"].as_array().into_iter().flatten() {
                    match (kind, is_known(kind, value)) {
                        (_, true) => known += 1,
                        ("issueIdOrKeys" | "issueKeys", false) => {
                            unknown_keys.push(value.as_str().unwrap_or("").to_owned())
                        }
                        (_, false) => unknown_associations.push(json!({"associationType": kind, "values": [value]})),
                    }
                }
            }
            if known == 0 {
                let message = "None of the associations is known.";
                rejected.push(json!({"key": key, "errors": [{"message": message}]}));
                continue;
            }
            let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
            self.queue.push(Kept {
                client: client.id.clone(),
                key: (
                    text(&one["pipeline"]["id"]),
                    text(&one["environment"]["id"]),
                    one["deploymentSequenceNumber"].as_i64().unwrap_or(0),
                ),
                body: one,
            });
            accepted.push(key);
        }
        SimResponse::json(
            202,
            &json!({
                "acceptedDeployments": accepted, "rejectedDeployments": rejected,
                "unknownIssueKeys": unknown_keys, "unknownAssociations": unknown_associations,
            }),
        )
    }
}

/// Issues of the project ACME (by key; by id from 10000 to 10999), services that begin with `acme-`, and repositories that
/// begin with `acme/` are there, with whatever commit.
fn is_known(kind: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or("");
    let number = |n: &str| !n.is_empty() && !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit());
    match kind {
        "issueKeys" => text.strip_prefix("ACME-").is_some_and(number),
        "issueIdOrKeys" => {
            text.strip_prefix("ACME-").is_some_and(number)
                || number(text) && text.parse::<u32>().is_ok_and(|n| (10_000..11_000).contains(&n))
        }
        "serviceIdOrKeys" => text.starts_with("acme-"),
        "commit" => value["repositoryId"].as_str().is_some_and(|r| r.starts_with("acme/")),
        "repository" => text.starts_with("acme/"),
        _ => false,
    }
}

/// What is wrong with what one deployment is tied to.
fn tied_wrong(one: &Value) -> Option<String> {
    let Some(all) = one["associations"].as_array() else {
        let older = one["issueKeys"].as_array().is_some_and(|keys| (1..=100).contains(&keys.len()));
        return (!older).then(|| "'associations' is required.".to_owned());
    };
    if !(1..=3).contains(&all.len()) {
        return Some("'associations' must have 1 to 3 entries.".to_owned());
    }
    all.iter().find_map(|association| {
        let kind = association["associationType"].as_str().unwrap_or("");
        let whole = |value: &Value| match kind {
            "commit" => value["commitHash"].is_string() && value["repositoryId"].is_string(),
            _ => value.is_string(),
        };
        let values = association["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !ASSOCIATIONS.contains(&kind) {
            Some(format!("'associationType' {kind} is not one of the known types."))
        } else if !(1..=500).contains(&values.len()) || !values.iter().all(whole) {
            Some(format!("'values' of {kind} must have 1 to 500 entries of its form."))
        } else {
            None
        }
    })
}

/// What is wrong with one deployment.
fn fault(one: &Value) -> Option<String> {
    let texts = [
        ("displayName", &one["displayName"]),
        ("description", &one["description"]),
        ("pipeline.id", &one["pipeline"]["id"]),
        ("pipeline.displayName", &one["pipeline"]["displayName"]),
        ("environment.id", &one["environment"]["id"]),
        ("environment.displayName", &one["environment"]["displayName"]),
    ];
    for (name, value) in texts {
        match value.as_str() {
            None | Some("") => return Some(format!("'{name}' is required.")),
            Some(text) if text.chars().count() > 255 => return Some(format!("'{name}' is longer than 255.")),
            Some(_) => {}
        }
    }
    for (name, value) in [("url", &one["url"]), ("pipeline.url", &one["pipeline"]["url"])] {
        if !value.as_str().is_some_and(|u| u.starts_with("http") && u.len() <= 2000) {
            return Some(format!("'{name}' must be a URI of at most 2000 characters."));
        }
    }
    if !one["state"].as_str().is_some_and(|s| STATES.contains(&s)) {
        return Some("'state' is not one of the known states.".to_owned());
    }
    if !one["environment"]["type"].as_str().is_some_and(|t| TYPES.contains(&t)) {
        return Some("'environment.type' is not one of the known types.".to_owned());
    }
    if one["lastUpdated"].as_str().is_none_or(|t| t.parse::<jiff::Timestamp>().is_err()) {
        return Some("'lastUpdated' must be a date-time.".to_owned());
    }
    let numbers = ["deploymentSequenceNumber", "updateSequenceNumber"];
    let missing = numbers.iter().find(|n| one[**n].as_i64().is_none());
    missing.map(|name| format!("'{name}' is required.")).or_else(|| tied_wrong(one))
}

fn errors(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!([{"message": message, "errorTraceId": "keyrack-trace-2"}]))
}
