//! How a deployment is written for Jira, and how Jira's answers about deployments are read.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::{
    Association, AssociationType, CommitRef, Deployment, DeploymentAnswer, DeploymentKey, DeploymentShown,
    RejectedDeployment,
};
use crate::sanitize::short;

/// Version of the form that is sent.
const SCHEMA: &str = "1.0";
/// Longest text of Jira's that is passed on, in characters.
const TEXT: usize = 300;
/// Most entries of a list of Jira's that are passed on.
const LIST: usize = 500;

/// The body of a submission.
pub(super) fn body(d: &Deployment) -> Value {
    let associations: Vec<Value> = d.associations.iter().map(written).collect();
    let mut one = json!({
        "schemaVersion": SCHEMA,
        "deploymentSequenceNumber": d.sequence,
        "updateSequenceNumber": d.update_sequence,
        "associations": associations,
        "displayName": d.name,
        "url": d.url,
        "description": d.description,
        "lastUpdated": d.last_updated.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "state": d.state.slug(),
        "pipeline": {"id": d.pipeline.id, "displayName": d.pipeline.name, "url": d.pipeline.url},
        "environment": {
            "id": d.environment.id, "displayName": d.environment.name, "type": d.environment.kind.slug(),
        },
    });
    if let Some(label) = &d.label {
        one["label"] = json!(label);
    }
    json!({"deployments": [one]})
}

