//! One installation at a base URL.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Identifies a family (`github`, `gitlab`, …); the registry in `hosts` knows which exist.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FamilyId(String);

impl FamilyId {
    /// Wraps a family's slug.
    pub fn new(slug: impl Into<String>) -> Self {
        Self(slug.into())
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Row id of a host on the rack; 0 for one not yet kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostId(pub i64);

/// A host record: where it is, how to reach it, what was found there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Row id.
    pub id: HostId,
    /// The name users type; unique on the rack.
    pub name: String,
    /// Which family speaks to it.
    pub family: FamilyId,
    /// Base URL without trailing slash, context path included.
    pub url: String,
    /// AWS region, where the family has regions.
    pub region: Option<String>,
    /// Named endpoints that replace the defaults of the family.
    pub endpoints: BTreeMap<String, String>,
    /// PEM file with the certificate authorities to trust besides the system's.
    pub ca_file: Option<String>,
    /// PEM file with client certificate and key.
    pub client_cert: Option<String>,
    /// Proxy for this host; none means the environment decides.
    pub proxy: Option<String>,
    /// Plain http is allowed although the host is not on loopback.
    pub allow_http: bool,
    /// What the host said it is, e.g. `GitHub Enterprise Server`.
    pub product: Option<String>,
    /// What version it said it is.
    pub version: Option<String>,
}

impl Host {
    /// A host of `family` at `url` with nothing special about it.
    pub fn new(name: impl Into<String>, family: FamilyId, url: impl Into<String>) -> Self {
        Self {
            id: HostId::default(),
            name: name.into(),
            family,
            url: url.into(),
            region: None,
            endpoints: BTreeMap::new(),
            ca_file: None,
            client_cert: None,
            proxy: None,
            allow_http: false,
            product: None,
            version: None,
        }
    }
}
