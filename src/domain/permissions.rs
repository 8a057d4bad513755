//! What a credential may do, measured against what its jobs need: plain data for both front ends.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::credential::{Kind, LookAt};
use super::grant::GrantSource;
use super::host::{FamilyId, HostId};
use super::verdict::{Evidence, Finding, Verdict};

/// Everything `permissions` finds of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// Its label.
    pub label: String,
    /// Its family.
    pub family: FamilyId,
    /// Its kind.
    pub kind: Kind,
    /// What was found at each place it is used.
    pub places: Vec<PlacePermissions>,
    /// What its profiles ask of its bindings together and do not find, a sentence each, by profile.
    pub roles: BTreeMap<String, Vec<String>>,
    /// Least privilege: what could be taken from it without missing anything.
    pub advice: Option<Narrower>,
}

/// What was found at one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacePermissions {
    /// The host.
    pub host: HostId,
    /// Its name.
    pub host_name: String,
    /// What the credential is there.
    pub role: Option<String>,
    /// What was looked at.
    pub look_at: LookAt,
    /// What the host said of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// When.
    pub checked_at: Timestamp,
    /// Its grants as trees: what each brings with it stands below it.
    pub grants: Vec<GrantNode>,
    /// The grants are all there is.
    pub all_told: bool,
    /// Grants that it was seen not to have.
    pub denied: Vec<String>,
    /// Where alone the grants count; empty where that is not limited.
    pub limited_to: Vec<String>,
    /// Every profile that was asked for, in order.
    pub profiles: Vec<ProfileFound>,
    /// The vendor's tables of what pairs of scopes allow, with the cell of this credential.
    pub tables: Vec<PermissionTable>,
    /// What was recognised.
    pub findings: Vec<Finding>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

/// A grant with what it brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantNode {
    /// The vendor's spelling.
    pub name: String,
    /// How keyrack knows.
    pub source: GrantSource,
    /// What it allows; empty where that is not known.
    pub about: String,
    /// Heading under which the vendor shows it; empty where it has none.
    pub group: String,
    /// What it includes.
    pub implies: Vec<GrantNode>,
}

/// How a need, or a whole profile, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// It is there.
    Have,
    /// It cannot be told.
    Unknown,
    /// It is not there.
    Missing,
}

impl Stand {
    /// The sign shown beside the word.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Have => "✓",
            Self::Unknown => "?",
            Self::Missing => "✗",
        }
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Have => "have",
            Self::Unknown => "cannot tell",
            Self::Missing => "missing",
        }
    }
}

/// A profile, measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileFound {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// The credential is there for it, as opposed to being measured against it for once.
    pub own: bool,
    /// It says something of this family and kind.
    pub concerns: bool,
    /// How it stands as a whole: the worst of its needs.
    pub stand: Stand,
    /// Its needs.
    pub needs: Vec<NeedFound>,
    /// Grants of the token that this job has no use for.
    pub surplus: Vec<String>,
    /// What would do instead; empty where nothing is too much.
    pub narrower: Vec<String>,
    /// What becomes of the job, where it is missed; may be empty.
    pub without: String,
    /// What to know besides.
    pub notes: Vec<String>,
}

/// A need, measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedFound {
    /// Grants of which any will do.
    pub any: Vec<String>,
    /// What it is needed for.
    pub why: String,
    /// How it stands.
    pub stand: Stand,
    /// The grant that meets it, and how that is known.
    pub by: Option<(String, GrantSource)>,
    /// Why it cannot be told, or what still limits it; may be empty.
    pub doubt: String,
    /// How to get it, where it is missing.
    pub fix: Option<Fix>,
}

impl NeedFound {
    /// Its narrowest grant.
    #[must_use]
    pub fn name(&self) -> &str {
        self.any.first().map_or("", String::as_str)
    }
}

/// How to get what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What to do, a sentence.
    pub text: String,
    /// The page where that is done.
    pub page: Option<String>,
    /// The page with name, scopes and end filled in.
    pub prefilled: Option<String>,
    /// The host has an API that makes such a token.
    pub api: bool,
}

/// What could be taken from a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Narrower {
    /// What none of its profiles has a use for.
    pub surplus: Vec<String>,
    /// What would do for all of them together.
    pub enough: Vec<String>,
}

/// A table of what pairs of scopes allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PermissionTable {
    /// Heading.
    pub title: String,
    /// What the rows are.
    pub row_label: String,
    /// What the columns are.
    pub column_label: String,
    /// Scopes of the rows.
    pub rows: Vec<String>,
    /// Scopes of the columns.
    pub columns: Vec<String>,
    /// By row, then by column: what the pair allows; empty where it cannot be chosen.
    pub cells: Vec<Vec<Vec<String>>>,
    /// Row and column of this credential; none where it has none.
    pub held: Option<(usize, usize)>,
    /// What the table cannot say.
    pub notes: Vec<String>,
}
