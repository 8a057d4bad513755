//! Deployment data: submit, update, show, delete. The numbers that Jira orders deployments by are kept on the rack.

mod told;

use super::Core;
use super::exchange::act_wire;
use super::token::as_error;
use crate::domain::{
    Credential, Deployment, DeploymentAnswer, DeploymentKey, DeploymentShown, DeploymentTold, Host, SecretState,
    Validation,
};
use crate::error::{Error, ErrorKind, Result};
use crate::hosts::{Deploy, Outcome, Wire};
use crate::net::NetError;
use crate::secret::{Secret, SecretText};

/// A deployment that Jira shows.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The cloud id it was asked of.
    pub place: String,
    /// What Jira shows; none where it has none of that key.
    pub shown: Option<Box<DeploymentShown>>,
}

/// One act on deployments, without what it needs of the host.
enum Ask<'a> {
    Submit(&'a Deployment),
    Show(&'a DeploymentKey),
    Delete(&'a DeploymentKey),
}

enum Got {
    Answer(DeploymentAnswer),
    Shown(Option<Box<DeploymentShown>>),
    Deleted,
}

impl Core {
    /// Submits a deployment under the next number of its pipeline and environment, or under the one it names (any above
    /// 0), and under the number of a telling that it names. Limits are looked at first.
    ///
    /// # Errors
    /// Usage error where a limit is passed; `Refused` and `Unreachable` as the host answers.
    pub async fn deployment_submit(
        &self,
        credential: &Credential,
        host: &Host,
        mut deployment: Deployment,
    ) -> Result<DeploymentTold> {
        let wanted = Some(deployment.sequence).filter(|n| *n > 0);
        deployment.sequence = wanted.unwrap_or(1);
        self.limits(host, &deployment)?;
        let (pipeline, environment) = (&deployment.pipeline.id, &deployment.environment.id);
        let update = deployment.update_sequence;
        let taken = self.rack.take_deployment(host.id, pipeline, environment, wanted, update)?;
        deployment.sequence = taken.sequence;
        self.send("deployment-submit", credential, host, deployment).await
    }

    /// Tells Jira something new about a deployment, under the next number of its tellings or the one `wanted`. `seen` is
    /// what Jira shows.
    ///
    /// # Errors
    /// As [`Core::deployment_submit`]; usage error where Jira would ignore the number that is wanted.
    pub async fn deployment_update(
        &self,
        credential: &Credential,
        host: &Host,
        mut deployment: Deployment,
        seen: Option<i64>,
        wanted: Option<i64>,
    ) -> Result<DeploymentTold> {
        deployment.update_sequence = wanted.unwrap_or(1);
        self.limits(host, &deployment)?;
        if let (Some(wanted), Some(seen)) = (wanted, seen)
            && wanted <= seen
        {
            return Err(Error::usage(format!("Jira has update {seen} of it, and ignores update {wanted} in silence"))
                .hint(format!("Name a number above {seen}, or none: the next is taken then.")));
        }
        let (pipeline, environment) = (&deployment.pipeline.id, &deployment.environment.id);
        let taken = self.rack.take_update(host.id, pipeline, environment, deployment.sequence, seen, wanted)?;
        deployment.update_sequence = taken.update_sequence;
        self.send("deployment-update", credential, host, deployment).await
    }

    /// Reads a deployment.
    ///
    /// # Errors
    /// `Refused` and `Unreachable` as the host answers.
    pub async fn deployment_show(&self, credential: &Credential, host: &Host, key: &DeploymentKey) -> Result<Seen> {
        let (place, got) = self.ask_jira(credential, host, Ask::Show(key)).await?;
        match got {
            Got::Shown(shown) => Ok(Seen { place, shown }),
            Got::Answer(_) | Got::Deleted => Err(Error::internal("a reading was answered as something else")),
        }
    }

    /// Deletes a deployment; Jira does so a moment later.
    ///
    /// # Errors
    /// `Refused` and `Unreachable` as the host answers.
    pub async fn deployment_delete(&self, credential: &Credential, host: &Host, key: &DeploymentKey) -> Result<()> {
        let result = self.ask_jira(credential, host, Ask::Delete(key)).await;
        self.note("deployment-delete", credential, host, &result, &key.to_string());
        result.map(|_| ())
    }

    /// The number of the last deployment of a pipeline to an environment.
    ///
    /// # Errors
    /// Usage error where the rack knows of none.
    pub fn last_sequence(&self, host: &Host, pipeline: &str, environment: &str) -> Result<i64> {
        match self.rack.last_deployment(host.id, pipeline, environment)? {
            Some(last) => Ok(last.sequence),
            None => Err(Error::usage(format!(
                "the rack knows of no deployment of pipeline `{pipeline}` to `{environment}` at {}",
                host.name
            ))
            .hint(
                "Name pipeline, environment and number (--pipeline, --environment, --sequence), or submit one first.",
            )),
        }
    }

    fn limits(&self, host: &Host, deployment: &Deployment) -> Result<()> {
        deployer(host)?.check(deployment)?;
        Ok(())
    }

    async fn send(
        &self,
        verb: &str,
        credential: &Credential,
        host: &Host,
        deployment: Deployment,
    ) -> Result<DeploymentTold> {
        let result = self.ask_jira(credential, host, Ask::Submit(&deployment)).await;
        let detail = format!("{}: {}", deployment.key(), deployment.state);
        match result {
            Ok((place, Got::Answer(answer))) => {
                let outcome = if answer.accepted.is_empty() { "refused" } else { "done" };
                self.audit(verb, &credential.label, &host.name, outcome, detail);
                Ok(DeploymentTold { deployment, place, answer })
            }
            Ok(_) => Err(Error::internal("a submission was answered as something else")),
            Err(error) => {
                self.note(verb, credential, host, &Err::<(), _>(error.clone()), &detail);
                Err(error)
            }
        }
    }

    fn note<T>(&self, verb: &str, credential: &Credential, host: &Host, result: &Result<T>, detail: &str) {
        let outcome = match result {
            Ok(_) => "done",
            Err(error) if error.kind == ErrorKind::Refused => "refused",
            Err(error) if error.kind == ErrorKind::Unreachable => "unknown",
            Err(_) => "failed",
        };
        self.audit(verb, &credential.label, &host.name, outcome, detail);
    }

    /// Asks once; where the token was got earlier and is no longer taken, once more with a new one. A refused token means
    /// that nothing was done.
    async fn ask_jira(&self, credential: &Credential, host: &Host, ask: Ask<'_>) -> Result<(String, Got)> {
        let deployer = deployer(host)?;
        let channel = self.channel(host)?;
        if credential.secret == SecretState::Destroyed {
            return Err(Error::usage(format!("`{}` is revoked, its secret destroyed", credential.label)));
        }
        let mut bearer = self.bearer(credential, host).await?;
        let now = self.clock.now();
        let wire_for = |token: &SecretText| act_wire(&channel, Some(&Secret::token(token.clone())), None, now);
        let wire = wire_for(&bearer.minted.token);
        let place = match deployer.place(&wire).await {
            Outcome::Done(place) => place,
            other => return Err(failure(&wire, other, "the site was asked for its cloud id")),
        };
        loop {
            let wire = wire_for(&bearer.minted.token);
            let outcome = once(deployer, &wire, &place, &bearer.minted.token, &ask).await;
            match outcome {
                Outcome::Done(got) => return Ok((place, got)),
                Outcome::Refused(why) if is_token_refused(&why) => {
                    // Whoever asks next starts with a new one.
                    self.drop_bearer(credential, host);
                    if !bearer.reused {
                        return Err(failure(&wire, Outcome::<Got>::Refused(why), ask.words()));
                    }
                    bearer = self.bearer(credential, host).await?;
                }
                other => return Err(failure(&wire, other, ask.words())),
            }
        }
    }
}

impl Ask<'_> {
    /// What may or may not have happened where no answer came.
    fn words(&self) -> &'static str {
        match self {
            Self::Submit(_) => "the deployment was sent",
            Self::Show(_) => "the deployment was asked for",
            Self::Delete(_) => "the deletion was sent",
        }
    }
}