/// A commit is told with its repository, everything else by its key or id alone. What is no commit of a repository was
/// refused before; here it would go as it is.
fn written(association: &Association) -> Value {
    let value = |text: &String| match text.parse::<CommitRef>() {
        Ok(commit) if association.kind == AssociationType::Commit => {
            json!({"commitHash": commit.hash, "repositoryId": commit.repository})
        }
        _ => json!(text),
    };
    let values: Vec<Value> = association.values.iter().map(value).collect();
    json!({"associationType": association.kind.slug(), "values": values})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    accepted_deployments: Vec<Key>,
    #[serde(default)]
    rejected_deployments: Vec<Rejected>,
    #[serde(default)]
    unknown_issue_keys: Vec<Value>,
    #[serde(default)]
    unknown_associations: Vec<Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Key {
    pipeline_id: String,
    environment_id: String,
    deployment_sequence_number: i64,
}

#[derive(Deserialize)]
struct Rejected {
    #[serde(default)]
    key: Key,
    #[serde(default)]
    errors: Vec<Value>,
}

/// Reads the answer to a submission; none where it has not the documented form.
pub(super) fn answer(text: &str) -> Option<DeploymentAnswer> {
    let read: Accepted = serde_json::from_str(text).ok()?;
    Some(DeploymentAnswer {
        accepted: read.accepted_deployments.iter().take(LIST).map(key).collect(),
        rejected: read
            .rejected_deployments
            .iter()
            .take(LIST)
            .map(|r| RejectedDeployment { key: key(&r.key), reasons: r.errors.iter().take(LIST).map(reason).collect() })
            .collect(),
        unknown_issues: read.unknown_issue_keys.iter().take(LIST).filter_map(plain).collect(),
        unknown_associations: read.unknown_associations.iter().take(LIST).map(association).collect(),
        evidence: Vec::new(),
    })
}

fn key(key: &Key) -> DeploymentKey {
    DeploymentKey {
        pipeline: short(&key.pipeline_id, TEXT),
        environment: short(&key.environment_id, TEXT),
        sequence: key.deployment_sequence_number,
    }
}

/// An error's words, and the number by which Atlassian's support finds it.
fn reason(error: &Value) -> String {
    let said = error["message"].as_str().or_else(|| error.as_str()).unwrap_or("no reason given");
    match error["errorTraceId"].as_str() {
        Some(trace) => format!("{} (trace {})", short(said, TEXT), short(trace, 80)),
        None => short(said, TEXT),
    }
}

fn association(value: &Value) -> (String, Vec<String>) {
    let kind = value["associationType"].as_str().unwrap_or("association");
    let values = value["values"].as_array().map(|all| all.iter().take(LIST).filter_map(plain).collect());
    (short(kind, 80), values.unwrap_or_else(|| plain(value).into_iter().collect()))
}

fn plain(value: &Value) -> Option<String> {
    let text = |name: &str| value[name].as_str().map(|t| short(t, TEXT));
    if let (Some(hash), Some(repository)) = (text("commitHash"), text("repositoryId")) {
        return Some(CommitRef { repository, hash }.to_string());
    }
    match value {
        Value::String(text) => Some(short(text, TEXT)),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(_) => Some(short(&value.to_string(), TEXT)),
        _ => None,
    }
}

/// Reads a deployment that Jira shows. Its form is that of a submission as far as is known; what is missing is missing.
pub(super) fn shown(text: &str, asked: &DeploymentKey) -> Option<DeploymentShown> {
    let value: Value = serde_json::from_str(text).ok()?;
    let one = value.as_object()?;
    let text = |value: &Value| value.as_str().map(|t| short(t, TEXT));
    let of = |name: &str| one.get(name).unwrap_or(&Value::Null);
    let (pipeline, environment) = (of("pipeline"), of("environment"));
    Some(DeploymentShown {
        key: asked.clone(),
        update_sequence: of("updateSequenceNumber").as_i64(),
        name: text(of("displayName")),
        url: of("url").as_str().map(|u| short(u, 2000)),
        description: text(of("description")),
        last_updated: text(of("lastUpdated")),
        state: of("state").as_str().and_then(|s| s.parse().ok()),
        pipeline: (text(&pipeline["displayName"]), pipeline["url"].as_str().map(|u| short(u, 2000))),
        environment: (text(&environment["displayName"]), environment["type"].as_str().and_then(|t| t.parse().ok())),
        label: text(of("label")),
        associations: of("associations").as_array().map(|all| read_associations(all)).unwrap_or_default(),
        evidence: Vec::new(),
    })
}

/// Those of a type that is known; another one cannot be told to Jira again.
fn read_associations(all: &[Value]) -> Vec<Association> {
    let known = all.iter().take(LIST).filter_map(|one| {
        let (kind, values) = association(one);
        Some(Association { kind: kind.parse().ok()?, values }).filter(|a| !a.values.is_empty())
    });
    known.collect()
}

/// Jira's words for refusing a whole request: a list of errors, in the development information API an object.
pub(super) fn message(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let list = value.as_array().or_else(|| value["errorMessages"].as_array())?;
    let all: Vec<String> = list.iter().take(10).map(reason).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{DeploymentState, Environment, EnvironmentType, Pipeline};

    /// The example of the vendor's tutorial.
    pub(in crate::hosts::open_devops) fn sample() -> Deployment {
        Deployment {
            sequence: 1,
            update_sequence: 1,
            associations: vec![Association {
                kind: AssociationType::IssueIdOrKeys,
                values: vec!["EXAMPLE-1".to_owned()],
            }],
            name: "v2.0".to_owned(),
            url: "http://example.com".to_owned(),
            description: "Updating APIs to v2.0".to_owned(),
            last_updated: "2021-04-02T23:27:25.000Z".parse().unwrap(),
            state: DeploymentState::Successful,
            pipeline: Pipeline {
                id: "api-update".to_owned(),
                name: "API updates".to_owned(),
                url: "http://example.com/pipeline/api-update".to_owned(),
            },
            environment: Environment {
                id: "production".to_owned(),
                name: "Production".to_owned(),
                kind: EnvironmentType::Production,
            },
            label: None,
        }
    }

    #[test]
    fn the_body_is_that_of_the_tutorial() {
        let mut tutorial: Value = serde_json::from_str(
            r#"{"deployments": [{
                "deploymentSequenceNumber": 1, "updateSequenceNumber": 1,
                "associations": [{"associationType": "issueIdOrKeys", "values": ["EXAMPLE-1"]}],
                "displayName": "v2.0", "url": "http://example.com", "description": "Updating APIs to v2.0",
                "lastUpdated": "2021-04-02T23:27:25.000Z", "state": "successful",
                "pipeline": {"id": "api-update", "displayName": "API updates",
                    "url": "http://example.com/pipeline/api-update"},
                "environment": {"id": "production", "displayName": "Production", "type": "production"}
            }]}"#,
        )
        .unwrap();
        tutorial["deployments"][0]["schemaVersion"] = json!("1.0");
        assert_eq!(body(&sample()), tutorial);
    }

    #[test]
    fn every_type_of_association_is_written_and_read_back() {
        let tied =
            |kind, values: &[&str]| Association { kind, values: values.iter().map(|v| (*v).to_owned()).collect() };
        let mut deployment = sample();
        deployment.associations = vec![
            tied(AssociationType::IssueKeys, &["ACME-1"]),
            tied(AssociationType::ServiceIdOrKeys, &["svc"]),
            tied(AssociationType::Commit, &["acme/api@51e16759cdac67b0d2a94e0674c9603b75a840f6"]),
            tied(AssociationType::Repository, &["acme/api"]),
        ];
        let one = body(&deployment)["deployments"][0].clone();
        assert_eq!(
            one["associations"],
            json!([
                {"associationType": "issueKeys", "values": ["ACME-1"]},
                {"associationType": "serviceIdOrKeys", "values": ["svc"]},
                {"associationType": "commit", "values": [
                    {"commitHash": "51e16759cdac67b0d2a94e0674c9603b75a840f6", "repositoryId": "acme/api"}
                ]},
                {"associationType": "repository", "values": ["acme/api"]},
            ])
        );
        let read = shown(&one.to_string(), &sample().key()).unwrap();
        assert_eq!(read.associations, deployment.associations);
        let odd = shown(r#"{"associations":[{"associationType":"moon","values":["x"]},7]}"#, &sample().key()).unwrap();
        assert_eq!(odd.associations, []);
    }

    #[test]
    fn the_answer_of_the_tutorial_is_read() {
        let read = answer(
            r#"{"acceptedDeployments": [{"pipelineId": "api-update", "environmentId": "production",
                "deploymentSequenceNumber": 1}], "rejectedDeployments": [], "unknownIssueKeys": [], "unknownAssociations": []}"#,
        )
        .unwrap();
        assert_eq!(read.accepted, [sample().key()]);
        assert!(read.rejected.is_empty() && read.unknown_issues.is_empty() && read.unknown_associations.is_empty());
    }

    #[test]
    fn rejections_and_unknown_things_are_read_whatever_their_form() {
        let read = answer(
            r#"{"acceptedDeployments":[],"rejectedDeployments":[{"key":{"pipelineId":"p","environmentId":"e",
                "deploymentSequenceNumber":7},"errors":[{"message":"No.","errorTraceId":"t1"},{"message":"Nor this."}]}],
                "unknownIssueKeys":["NOPE-1"],
                "unknownAssociations":[{"associationType":"serviceIdOrKeys","values":["svc"]},"odd",
                {"associationType":"commit","values":[{"commitHash":"51e1675","repositoryId":"api"}]}]}"#,
        )
        .unwrap();
        assert_eq!(read.rejected[0].reasons, ["No. (trace t1)", "Nor this."]);
        assert_eq!(read.unknown_issues, ["NOPE-1"]);
        assert_eq!(
            read.unknown_associations,
            [
                ("serviceIdOrKeys".to_owned(), vec!["svc".to_owned()]),
                ("association".to_owned(), vec!["odd".to_owned()]),
                ("commit".to_owned(), vec!["api@51e1675".to_owned()]),
            ]
        );
        assert_eq!(answer("{}"), None);
        assert_eq!(answer("<html>"), None);
    }

    #[test]
    fn both_forms_of_refusal_are_read() {
        assert_eq!(message(r#"[{"message":"bad","errorTraceId":"x"}]"#).as_deref(), Some("bad (trace x)"));
        assert_eq!(message(r#"{"errorMessages":[{"message":"bad"}]}"#).as_deref(), Some("bad"));
        assert_eq!(message(r#"{"x":1}"#), None);
    }

    #[test]
    fn what_jira_shows_may_be_incomplete() {
        let key = sample().key();
        let whole = shown(&body(&sample())["deployments"][0].to_string(), &key).unwrap();
        assert_eq!(whole.state, Some(DeploymentState::Successful));
        assert_eq!(whole.environment, (Some("Production".to_owned()), Some(EnvironmentType::Production)));
        let bare = shown(r#"{"state":"unheard_of"}"#, &key).unwrap();
        assert!(bare.state.is_none() && bare.name.is_none() && bare.key == key);
        assert_eq!(shown("[]", &key), None);
    }
}
