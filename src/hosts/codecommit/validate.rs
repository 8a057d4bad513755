//! Does the key work, whose is it, what may it do, when does it end.
//!
//! The order puts first what decides: STS (is the key good), IAM's list (is it inactive), CodeCommit (does it get in),
//! then the simulator and the last use. After STS has said yes nothing can make the key bad but AWS's own word on it;
//! a permission that is missing makes things unknown, a server that lacks a call makes nothing at all.

use serde::Deserialize;
use serde_json::json;

use super::call::{Aws, Failure};
use super::conclude::{About, failed, finding};
use super::iam::{Caller, Principal};
use super::place::Place;
use super::refusal::Meaning;
use super::sign::Signer;
use super::{FACTS, git, keys, kind_of};
use crate::domain::{Expiry, Finding, Grant, GrantSource, Kind, Validation, Verdict};
use crate::hosts::Session;

/// The actions that the simulator is asked about: what git, branches and pull requests need.
const ACTIONS: &[&str] = &[
    "codecommit:GitPull",
    "codecommit:GitPush",
    "codecommit:CreateBranch",
    "codecommit:CreatePullRequest",
    "codecommit:ListRepositories",
    "codecommit:GetRepository",
    "codecommit:ListBranches",
    "codecommit:GetBranch",
    "codecommit:GetPullRequest",
    "codecommit:ListPullRequests",
];

/// The harmless call that shows whether a key gets into CodeCommit.
const PROBE: &str = "codecommit:ListRepositories";

/// Validates a credential of any kind of the family.
pub async fn validate(session: &Session<'_>) -> Validation {
    let kind = kind_of(session.kind, session.username, session.secret.session.is_some());
    let mut validation = match kind {
        Kind::GitCredential => git::validate(session).await,
        _ => key(session, kind).await,
    };
    if session.kind != kind {
        validation.kind = Some(kind);
    }
    validation
}

async fn key(session: &Session<'_>, kind: Kind) -> Validation {
    let wire = &session.wire;
    let place = match Place::of(session.host) {
        Ok(place) => place,
        Err(error) => return wire.conclude(&FACTS, "no-region", &[("message", &error.message), ("hint", &error.hint)]),
    };
    let Some(key_id) = session.username else { return wire.conclude(&FACTS, "no-key-id", &[]) };
    if !keys::is_key_id(key_id) {
        return wire.conclude(&FACTS, "bad-key-id", &[]);
    }
    let aws = Aws { wire, place: &place, signer: Signer { key_id, secret: session.secret } };
    let about = About { signer: aws.signer, place: &place, action: "sts:GetCallerIdentity" };
    let caller = match caller(&aws).await {
        Ok(caller) => caller,
        Err(Failure::Refused(refusal)) if matches!(refusal.meaning(), Meaning::Denied { .. }) => {
            // No policy of the account can deny this call; one on the way (a VPC endpoint's) can.
            return wire.conclude(&FACTS, "sts-denied", &[("line", &refusal.line())]);
        }
        Err(failure) => return failed(wire, about, &failure),
    };
    wire.note(caller.arn.as_str());
    let mut learned = Learned::default();
    let long_term = kind == Kind::AccessKey;
    if long_term {
        learned.state(&aws).await;
    }
    if learned.stop.is_none() {
        let repository = learned.reach(&aws).await;
        learned.simulate(&aws, &caller, repository.as_deref()).await;
        if long_term && learned.stop.is_none() {
            learned.last_used(&aws).await;
        }
    }
    learned.conclude(session, &place, &caller, key_id, long_term)
}

/// A correct pair can fail once when the same id was tried with another secret moments ago (observed by others,
/// undocumented): one repetition before the secret is called wrong.
async fn caller(aws: &Aws<'_>) -> Result<Caller, Failure> {
    match aws.caller().await {
        Err(Failure::Refused(refusal)) if refusal.meaning() == Meaning::WrongSecret => aws.caller().await,
        other => other,
    }
}

