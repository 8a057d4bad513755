//! Vendor facts that are data: strict serde types for `assets/hosts/<family>.toml` and `assets/findings.toml`.
//!
//! Unknown fields are errors; a test reads every shipped file. Nothing here does I/O: the files are embedded.

pub mod advice;
mod embedded;
mod finding;
mod git_login;
mod guide;
mod kind;
mod scope;
mod stale;
mod verb;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use embedded::{read, read_all};
use finding::bare;
pub use finding::{CommonFindings, FindingFacts, common};
pub use git_login::{GitLogin, GitLoginFacts};
pub use guide::{GuideFacts, LimitFacts, PrefillFacts};
pub use kind::{KindFacts, PatternFacts};
pub use scope::{CellFacts, ScopeFacts, TableFacts};
pub use stale::{RowFacts, StaleFacts, stale};
pub use verb::{How, VerbFacts};

use crate::domain::{FamilyId, Finding, Kind, Stage, Verdict};

/// A named endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointFacts {
    /// Name for `--endpoint NAME=URL`.
    pub name: String,
    /// What it defaults to, in words.
    pub default: String,
    /// What goes through it.
    pub about: String,
}

/// One family's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Slug; equals the file name.
    pub id: FamilyId,
    /// Name for people.
    pub name: String,
    /// One sentence: which products it covers.
    pub about: String,
    /// The vendor's page on tokens.
    pub docs: String,
    /// Base URL that `host add` proposes; empty where every installation has its own.
    pub default_url: String,
    /// What the host URL looks like, for prompts.
    pub url_example: String,
    /// How far a clock may be off, in seconds, before the host refuses what is signed with it; none where nothing is.
    #[serde(default)]
    pub clock_tolerance: Option<u32>,
    /// How each verb is done.
    pub verbs: VerbFacts,
    /// Named endpoints.
    pub endpoints: Vec<EndpointFacts>,
    /// Kinds of credential.
    pub kinds: Vec<KindFacts>,
    /// Scopes and permissions.
    #[serde(default)]
    pub scopes: Vec<ScopeFacts>,
    /// What pairs of scopes allow, where the vendor has such a table.
    #[serde(default)]
    pub tables: Vec<TableFacts>,
    /// How each kind is made by hand.
    #[serde(default)]
    pub guides: Vec<GuideFacts>,
    /// What can be found.
    pub findings: Vec<FindingFacts>,
}

impl Facts {
    /// Parses the embedded file of a family. A file that does not parse (a test sees to it that all do) gives a
    /// family without kinds or findings.
    #[must_use]
    pub fn embedded(id: &str) -> Self {
        read(&format!("hosts/{id}.toml")).and_then(|text| toml::from_str(text).ok()).unwrap_or_else(|| Self::bare(id))
    }

    /// Verdict and filled-in finding. A name with a dot is a common one (`http.…`, `net.…`).
    #[must_use]
    pub fn finding(&self, name: &str, args: &[(&str, &str)]) -> (Verdict, Finding) {
        if name.contains('.') {
            return common().finding(name, args);
        }
        let code = format!("{}.{name}", self.id);
        match self.findings.iter().find(|f| f.name == name) {
            Some(facts) => (facts.verdict, facts.fill(code, args)),
            None => (Verdict::Unreachable, bare(&code)),
        }
    }

    /// The stage of a diagnosis that shows the finding of this code.
    #[must_use]
    pub fn stage_of(&self, code: &str) -> Stage {
        let own = code.strip_prefix(self.id.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let facts = match own {
            Some(name) => self.findings.iter().find(|f| f.name == name),
            None => common().findings.iter().find(|f| f.name == code),
        };
        facts.map_or(Stage::Authentication, FindingFacts::stage)
    }

    /// The facts of a kind.
    #[must_use]
    pub fn kind(&self, kind: Kind) -> Option<&KindFacts> {
        self.kinds.iter().find(|k| k.kind == kind)
    }

    /// All scopes that `names` include, through every level, without `names` themselves.
    #[must_use]
    pub fn implied(&self, names: &[String]) -> Vec<String> {
        let by_name: BTreeMap<&str, &ScopeFacts> = self.scopes.iter().map(|s| (s.name.as_str(), s)).collect();
        let mut seen: Vec<String> = names.to_vec();
        let mut next = 0;
        while let Some(name) = seen.get(next).cloned() {
            next += 1;
            for implied in by_name.get(name.as_str()).into_iter().flat_map(|s| &s.implies) {
                if !seen.contains(implied) {
                    seen.push(implied.clone());
                }
            }
        }
        seen.split_off(names.len())
    }

    fn bare(id: &str) -> Self {
        Self {
            id: FamilyId::new(id),
            name: id.to_owned(),
            about: String::new(),
            docs: String::new(),
            default_url: String::new(),
            url_example: String::new(),
            clock_tolerance: None,
            verbs: VerbFacts {
                validate: How::None,
                identity: How::None,
                grants: How::None,
                expiry: How::None,
                inventory: How::None,
                create: How::None,
                rotate: How::None,
                revoke: How::None,
                git: How::None,
            },
            endpoints: Vec::new(),
            kinds: Vec::new(),
            scopes: Vec::new(),
            tables: Vec::new(),
            guides: Vec::new(),
            findings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
