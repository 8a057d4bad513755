//! From a failure to a verdict: which finding of the family's data fits.

use super::FACTS;
use super::call::Failure;
use super::keys::oddity;
use super::place::Place;
use super::refusal::{Meaning, Refusal};
use super::sign::Signer;
use crate::domain::{Finding, Validation, Verdict};
use crate::hosts::{Wire, answer};

/// What a finding about a call can speak of.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// The key that signed.
    pub signer: Signer<'a>,
    /// Where.
    pub place: &'a Place,
    /// The action called, `service:Action`.
    pub action: &'a str,
}

/// A validation by the failure of the call that decides.
pub fn failed(wire: &Wire<'_>, about: About<'_>, failure: &Failure) -> Validation {
    match failure {
        Failure::Net(error) => wire.unreachable(error),
        Failure::Unsignable => wire.conclude(&FACTS, "not-sendable", &[]),
        Failure::Refused(refusal) => refused(about, refusal, wire, |name, args| wire.conclude(&FACTS, name, args)),
        Failure::Foreign(response) => answer::foreign(wire, &FACTS, response, false)
            .unwrap_or_else(|| wire.conclude(&FACTS, "not-aws", &[("status", &response.status.to_string())])),
    }
}

/// Verdict and finding of a refusal that does not end the validation.
pub fn finding(wire: &Wire<'_>, about: About<'_>, refusal: &Refusal) -> (Verdict, Finding) {
    refused(about, refusal, wire, |name, args| FACTS.finding(name, args))
}

fn refused<T>(about: About<'_>, refusal: &Refusal, wire: &Wire<'_>, make: impl Fn(&str, &[(&str, &str)]) -> T) -> T {
    let key = ("key", about.signer.key_id);
    let region = ("region", about.place.region.as_str());
    match refusal.meaning() {
        Meaning::UnknownKey if is_temporary(about.signer) && about.signer.secret.session.is_none() => {
            make("session-token-missing", &[key])
        }
        Meaning::UnknownKey if is_temporary(about.signer) => make("unknown-session-key", &[key, region]),
        Meaning::UnknownKey => make("unknown-key", &[key, region]),
        Meaning::WrongSecret => {
            let odd = oddity(about.signer.secret.token.reveal());
            let odd = if odd.is_empty() { String::new() } else { format!(" {odd}") };
            make("wrong-secret", &[key, ("oddity", &odd)])
        }
        Meaning::ClockSkew => {
            let skew = refusal.skew(wire.now());
            wire.note(format!("this machine's clock is {skew}"));
            make("clock-skew", &[("skew", &skew)])
        }
        Meaning::SessionExpired => make("session-expired", &[key]),
        Meaning::Denied { action, resource } => {
            let action = action.as_deref().unwrap_or(about.action);
            make("access-denied", &[("action", action), ("resource", resource.as_deref().unwrap_or("*"))])
        }
        Meaning::RegionNotEnabled => make("region-not-enabled", &[region]),
        Meaning::AuthorizationLost => make("authorization-lost", &[("code", &refusal.code)]),
        Meaning::Throttled => make("throttled", &[("action", about.action)]),
        Meaning::KmsDenied => make("kms-denied", &[region]),
        Meaning::NoRepository => make("no-repository", &[region]),
        Meaning::NoSuchEntity => make("no-such-entity", &[("action", about.action)]),
        Meaning::LimitExceeded => make("limit-exceeded", &[("action", about.action)]),
        Meaning::Other => {
            let line = refusal.line();
            make("other-refusal", &[("action", about.action), ("line", &line)])
        }
    }
}

fn is_temporary(signer: Signer<'_>) -> bool {
    signer.key_id.starts_with("ASIA")
}
