//! What IAM's answers hold: keys, Git credentials, what the policy simulator says.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::secret::SecretText;

/// One access key of a user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct KeyEntry {
    /// Whose.
    #[serde(rename = "UserName")]
    pub user: String,
    /// Its id.
    #[serde(rename = "AccessKeyId")]
    pub id: String,
    /// `Active`, `Inactive` or `Expired`.
    #[serde(rename = "Status")]
    pub status: String,
    #[serde(rename = "CreateDate")]
    created: String,
}

impl KeyEntry {
    /// When it was made.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.created.parse().ok()
    }
}

/// When a key was last used, and whose it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LastUsed {
    /// Whose it is.
    #[serde(rename = "UserName")]
    pub user: String,
    #[serde(rename = "AccessKeyLastUsed")]
    used: Used,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Used {
    #[serde(rename = "LastUsedDate")]
    at: String,
    #[serde(rename = "ServiceName")]
    service: String,
    #[serde(rename = "Region")]
    region: String,
}

impl LastUsed {
    /// When; none where the key was never used.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.used.at.parse().ok()
    }

    /// The service and region it was used with; none where it was never used.
    #[must_use]
    pub fn with(&self) -> Option<String> {
        self.at().map(|_| format!("last used with {} in {}", self.used.service, self.used.region))
    }

    /// With what, in words.
    #[must_use]
    pub fn line(&self) -> String {
        match self.at() {
            Some(at) => format!("last used {at} with {} in {}", self.used.service, self.used.region),
            None => "never used before".into(),
        }
    }
}

/// One Git credential of a user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GitEntry {
    /// Its user name for Git.
    #[serde(rename = "ServiceUserName")]
    pub service_user: String,
    /// Its id (`ACCA…`).
    #[serde(rename = "ServiceSpecificCredentialId")]
    pub id: String,
    /// The IAM user.
    #[serde(rename = "UserName")]
    pub user: String,
    /// `Active` or `Inactive`.
    #[serde(rename = "Status")]
    pub status: String,
    #[serde(rename = "CreateDate")]
    created: String,
}

impl GitEntry {
    /// When it was made.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.created.parse().ok()
    }
}

/// An access key that IAM has just made: its secret is shown once.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewKey {
    /// Whose.
    #[serde(rename = "UserName")]
    pub user: String,
    /// Its id.
    #[serde(rename = "AccessKeyId")]
    pub id: String,
    /// Its secret.
    #[serde(rename = "SecretAccessKey", deserialize_with = "secret")]
    pub secret: Option<SecretText>,
}

/// A Git credential that IAM has just made: its password is shown once.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewGit {
    /// Its user name for Git.
    #[serde(rename = "ServiceUserName")]
    pub service_user: String,
    /// Its id (`ACCA…`).
    #[serde(rename = "ServiceSpecificCredentialId")]
    pub id: String,
    /// Its password.
    #[serde(rename = "ServicePassword", deserialize_with = "secret")]
    pub password: Option<SecretText>,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretText>, D::Error> {
    Ok(Some(String::deserialize(from)?).filter(|t| !t.is_empty()).map(SecretText::new))
}

/// What the policy simulator says of one action.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Evaluation {
    /// The action.
    #[serde(rename = "EvalActionName")]
    pub action: String,
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    #[serde(rename = "EvalDecision")]
    pub decision: String,
    #[serde(rename = "ResourceSpecificResults")]
    resources: Members<ResourceEvaluation>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ResourceEvaluation {
    #[serde(rename = "EvalResourceDecision")]
    decision: String,
}

impl Evaluation {
    /// Allowed, and on the resource asked for where the answer goes into that.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        match self.resources.member.as_slice() {
            [] => self.decision == "allowed",
            each => each.iter().all(|r| r.decision == "allowed"),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Members<T> {
    pub(super) member: Vec<T>,
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { member: Vec::new() }
    }
}
