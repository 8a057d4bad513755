//! Deployments: what is sent, and every answer to it.

use keyrack::domain::{
    Association, AssociationType, Deployment, DeploymentAnswer, DeploymentKey, DeploymentState, Environment,
    EnvironmentType, Pipeline, Validation, Verdict,
};
use keyrack::hosts::open_devops::OpenDevOps;
use keyrack::hosts::{Family, Outcome};
use keyrack::net::{Body, NetError, NetErrorKind, Response};

use super::{CLOUD, GATEWAY, assert_found, bare, host, html, json, jwt, tenant};
use crate::support::{Recorded, now, token, wire};

const ACCEPTED: &str = r#"{"acceptedDeployments":[{"pipelineId":"api-update","environmentId":"production","deploymentSequenceNumber":7}],"rejectedDeployments":[],"unknownIssueKeys":[],"unknownAssociations":[]}"#;

fn deployment() -> Deployment {
    Deployment {
        sequence: 7,
        update_sequence: 2,
        associations: vec![Association { kind: AssociationType::IssueIdOrKeys, values: vec!["ACME-1".into()] }],
        name: "v2.0".into(),
        url: "https://ci.acme.dev/7".into(),
        description: "Updating APIs to v2.0".into(),
        last_updated: now(),
        state: DeploymentState::RolledBack,
        pipeline: Pipeline { id: "api-update".into(), name: "API updates".into(), url: "https://ci.acme.dev".into() },
        environment: Environment {
            id: "production".into(),
            name: "Production".into(),
            kind: EnvironmentType::Production,
        },
        label: Some("2026.11".into()),
    }
}

async fn submit(transport: &Recorded) -> Outcome<DeploymentAnswer> {
    let (host, bearer) = (host(), token(&jwt(3600)));
    let wire = wire(&OpenDevOps, &host, transport, &[&bearer]);
    OpenDevOps.deployer().unwrap().submit(&wire, CLOUD, &bearer.token, &deployment()).await
}