/// Whether the key gets into CodeCommit.
#[derive(Default)]
enum Reach {
    /// It does.
    Yes,
    /// The probe is denied.
    Denied { action: String, resource: String },
    /// Not known.
    #[default]
    Unknown,
}

/// What the calls after STS told.
#[derive(Default)]
struct Learned {
    /// AWS's own word that ends it: inactive, expired, region not enabled.
    stop: Option<(Verdict, Finding)>,
    reach: Reach,
    grants: Vec<Grant>,
    /// Actions that the policy simulator does not allow.
    denied: Vec<String>,
    findings: Vec<Finding>,
    created: Option<jiff::Timestamp>,
    last_used: Option<jiff::Timestamp>,
}

impl Learned {
    async fn state(&mut self, aws: &Aws<'_>) {
        let key_id = aws.signer.key_id;
        let entries = match aws.access_keys(None).await {
            Ok(entries) => entries,
            Err(failure) => return unknown(aws, &failure),
        };
        let Some(entry) = entries.iter().find(|e| e.id == key_id) else {
            // Lists lag behind for seconds, both ways.
            return aws.wire.note("the key is not in its user's list (yet, or any more)");
        };
        aws.wire.note(format!("{}: {}", entry.user, entry.status));
        self.created = entry.created();
        let args = [("key", key_id), ("user", entry.user.as_str())];
        match entry.status.as_str() {
            "Inactive" => self.stop = Some(FACTS.finding("inactive", &args)),
            "Expired" => self.stop = Some(FACTS.finding("key-expired", &args)),
            _ => {}
        }
    }

