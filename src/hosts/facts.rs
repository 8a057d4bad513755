//! Vendor facts that are data: strict serde types for `assets/hosts/<family>.toml` and `assets/findings.toml`.
//!
//! Unknown fields are errors; a test reads every shipped file. Nothing here does I/O: the files are embedded.

pub mod advice;
mod git_login;
mod guide;
mod stale;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::domain::{FamilyId, Finding, Kind, Severity, Stage, Verdict};
pub use git_login::{GitLogin, GitLoginFacts};
pub use guide::{GuideFacts, LimitFacts, PrefillFacts};
pub use stale::{RowFacts, StaleFacts, stale};

static ASSETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets");

/// How a family does a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Through the host's API.
    AtHost,
    /// By numbered steps, then proved by a request.
    Guided,
    /// The user is asked, since the host does not tell.
    Asked,
    /// The product has no such thing.
    None,
}

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

/// A form of token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternFacts {
    /// Regular expression over the whole token; anchored at both ends by the reader.
    pub regex: String,
    /// The form alone proves the family and kind.
    pub certain: bool,
}

/// A kind of credential of the family.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindFacts {
    /// The kind.
    pub kind: Kind,
    /// What the vendor calls it.
    pub name: String,
    /// What to ask for as user name (`access key id`), where the kind needs one to be used.
    #[serde(default)]
    pub username: Option<String>,
    /// What the second secret part is (`session token`), where there can be one.
    #[serde(default)]
    pub second: Option<String>,
    /// The user name that goes with it when git asks; none where the vendor names no way to use it for git. Read it by
    /// [`KindFacts::git_login`].
    #[serde(default)]
    pub git_username: Option<GitLoginFacts>,
    /// Forms to recognise it by.
    #[serde(default)]
    pub patterns: Vec<PatternFacts>,
    /// What the host allows when one is made; none where it is not made by anybody (a log-in's own token).
    #[serde(default)]
    pub limits: Option<LimitFacts>,
    /// How it is revoked in general; the adapter decides for the host at hand.
    pub revoke: How,
    /// The page where the vendor manages it, relative to `{web}` or absolute.
    pub page: String,
    /// Revoking by hand, a step each.
    pub revoke_steps: Vec<String>,
}

/// A scope or permission and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeFacts {
    /// The vendor's spelling.
    pub name: String,
    /// What it allows.
    pub about: String,
    /// Scopes that it includes.
    #[serde(default)]
    pub implies: Vec<String>,
    /// Kinds that can be given it; empty where all can.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Heading under which the vendor shows it.
    #[serde(default)]
    pub group: Option<String>,
}

/// One cell of a [`TableFacts`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellFacts {
    /// The scope of its row.
    pub row: String,
    /// The scope of its column.
    pub column: String,
    /// What the pair allows, a sentence fragment each; empty where the vendor does not issue the pair.
    #[serde(default)]
    pub allows: Vec<String>,
}

/// A table of what pairs of scopes allow, where the vendor defines a token by two levels at once (Bitbucket Data
/// Center: project by repository).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFacts {
    /// Heading.
    pub title: String,
    /// What the rows are, e.g. `project`.
    pub row_label: String,
    /// What the columns are.
    pub column_label: String,
    /// Scopes of the rows, lowest first.
    pub rows: Vec<String>,
    /// Scopes of the columns, lowest first.
    pub columns: Vec<String>,
    /// One for every pair.
    pub cells: Vec<CellFacts>,
    /// What the table cannot say, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl TableFacts {
    /// The cell of a token that holds these scopes: its highest row and its highest column. None where it holds no
    /// scope of the rows (a repository token of Bitbucket has no project level) or none of the columns.
    #[must_use]
    pub fn cell(&self, held: &[&str]) -> Option<&CellFacts> {
        let highest = |scopes: &[String]| scopes.iter().rev().find(|s| held.contains(&s.as_str())).cloned();
        let (row, column) = (highest(&self.rows)?, highest(&self.columns)?);
        self.cells.iter().find(|c| c.row == row && c.column == column)
    }
}

/// A recognised situation: cause and remedy as data; code only recognises it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingFacts {
    /// Name; the code is `family.name`, or the name itself in `assets/findings.toml`.
    pub name: String,
    /// What it says of the credential.
    pub verdict: Verdict,
    /// What it is, in a few words; may hold `{placeholders}`.
    pub title: String,
    /// Why it happens.
    pub cause: String,
    /// What to do: the exact page or command; may hold `{placeholders}`.
    pub remedy: String,
    /// The vendor's page on it.
    #[serde(default)]
    pub link: String,
    /// How much it matters, where that is not what its verdict says.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// The stage of a diagnosis that shows it, where that is not the one that its verdict stands for.
    #[serde(default)]
    pub stage: Option<Stage>,
}

/// The verbs whose way differs between families.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerbFacts {
    /// Validate.
    pub validate: How,
    /// Whose it is.
    pub identity: How,
    /// What it may do.
    pub grants: How,
    /// When it ends.
    pub expiry: How,
    /// The host's own list.
    pub inventory: How,
    /// Create.
    pub create: How,
    /// Rotate.
    pub rotate: How,
    /// Revoke.
    pub revoke: How,
    /// Use it for git over HTTPS.
    pub git: How,
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

