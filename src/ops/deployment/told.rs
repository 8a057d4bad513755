//! From what somebody says of a deployment to the act: defaults, numbers, and what Jira shows of it already.

use super::super::Core;
use crate::domain::{
    Association, Credential, Deployment, DeploymentAct, DeploymentDone, DeploymentInput, DeploymentKey,
    DeploymentShown, DeploymentState, Environment, EnvironmentType, Host, Pipeline,
};
use crate::error::{Error, ErrorKind, Result};

impl Core {
    /// Does what is asked about a deployment. Deleting is not confirmed here.
    ///
    /// # Errors
    /// Usage error where something is missing or a limit is passed; `Refused` where Jira has none of that key;
    /// `Refused` and `Unreachable` as the host answers.
    pub async fn deployment(
        &self,
        act: DeploymentAct,
        credential: &Credential,
        host: &Host,
        input: &DeploymentInput,
    ) -> Result<DeploymentDone> {
        match act {
            DeploymentAct::Submit => {
                let deployment = self.describe(input, host, None)?;
                let told = self.deployment_submit(credential, host, deployment).await?;
                Ok(DeploymentDone::Told(Box::new(told)))
            }
            DeploymentAct::Update => {
                let (key, _, shown) = self.seen(credential, host, input).await?;
                let seen = shown.update_sequence;
                let mut deployment = self.describe(input, host, Some(*shown))?;
                deployment.sequence = key.sequence;
                let wanted = input.update_sequence;
                let told = self.deployment_update(credential, host, deployment, seen, wanted).await?;
                Ok(DeploymentDone::Told(Box::new(told)))
            }
            DeploymentAct::Show => {
                let (_, place, shown) = self.seen(credential, host, input).await?;
                Ok(DeploymentDone::Shown { place, shown })
            }
            DeploymentAct::Delete => {
                let key = self.deployment_key(host, input)?;
                self.deployment_delete(credential, host, &key).await?;
                Ok(DeploymentDone::Deleted(key))
            }
        }
    }

    /// Which deployment is meant: that of the number named, or the last that the rack knows of.
    ///
    /// # Errors
    /// Usage error where no number is named and the rack knows of none.
    pub fn deployment_key(&self, host: &Host, input: &DeploymentInput) -> Result<DeploymentKey> {
        let (pipeline, environment) = (input.pipeline.clone(), input.environment.clone());
        let sequence = match input.sequence {
            Some(sequence) => sequence,
            None => self.last_sequence(host, &pipeline, &environment)?,
        };
        Ok(DeploymentKey { pipeline, environment, sequence })
    }

    async fn seen(
        &self,
        credential: &Credential,
        host: &Host,
        input: &DeploymentInput,
    ) -> Result<(DeploymentKey, String, Box<DeploymentShown>)> {
        let key = self.deployment_key(host, input)?;
        let seen = self.deployment_show(credential, host, &key).await?;
        match seen.shown {
            Some(shown) => Ok((key, seen.place, shown)),
            None => {
                Err(Error::new(ErrorKind::Refused, format!("Jira shows no deployment {key} at {}", host.name)).hint(
                "What was just submitted takes a moment to be processed: try again. Otherwise it was rejected, or deleted.",
                ))
            }
        }
    }

    /// The deployment that is said, over what Jira shows of it where it is there already.
    fn describe(&self, input: &DeploymentInput, host: &Host, shown: Option<DeploymentShown>) -> Result<Deployment> {
        let associations = tied(input, shown.as_ref());
        if associations.is_empty() {
            return Err(Error::usage("nothing says which issue the deployment belongs to")
                .hint("Name one: --issue ACME-1; or a service, a commit, a repository."));
        }
        let (pipeline, environment) = (&input.pipeline, &input.environment);
        let (mut name, mut url, mut description, mut state, mut label) = (None, None, None, None, None);
        let (mut pipeline_told, mut environment_told) = ((None, None), (None, None));
        if let Some(shown) = shown {
            (name, url, description, state, label) =
                (shown.name, shown.url, shown.description, shown.state, shown.label);
            (pipeline_told, environment_told) = (shown.pipeline, shown.environment);
        }
        let name = input.name.clone().or(name).unwrap_or_else(|| format!("{pipeline} to {environment}"));
        let issue = || input.issue_page(host).unwrap_or_else(|| host.url.clone());
        let url = input.url.clone().or(url).unwrap_or_else(issue);
        let named = || environment.parse().unwrap_or(EnvironmentType::Unmapped);
        Ok(Deployment {
            sequence: input.sequence.unwrap_or(0),
            update_sequence: input.update_sequence.unwrap_or(1),
            associations,
            description: input.description.clone().or(description).unwrap_or_else(|| name.clone()),
            last_updated: input.last_updated.unwrap_or_else(|| self.clock.now()),
            state: input.state.or(state).unwrap_or(DeploymentState::Successful),
            pipeline: Pipeline {
                id: pipeline.clone(),
                name: input.pipeline_name.clone().or(pipeline_told.0).unwrap_or_else(|| pipeline.clone()),
                url: input.pipeline_url.clone().or(pipeline_told.1).unwrap_or_else(|| url.clone()),
            },
            environment: Environment {
                id: environment.clone(),
                name: input.environment_name.clone().or(environment_told.0).unwrap_or_else(|| environment.clone()),
                kind: input.environment_kind.or(environment_told.1).unwrap_or_else(named),
            },
            label: input.label.clone().or(label),
            name,
            url,
        })
    }
}

/// What is said, and of those sorts of which nothing is said what Jira shows.
fn tied(input: &DeploymentInput, shown: Option<&DeploymentShown>) -> Vec<Association> {
    let mut all = input.associations();
    for kept in shown.map(|s| s.associations.as_slice()).unwrap_or_default() {
        if !all.iter().any(|a| a.kind == kept.kind || a.kind.is_issues() && kept.kind.is_issues()) {
            all.push(kept.clone());
        }
    }
    all
}
