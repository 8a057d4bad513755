//! `assets/environment.toml`: which variables, files and helpers there are to look at. Strict and embedded.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::{FamilyId, Kind};
use crate::hosts::facts::read;

/// What is in a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Holds {
    /// A token or password.
    Secret,
    /// An AWS session token.
    Second,
    /// A user name, e-mail or access key id.
    User,
    /// The URL or name of a host.
    Place,
    /// What a tool does; not secret.
    Choice,
}

/// Variables that mean the same to a tool; the first that is set wins.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableFacts {
    /// Families whose tools read it.
    pub(crate) families: Vec<FamilyId>,
    /// Kinds that it can stand for; empty for all.
    #[serde(default)]
    pub(crate) kinds: Vec<Kind>,
    /// Names, the one that wins first.
    pub(crate) names: Vec<String>,
    /// What is in it.
    pub(crate) holds: Holds,
    /// Who reads it.
    pub(crate) tools: String,
    /// Hosts that it is for; empty for all.
    #[serde(default)]
    pub(crate) at: Vec<String>,
    /// Hosts that it is not for.
    #[serde(default)]
    pub(crate) elsewhere: Vec<String>,
    /// Variables that name the host it is for.
    #[serde(default)]
    pub(crate) place: Vec<String>,
}

/// A variable that changes what git does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchFacts {
    /// Its name.
    pub(crate) name: String,
    /// What it does, in a few words.
    pub(crate) about: String,
}

/// A variable that names a file or folder of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateFacts {
    /// Its name.
    pub(crate) name: String,
    /// Who reads it.
    pub(crate) tools: String,
    /// keyrack's own requests use it.
    #[serde(default)]
    pub(crate) ours: bool,
    /// It names a folder.
    #[serde(default)]
    pub(crate) folder: bool,
}

/// Where a family's repositories are cloned from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloneFacts {
    /// The family.
    pub(crate) family: FamilyId,
    /// Named endpoint that the path is below.
    pub(crate) endpoint: String,
    /// The path, with `{repository}` and `{project}`.
    pub(crate) path: String,
    /// Segments that the name of a repository has at least.
    pub(crate) segments: usize,
    /// Grants without which nothing is pushed.
    #[serde(default)]
    pub(crate) push: Vec<String>,
}

/// A helper of git that is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HelperFacts {
    /// Its name, as in `credential.helper`.
    pub(crate) name: String,
    /// Why not.
    pub(crate) why: String,
}

/// How a host refuses git.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefusalFacts {
    /// Families whose hosts say it; empty for all.
    #[serde(default)]
    pub(crate) families: Vec<FamilyId>,
    /// Status codes; empty for any.
    #[serde(default)]
    pub(crate) status: Vec<u16>,
    /// Part of the answer, in lower case; empty for any.
    #[serde(default)]
    pub(crate) text: String,
    /// Code of the finding.
    pub(crate) finding: String,
}

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentFacts {
    pub(crate) variables: Vec<VariableFacts>,
    pub(crate) switches: Vec<SwitchFacts>,
    pub(crate) certificates: Vec<CertificateFacts>,
    pub(crate) own: Vec<SwitchFacts>,
    pub(crate) clones: Vec<CloneFacts>,
    pub(crate) helpers: Vec<HelperFacts>,
    pub(crate) refusals: Vec<RefusalFacts>,
}

/// The embedded file; empty where it does not parse, which a test rules out.
pub(crate) fn facts() -> &'static EnvironmentFacts {
    static FACTS: LazyLock<EnvironmentFacts> =
        LazyLock::new(|| read("environment.toml").and_then(|text| toml::from_str(text).ok()).unwrap_or_default());
    &FACTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::{self, facts::How};

    #[test]
    fn the_shipped_file_parses_and_names_what_exists() {
        let facts: EnvironmentFacts = toml::from_str(read("environment.toml").unwrap()).unwrap();
        for group in &facts.variables {
            assert!(!group.names.is_empty() && !group.families.is_empty() && !group.tools.is_empty());
            for family in &group.families {
                let family = hosts::family(family).unwrap_or_else(|| panic!("{:?}: {family}", group.names));
                for kind in &group.kinds {
                    assert!(family.facts().kind(*kind).is_some(), "{:?}: {kind}", group.names);
                }
            }
        }
        for refusal in &facts.refusals {
            assert!(hosts::facts::common().findings.iter().any(|f| f.name == refusal.finding), "{}", refusal.finding);
            assert_eq!(refusal.text, refusal.text.to_lowercase());
            assert!(refusal.families.iter().all(|f| hosts::family(f).is_some()), "{:?}", refusal.families);
        }
        for family in hosts::families() {
            let facts_of = family.facts();
            let clone = facts.clones.iter().find(|c| c.family == facts_of.id);
            assert_eq!(clone.is_some(), facts_of.verbs.git != How::None, "{}", facts_of.id);
            if let Some(clone) = clone {
                assert!(facts_of.endpoints.iter().any(|e| e.name == clone.endpoint), "{}", facts_of.id);
            }
        }
    }
}
