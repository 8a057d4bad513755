//! Which actions a key's user may do, by IAM's policy simulator: exact, without side effects, and blind for conditions
//! and session policies, so what it allows is shown as simulated.

use futures_util::future::BoxFuture;

use super::call::{Aws, Failure};
use super::conclude::{About, finding};
use super::iam::{Caller, Principal};
use super::place::Place;
use super::sign::Signer;
use super::{FACTS, git, keys, kind_of};
use crate::domain::{Grant, GrantSource, Kind, LookAt, Probed};
use crate::hosts::{Probe, Session};

/// Most actions of one request.
const AT_ONCE: usize = 100;

/// The family's prober.
pub struct Prober;

impl Probe for Prober {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(async move {
            let kind = kind_of(session.kind, session.username, session.secret.session.is_some());
            let mut found = match kind {
                Kind::GitCredential => git_credential(session, wanted).await,
                _ => key(session, look_at, wanted).await,
            };
            found.evidence.extend(session.wire.take_evidence());
            found
        })
    }
}

async fn key(session: &Session<'_>, look_at: &LookAt, wanted: &[String]) -> Probed {
    let wire = &session.wire;
    let (Ok(place), Some(key_id)) = (Place::of(session.host), session.username.filter(|id| keys::is_key_id(id))) else {
        return none(wanted, "the record has no region or no access key id");
    };
    let aws = Aws { wire, place: &place, signer: Signer { key_id, secret: session.secret } };
    let about = |action| About { signer: aws.signer, place: &place, action };
    let caller = match aws.caller().await {
        Ok(caller) => caller,
        Err(failure) => return failed(&aws, about("sts:GetCallerIdentity"), &failure, wanted),
    };
    let Some(source) = caller.policy_source() else {
        return none(
            wanted,
            match caller.principal() {
                Principal::Root => "the owner of the account may do everything; IAM simulates users and roles only",
                _ => "IAM simulates users and roles only",
            },
        );
    };
    let resource = look_at.repository.as_deref().and_then(|name| arn(&place, &caller, name));
    let mut found = Probed::default();
    let (plain, odd): (Vec<&String>, Vec<&String>) = wanted.iter().partition(|a| is_action(a));
    for action in odd {
        found.unknown.push((action.clone(), "the simulator takes single actions of CodeCommit only".to_owned()));
    }
    for actions in plain.chunks(AT_ONCE) {
        let names: Vec<&str> = actions.iter().map(|a| a.as_str()).collect();
        let told = match aws.simulate(&source, &names, resource.as_deref()).await {
            Ok(told) => told,
            Err(failure) => {
                let not = failed(&aws, about("iam:SimulatePrincipalPolicy"), &failure, &owned(&names));
                found.unknown.extend(not.unknown);
                found.findings.extend(not.findings);
                break;
            }
        };
        for name in names {
            // Some actions are granted on `*` alone, whatever repository is asked for.
            match told.iter().find(|e| e.action.eq_ignore_ascii_case(name)) {
                Some(e) if e.is_allowed() => {
                    found.grants.push(Grant { name: name.to_owned(), source: GrantSource::Simulated });
                }
                Some(_) => found.denied.push(name.to_owned()),
                None => found.unknown.push((name.to_owned(), "the simulator did not answer for it".to_owned())),
            }
        }
    }
    found
}

/// A Git credential speaks to git's endpoint only; what validating shows there is all there is.
async fn git_credential(session: &Session<'_>, wanted: &[String]) -> Probed {
    let seen = git::validate(session).await;
    let mut found = Probed { findings: seen.findings, evidence: seen.evidence, ..Probed::default() };
    for action in wanted {
        match seen.grants.iter().find(|g| g.name.eq_ignore_ascii_case(action)) {
            Some(grant) => found.grants.push(grant.clone()),
            None => found.unknown.push((
                action.clone(),
                "a Git credential cannot ask IAM; the permissions of its user, seen by an access key, are its own"
                    .to_owned(),
            )),
        }
    }
    found
}

fn failed(aws: &Aws<'_>, about: About<'_>, failure: &Failure, wanted: &[String]) -> Probed {
    let mut not = match failure {
        Failure::Refused(refusal) => {
            let (_, finding) = finding(aws.wire, about, refusal);
            let mut not = none(wanted, &finding.title);
            not.findings.push(finding);
            not
        }
        Failure::Net(error) => none(wanted, &error.to_string()),
        Failure::Unsignable | Failure::Foreign(_) => none(wanted, "no answer of AWS's form came"),
    };
    for finding in &mut not.findings {
        for text in [&mut finding.title, &mut finding.cause, &mut finding.remedy] {
            *text = aws.wire.mask(text);
        }
    }
    not
}

fn none(wanted: &[String], why: &str) -> Probed {
    Probed { unknown: wanted.iter().map(|a| (a.clone(), why.to_owned())).collect(), ..Probed::default() }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

fn is_action(text: &str) -> bool {
    FACTS.scopes.iter().any(|s| s.name.eq_ignore_ascii_case(text)) && !text.contains('*')
}

/// The repository in the region of the host and the account of the caller.
fn arn(place: &Place, caller: &Caller, name: &str) -> Option<String> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    plain.then(|| format!("arn:{}:codecommit:{}:{}:{name}", place.partition.arn(), place.region, caller.account))
}
