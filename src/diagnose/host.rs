//! Product, version and path: is the host what its record says.

use super::look::Look;
use super::network;
use super::patient::Patient;
use super::suggest;
use crate::domain::{StageState, Verdict};
use crate::ops::Core;
use crate::ops::exchange::Channel;

/// Asks the host, without a credential, what it is; gives whether a secret may be sent there.
pub(crate) async fn look(core: &Core, patient: &Patient, channel: &Channel) -> (Look, bool) {
    let facts = channel.family.facts();
    if facts.id.as_str() == "generic" {
        return (Look::skipped("nothing is known of a host of this family but its URL"), true);
    }
    let (test, evidence) = core.detect_with_evidence(&patient.host, channel).await;
    if test.found {
        let product = test.product.clone().unwrap_or_else(|| facts.name.clone());
        let version = test.version.as_deref().unwrap_or("version not told");
        let mut look = Look::passed(format!("{product}, {version}")).fact("product", product.as_str());
        if let Some(version) = &test.version {
            look = look.fact("version", version.as_str());
        }
        return (look.proved(evidence), true);
    }
    // One that answers nothing at all answers nothing at other paths either, and each would take its whole time limit.
    let is_silent = test.finding.as_ref().is_some_and(network::is_failure);
    let other = if is_silent { None } else { suggest::elsewhere(core, patient).await };
    let seen_before = patient.credential().is_some_and(|c| {
        let last = core.rack.latest_real(&c.id, patient.host.id).ok().flatten();
        last.is_some_and(|v| matches!(v.verdict, Verdict::Valid | Verdict::Expiring | Verdict::Limited))
    });
    let findings: Vec<_> = other.into_iter().chain(test.finding).collect();
    // A host that once accepted this very secret knows it already.
    let state = if seen_before { StageState::Warned } else { StageState::Failed };
    let title = findings.first().map_or_else(|| format!("what answers is not {}", facts.name), |f| f.title.clone());
    let mut look = Look::of(state, title).proved(evidence);
    look.findings = findings;
    (look, seen_before)
}
