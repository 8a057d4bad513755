//! The limits that Jira sets for a deployment, looked at before anything is sent.
//!
//! <https://developer.atlassian.com/cloud/jira/software/rest/api-group-deployments/>

use url::Url;

use crate::domain::{AssociationType, CommitRef, Deployment};
use crate::hosts::RequestError;

/// Longest id, name, description or label, in characters.
const TEXT: usize = 255;
/// Longest URL.
const URL: usize = 2000;
/// Most associations.
const ASSOCIATIONS: usize = 3;
/// Most things in one association.
const VALUES: usize = 500;
/// Most issues in the older form.
const ISSUE_KEYS: usize = 100;

/// Holds a deployment against the limits.
///
/// # Errors
/// The first thing that Jira would refuse.
pub(super) fn check(deployment: &Deployment) -> Result<(), RequestError> {
    let d = deployment;
    for (what, text) in [
        ("the name", &d.name),
        ("the description", &d.description),
        ("the pipeline's id", &d.pipeline.id),
        ("the pipeline's name", &d.pipeline.name),
        ("the environment's id", &d.environment.id),
        ("the environment's name", &d.environment.name),
    ] {
        filled(what, text)?;
        length(what, text, TEXT)?;
    }
    length("the label", d.label.as_deref().unwrap_or(""), TEXT)?;
    url("the URL", &d.url)?;
    url("the pipeline's URL", &d.pipeline.url)?;
    for (what, number) in [("the sequence number", d.sequence), ("the update's number", d.update_sequence)] {
        if number < 1 {
            return Err(wrong(format!("{what} is {number}"), "Count from 1 upwards."));
        }
    }
    associations(d)
}

fn associations(d: &Deployment) -> Result<(), RequestError> {
    if !(1..=ASSOCIATIONS).contains(&d.associations.len()) {
        let what = format!("the deployment is tied to {} sorts of things", d.associations.len());
        return Err(wrong(what, "Jira takes one to three of issues, services, commits and repositories."));
    }
    for association in &d.associations {
        let most = if association.kind == AssociationType::IssueKeys { ISSUE_KEYS } else { VALUES };
        if !(1..=most).contains(&association.values.len()) {
            let what = format!("{} {} are named", association.values.len(), association.kind.words());
            return Err(wrong(what, &format!("Jira takes 1 to {most} at once.")));
        }
        let one = match association.kind {
            AssociationType::IssueIdOrKeys | AssociationType::IssueKeys => "an issue key",
            AssociationType::ServiceIdOrKeys => "a service",
            AssociationType::Commit => "a commit",
            AssociationType::Repository => "a repository",
        };
        for value in &association.values {
            filled(one, value)?;
            length(one, value, TEXT)?;
            if let (AssociationType::Commit, Err(error)) = (association.kind, value.parse::<CommitRef>()) {
                return Err(wrong(error.to_string(), "The repository by its id in Jira, the hash in full."));
            }
        }
    }
    Ok(())
}

fn filled(what: &str, text: &str) -> Result<(), RequestError> {
    match text.trim().is_empty() {
        true => Err(wrong(format!("{what} is empty"), "Jira wants every one of these.")),
        false => Ok(()),
    }
}

fn length(what: &str, text: &str, most: usize) -> Result<(), RequestError> {
    let long = text.chars().count();
    match long > most {
        true => Err(wrong(format!("{what} has {long} characters"), &format!("Jira takes {most} at most."))),
        false => Ok(()),
    }
}

fn url(what: &str, text: &str) -> Result<(), RequestError> {
    length(what, text, URL)?;
    let fits = Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some());
    let secret = Url::parse(text).is_ok_and(|u| u.password().is_some());
    match (fits, secret) {
        (true, false) => Ok(()),
        // The text is not repeated.
        (true, true) => Err(wrong(format!("{what} holds a password"), "Everybody who sees the issue would see it.")),
        (false, _) => Err(wrong(format!("{what} is no web address"), "Write it in full, with https://.")),
    }
}

fn wrong(message: String, hint: &str) -> RequestError {
    RequestError { message, hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::wire_form::tests::sample;
    use super::*;
    use crate::domain::Association;

    fn tied(kind: AssociationType, value: &str) -> Association {
        Association { kind, values: vec![value.to_owned()] }
    }

    #[test]
    fn the_sample_of_the_vendor_fits_and_each_limit_is_held() {
        type Broken = (&'static str, fn(&mut Deployment));
        check(&sample()).unwrap();
        let broken: [Broken; 15] = [
            ("255 at most", |d| d.name = "x".repeat(256)),
            ("255 at most", |d| d.description = "ä".repeat(256)),
            ("255 at most", |d| d.label = Some("x".repeat(256))),
            ("255 at most", |d| d.pipeline.id = "x".repeat(256)),
            ("every one", |d| d.environment.id = " ".to_owned()),
            ("every one", |d| d.description = String::new()),
            ("2000 at most", |d| d.url = format!("https://x/{}", "y".repeat(2000))),
            ("with https://", |d| d.url = "example.com".to_owned()),
            ("would see it", |d| d.pipeline.url = "https://u:p@example.com".to_owned()),
            ("from 1", |d| d.sequence = 0),
            ("one to three", |d| d.associations.clear()),
            ("one to three", |d| d.associations = AssociationType::ALL.iter().map(|k| tied(*k, "A-1")).collect()),
            ("in full", |d| d.associations = vec![tied(AssociationType::Commit, "main")]),
            ("255 at most", |d| d.associations = vec![tied(AssociationType::Repository, &"r".repeat(256))]),
            ("1 to 500", |d| {
                let values = (0..501).map(|n| format!("A-{n}")).collect();
                d.associations = vec![Association { kind: AssociationType::IssueIdOrKeys, values }];
            }),
        ];
        for (hint, breaks) in broken {
            let mut deployment = sample();
            breaks(&mut deployment);
            let error = check(&deployment).unwrap_err();
            assert!(error.hint.contains(hint), "{error:?}, not {hint}");
        }
        let mut longest = sample();
        longest.name = "ä".repeat(255);
        check(&longest).unwrap();
    }
}
