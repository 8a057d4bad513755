//! Azure DevOps Services, Azure DevOps Server 2019 to 2022, Team Foundation Server 2017 and 2018: personal access tokens,
//! and the Microsoft Entra tokens that manage them.
//!
//! Three facts decide the shape of this family. A token that is not accepted is answered with a sign-in page (203 or 302)
//! as often as with a 401, so only JSON that names somebody other than the anonymous user proves one. A personal access
//! token cannot read its own scopes or end: scopes are found by harmless reads, one each ([`probes`]). And the API that
//! lists, creates and revokes them wants a Microsoft Entra token of the user, at Services only; elsewhere administrators
//! list and revoke, and the rest is done by hand.
//!
//! Vendor: <https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate>,
//! <https://learn.microsoft.com/rest/api/azure/devops/tokens/pats>. Texts, scopes and guides are in
//! `assets/hosts/azure-devops.toml`; the signatures of refusals and their meaning are in [`answers`].
//!
//! - [`address`]: typed addresses, endpoints, [`address::Place`]
//! - [`token`]: what a token says offline
//! - [`send`], [`answers`]: one request, and what its refusal means
//! - [`caller`], [`validate`], [`detect`], [`probes`]: whose it is, is it accepted, what is there, what may it do
//! - [`repository`]: what the account itself may do at one
//! - [`pats`], [`admin`]: the two APIs on tokens; [`create`], [`inventory`], [`revoke`]: the verbs over them

mod address;
mod admin;
mod answers;
mod caller;
mod create;
mod detect;
mod global;
mod inventory;
mod pats;
mod probes;
mod repository;
mod revoke;
mod send;
mod token;
mod twin;
mod validate;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::facts::Facts;
use super::{
    Carried, Create, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Revoke, Session, Wire,
};
use crate::domain::{Host, Kind, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("azure-devops"));

/// The organisation or collection: everything but what the other two serve.
const WEB: &str = "web";
/// Identities, the token APIs; on premises the collection.
const IDENTITY: &str = "identity";
/// The user's profile over all organisations; on premises the collection.
const PROFILE: &str = "profile";

/// The family `azure-devops`.
#[derive(Debug, Clone, Copy)]
pub struct AzureDevOps;

impl Family for AzureDevOps {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        address::host_url(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        address::endpoints(host)
    }

    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        token::carried(kind, token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(detect::detect(wire))
    }

    fn detect_signed<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Option<(String, String)>> {
        Box::pin(detect::detect_signed(session))
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(validate::validate(session))
    }

    fn revoker(&self) -> Option<&dyn Revoke> {
        Some(self)
    }

    fn creator(&self) -> Option<&dyn Create> {
        Some(self)
    }

    fn lister(&self) -> Option<&dyn Inventory> {
        Some(self)
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(self)
    }
}

/// Whether a text has the form of the ids that Azure DevOps gives.
fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
