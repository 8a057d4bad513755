//! The host's own word on the credential.

use super::look::Look;
use super::patient::Patient;
use super::permission::lacking;
use crate::domain::{StageState, Validation, Verdict};
use crate::ops::Core;
use crate::ops::exchange::Channel;
use crate::secret::Secret;

/// Asks the host, and writes its verdict down where the credential is on the rack.
pub(crate) async fn look(core: &Core, patient: &Patient, channel: &Channel, secret: &Secret) -> (Look, Validation) {
    let validation = core.validate_over(channel, &patient.host, patient.known(), secret).await;
    if let Some(credential) = patient.credential() {
        // A verdict that cannot be written down is told all the same.
        let _ = core.rack.record(&credential.id, patient.host.id, &validation);
    }
    // What a credential lacks that was let in stands under the next stage.
    let lacking = lacking(channel.family.facts(), &validation);
    let let_in = !lacking.is_empty() && lacking.len() == validation.findings.len();
    let state = match validation.verdict {
        Verdict::Limited if let_in => StageState::Passed,
        Verdict::Valid if validation.findings.is_empty() => StageState::Passed,
        Verdict::Valid | Verdict::Expiring => StageState::Warned,
        Verdict::Unchecked => StageState::Untold,
        _ => StageState::Failed,
    };
    let summary = match let_in {
        true => "the host knows it and lets it in".to_owned(),
        false => format!("{}: {}", validation.verdict, validation.reason),
    };
    let mut look = Look::of(state, summary);
    look.findings = validation.findings.iter().filter(|f| !lacking.contains(f)).cloned().collect();
    look.evidence.clone_from(&validation.evidence);
    if let Some(who) = &validation.identity {
        look = look.fact("account", format!("{} ({})", who.account(), who.kind));
    }
    if let Some(at) = validation.expiry.at() {
        look = look.fact("ends", crate::ops::exchange::date(at));
    }
    (look, validation)
}
