//! What a family can do besides validating: a trait per verb. A verb that a product has no API for is absent from the
//! family's type (its method of [`super::Family`] answers `None`), never a stub that errors.
//!
//! Whatever is asked of a host here is asked once. Only the verbs in `ops` may decide to ask again.

use futures_util::future::BoxFuture;

use super::{Session, Wire};
use crate::domain::{
    CreateRequest, CreatedToken, Host, Kind, LookAt, Minted, Predecessor, Probed, RemoteList, Validation,
};
use crate::net::NetError;
use crate::secret::{Secret, SecretText};

/// The credential, or account password, that signs an act on another one.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its kind; none for an account password, which is used once and wiped, never stored.
    pub kind: Option<Kind>,
    /// Its user name or access key id.
    pub username: Option<String>,
    /// Its secret.
    pub secret: Secret,
    /// A one-time code beside a password, where the account has a second factor.
    pub one_time_code: Option<SecretText>,
}

/// How an act on a credential can be done at its host; decided before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// By the host's API; the sentence says what exactly will be sent and what dies with it.
    AtHost(String),
    /// By the host's API, but somebody else must sign: says who can.
    NeedsAuthority {
        /// Why the credential itself cannot.
        why: String,
        /// The account's password would do.
        password: bool,
    },
    /// Only by hand; the steps are in the family's facts.
    Guided {
        /// Why there is no API for it.
        why: String,
    },
}

/// A wish that the host is known to refuse, found before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestError {
    /// What is wrong with it.
    pub message: String,
    /// What to ask for instead; may be empty.
    pub hint: String,
}

/// What came of asking a host to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// The host took the order; whether the credential is dead is seen by validating it.
    Accepted,
    /// The host refused the order. The validation carries finding and evidence.
    Refused(Box<Validation>),
    /// The host has no such API after all; go by the guide.
    Unsupported(Box<Validation>),
    /// Sent, and no answer came: it may or may not have happened.
    Unknown(NetError),
}

/// What came of asking a host for something that it gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// Done; this is what it gave.
    Done(T),
    /// The host refused. The validation carries finding and evidence.
    Refused(Box<Validation>),
    /// The host has no such API after all; go by the guide.
    Unsupported(Box<Validation>),
    /// Sent, and no answer came, or one that cannot be read: it may or may not have happened. Never repeat it blindly.
    Unknown(NetError),
}

/// A way to a host, and who signs there.
pub struct Act<'a> {
    /// The way to the host; masks the secret of `using`. Teach it ([`Wire::learn`]) every secret that an answer brings.
    pub wire: Wire<'a>,
    /// The host record.
    pub host: &'a Host,
    /// Who signs.
    pub using: &'a Authority,
}

/// Revoking at the host.
pub trait Revoke: Send + Sync {
    /// How this credential would be revoked, decided offline.
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route;

    /// Asks the host once. `remote_id` is what the last validation learned, if it did.
    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation>;
}

/// Revoking many by their value in one request (GitHub's `credentials/revoke`).
pub trait RevokeMany: Send + Sync {
    /// The kinds that one request may hold at this host, and how many at most; none where it has no such endpoint.
    fn batch(&self, host: &Host) -> Option<(&'static [Kind], usize)>;

    /// Asks the host once for all. What is accepted is seen by validating each.
    fn revoke_many<'a>(&'a self, wire: &'a Wire<'a>, secrets: &'a [&'a SecretText]) -> BoxFuture<'a, Revocation>;
}

/// Creating a credential by the host's API.
pub trait Create: Send + Sync {
    /// How this would be created, decided offline; `using` is who signs, if anybody was named.
    ///
    /// # Errors
    /// [`RequestError`] where the host is known to refuse it: too long a life, an unknown scope, no resource named.
    fn route(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError>;

    /// What to ask for so that the new one can take the place of an old one: same name (made unique where the host wants
    /// that), kind, grants and resource.
    fn successor(&self, host: &Host, old: &Predecessor<'_>) -> CreateRequest;

    /// Asks the host once. The secret in the answer exists nowhere else: the caller stores it before anything else.
    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>>;
}

/// Replacing a secret in place by one request: the host gives a new one, and the old one is dead at once.
pub trait Replace: Send + Sync {
    /// How this credential would be replaced, decided offline.
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route;

    /// Asks the host once, for a life until `expires`. Never repeat it: some hosts take a second request with the old
    /// secret for theft.
    fn replace<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        expires: Option<jiff::Timestamp>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Outcome<CreatedToken>>;
}

/// The host's own list of credentials.
pub trait Inventory: Send + Sync {
    /// Whether `using` may list, decided offline; with none, who could.
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route;

    /// Reads the list, all pages of it up to a cap; says where it is not whole.
    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>>;

    /// Revokes by the host's ids, which came from [`Inventory::list`]; one answer for each, in their order. Uses a bulk
    /// endpoint where there is one that touches nothing but these.
    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>>;
}

/// Asking what validating alone does not tell: grants that only a request for them proves, permissions at a place.
pub trait Probe: Send + Sync {
    /// Finds out about `wanted` (the vendor's spelling) without changing anything, at the project, issue or repository
    /// named, where that matters.
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed>;
}

/// Getting a short-lived Bearer token for a long-lived client secret.
pub trait Mint: Send + Sync {
    /// Asks the token endpoint once.
    fn mint<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Outcome<Minted>>;
}
