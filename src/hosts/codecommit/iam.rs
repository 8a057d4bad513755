//! The STS and IAM actions that keyrack uses, with their results as types.
//!
//! Every field that an answer may lack has a default: servers differ in what they leave out.

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::call::{Aws, Failure};
use crate::domain::Identity;
use crate::secret::SecretText;

/// Most pages of one list that are followed; two keys and two Git credentials per user are all that AWS allows.
const PAGES: usize = 10;

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
struct Members<T> {
    member: Vec<T>,
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { member: Vec::new() }
    }
}

/// `{Action}Response` around `{Action}Result`: one struct per action, since the element carries the action's name.
macro_rules! results {
    ($($wrapper:ident, $tag:literal => $inner:ty;)*) => { $(
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct $wrapper {
            #[serde(rename = $tag)]
            result: $inner,
        }
    )* };
}

results! {
    CallerResponse, "GetCallerIdentityResult" => Caller;
    KeysResponse, "ListAccessKeysResult" => KeysPage;
    LastUsedResponse, "GetAccessKeyLastUsedResult" => LastUsed;
    GitResponse, "ListServiceSpecificCredentialsResult" => GitPage;
    SimulationResponse, "SimulatePrincipalPolicyResult" => SimulationPage;
    NewKeyResponse, "CreateAccessKeyResult" => NewKeyResult;
    NewGitResponse, "CreateServiceSpecificCredentialResult" => NewGitResult;
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewKeyResult {
    #[serde(rename = "AccessKey")]
    key: NewKey,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewGitResult {
    #[serde(rename = "ServiceSpecificCredential")]
    git: NewGit,
}

macro_rules! pages {
    ($($page:ident, $tag:literal => $item:ty;)*) => { $(
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct $page {
            #[serde(rename = $tag)]
            items: Members<$item>,
            #[serde(rename = "IsTruncated")]
            truncated: String,
            #[serde(rename = "Marker")]
            marker: String,
        }

        impl $page {
            /// Where the next page begins.
            fn next(self) -> Option<String> {
                (self.truncated == "true" && !self.marker.is_empty()).then_some(self.marker)
            }
        }
    )* };
}

pages! {
    KeysPage, "AccessKeyMetadata" => KeyEntry;
    GitPage, "ServiceSpecificCredentials" => GitEntry;
    SimulationPage, "EvaluationResults" => Evaluation;
}

/// Runs `$call` page after page into one list.
macro_rules! every_page {
    ($aws:expr, $action:literal, $params:expr, $response:ty) => {{
        let mut all = Vec::new();
        let mut marker: Option<String> = None;
        for _ in 0..PAGES {
            let mut params: Vec<(&str, &str)> = $params.to_vec();
            if let Some(marker) = &marker {
                params.push(("Marker", marker));
            }
            let response: $response = $aws.iam($action, &params).await?;
            let mut page = response.result;
            all.append(&mut page.items.member);
            marker = page.next();
            if marker.is_none() {
                break;
            }
        }
        Ok(all)
    }};
}

impl Aws<'_> {
    /// Who signs. Needs no permission.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn caller(&self) -> Result<Caller, Failure> {
        let response: CallerResponse = self.sts("GetCallerIdentity", &[]).await?;
        Ok(response.result)
    }

    /// The access keys of the user that signs (`user` none: a long-term key must sign) or of another.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn access_keys(&self, user: Option<&str>) -> Result<Vec<KeyEntry>, Failure> {
        let params: Vec<(&str, &str)> = user.map(|u| ("UserName", u)).into_iter().collect();
        every_page!(self, "ListAccessKeys", params, KeysResponse)
    }

    /// Owner and last use of any access key of the account.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn last_used(&self, key_id: &str) -> Result<LastUsed, Failure> {
        let response: LastUsedResponse = self.iam("GetAccessKeyLastUsed", &[("AccessKeyId", key_id)]).await?;
        Ok(response.result)
    }

    /// The CodeCommit Git credentials of a user.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn git_credentials(&self, user: &str) -> Result<Vec<GitEntry>, Failure> {
        let params = [("UserName", user), ("ServiceName", "codecommit.amazonaws.com")];
        every_page!(self, "ListServiceSpecificCredentials", params, GitResponse)
    }

    /// What the policies of `source` say of each action on the resource. Has no side effect.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn simulate(
        &self,
        source: &str,
        actions: &[&str],
        resource: Option<&str>,
    ) -> Result<Vec<Evaluation>, Failure> {
        let names: Vec<String> = (1..=actions.len()).map(|n| format!("ActionNames.member.{n}")).collect();
        let mut params = vec![("PolicySourceArn", source)];
        params.extend(names.iter().map(String::as_str).zip(actions.iter().copied()));
        params.extend(resource.map(|r| ("ResourceArns.member.1", r)));
        every_page!(self, "SimulatePrincipalPolicy", params, SimulationResponse)
    }

    /// Makes an access key for a user; none means the one whose long-term key signs. Sent once.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn create_key(&self, user: Option<&str>) -> Result<NewKey, Failure> {
        let params: Vec<(&str, &str)> = user.map(|u| ("UserName", u)).into_iter().collect();
        let response: NewKeyResponse = self.iam("CreateAccessKey", &params).await?;
        Ok(response.result.key)
    }

    /// Makes a CodeCommit Git credential for a user. Sent once.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn create_git(&self, user: &str) -> Result<NewGit, Failure> {
        let params = [("UserName", user), ("ServiceName", "codecommit.amazonaws.com")];
        let response: NewGitResponse = self.iam("CreateServiceSpecificCredential", &params).await?;
        Ok(response.result.git)
    }

    /// An IAM action whose result is empty.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn act(&self, action: &str, params: &[(&str, &str)]) -> Result<(), Failure> {
        self.iam::<IgnoredAny>(action, params).await.map(|_| ())
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

    #[test]
    fn a_simulation_is_read_with_and_without_its_resources() {
        let xml = "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
            <SimulatePrincipalPolicyResult><IsTruncated>true</IsTruncated><Marker>m1</Marker><EvaluationResults>\
            <member><EvalActionName>codecommit:GitPull</EvalActionName><EvalDecision>allowed</EvalDecision>\
            <MatchedStatements><member><SourcePolicyId>p</SourcePolicyId></member></MatchedStatements></member>\
            <member><EvalActionName>codecommit:GitPush</EvalActionName><EvalDecision>allowed</EvalDecision>\
            <ResourceSpecificResults><member><EvalResourceDecision>implicitDeny</EvalResourceDecision></member>\
            </ResourceSpecificResults></member></EvaluationResults></SimulatePrincipalPolicyResult>\
            </SimulatePrincipalPolicyResponse>";
        let page: SimulationResponse = quick_xml::de::from_str(xml).unwrap();
        let allowed: Vec<bool> = page.result.items.member.iter().map(Evaluation::is_allowed).collect();
        assert_eq!(allowed, [true, false]);
        assert_eq!(page.result.next().as_deref(), Some("m1"));
    }

    #[test]
    fn a_key_that_was_never_used_has_no_date() {
        let xml = "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>alice</UserName>\
            <AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>\
            </GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>";
        let read: LastUsedResponse = quick_xml::de::from_str(xml).unwrap();
        assert_eq!((read.result.at(), read.result.user.as_str()), (None, "alice"));
    }
}
