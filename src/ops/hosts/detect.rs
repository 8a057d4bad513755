//! Asking a host, without a credential, what it is.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{Evidence, FamilyId, Finding, Host, Severity, Validation};
use crate::error::{Error, ErrorKind};
use crate::hosts::{Detection, Wire};
use crate::ops::Core;
use crate::ops::exchange::Channel;
use crate::secret::Masker;

/// What a test of a host found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostTest {
    /// Name of the host record.
    pub host: String,
    /// Its family.
    pub family: FamilyId,
    /// Endpoint name to URL, as requests use them.
    pub endpoints: BTreeMap<String, String>,
    /// The product answered as expected.
    pub found: bool,
    /// What answered.
    pub product: Option<String>,
    /// Its version, where told.
    pub version: Option<String>,
    /// What is wrong, where something is.
    pub finding: Option<Finding>,
    /// What a credential was answered there.
    pub validation: Option<Validation>,
}

impl HostTest {
    /// Nothing found out yet.
    fn of(host: &Host) -> Self {
        Self {
            host: host.name.clone(),
            family: host.family.clone(),
            endpoints: BTreeMap::new(),
            found: false,
            product: None,
            version: None,
            finding: None,
            validation: None,
        }
    }
}

impl Core {
    /// Asks the host, without a credential, what it is.
    pub(crate) async fn detect(&self, host: &Host) -> HostTest {
        match self.channel(host) {
            Ok(channel) => self.detect_over(host, &channel).await,
            Err(error) => HostTest { finding: Some(as_finding(&error)), ..HostTest::of(host) },
        }
    }

    /// [`Core::detect`] over a channel that is there already.
    pub(crate) async fn detect_over(&self, host: &Host, channel: &Channel) -> HostTest {
        self.detect_with_evidence(host, channel).await.0
    }

    /// [`Core::detect_over`], and the requests that it took.
    pub(crate) async fn detect_with_evidence(&self, host: &Host, channel: &Channel) -> (HostTest, Vec<Evidence>) {
        let mut test = HostTest { endpoints: channel.endpoints.clone(), ..HostTest::of(host) };
        let wire = Wire::new(&*channel.transport, channel.endpoints.clone(), Masker::new([]), self.clock.now());
        match channel.family.detect(&wire).await {
            Detection::Found { product, version } => {
                test.found = true;
                test.product = Some(product);
                test.version = version;
            }
            Detection::NotThis(finding) => test.finding = Some(*finding),
            Detection::Unreachable(error) => {
                let mut seen = wire.unreachable(&error);
                test.finding = seen.findings.pop();
                return (test, seen.evidence);
            }
        }
        let evidence = wire.take_evidence();
        (test, evidence)
    }
}

fn as_finding(error: &Error) -> Finding {
    let code = match error.kind {
        ErrorKind::Usage => "host.record",
        _ => "host.client",
    };
    Finding {
        code: code.to_owned(),
        title: error.to_string(),
        cause: String::new(),
        remedy: error.hints.join(" "),
        link: String::new(),
        severity: Severity::Error,
    }
}
