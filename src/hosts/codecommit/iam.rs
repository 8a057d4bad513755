//! The STS and IAM actions that keyrack uses, with their results as types.
//!
//! Every field that an answer may lack has a default: servers differ in what they leave out.

mod caller;
mod entries;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::call::{Aws, Failure};
pub use caller::{Caller, Principal};
use entries::Members;
pub use entries::{Evaluation, GitEntry, KeyEntry, LastUsed, NewGit, NewKey};

/// Most pages of one list that are followed; two keys and two Git credentials per user are all that AWS allows.
const PAGES: usize = 10;

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