fn is_token_refused(why: &Validation) -> bool {
    why.findings.iter().any(|f| f.code.ends_with("unauthorized"))
}

async fn once(deployer: &dyn Deploy, wire: &Wire<'_>, place: &str, token: &SecretText, ask: &Ask<'_>) -> Outcome<Got> {
    match ask {
        Ask::Submit(deployment) => map(deployer.submit(wire, place, token, deployment).await, Got::Answer),
        Ask::Show(key) => map(deployer.show(wire, place, token, key).await, |s| Got::Shown(s.map(Box::new))),
        Ask::Delete(key) => map(deployer.delete(wire, place, token, key).await, |()| Got::Deleted),
    }
}

fn map<T, U>(outcome: Outcome<T>, with: impl FnOnce(T) -> U) -> Outcome<U> {
    match outcome {
        Outcome::Done(value) => Outcome::Done(with(value)),
        Outcome::Refused(why) => Outcome::Refused(why),
        Outcome::Unsupported(why) => Outcome::Unsupported(why),
        Outcome::Unknown(error) => Outcome::Unknown(error),
    }
}

fn failure<T>(wire: &Wire<'_>, outcome: Outcome<T>, what: &str) -> Error {
    match outcome {
        Outcome::Done(_) => Error::internal("a success was taken for a failure"),
        Outcome::Refused(mut why) | Outcome::Unsupported(mut why) => {
            wire.mask_validation(&mut why);
            as_error(&why)
        }
        Outcome::Unknown(error) => unanswered(error, what),
    }
}

fn unanswered(error: NetError, what: &str) -> Error {
    let mut out = Error::from(error);
    if out.kind == ErrorKind::Unreachable {
        out = out.hint(format!("{what}, and no answer came: `keyrack deployment show` tells whether Jira has it."));
    }
    out
}

fn deployer(host: &Host) -> Result<&'static dyn Deploy> {
    let family = super::exchange::family(&host.family)?;
    family.deployer().ok_or_else(|| {
        Error::usage(format!("{} takes no deployment data", family.facts().name))
            .hint("An OAuth client of a Jira Cloud site is needed, on the rack as family open-devops.")
    })
}