/// `assets/findings.toml`: what can be found at any host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonFindings {
    /// The findings; `name` is the whole code.
    pub findings: Vec<FindingFacts>,
}

/// The findings that any host can give.
pub fn common() -> &'static CommonFindings {
    static COMMON: LazyLock<CommonFindings> = LazyLock::new(|| {
        read("findings.toml").and_then(|t| toml::from_str(t).ok()).unwrap_or(CommonFindings { findings: Vec::new() })
    });
    &COMMON
}

impl CommonFindings {
    /// Verdict and filled-in finding of that code.
    #[must_use]
    pub fn finding(&self, code: &str, args: &[(&str, &str)]) -> (Verdict, Finding) {
        match self.findings.iter().find(|f| f.name == code) {
            Some(facts) => (facts.verdict, facts.fill(code.to_owned(), args)),
            None => (Verdict::Unreachable, bare(code)),
        }
    }
}

impl FindingFacts {
    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity.unwrap_or_else(|| self.verdict.into())
    }

    fn fill(&self, code: String, args: &[(&str, &str)]) -> Finding {
        let fill = |text: &str| {
            args.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        Finding {
            code,
            title: fill(&self.title),
            cause: fill(&self.cause),
            remedy: fill(&self.remedy),
            link: fill(&self.link),
            severity: self.severity(),
        }
    }
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

    /// The stage of a diagnosis that shows what the host said. A credential that is `limited` was let in: what it lacks is a
    /// matter of permission, unless the data says otherwise (an act that the log-in itself waits for).
    #[must_use]
    pub fn stage_of(&self, code: &str) -> Stage {
        let own = code.strip_prefix(self.id.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let facts = match own {
            Some(name) => self.findings.iter().find(|f| f.name == name),
            None => common().findings.iter().find(|f| f.name == code),
        };
        match facts {
            Some(FindingFacts { stage: Some(stage), .. }) => *stage,
            Some(FindingFacts { verdict: Verdict::Limited, .. }) => Stage::Permission,
            _ => Stage::Authentication,
        }
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

fn bare(code: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        title: code.to_owned(),
        cause: String::new(),
        remedy: String::new(),
        link: String::new(),
        severity: Severity::Error,
    }
}

/// The text of an embedded asset, by its path below `assets/`.
#[must_use]
pub fn read(path: &str) -> Option<&'static str> {
    ASSETS.get_file(path).and_then(|f| f.contents_utf8())
}

/// The texts of all embedded assets of a folder below `assets/`, by name.
pub fn read_all(folder: &str) -> impl Iterator<Item = &'static str> {
    let files = ASSETS.get_dir(folder).into_iter().flat_map(|dir| dir.files());
    files.filter_map(|file| file.contents_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_parses_and_is_consistent() {
        let findings: CommonFindings = toml::from_str(read("findings.toml").unwrap()).unwrap();
        for kind in crate::net::NetErrorKind::ALL {
            assert!(findings.findings.iter().any(|f| f.name == kind.code()), "{} has no finding", kind.code());
        }
        for file in ASSETS.get_dir("hosts").map(|d| d.files()).into_iter().flatten() {
            let path = file.path().display().to_string();
            let facts: Facts = toml::from_str(file.contents_utf8().unwrap()).unwrap_or_else(|e| panic!("{path}: {e}"));
            assert_eq!(path, format!("hosts/{}.toml", facts.id));
            for kind in &facts.kinds {
                assert!(!kind.revoke_steps.is_empty(), "{path}: {} has no revoke steps", kind.kind);
                for pattern in &kind.patterns {
                    regex::Regex::new(&pattern.regex).unwrap_or_else(|e| panic!("{path}: {e}"));
                }
            }
            for scope in &facts.scopes {
                for implied in &scope.implies {
                    assert!(facts.scopes.iter().any(|s| s.name == *implied), "{path}: `{implied}` is not a scope");
                }
            }
            for table in &facts.tables {
                assert_eq!(table.cells.len(), table.rows.len() * table.columns.len(), "{path}: `{}`", table.title);
                for (row, column) in table.rows.iter().flat_map(|r| table.columns.iter().map(move |c| (r, c))) {
                    assert!(table.cell(&[row, column]).is_some(), "{path}: no cell for {row} and {column}");
                    for scope in [row, column] {
                        assert!(facts.scopes.iter().any(|s| s.name == *scope), "{path}: `{scope}` is not a scope");
                    }
                }
            }
            let mut names: Vec<_> = facts.findings.iter().map(|f| &f.name).collect();
            names.sort();
            let before = names.len();
            names.dedup();
            assert_eq!(before, names.len(), "{path}: a finding stands twice");
            for finding in facts.findings.iter().chain(&findings.findings) {
                assert!(!finding.title.is_empty() && !finding.remedy.is_empty(), "{path}: {} is thin", finding.name);
            }
        }
    }
}