    /// Tries the probe; the name of a repository where there is one.
    async fn reach(&mut self, aws: &Aws<'_>) -> Option<String> {
        #[derive(Deserialize)]
        struct Listed {
            repositories: Vec<Repository>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Repository {
            repository_name: String,
        }
        let body = json!({"sortBy": "repositoryName", "order": "ascending"});
        match aws.codecommit::<Listed>("ListRepositories", &body).await {
            Ok(listed) => {
                aws.wire.note(format!("{} repositories in {}", listed.repositories.len(), aws.place.region));
                self.reach = Reach::Yes;
                self.grants.push(Grant { name: PROBE.into(), source: GrantSource::Probed });
                return listed.repositories.into_iter().next().map(|r| r.repository_name);
            }
            Err(Failure::Refused(refusal)) => {
                let about = About { signer: aws.signer, place: aws.place, action: PROBE };
                match refusal.meaning() {
                    Meaning::Denied { action, resource } => {
                        self.reach = Reach::Denied {
                            action: action.unwrap_or_else(|| PROBE.into()),
                            resource: resource.unwrap_or_else(|| "*".into()),
                        };
                    }
                    Meaning::SessionExpired | Meaning::RegionNotEnabled | Meaning::KmsDenied => {
                        self.stop = Some(finding(aws.wire, about, &refusal));
                    }
                    // A server that does not know the call says nothing of the key.
                    Meaning::Other => {}
                    _ => self.findings.push(finding(aws.wire, about, &refusal).1),
                }
            }
            Err(Failure::Net(error)) => {
                let args = [("target", error.target.as_str()), ("detail", error.detail.as_str())];
                self.findings.push(FACTS.finding(error.kind.code(), &args).1);
            }
            Err(failure) => unknown(aws, &failure),
        }
        None
    }

    /// Asks the policy simulator, on a repository where one is known, since policies often name repositories.
    async fn simulate(&mut self, aws: &Aws<'_>, caller: &Caller, repository: Option<&str>) {
        let Some(source) = caller.policy_source().filter(|_| self.stop.is_none()) else { return };
        let resource = repository.map(|name| {
            format!("arn:{}:codecommit:{}:{}:{name}", aws.place.partition.arn(), aws.place.region, caller.account)
        });
        let evaluations = match aws.simulate(&source, ACTIONS, resource.as_deref()).await {
            Ok(evaluations) => evaluations,
            Err(failure) => return unknown(aws, &failure),
        };
        let mut refused = Vec::new();
        for action in ACTIONS {
            let Some(evaluation) = evaluations.iter().find(|e| e.action.eq_ignore_ascii_case(action)) else { continue };
            if !evaluation.is_allowed() {
                refused.push(*action);
            } else if !self.grants.iter().any(|g| g.name == *action) {
                self.grants.push(Grant { name: (*action).to_owned(), source: GrantSource::Simulated });
            }
        }
        self.denied = refused.iter().map(|action| (*action).to_owned()).collect();
        let on = repository.map_or_else(|| "any resource".to_owned(), |name| format!("repository {name}"));
        if refused.is_empty() {
            aws.wire.note(format!("simulated on {on}"));
        } else {
            aws.wire.note(format!("simulated on {on}; not allowed: {}", refused.join(", ")));
        }
    }

    async fn last_used(&mut self, aws: &Aws<'_>) {
        match aws.last_used(aws.signer.key_id).await {
            Ok(used) => {
                self.last_used = used.at();
                aws.wire.note(used.line());
            }
            Err(failure) => unknown(aws, &failure),
        }
    }

    fn conclude(
        mut self,
        session: &Session<'_>,
        place: &Place,
        caller: &Caller,
        key_id: &str,
        long_term: bool,
    ) -> Validation {
        let (verdict, reason) = self.verdict(place, caller);
        if caller.principal() == Principal::Root && verdict == Verdict::Valid {
            self.findings.insert(0, FACTS.finding("root-key", &[("key", key_id), ("account", &caller.account)]).1);
        }
        let mut validation = session.wire.accepted(reason);
        validation.verdict = verdict;
        validation.identity = Some(caller.identity());
        validation.grants = self.grants;
        validation.denied = self.denied;
        validation.findings = self.findings;
        validation.expiry = if long_term { Expiry::Never } else { Expiry::Unknown };
        validation.remote_id = Some(key_id.to_owned());
        validation.created_at = self.created;
        validation.last_used = self.last_used;
        validation
    }

    fn verdict(&mut self, place: &Place, caller: &Caller) -> (Verdict, String) {
        if let Some((verdict, finding)) = self.stop.take() {
            let reason = finding.title.clone();
            self.findings.insert(0, finding);
            return (verdict, reason);
        }
        let accepted = format!("accepted by STS GetCallerIdentity as {}", caller.arn);
        let Reach::Denied { action, resource } = &self.reach else { return (Verdict::Valid, accepted) };
        let login = caller.identity().login;
        let args = [
            ("action", action.as_str()),
            ("resource", resource.as_str()),
            ("region", place.region.as_str()),
            ("partition", place.partition.arn()),
            ("user", login.as_str()),
        ];
        // A key made for git on some repositories alone cannot list, and works.
        let git_works = self.grants.iter().any(|g| g.name == "codecommit:GitPull" || g.name == "codecommit:GitPush");
        let attach = match caller.principal() {
            Principal::Role { .. } => "no-codecommit-rights-role",
            _ => "no-codecommit-rights",
        };
        let (verdict, finding) = FACTS.finding(if git_works { "cannot-list" } else { attach }, &args);
        let reason = if git_works { accepted } else { finding.title.clone() };
        self.findings.insert(0, finding);
        (verdict, reason)
    }
}

/// Writes down why something stays unknown.
fn unknown(aws: &Aws<'_>, failure: &Failure) {
    match failure {
        // The refusal itself was written down when it came.
        Failure::Refused(_) => aws.wire.note("so this stays unknown"),
        Failure::Foreign(_) => aws.wire.note("no answer of AWS's form, so this stays unknown"),
        Failure::Net(_) | Failure::Unsignable => {}
    }
}
