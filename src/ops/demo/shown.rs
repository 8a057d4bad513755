//! Which of the simulated hosts' credentials the demo's rack shows, and what they are there for.
//!
//! All of them together are more than one looks through: the first of every host, and those below, are one rack with every
//! family in every state, and with those that may list, create and revoke. `--credentials N` shows more.

use crate::simulator::SimCredential;

/// Labels that are shown besides the first of every host.
const SHOWN: &[&str] = &[
    "ci-release",
    "docs-bot",
    "jira-link",
    "retired-deploy",
    "platform-installation",
    "internal-build",
    "release-train",
    "mirror-bot",
    "docs-preview",
    "pasted-in-chat",
    "old-laptop",
    "metrics-crawler",
    "acme-backup",
    "azure-global",
    "azure-entra",
    "bitbucket-app-password",
    "configuration-manager",
    "org-admin",
    "jira-deployments",
    "bitbucket-build",
    "bitbucket-read",
    "project-admin",
    "kim-laptop",
    "jira-sync",
    "wiki-bot",
    "bamboo-nightly",
    "aws-alice",
    "aws-bob",
    "forge-ci",
    "gitea-laptop",
];

/// What credentials of the demo are there for: some have all that their job needs, one lacks a grant, one has more.
const JOBS: &[(&str, &[&str])] = &[
    ("ci-release", &["git-write", "pull-requests"]),
    ("nightly-mirror", &["git-read"]),
    ("jira-link", &["git-integration-for-jira"]),
    ("docs-bot", &["git-write"]),
    ("release-train", &["git-write", "pull-requests"]),
    ("docs-preview", &["git-read"]),
    ("triage-fine", &["git-read"]),
    ("configuration-manager", &["configuration-manager-cloud"]),
    ("jira-deployments", &["open-devops-deployments"]),
    ("bitbucket-build", &["bitbucket-repo-write"]),
    ("bitbucket-read", &["git-write"]),
    ("project-admin", &["bitbucket-project-admin"]),
    ("jira-sync", &["jira-users-and-issues"]),
    ("aws-alice", &["git-integration-for-jira"]),
];

/// Whether it stands on the demo's rack: `at` is its place in its host's roster.
pub(super) fn is_shown(at: usize, credential: &SimCredential) -> bool {
    at == 0 || SHOWN.contains(&credential.label.as_str())
}

/// The profiles it is there for.
pub(super) fn jobs_of(label: &str) -> Vec<String> {
    let jobs = JOBS.iter().find(|(l, _)| *l == label).map_or(&[][..], |(_, jobs)| *jobs);
    jobs.iter().map(|j| (*j).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::Verdict;
    use crate::simulator::sites;

    #[test]
    fn the_rack_of_the_demo_has_every_family_in_every_state() {
        let now = "2026-11-23T04:00:00Z".parse().unwrap();
        let (mut families, mut hosts, mut verdicts, mut labels) =
            (HashSet::new(), HashSet::new(), HashSet::new(), Vec::new());
        for site in sites() {
            for (at, credential) in site.roster(now).into_iter().enumerate() {
                if is_shown(at, &credential) {
                    families.insert(site.family());
                    hosts.insert(site.name());
                    verdicts.insert(credential.expect);
                    labels.push(credential.label);
                }
            }
        }
        assert_eq!(families.len(), crate::hosts::families().len());
        assert!(hosts.len() >= 15 && (36..=50).contains(&labels.len()), "{} at {}", labels.len(), hosts.len());
        for verdict in Verdict::ALL.iter().filter(|v| **v != Verdict::Unchecked) {
            assert!(verdicts.contains(verdict), "none is {verdict}");
        }
        for label in SHOWN.iter().chain(JOBS.iter().map(|(label, _)| label)) {
            assert!(sites().iter().any(|s| s.roster(now).iter().any(|c| c.label == *label)), "no site knows {label}");
        }
    }

    #[test]
    fn what_they_are_there_for_are_profiles() {
        let known = crate::config::profiles::shipped();
        for (label, jobs) in JOBS {
            for job in *jobs {
                assert!(known.get(job).is_some(), "{label}: there is no profile {job}");
            }
        }
    }
}
