//! Submitting, showing and deleting deployments.
//!
//! <https://developer.atlassian.com/cloud/jira/software/rest/api-group-deployments/>

use super::FACTS;
use super::answers::{Answer, no_site, read};
use super::modules::{DEPLOYMENTS, DEPLOYMENTS_API, path};
use super::wire_form;
use crate::domain::{Deployment, DeploymentAnswer, DeploymentKey, DeploymentShown, Validation};
use crate::hosts::atlassian::tenant::{CloudId, Tenant, ask};
use crate::hosts::atlassian::{GATEWAY, WEB};
use crate::hosts::segment::segment;
use crate::hosts::{Outcome, Wire, order};
use crate::net::{Request, Response};
use crate::secret::SecretText;

/// The finding that says that a token was not taken.
const TOKEN_REFUSED: &str = "deployment-unauthorized";

/// The cloud id.
pub(super) async fn place(wire: &Wire<'_>) -> Outcome<String> {
    match ask(wire).await {
        Tenant::Found(cloud) => Outcome::Done(cloud.as_str().to_owned()),
        Tenant::NoId(answer) => Outcome::Refused(Box::new(no_site(wire, &answer))),
        Tenant::Lost(error) => Outcome::Unknown(error),
    }
}

pub(super) async fn submit(
    wire: &Wire<'_>,
    place: &str,
    bearer: &SecretText,
    deployment: &Deployment,
) -> Outcome<DeploymentAnswer> {
    let Some(base) = base(place) else { return no_place(wire, place) };
    let request = Request::post(wire.url(GATEWAY, &format!("{base}/bulk"))).header("Accept", "application/json");
    let order = request.json(&wire_form::body(deployment)).bearer(bearer);
    let answer = match order::send(wire, order).await.for_making() {
        Ok(answer) => answer,
        Err(ended) => return ended,
    };
    match read(wire, &answer) {
        // A 200 in place of the documented 202 is read all the same, if it has the form.
        Answer::Good => match wire_form::answer(&answer.body) {
            Some(mut told) => {
                told.evidence = wire.take_evidence();
                Outcome::Done(told)
            }
            None => refused(wire, place, &answer, "deployment-unread"),
        },
        other => refusal(wire, place, &answer, other),
    }
}

pub(super) async fn show(
    wire: &Wire<'_>,
    place: &str,
    bearer: &SecretText,
    key: &DeploymentKey,
) -> Outcome<Option<DeploymentShown>> {
    let Some(path) = path_of(place, key) else { return no_place(wire, place) };
    let request = Request::get(wire.url(GATEWAY, &path)).header("Accept", "application/json").bearer(bearer);
    let answer = match wire.send(request).await {
        Ok(answer) => answer,
        Err(error) => return Outcome::Unknown(error),
    };
    match read(wire, &answer) {
        Answer::Good => match wire_form::shown(&answer.body, key) {
            Some(mut shown) => {
                shown.evidence = wire.take_evidence();
                Outcome::Done(Some(shown))
            }
            None => refused(wire, place, &answer, "deployment-unread"),
        },
        Answer::Nothing => Outcome::Done(None),
        other => refusal(wire, place, &answer, other),
    }
}

pub(super) async fn delete(wire: &Wire<'_>, place: &str, bearer: &SecretText, key: &DeploymentKey) -> Outcome<()> {
    let Some(path) = path_of(place, key) else { return no_place(wire, place) };
    let request = Request::delete(wire.url(GATEWAY, &path)).header("Accept", "application/json").bearer(bearer);
    let answer = match order::send(wire, request).await.for_making() {
        Ok(answer) => answer,
        Err(ended) => return ended,
    };
    match read(wire, &answer) {
        // What is not there needs no deleting.
        Answer::Good | Answer::Nothing => Outcome::Done(()),
        other => refusal(wire, place, &answer, other),
    }
}

fn base(place: &str) -> Option<String> {
    CloudId::of(place).map(|cloud| path(DEPLOYMENTS_API, cloud.as_str()))
}

fn path_of(place: &str, key: &DeploymentKey) -> Option<String> {
    let (base, pipeline, environment) = (base(place)?, segment(&key.pipeline)?, segment(&key.environment)?);
    Some(format!("{base}/pipelines/{pipeline}/environments/{environment}/deployments/{}", key.sequence))
}

fn no_place<T>(wire: &Wire<'_>, place: &str) -> Outcome<T> {
    let web = wire.url(WEB, "");
    let args = [("web", web.as_str()), ("cloud_id", place)];
    Outcome::Refused(Box::new(wire.conclude(&FACTS, "no-jira-software", &args)))
}

fn refusal<T>(wire: &Wire<'_>, place: &str, answer: &Response, read: Answer) -> Outcome<T> {
    let name = match read {
        Answer::Foreign(validation) => return Outcome::Refused(validation),
        Answer::NotGranted(name) => name,
        Answer::TokenRefused => TOKEN_REFUSED,
        Answer::NoPlace => "no-jira-software",
        Answer::BadRequest if answer.status == 413 => "deployment-too-large",
        Answer::BadRequest => "deployment-malformed",
        Answer::Good | Answer::Nothing | Answer::Odd => "deployment-unread",
    };
    refused(wire, place, answer, name)
}

fn refused<T>(wire: &Wire<'_>, place: &str, answer: &Response, name: &str) -> Outcome<T> {
    Outcome::Refused(Box::new(conclusion(wire, place, answer, name)))
}

fn conclusion(wire: &Wire<'_>, place: &str, answer: &Response, name: &str) -> Validation {
    let (web, status) = (wire.url(WEB, ""), answer.status.to_string());
    let message = wire_form::message(&answer.body).unwrap_or_else(|| "nothing that can be read".to_owned());
    let args = [
        ("web", web.as_str()),
        ("cloud_id", place),
        ("permission", DEPLOYMENTS),
        ("status", status.as_str()),
        ("message", message.as_str()),
    ];
    wire.conclude(&FACTS, name, &args)
}
