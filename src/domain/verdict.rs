//! What a validation found, and what proves it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::{Expiry, UnknownSlug, slugs};
use super::grant::Grant;
use super::severity::Severity;

slugs! {
    /// The outcome of a validation. Declared from best to worst.
    Verdict {
        /// The host accepted it.
        Valid = "valid",
        /// Accepted, and ends within the warn window.
        Expiring = "expiring",
        /// Not validated yet, or held back by the brake.
        Unchecked = "unchecked",
        /// Nothing was learned about the token: network, proxy, rate limit, wrong product.
        Unreachable = "unreachable",
        /// Works, but misses a grant or needs an act such as SSO authorisation.
        Limited = "limited",
        /// The account, a policy, a CAPTCHA or an IP list stands in the way.
        Blocked = "blocked",
        /// The host refuses it and does not say why.
        Rejected = "rejected",
        /// The host says its time is over.
        Expired = "expired",
        /// The host says it was revoked or deleted.
        Revoked = "revoked",
    }
}

impl Verdict {
    /// How bad it is, 0 best; of several bindings the worst is shown.
    #[must_use]
    pub fn severity(self) -> usize {
        Self::ALL.iter().position(|v| *v == self).unwrap_or(usize::MAX)
    }

    /// The host has been seen to refuse the secret for good.
    #[must_use]
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked | Self::Rejected)
    }

    /// It says something about the token, as opposed to the way to the host.
    #[must_use]
    pub fn is_real(self) -> bool {
        !matches!(self, Self::Unreachable | Self::Unchecked)
    }

    /// The sign shown beside the word, so that colour never carries the meaning alone.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Valid => "●",
            Self::Expiring => "◐",
            Self::Limited => "▲",
            Self::Expired => "✖",
            Self::Revoked => "⊘",
            Self::Rejected => "✗",
            Self::Blocked => "■",
            Self::Unreachable => "≁",
            Self::Unchecked => "?",
        }
    }
}

impl From<Verdict> for Severity {
    /// What a finding of that verdict has where its data does not say otherwise.
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid => Self::Info,
            Verdict::Expiring | Verdict::Limited => Self::Warning,
            _ => Self::Error,
        }
    }
}

/// One request and the part of its answer that proves a verdict; already masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Method and URL, without query where that could hold something private.
    pub request: String,
    /// HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// Time the request took, in milliseconds.
    pub ms: u64,
    /// The header, code or message that decides; empty where the status alone does.
    pub detail: String,
}

/// Whose credential it is, as the host says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The vendor's stable id.
    pub id: String,
    /// Log-in or user name.
    pub login: String,
    /// Display name, empty where there is none.
    pub name: String,
    /// `user`, `bot`, `service`, `project`, `group`, `repository`, `role`, `root`, `installation`, …
    pub kind: String,
}

impl Identity {
    /// What the account is called in lists: its log-in name, else its id, where the host tells no more.
    #[must_use]
    pub fn account(&self) -> &str {
        if self.login.is_empty() { &self.id } else { &self.login }
    }
}

/// A recognised situation with its advice; the texts come from `assets/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code, `family.name` or `net.name`.
    pub code: String,
    /// What it is, in a few words.
    pub title: String,
    /// Why it happens.
    pub cause: String,
    /// What to do about it, with the exact page or command.
    pub remedy: String,
    /// The vendor's page on it; empty where there is none.
    pub link: String,
    /// How much it matters.
    #[serde(default)]
    pub severity: Severity,
}

/// Everything one validation of a credential at one host found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// The outcome.
    pub verdict: Verdict,
    /// One sentence: why this verdict.
    pub reason: String,
    /// When it was made.
    pub checked_at: Timestamp,
    /// Whose it is.
    pub identity: Option<Identity>,
    /// What it may do; empty where the host does not tell.
    pub grants: Vec<Grant>,
    /// `grants` is all there is: what is not among them, it may not do.
    #[serde(default)]
    pub all_grants_told: bool,
    /// Grants that it was seen not to have.
    #[serde(default)]
    pub denied: Vec<String>,
    /// Where alone its grants count, in the vendor's spelling (`owner/repository`); empty where that is not limited, or
    /// not told. A limit is no grant.
    #[serde(default)]
    pub limited_to: Vec<String>,
    /// What the profiles of the credential need and it does not have, by profile.
    #[serde(default)]
    pub missing: BTreeMap<String, Vec<String>>,
    /// What they need and could not be told of, by profile.
    #[serde(default)]
    pub untold: BTreeMap<String, Vec<String>>,
    /// Profiles that it was held against and has everything for.
    #[serde(default)]
    pub met: Vec<String>,
    /// When it ends, as the host says.
    pub expiry: Expiry,
    /// The vendor's name of the token, where told (GitLab's name).
    pub remote_name: Option<String>,
    /// The vendor's id of the token, needed to revoke or list it (GitLab's number, Bitbucket's digits).
    pub remote_id: Option<String>,
    /// When the host last saw it used, where told.
    pub last_used: Option<Timestamp>,
    /// When the token was made, where told.
    pub created_at: Option<Timestamp>,
    /// The kind the host revealed, where it is more exact than what the form of the token told.
    pub kind: Option<super::Kind>,
    /// What was recognised.
    pub findings: Vec<Finding>,
    /// What proves it, in the order of the requests.
    pub evidence: Vec<Evidence>,
}

impl Validation {
    /// A validation with a verdict and nothing else yet.
    pub fn new(verdict: Verdict, reason: impl Into<String>, checked_at: Timestamp) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            checked_at,
            identity: None,
            grants: Vec::new(),
            all_grants_told: false,
            denied: Vec::new(),
            limited_to: Vec::new(),
            missing: BTreeMap::new(),
            untold: BTreeMap::new(),
            met: Vec::new(),
            expiry: Expiry::Unknown,
            remote_name: None,
            remote_id: None,
            last_used: None,
            created_at: None,
            kind: None,
            findings: Vec::new(),
            evidence: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_the_verdict_the_more_it_matters() {
        let of: Vec<Severity> = Verdict::ALL.iter().map(|verdict| Severity::from(*verdict)).collect();
        assert_eq!((of[0], of[1]), (Severity::Info, Severity::Warning));
        let dead = Verdict::ALL.iter().filter(|verdict| verdict.is_dead());
        assert!(dead.into_iter().all(|verdict| Severity::from(*verdict) == Severity::Error));
    }

    #[test]
    fn what_was_kept_before_there_was_a_severity_still_reads() {
        let kept = r#"{"code": "net.dns", "title": "t", "cause": "c", "remedy": "r", "link": ""}"#;
        let finding: Finding = serde_json::from_str(kept).unwrap();
        assert_eq!(finding.severity, Severity::Warning);
        let now = serde_json::to_string(&Finding { severity: Severity::Error, ..finding }).unwrap();
        assert!(now.contains(r#""severity":"error""#), "{now}");
    }
}
