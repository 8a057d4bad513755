//! AWS CodeCommit: IAM access keys, temporary keys, and HTTPS Git credentials.
//!
//! CodeCommit has no tokens of its own. What it accepts is an IAM access key: id (the credential's user name) and
//! secret (its token), with a session token as second part where the key is temporary. Every call is signed
//! ([`sign`]); STS says whose key it is, IAM what state it is in, CodeCommit whether it gets in. Only STS decides
//! whether the key is good: it needs no permission, so nothing but the key itself can make it fail.
//!
//! A paste of the id alone (`AKIA…`, `ASIA…`, `alice-at-123456789012`) is recognised as certain and carries the fact
//! [`keys::PART`] = [`keys::ID_ONLY`], so that whoever handles the paste keeps it as user name and asks for the secret.
//!
//! - [`place`]: partitions, regions, endpoints; [`names`], [`address`]: host names, typed addresses
//! - [`keys`]: what ids and secrets tell offline
//! - [`sign`], [`call`], [`refusal`], [`iam`]: one call, its failure, its result
//! - [`validate`], [`probe`], [`create`], [`inventory`], [`revoke`]: the verbs; [`trouble`]: orders that did not go through

mod address;
pub mod call;
mod conclude;
mod create;
mod git;
pub mod iam;
mod inventory;
pub mod keys;
mod names;
pub mod place;
mod probe;
pub mod refusal;
mod revoke;
pub mod sign;
mod trouble;
mod validate;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::facts::Facts;
use super::{
    Authority, Carried, Create, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Revoke, Session,
    Validation, Wire, answer,
};
use crate::domain::{Host, Kind};
use refusal::{Refusal, root};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("codecommit"));

/// AWS CodeCommit.
pub struct CodeCommit;

impl Family for CodeCommit {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        address::read(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        place::endpoints(host)
    }

    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        keys::carried(kind, token)
    }

    /// There is no version to ask for: an unsigned call is refused in AWS's own shape, and that is the proof.
    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(async move {
            let request = call::form(wire.url("sts", "/"), "2011-06-15", "GetCallerIdentity", &[]);
            let response = match wire.send(request).await {
                Ok(response) => response,
                Err(error) => return Detection::Unreachable(error),
            };
            let refused = Refusal::read(&response).is_some_and(|r| (400..500).contains(&r.status));
            let answered =
                response.status == 200 && root(&response.body).as_deref() == Some("GetCallerIdentityResponse");
            if refused || answered {
                return Detection::Found { product: "AWS".into(), version: None };
            }
            let status = response.status.to_string();
            let told = answer::foreign(wire, &FACTS, &response, false).and_then(|v| v.findings.into_iter().next());
            Detection::NotThis(Box::new(told.unwrap_or_else(|| FACTS.finding("not-aws", &[("status", &status)]).1)))
        })
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(validate::validate(session))
    }

    fn revoker(&self) -> Option<&dyn Revoke> {
        Some(&revoke::Revoker)
    }

    fn creator(&self) -> Option<&dyn Create> {
        Some(&create::Creator)
    }

    fn lister(&self) -> Option<&dyn Inventory> {
        Some(&inventory::Lister)
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(&probe::Prober)
    }
}

/// The access key that can sign for IAM, if what was given is one.
fn signing_key(using: &Authority) -> Option<sign::Signer<'_>> {
    let id = using.username.as_deref().filter(|id| keys::is_key_id(id))?;
    matches!(using.kind, Some(Kind::AccessKey | Kind::SessionKey | Kind::Unknown))
        .then_some(sign::Signer { key_id: id, secret: &using.secret })
}

/// The kind a credential really is: the form of its user name and a session token tell more than the record.
fn kind_of(kind: Kind, username: Option<&str>, has_session: bool) -> Kind {
    match username.and_then(keys::kind_of) {
        Some(told) => told,
        None if matches!(kind, Kind::AccessKey | Kind::SessionKey | Kind::GitCredential) => kind,
        None if has_session => Kind::SessionKey,
        None => Kind::AccessKey,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::Response;

    proptest! {
        // The same cases at every run.
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn nothing_a_user_types_or_a_host_says_makes_it_panic(text in "\\PC*", tail in any::<String>()) {
            for typed in [text.clone(), format!("https://{text}"), format!("codecommit::{text}"), format!("{text}-at-{tail}")] {
                if let Ok(found) = address::read(&typed) {
                    prop_assert!(url::Url::parse(&found.url).is_ok_and(|u| u.has_host()), "{}", found.url);
                    prop_assert!(found.region.as_deref().is_none_or(names::is_region));
                }
                for kind in Kind::ALL {
                    let _ = keys::carried(*kind, &typed);
                }
                let _ = keys::oddity(&typed);
            }
            for body in [text.clone(), format!("<ErrorResponse><Error><Code>{text}</Code>{tail}"), format!("{{\"__type\":\"{text}\"}}")] {
                if let Some(refusal) = Refusal::read(&Response::of(403, &[("Date", text.as_str())], &body)) {
                    let _ = refusal.meaning();
                    let _ = refusal.skew(jiff::Timestamp::UNIX_EPOCH);
                }
            }
        }
    }
}
