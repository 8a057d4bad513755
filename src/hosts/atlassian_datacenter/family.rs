//! Jira, Confluence and Bamboo as families. They are alike but for their [`Product`], what validating adds and what can be
//! probed.

use futures_util::future::BoxFuture;

use super::prove::{Proved, accept, prove};
use super::{Product, create, detect, inventory, revoke, token};
use crate::domain::{CreateRequest, CreatedToken, Host, Kind, Predecessor, RemoteList, Validation};
use crate::hosts::facts::Facts;
use crate::hosts::{
    Act, Authority, Carried, Create, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Outcome, Probe,
    RequestError, Revocation, Revoke, Route, Session, Wire,
};

/// Adds to an accepted token's validation what the product alone can say of it.
pub(in crate::hosts) type Complete = for<'a> fn(&'a Session<'a>, &'a Proved, &'a mut Validation) -> BoxFuture<'a, ()>;

/// The family of a product that speaks the shared token interface.
pub struct Datacenter {
    pub(in crate::hosts) product: &'static Product,
    pub(in crate::hosts) complete: Complete,
    /// Finds out about single grants, where the product lets one.
    pub(in crate::hosts) prober: Option<&'static dyn Probe>,
}

impl Family for Datacenter {
    fn facts(&self) -> &'static Facts {
        self.product.facts
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        self.product.host_url(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        self.product.endpoints(host)
    }

    fn carried(&self, _kind: Kind, token: &str) -> Option<Carried> {
        token::carried(token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(detect::detect(wire, self.product))
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(self.validated(session))
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
        self.prober
    }
}

impl Datacenter {
    /// Accepted or not, whose, which record, and what the product alone can say of it.
    async fn validated(&self, session: &Session<'_>) -> Validation {
        let proved = match prove(session, self.product).await {
            Ok(proved) => proved,
            Err(verdict) => return *verdict,
        };
        let mut found = accept(session, self.product, &proved).await;
        (self.complete)(session, &proved, &mut found).await;
        found.evidence.extend(session.wire.take_evidence());
        found
    }
}

impl Revoke for Datacenter {
    fn route(&self, host: &Host, kind: Kind, _username: Option<&str>, using: Option<&Authority>) -> Route {
        revoke::route(self.product, host, kind, using)
    }

    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation> {
        Box::pin(revoke::revoke(self.product, session, remote_id, using))
    }
}

impl Create for Datacenter {
    fn route(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
        create::route(self.product, host, request, using)
    }

    fn successor(&self, host: &Host, old: &Predecessor<'_>) -> CreateRequest {
        create::successor(self.product, host, old)
    }

    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(create::create(self.product, act, request))
    }
}

impl Inventory for Datacenter {
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route {
        inventory::route(self.product, host, using)
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(inventory::read(self.product, act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(inventory::revoke(self.product, act, ids))
    }
}
