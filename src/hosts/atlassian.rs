//! What the families of Atlassian Cloud share: the form of its tokens, the addresses of its sites, the cloud id of a
//! site, the claims of its JWTs, and the signatures by which its refusals are told from anybody else's.
//!
//! Not a family: it has no facts of its own. Verdicts and words come from the family that asks.

pub mod claims;
pub mod signature;
pub mod site;
pub mod tenant;
pub mod token;

/// The endpoint of a site: its own address.
pub const WEB: &str = "web";
/// The endpoint of the gateway, `api.atlassian.com`: scoped tokens, service accounts, OAuth, organisation administration.
pub const GATEWAY: &str = "gateway";
/// The endpoint that hands out OAuth tokens, `auth.atlassian.com`.
pub const AUTH: &str = "auth";
