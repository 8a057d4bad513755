//! A creation guide, filled in for a host, a name and a job: plain data for both front ends.

use serde::Serialize;

use super::credential::Kind;
use super::host::FamilyId;
use super::verdict::Finding;

/// How a person makes a credential of one kind by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guide {
    /// The family.
    pub family: FamilyId,
    /// What it makes.
    pub kind: Kind,
    /// What the vendor calls that.
    pub kind_name: String,
    /// Heading.
    pub title: String,
    /// The product and versions it holds for, in words; empty where for all.
    pub holds_for: String,
    /// The name to give the token at its host.
    pub name: String,
    /// What is needed before one begins.
    pub need: Vec<String>,
    /// The page to open.
    pub page: String,
    /// The same with name, scopes and end filled in, where the host allows that.
    pub prefilled: Option<String>,
    /// What to do there, a step each.
    pub steps: Vec<String>,
    /// What to tick, with what each allows.
    pub tick: Vec<(String, String)>,
    /// Which end to choose, and why.
    pub expiry: String,
    /// How replacing one differs, a step each.
    pub rotate_steps: Vec<String>,
    /// What to know besides.
    pub notes: Vec<String>,
    /// The vendor's page on it.
    pub link: String,
    /// Where the token goes then.
    pub deliver: Vec<DeliverSteps>,
    /// Instructions that people arrive with and that no longer hold.
    pub stale: Vec<Finding>,
}

/// Where a product takes the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliverSteps {
    /// The product.
    pub to: String,
    /// What to do there, a step each.
    pub steps: Vec<String>,
    /// The product's page on it; may be empty.
    pub link: String,
}