async fn refused(answer: Response) -> Validation {
    match submit(&Recorded::new([answer])).await {
        Outcome::Refused(found) => {
            assert!(!format!("{found:?}").contains(&jwt(3600)));
            *found
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_field_is_sent() {
    let transport = Recorded::new([json(202, ACCEPTED)]);
    let Outcome::Done(answer) = submit(&transport).await else { panic!() };
    assert_eq!(answer.accepted, [deployment().key()]);
    assert_eq!(transport.lines(), [format!("POST {GATEWAY}/jira/deployments/0.1/cloud/{CLOUD}/bulk")]);
    let seen = transport.seen.lock().unwrap();
    let Body::Text(body) = &seen[0].body else { panic!() };
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let one = &body["deployments"][0];
    assert_eq!(one["deploymentSequenceNumber"], 7);
    assert_eq!(one["updateSequenceNumber"], 2);
    assert_eq!(one["state"], "rolled_back");
    assert_eq!(one["lastUpdated"], "2026-11-23T04:00:00.000Z");
    assert_eq!(one["label"], "2026.11");
    assert_eq!(one["environment"]["type"], "production");
    assert_eq!(one["pipeline"]["url"], "https://ci.acme.dev");
    let authorization = seen[0].headers.iter().find(|(n, _)| n == "Authorization").unwrap();
    assert_eq!(authorization.1.reveal(), format!("Bearer {}", jwt(3600)));
}

#[tokio::test]
async fn one_bad_deployment_does_not_fail_the_call_and_is_told() {
    let body = r#"{"acceptedDeployments":[],"rejectedDeployments":[{"key":{"pipelineId":"p","environmentId":"e","deploymentSequenceNumber":1},"errors":[{"message":"No valid keys."}]}],"unknownIssueKeys":["NOPE-1"],"unknownAssociations":[{"associationType":"serviceIdOrKeys","values":["svc"]}]}"#;
    let Outcome::Done(answer) = submit(&Recorded::new([json(202, body)])).await else { panic!() };
    assert!(answer.accepted.is_empty());
    assert_eq!(answer.rejected[0].reasons, ["No valid keys."]);
    assert_eq!(answer.unknown_issues, ["NOPE-1"]);
    assert_eq!(answer.unknown_associations, [("serviceIdOrKeys".to_owned(), vec!["svc".to_owned()])]);
    assert!(!answer.evidence.is_empty());
}

#[tokio::test]
async fn every_refusal_is_recognised() {
    let list = r#"[{"message":"'state' is wrong","errorTraceId":"t1"}]"#;
    for (answer, verdict, name) in [
        (json(400, list), Verdict::Unreachable, "deployment-malformed"),
        (json(400, r#"{"errorMessages":[{"message":"bad"}]}"#), Verdict::Unreachable, "deployment-malformed"),
        (json(413, list), Verdict::Unreachable, "deployment-too-large"),
        (bare(401), Verdict::Limited, "deployment-unauthorized"),
        (bare(403), Verdict::Limited, "permission-missing"),
        (
            json(401, r#"{"code":401,"message":"Unauthorized; scope does not match"}"#),
            Verdict::Limited,
            "scope-missing",
        ),
        (json(404, r#"{"code":404,"message":"Not Found"}"#), Verdict::Limited, "no-jira-software"),
        (json(202, "{}"), Verdict::Unreachable, "deployment-unread"),
        (json(418, "{}"), Verdict::Unreachable, "deployment-unread"),
        (json(429, "[]"), Verdict::Unreachable, "http.rate-limited"),
        (json(503, ""), Verdict::Unreachable, "http.unavailable"),
        (html(403), Verdict::Unreachable, "http.html"),
    ] {
        let status = answer.status;
        let found = refused(answer).await;
        assert_found(&found, verdict, name);
        assert_eq!(found.evidence.last().unwrap().status, Some(status));
    }
    let found = refused(json(400, list)).await;
    assert!(found.findings[0].cause.contains("'state' is wrong (trace t1)"), "{:?}", found.findings);
}

#[tokio::test]
async fn no_answer_is_an_unknown_outcome_not_a_refusal() {
    let lost = Recorded::with_errors([Err(NetError::new(NetErrorKind::ReadTimeout, "POST https://x", "too slow"))]);
    assert!(matches!(submit(&lost).await, Outcome::Unknown(_)));
}

#[tokio::test]
async fn reading_and_deleting_escape_the_ids() {
    let key = DeploymentKey { pipeline: "a/b c".into(), environment: "x/y?z".into(), sequence: 7 };
    let path = format!(
        "{GATEWAY}/jira/deployments/0.1/cloud/{CLOUD}/pipelines/a%2Fb%20c/environments/x%2Fy%3Fz/deployments/7"
    );
    let (host, bearer) = (host(), token(&jwt(3600)));
    let transport = Recorded::new([
        json(200, r#"{"state":"successful","displayName":"v2.0","updateSequenceNumber":3}"#),
        bare(404),
        bare(202),
        bare(404),
        bare(403),
    ]);
    let wire = wire(&OpenDevOps, &host, &transport, &[&bearer]);
    let deployer = OpenDevOps.deployer().unwrap();
    let Outcome::Done(Some(shown)) = deployer.show(&wire, CLOUD, &bearer.token, &key).await else { panic!() };
    assert_eq!((shown.state, shown.update_sequence), (Some(DeploymentState::Successful), Some(3)));
    assert_eq!(deployer.show(&wire, CLOUD, &bearer.token, &key).await, Outcome::Done(None));
    assert_eq!(deployer.delete(&wire, CLOUD, &bearer.token, &key).await, Outcome::Done(()));
    assert_eq!(deployer.delete(&wire, CLOUD, &bearer.token, &key).await, Outcome::Done(()), "gone is gone");
    let Outcome::Refused(found) = deployer.delete(&wire, CLOUD, &bearer.token, &key).await else { panic!() };
    assert_found(&found, Verdict::Limited, "permission-missing");
    let lines = transport.lines();
    assert_eq!(lines[0], format!("GET {path}"));
    assert_eq!(lines[2], format!("DELETE {path}"));
}

#[tokio::test]
async fn a_place_that_is_no_cloud_id_is_not_sent() {
    let (host, bearer, transport) = (host(), token(&jwt(3600)), Recorded::new([tenant()]));
    let wire = wire(&OpenDevOps, &host, &transport, &[&bearer]);
    let deployer = OpenDevOps.deployer().unwrap();
    assert_eq!(deployer.place(&wire).await, Outcome::Done(CLOUD.to_owned()));
    let outcome = deployer.submit(&wire, "../../admin", &bearer.token, &deployment()).await;
    assert!(matches!(outcome, Outcome::Refused(_)));
    assert_eq!(transport.lines().len(), 1);
}

#[tokio::test]
async fn an_order_that_may_have_passed_a_gateway_is_unknown_and_one_that_never_left_is_not() {
    for status in [500, 502, 504] {
        let answers = Recorded::with_errors([Ok(json(status, ""))]);
        assert!(matches!(submit(&answers).await, Outcome::Unknown(_)), "{status}");
    }
    let never = Recorded::with_errors([Err(NetError::new(NetErrorKind::Refused, "POST https://x", ""))]);
    assert!(matches!(submit(&never).await, Outcome::Refused(_)));
}
