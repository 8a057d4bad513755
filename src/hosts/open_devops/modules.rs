//! The kinds of data that Jira takes, the permission that each needs, and what to ask for that cannot be there.

use crate::hosts::atlassian::tenant::CloudId;

/// A kind of data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// Its permission, as Jira's page for OAuth credentials spells it.
    pub permission: &'static str,
    /// Name and version in the path.
    api: &'static str,
    /// Read request for something that cannot be there.
    probe: &'static str,
}

/// All of them. Development information first: its probe succeeds with 200, so it also shows that the cloud id is right.
pub(super) const MODULES: [Module; 5] = [
    Module { permission: "Development information", api: "devinfo/0.10", probe: "/existsByProperties?keyrackProbe=1" },
    Module {
        permission: DEPLOYMENTS,
        api: DEPLOYMENTS_API,
        probe: "/pipelines/keyrack-probe/environments/keyrack-probe/deployments/1",
    },
    Module { permission: "Builds", api: "builds/0.1", probe: "/pipelines/keyrack-probe/builds/1" },
    Module { permission: "Feature flags", api: "featureflags/0.1", probe: "/flag/keyrack-probe" },
    Module { permission: "Remote links", api: "remotelinks/1.0", probe: "/remotelink/keyrack-probe" },
];

/// Permission for deployments.
pub(super) const DEPLOYMENTS: &str = "Deployments";
/// Their API.
pub(super) const DEPLOYMENTS_API: &str = "deployments/0.1";

impl Module {
    /// Path of the probe, below the gateway.
    pub(super) fn probe_path(&self, cloud: &CloudId) -> String {
        format!("{}{}", path(self.api, cloud.as_str()), self.probe)
    }
}

/// Path of an API for a site, below the gateway.
pub(super) fn path(api: &str, cloud: &str) -> String {
    format!("/jira/{api}/cloud/{cloud}")
}
