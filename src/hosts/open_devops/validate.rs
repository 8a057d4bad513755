//! Validation: the site's cloud id, a token for the client, and what the token may do. Nothing is written anywhere.

use super::FACTS;
use super::answers::{Answer, no_site, read};
use super::mint::{Bearer, bearer, with_earlier};
use super::modules::{MODULES, Module};
use crate::domain::{Evidence, Expiry, Finding, Grant, GrantSource, Identity, Probed, Validation};
use crate::hosts::atlassian::tenant::{CloudId, Tenant, ask};
use crate::hosts::atlassian::{GATEWAY, WEB};
use crate::hosts::{Session, Wire};
use crate::net::Request;
use crate::secret::SecretText;

/// What looking at the kinds of data found.
#[derive(Default)]
struct Looked {
    held: Vec<&'static str>,
    denied: Vec<&'static str>,
    /// How many of the denied lack a scope, by the gateway's word.
    unscoped: usize,
    /// Could not be told, and why.
    unknown: Vec<(&'static str, String)>,
    findings: Vec<Finding>,
    evidence: Vec<Evidence>,
    /// Kinds at which the token itself was refused.
    refused: usize,
    /// Kinds for which the gateway has no place.
    no_place: usize,
    /// The first thing that stood in the way, where nothing else was found.
    in_the_way: Option<Validation>,
}

/// Validates the client, or the token where the credential is one.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let cloud = match cloud_id(wire).await {
        Ok(cloud) => cloud,
        Err(validation) => return *validation,
    };
    let bearer = match bearer(session).await {
        Ok(bearer) => bearer,
        Err(why) => return why.into_validation(wire),
    };
    let mut earlier = wire.take_evidence();
    let wanted: Vec<&Module> = MODULES.iter().collect();
    let mut looked = look(wire, &cloud, &bearer.minted.token, &wanted).await;
    earlier.append(&mut looked.evidence);
    let validation = conclude(session, &cloud, &bearer, &mut looked);
    with_earlier(validation, earlier)
}

/// Finds out about single permissions.
pub(super) async fn probe(session: &Session<'_>, wanted: &[String]) -> Probed {
    let wire = &session.wire;
    let cloud = match cloud_id(wire).await {
        Ok(cloud) => cloud,
        Err(validation) => return Probed::stopped(*validation, wanted),
    };
    let bearer = match bearer(session).await {
        Ok(bearer) => bearer,
        Err(why) => return Probed::stopped(why.into_validation(wire), wanted),
    };
    let mut evidence = wire.take_evidence();
    let modules: Vec<&Module> = MODULES.iter().filter(|m| wanted.iter().any(|w| w == m.permission)).collect();
    let mut looked = look(wire, &cloud, &bearer.minted.token, &modules).await;
    evidence.append(&mut looked.evidence);
    let told = wanted.iter().filter(|w| bearer.minted.scopes.contains(w)).map(Grant::told);
    let mut unknown: Vec<_> = looked.unknown.into_iter().map(|(name, why)| (name.to_owned(), why)).collect();
    let strange =
        wanted.iter().filter(|w| !bearer.minted.scopes.contains(w) && !MODULES.iter().any(|m| m.permission == **w));
    unknown.extend(strange.map(|w| (w.clone(), "no read request shows it".to_owned())));
    Probed {
        grants: looked.held.iter().map(|name| probed(name)).chain(told).collect(),
        denied: looked.denied.iter().map(|name| (*name).to_owned()).collect(),
        unknown,
        findings: looked.findings,
        evidence,
    }
}

/// The site's cloud id; the validation that stands for its absence.
pub(super) async fn cloud_id(wire: &Wire<'_>) -> Result<CloudId, Box<Validation>> {
    match ask(wire).await {
        Tenant::Found(cloud) => Ok(cloud),
        Tenant::NoId(answer) => Err(Box::new(no_site(wire, &answer))),
        Tenant::Lost(error) => Err(Box::new(wire.unreachable(&error))),
    }
}

