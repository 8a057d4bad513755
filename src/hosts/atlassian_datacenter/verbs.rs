//! The verbs of a product that speaks the shared token interface.

use futures_util::future::BoxFuture;

use super::{Product, create, inventory, revoke};
use crate::domain::{CreateRequest, CreatedToken, Host, Kind, Predecessor, RemoteList};
use crate::hosts::{Act, Authority, Create, Inventory, Outcome, RequestError, Revocation, Revoke, Route, Session};

/// What a family hands out as its revoker, creator and lister.
pub struct TokenVerbs(pub &'static Product);

impl Revoke for TokenVerbs {
    fn route(&self, host: &Host, kind: Kind, _username: Option<&str>, using: Option<&Authority>) -> Route {
        revoke::route(self.0, host, kind, using)
    }

    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation> {
        Box::pin(revoke::revoke(self.0, session, remote_id, using))
    }
}

impl Create for TokenVerbs {
    fn route(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
        create::route(self.0, host, request, using)
    }

    fn successor(&self, host: &Host, old: &Predecessor<'_>) -> CreateRequest {
        create::successor(self.0, host, old)
    }

    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(create::create(self.0, act, request))
    }
}

impl Inventory for TokenVerbs {
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route {
        inventory::route(self.0, host, using)
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(inventory::read(self.0, act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(inventory::revoke(self.0, act, ids))
    }
}
