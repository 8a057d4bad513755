//! Plays one signature through the verb it belongs to.

use keyrack::domain::{
    Association, AssociationType, CreateRequest, Deployment, DeploymentState, Environment, EnvironmentType, Host,
    LookAt, Pipeline, Validation, Verdict,
};
use keyrack::hosts::signatures::{SignatureFacts, SignatureFile, SubjectFacts, When};
use keyrack::hosts::{self, Act, Authority, Detection, Family, Revocation, Session, Wire};
use keyrack::net::NetError;
use keyrack::secret::{Masker, Secret};

use super::exchange::Exchange;
use crate::support::now;

/// What came of it.
pub struct Outcome {
    /// Codes of the findings, in order.
    pub codes: Vec<String>,
    /// What it says of the credential.
    pub verdict: Option<Verdict>,
    /// How the verb ended.
    pub end: &'static str,
    /// The signature's request was made.
    pub asked: bool,
    /// What was asked that nothing is recorded for.
    pub unanswered: Vec<String>,
    /// What was shown, where a secret is in it.
    pub leak: Option<String>,
}

/// How a verb ended, and the validation or codes that it gave.
enum End {
    Found(&'static str, Box<Validation>),
    Codes(&'static str, Vec<String>),
}

impl End {
    fn net(end: &'static str, error: &NetError) -> Self {
        Self::Codes(end, vec![error.kind.code().to_owned()])
    }

    fn revocation(outcome: Revocation) -> Self {
        match outcome {
            Revocation::Accepted => Self::Codes("accepted", Vec::new()),
            Revocation::Refused(found) => Self::Found("refused", found),
            Revocation::Unsupported(found) => Self::Found("unsupported", found),
            Revocation::Unknown(error) => Self::net("unknown", &error),
        }
    }

    fn outcome<T>(outcome: hosts::Outcome<T>) -> Self {
        match outcome {
            hosts::Outcome::Done(_) => Self::Codes("done", Vec::new()),
            hosts::Outcome::Refused(found) => Self::Found("refused", found),
            hosts::Outcome::Unsupported(found) => Self::Found("unsupported", found),
            hosts::Outcome::Unknown(error) => Self::net("unknown", &error),
        }
    }
}

/// Plays a signature.
///
/// # Errors
/// Says why it cannot be played.
pub async fn play(file: &SignatureFile, signature: &SignatureFacts) -> Result<Outcome, String> {
    let family = hosts::family(&file.family).ok_or("no such family")?;
    let subject = file.subject(signature.subject.as_deref()).ok_or("no such subject")?;
    let using = match &signature.using {
        Some(name) => Some(authority(file.subject(Some(name)).ok_or("nobody of that name signs")?)),
        None => None,
    };
    let mut host = Host::new(subject.name.clone(), file.family.clone(), subject.url.clone());
    host.region.clone_from(&subject.region);
    host.product.clone_from(&subject.product);
    host.version.clone_from(&subject.version);
    let secret = secret(subject);
    let exchange = Exchange::new(file, signature);
    let played = Played { family, host: &host, subject, secret: &secret, using: using.as_ref(), exchange: &exchange };
    let end = played.run(signature).await?;
    let (end, codes, verdict, shown) = match end {
        End::Found(end, found) => {
            let codes = found.findings.iter().map(|f| f.code.clone()).collect();
            (end, codes, Some(found.verdict), format!("{found:?}"))
        }
        End::Codes(end, codes) => (end, codes, None, String::new()),
    };
    let secrets = [Some(&secret), using.as_ref().map(|u| &u.secret)];
    let leaks = secrets.into_iter().flatten().any(|s| s.token.len() > 5 && shown.contains(s.token.reveal()));
    let (asked, unanswered) = exchange.end();
    Ok(Outcome { codes, verdict, end, asked, unanswered, leak: leaks.then_some(shown) })
}

fn secret(subject: &SubjectFacts) -> Secret {
    let session = subject.session.as_deref().map(Into::into);
    Secret { token: subject.token.as_str().into(), session }
}

fn authority(subject: &SubjectFacts) -> Authority {
    Authority {
        kind: (!subject.password).then_some(subject.kind),
        username: subject.username.clone(),
        secret: secret(subject),
        one_time_code: None,
    }
}

struct Played<'a> {
    family: &'static dyn Family,
    host: &'a Host,
    subject: &'a SubjectFacts,
    secret: &'a Secret,
    using: Option<&'a Authority>,
    exchange: &'a Exchange<'a>,
}

impl<'a> Played<'a> {
    fn wire(&self) -> Wire<'a> {
        let secrets = std::iter::once(self.secret).chain(self.using.map(|u| &u.secret));
        let masker = Masker::new(secrets.flat_map(|s| std::iter::once(&s.token).chain(s.session.as_ref())));
        // A host that has none is said to be unfit before anything is sent.
        let endpoints = self.family.endpoints(self.host).unwrap_or_default();
        Wire::new(self.exchange, endpoints, masker, now())
    }