async fn look(wire: &Wire<'_>, cloud: &CloudId, token: &SecretText, modules: &[&Module]) -> Looked {
    let mut looked = Looked::default();
    for module in modules {
        let request = Request::get(wire.url(GATEWAY, &module.probe_path(cloud))).header("Accept", "application/json");
        let name = module.permission;
        match wire.send(request.bearer(token)).await {
            Err(error) => {
                let validation = wire.unreachable(&error);
                looked.stopped(name, validation);
            }
            Ok(answer) => match read(wire, &answer) {
                Answer::Good | Answer::Nothing => looked.held.push(name),
                Answer::NotGranted(why) => {
                    looked.denied.push(name);
                    looked.unscoped += usize::from(why == "scope-missing");
                }
                Answer::TokenRefused => {
                    looked.refused += 1;
                    looked.unknown.push((name, "the token is not taken there (401)".to_owned()));
                }
                Answer::NoPlace => {
                    looked.no_place += 1;
                    looked.unknown.push((name, "the gateway has no such place for this site (404)".to_owned()));
                }
                Answer::Foreign(validation) => looked.stopped(name, *validation),
                Answer::BadRequest | Answer::Odd => {
                    looked.unknown.push((name, format!("the answer says nothing of it (status {})", answer.status)));
                }
            },
        }
        looked.evidence.extend(wire.take_evidence());
    }
    looked
}

impl Looked {
    /// Something that says nothing of the token stood in the way.
    fn stopped(&mut self, name: &'static str, mut validation: Validation) {
        self.evidence.append(&mut validation.evidence);
        self.unknown.push((name, validation.reason.clone()));
        for finding in &validation.findings {
            if !self.findings.iter().any(|f| f.code == finding.code) {
                self.findings.push(finding.clone());
            }
        }
        self.in_the_way.get_or_insert(validation);
    }
}

fn conclude(session: &Session<'_>, cloud: &CloudId, bearer: &Bearer, looked: &mut Looked) -> Validation {
    let wire = &session.wire;
    let (web, id) = (wire.url(WEB, ""), cloud.as_str());
    let denied = looked.denied.join(", ");
    let args = [("web", web.as_str()), ("cloud_id", id), ("permission", denied.as_str())];
    let mut validation = if !looked.held.is_empty() {
        let proof = if bearer.fresh { "exchanged for a token" } else { "accepted as a token" };
        wire.accepted(format!("{proof}; cloud id {id}; appears to be authorized for {}", looked.held.join(", ")))
    } else if looked.refused > 0 {
        let name = match (bearer.fresh, bearer.ends.is_some_and(|at| at <= wire.now())) {
            (true, _) => "fresh-token-refused",
            (false, true) => "token-ended",
            (false, false) => "bearer-refused",
        };
        wire.conclude(&FACTS, name, &args)
    } else if looked.no_place > 0 {
        wire.conclude(&FACTS, "no-jira-software", &args)
    } else if !looked.denied.is_empty() {
        let all_unscoped = looked.unscoped == looked.denied.len();
        wire.conclude(&FACTS, if all_unscoped { "scope-missing" } else { "no-permission" }, &args)
    } else if bearer.fresh {
        // The exchange alone proves the client; what it may do is not known this time.
        let mut validation =
            wire.accepted(format!("exchanged for a token; cloud id {id}; what it may do is not known"));
        validation.findings = std::mem::take(&mut looked.findings);
        validation
    } else {
        let blank = wire.accepted("nothing answered that knows the token");
        looked.in_the_way.take().unwrap_or(Validation { verdict: crate::domain::Verdict::Unreachable, ..blank })
    };
    if bearer.of_service_account {
        let (_, finding) = FACTS.finding("service-account", &args);
        validation.findings.push(finding);
    }
    validation.grants = looked.held.iter().map(|name| probed(name)).collect();
    validation.grants.extend(bearer.minted.scopes.iter().map(Grant::told));
    validation.denied = looked.denied.iter().map(|name| (*name).to_owned()).collect();
    validation.identity = identity(session, bearer, id);
    // The client lives until it is deleted; a token that was got for it says nothing of that.
    validation.expiry = if bearer.fresh { Expiry::Never } else { bearer.ends.map_or(Expiry::Unknown, Expiry::At) };
    validation
}

fn identity(session: &Session<'_>, bearer: &Bearer, cloud: &str) -> Option<Identity> {
    let client = bearer.client.clone().or_else(|| session.username.map(str::to_owned))?;
    let kind = if bearer.of_service_account { "service" } else { "app" };
    Some(Identity { id: client.clone(), login: client, name: format!("cloud id {cloud}"), kind: kind.to_owned() })
}

fn probed(name: &str) -> Grant {
    Grant { name: name.to_owned(), source: GrantSource::Probed }
}
