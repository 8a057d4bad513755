//! Profiles: what a job needs of a credential, as data. Shipped in `assets/profiles/*.toml`, extended by users; read by
//! `config::profiles`. Unknown fields are errors.

use serde::Deserialize;

use super::credential::Kind;
use super::host::FamilyId;

/// What a job needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Slug; equals the file name.
    pub id: String,
    /// What it is for, in a few words.
    pub title: String,
    /// One sentence: the job.
    pub about: String,
    /// Name to suggest for the token at its host.
    #[serde(default)]
    pub token_name: String,
    /// What becomes of the job where a need is not met, a sentence; empty where that goes without saying.
    #[serde(default)]
    pub without: String,
    /// Roles of which there must be exactly one binding each; empty where roles do not matter.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Where the consuming products take the token.
    #[serde(default)]
    pub deliver: Vec<Deliver>,
    /// What it means for each family, by kind of credential: the first entry that fits counts.
    pub entries: Vec<ProfileEntry>,
}

/// What a profile means for some kinds of one family.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileEntry {
    /// The family; one that this keyrack does not know does no harm.
    pub family: FamilyId,
    /// The kinds it is for; empty for all.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// What to tick when one is made, in the vendor's spelling: the narrowest set that does. Empty where there is
    /// nothing to tick, since the account's own permissions count.
    #[serde(default)]
    pub tick: Vec<String>,
    /// Why no credential of these kinds can ever do the job; empty where one can.
    #[serde(default)]
    pub unfit: String,
    /// What must be held, all of it. Empty where the kind needs nothing that could be missing.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// What must be named so that its needs can be asked for there.
    #[serde(default)]
    pub look_at: Vec<Place>,
    /// What to know besides, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// One thing a job needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Grants of which any will do, the narrowest first.
    pub any: Vec<String>,
    /// What it is needed for.
    pub why: String,
    /// Who gives it and where, where the owner of the token cannot tick it himself.
    #[serde(default)]
    pub from: String,
    /// Why it can be proved but never refuted: then not finding it says nothing.
    #[serde(default)]
    pub proved_only: String,
}

/// What a permission may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A project.
    Project,
    /// An issue.
    Issue,
    /// A repository.
    Repository,
}

impl Place {
    /// The word, as in `--issue`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Issue => "issue",
            Self::Repository => "repository",
        }
    }
}

/// Where a product takes the token, shown after it was made or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliver {
    /// The product.
    pub to: String,
    /// Families whose tokens it takes this way; empty for all.
    #[serde(default)]
    pub families: Vec<FamilyId>,
    /// What to do there, a step each.
    pub steps: Vec<String>,
    /// The product's page on it; empty where there is none.
    #[serde(default)]
    pub link: String,
}

impl Profile {
    /// What it means for a credential of that family and kind. None where it does not concern it.
    #[must_use]
    pub fn entry(&self, family: &FamilyId, kind: Kind) -> Option<&ProfileEntry> {
        self.of(family).find(|e| e.kinds.is_empty() || e.kinds.contains(&kind))
    }

    /// Everything it says of a family.
    pub fn of(&self, family: &FamilyId) -> impl Iterator<Item = &ProfileEntry> {
        self.entries.iter().filter(move |e| e.family == *family)
    }

    /// Where tokens of a family are taken.
    pub fn delivered(&self, family: &FamilyId) -> impl Iterator<Item = &Deliver> {
        self.deliver.iter().filter(move |d| d.families.is_empty() || d.families.contains(family))
    }
}

/// The profiles there are, shipped and the user's own, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profiles(pub Vec<Profile>);

impl Profiles {
    /// The profile of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.0.iter().find(|p| p.id == id)
    }

    /// Ids, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|p| p.id.as_str()).collect()
    }

    /// Those that say something of a family, and of a kind where one is given.
    pub fn concerning(&self, family: &FamilyId, kind: Option<Kind>) -> impl Iterator<Item = &Profile> {
        self.0.iter().filter(move |p| match kind {
            Some(kind) => p.entry(family, kind).is_some(),
            None => p.of(family).next().is_some(),
        })
    }
}