    fn session(&self) -> Session<'a> {
        Session {
            wire: self.wire(),
            host: self.host,
            kind: self.subject.kind,
            username: self.subject.username.as_deref(),
            secret: self.secret,
        }
    }

    fn act(&self) -> Result<Act<'a>, String> {
        let using = self.using.ok_or("nobody signs")?;
        Ok(Act { wire: self.wire(), host: self.host, using })
    }

    async fn run(&self, signature: &SignatureFacts) -> Result<End, String> {
        let (family, wish) = (self.family, &signature.wish);
        let id = wish.id.as_deref();
        let missing = |verb: &str| format!("the family has no {verb}");
        let expires = match &wish.expires {
            Some(text) => Some(text.parse().map_err(|_| format!("`{text}` is no moment"))?),
            None => None,
        };
        Ok(match signature.when {
            When::Validate => End::Found("validated", Box::new(family.validate(&self.session()).await)),
            When::Detect => match family.detect(&self.wire()).await {
                Detection::Found { .. } => End::Codes("found", Vec::new()),
                Detection::NotThis(finding) => End::Codes("not this", vec![finding.code]),
                Detection::Unreachable(error) => End::net("unreachable", &error),
            },
            When::Revoke if !wish.ids.is_empty() => {
                let lister = family.lister().ok_or_else(|| missing("inventory"))?;
                let ended = lister.revoke(&self.act()?, &wish.ids).await;
                End::revocation(ended.into_iter().next().ok_or("no answer for an id")?)
            }
            When::Revoke => {
                let revoker = family.revoker().ok_or_else(|| missing("revoking"))?;
                End::revocation(revoker.revoke(&self.session(), id, self.using).await)
            }
            When::Create => {
                let request = CreateRequest {
                    name: wish.name.clone().unwrap_or_else(|| "keyrack".to_owned()),
                    kind: wish.kind,
                    scopes: wish.scopes.clone(),
                    expires,
                    at: wish.at.clone(),
                };
                let creator = family.creator().ok_or_else(|| missing("creating"))?;
                End::outcome(creator.create(&self.act()?, &request).await)
            }
            When::Rotate => {
                let replacer = family.replacer().ok_or_else(|| missing("replacing"))?;
                End::outcome(replacer.replace(&self.session(), id, expires, self.using).await)
            }
            When::Inventory => {
                let lister = family.lister().ok_or_else(|| missing("inventory"))?;
                End::outcome(lister.list(&self.act()?).await)
            }
            When::Probe => {
                let prober = family.prober().ok_or_else(|| missing("probing"))?;
                let look_at = LookAt {
                    project: wish.project.clone(),
                    issue: wish.issue.clone(),
                    repository: wish.repository.clone(),
                };
                let probed = prober.probe(&self.session(), &look_at, &wish.scopes).await;
                End::Codes("probed", probed.findings.into_iter().map(|f| f.code).collect())
            }
            When::Mint => {
                let minter = family.minter().ok_or_else(|| missing("minting"))?;
                End::outcome(minter.mint(&self.session()).await)
            }
            When::Deployment => {
                let deployer = family.deployer().ok_or_else(|| missing("deployments"))?;
                let place = wish.at.as_deref().unwrap_or("");
                let submitted = deployer.submit(&self.wire(), place, &self.secret.token, &deployment()).await;
                match submitted {
                    // Accepted, and then told apart: what was rejected in it is no finding.
                    hosts::Outcome::Done(answer) => {
                        End::Codes(if answer.rejected.is_empty() { "done" } else { "rejected" }, Vec::new())
                    }
                    other => End::outcome(other),
                }
            }
            When::Git | When::Program => return Err("a text is not played".to_owned()),
        })
    }
}

/// A deployment that no limit forbids.
fn deployment() -> Deployment {
    Deployment {
        sequence: 1,
        update_sequence: 1,
        associations: vec![Association { kind: AssociationType::IssueKeys, values: vec!["ABC-1".to_owned()] }],
        name: "keyrack".to_owned(),
        url: "https://ci.acme.dev/1".to_owned(),
        description: "keyrack".to_owned(),
        last_updated: now(),
        state: DeploymentState::Successful,
        pipeline: Pipeline { id: "main".to_owned(), name: "main".to_owned(), url: "https://ci.acme.dev".to_owned() },
        environment: Environment { id: "prod".to_owned(), name: "prod".to_owned(), kind: EnvironmentType::Production },
        label: None,
    }
}
