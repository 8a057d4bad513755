//! Who signs, as STS tells.

use serde::Deserialize;

use crate::domain::Identity;

/// Who signed. <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Caller {
    /// ARN of the caller.
    #[serde(rename = "Arn")]
    pub arn: String,
    /// The caller's stable id.
    #[serde(rename = "UserId")]
    pub user_id: String,
    /// Twelve digits.
    #[serde(rename = "Account")]
    pub account: String,
}

/// What sort of caller an ARN names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An IAM user, by its simple name.
    User(String),
    /// The owner of the account.
    Root,
    /// A role, and the name of the session.
    Role {
        /// Role name, without path.
        role: String,
        /// Session name.
        session: String,
    },
    /// A federated user.
    Federated(String),
    /// Anything else.
    Other(String),
}

impl Caller {
    /// What the ARN names.
    #[must_use]
    pub fn principal(&self) -> Principal {
        // arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or("");
        let parts: Vec<&str> = resource.split('/').collect();
        match parts.as_slice() {
            ["root"] => Principal::Root,
            ["user", .., name] => Principal::User((*name).to_owned()),
            ["assumed-role", role, session] => {
                Principal::Role { role: (*role).to_owned(), session: (*session).to_owned() }
            }
            ["federated-user", name] => Principal::Federated((*name).to_owned()),
            _ => Principal::Other(resource.to_owned()),
        }
    }

    /// As keyrack shows it: the simple name as log-in, the ARN as name.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let (login, kind) = match self.principal() {
            Principal::User(name) => (name, "user"),
            Principal::Root => ("root".to_owned(), "root"),
            Principal::Role { role, session } => (format!("{role}/{session}"), "role"),
            Principal::Federated(name) => (name, "federated"),
            Principal::Other(resource) => (resource, "unknown"),
        };
        Identity { id: self.user_id.clone(), login, name: self.arn.clone(), kind: kind.to_owned() }
    }

    /// The ARN whose policies can be simulated: the user's, or the role's own instead of the session's. A role with a
    /// path cannot be named so (the session's ARN leaves the path out). None for root and federated users.
    #[must_use]
    pub fn policy_source(&self) -> Option<String> {
        match self.principal() {
            Principal::User(_) => Some(self.arn.clone()),
            Principal::Role { role, .. } => {
                let partition = self.arn.split(':').nth(1).unwrap_or("aws");
                Some(format!("arn:{partition}:iam::{}:role/{role}", self.account))
            }
            Principal::Root | Principal::Federated(_) | Principal::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(arn: &str) -> Caller {
        Caller { arn: arn.into(), user_id: "AIDAEXAMPLEALICE0001".into(), account: "123456789012".into() }
    }

    #[test]
    fn arns_name_their_principal() {
        for (arn, login, kind, source) in [
            (
                "arn:aws:iam::123456789012:user/dev/alice",
                "alice",
                "user",
                Some("arn:aws:iam::123456789012:user/dev/alice"),
            ),
            ("arn:aws:iam::123456789012:root", "root", "root", None),
            (
                "arn:aws-cn:sts::123456789012:assumed-role/ci/build-42",
                "ci/build-42",
                "role",
                Some("arn:aws-cn:iam::123456789012:role/ci"),
            ),
            ("arn:aws:sts::123456789012:federated-user/bob", "bob", "federated", None),
            ("", "", "unknown", None),
        ] {
            let caller = caller(arn);
            let identity = caller.identity();
            assert_eq!((identity.login.as_str(), identity.kind.as_str()), (login, kind), "{arn}");
            assert_eq!(caller.policy_source().as_deref(), source, "{arn}");
        }
    }
}
