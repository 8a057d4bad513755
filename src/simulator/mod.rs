//! The other side of the wire: simulated hosts on loopback, written from the vendors' documentation, not from the
//! adapters. Used by `keyrack demo` and by the tests.
//!
//! A [`Site`] answers requests from its own state; [`server`] puts it on a port. Tokens are obviously fake, well-formed.

mod atlassian_pat;
pub mod azure_devops;
pub mod bamboo;
pub mod bitbucket_cloud;
pub mod bitbucket_datacenter;
pub mod codecommit;
pub mod confluence_datacenter;
pub mod fecru;
pub mod forgejo;
pub mod generic;
pub mod github;
pub mod gitlab;
pub mod jira_cloud;
pub mod jira_datacenter;
pub mod open_devops;
pub mod server;

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{FamilyId, Kind, Verdict};

/// A request as a site sees it.
#[derive(Debug, Clone, Default)]
pub struct SimRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path without query, as sent (not decoded).
    pub path: String,
    /// Query without `?`, as sent; empty where there is none.
    pub query: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text.
    pub body: String,
}

impl SimRequest {
    /// The first header of that lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A site's answer.
#[derive(Debug, Clone, Default)]
pub struct SimResponse {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
}

impl SimResponse {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: vec![("Content-Type".into(), "application/json".into())], body: body.to_string() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// One simulated installation.
pub trait Site: Send + Sync {
    /// Which family it plays.
    fn family(&self) -> FamilyId;

    /// The host name it plays, e.g. `github.com`; becomes the name of the host record.
    fn name(&self) -> String;

    /// URL of the host record, given the address it really listens at (`http://127.0.0.1:PORT`).
    fn url(&self, listen: &str) -> String;

    /// Region of the host record, for AWS.
    fn region(&self) -> Option<String> {
        None
    }

    /// Endpoints of the host record, all of them at `listen` so that nothing leaves the machine; where the site says
    /// nothing else, `web` alone, at its URL.
    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        vec![("web".to_owned(), self.url(listen))]
    }

    /// The credentials the demo rack holds for it: every state it can show.
    fn roster(&self, now: Timestamp) -> Vec<SimCredential>;

    /// A further valid credential, the `n`th, for large demo racks. The site accepts it.
    fn spare(&self, n: usize, now: Timestamp) -> SimCredential;

    /// Labels of rosters, its own or another site's, that are used here, and what as (`source`, `target`): one credential
    /// bound to several hosts.
    fn shared(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Answers one request.
    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse;
}

/// Every simulated installation, in the order in which the demo lists them.
#[must_use]
pub fn sites() -> Vec<Arc<dyn Site>> {
    let [jira, jira_test] = jira_cloud::JiraCloud::pair();
    vec![
        Arc::new(github::GitHubSite::dot_com()),
        Arc::new(github::GitHubSite::server()),
        Arc::new(gitlab::GitLabSite::com()),
        Arc::new(gitlab::GitLabSite::self_managed()),
        Arc::new(azure_devops::AzureDevOps::services()),
        Arc::new(azure_devops::AzureDevOps::server()),
        Arc::new(bitbucket_cloud::BitbucketCloud::new()),
        Arc::new(jira),
        Arc::new(jira_test),
        Arc::new(open_devops::OpenDevOps::new()),
        Arc::new(bitbucket_datacenter::BitbucketDatacenter::new()),
        Arc::new(jira_datacenter::JiraDatacenter::default()),
        Arc::new(confluence_datacenter::ConfluenceDatacenter::default()),
        Arc::new(bamboo::Bamboo::default()),
        Arc::new(codecommit::CodeCommit::default()),
        Arc::new(forgejo::ForgejoSite::forgejo()),
        Arc::new(forgejo::ForgejoSite::gitea()),
        Arc::new(fecru::Fecru::new()),
        Arc::new(generic::Service::new()),
    ]
}

/// A credential on the demo rack. Its secret is fake by construction.
#[derive(Debug, Clone)]
pub struct SimCredential {
    /// Label on the rack.
    pub label: String,
    /// Kind.
    pub kind: Kind,
    /// User name, e-mail or access key id, where the kind has one.
    pub username: Option<String>,
    /// The fake secret; a second line is an AWS session token.
    pub secret: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Note.
    pub note: String,
    /// What checking it should give; tests hold keyrack to it.
    pub expect: Verdict,
}
