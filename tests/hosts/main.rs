//! Families against recorded answers and against the simulator. One module per family; no network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy takes only test functions for tests, not their helpers"
)]

mod atlassian_datacenter;
mod azure_devops;
mod bamboo;
mod bitbucket_cloud;
mod bitbucket_datacenter;
mod codecommit;
mod codecommit_making;
mod confluence_datacenter;
mod fecru;
mod forgejo;
mod generic;
mod github;
mod github_bulk;
mod github_inventory;
mod github_probe;
mod github_revoke;
mod github_signatures;
mod github_simulated;
mod gitlab;
mod gitlab_by_value;
mod gitlab_create;
mod gitlab_groups;
mod gitlab_inventory;
mod gitlab_offline;
mod gitlab_probe;
mod gitlab_revoke;
mod gitlab_rotate;
mod gitlab_site;
mod jira_cloud;
mod jira_datacenter;
mod open_devops;
mod produced;
mod recognising;
mod rosters;
mod signatures;
mod support;
mod verbs;
mod versions;
