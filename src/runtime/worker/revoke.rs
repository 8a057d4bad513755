//! Revoking: what is on the rack, and what leaked.

use super::Job;
use super::file::place;
use super::signer::using;
use crate::domain::LeakResult;
use crate::ops::incident::{Leaks, report};
use crate::ops::report_file;
use crate::ops::vault::blocking;
use crate::ui::effect::{IncidentFx, RevokeFx};
use crate::ui::msg::{IncidentMsg, Msg, RevokeMsg};

impl Job {
    pub(super) async fn revoke(&self, fx: RevokeFx) {
        let core = self.core();
        let (job, ids, using) = match fx {
            RevokeFx::Plan { job, ids } => {
                let result = self.guarded(core.revoke_plan(&ids, None)).await;
                self.send(Msg::Revoke(RevokeMsg::Planned { job, result }));
                return;
            }
            RevokeFx::Run { job, ids, signer } => (job, ids, signer.map(using)),
            // Revoking looks first whether the host refuses it already, which is what verifying is.
            RevokeFx::Verify { job, ids } => (job, ids, None),
        };
        let work = core.revoke(&ids, using.as_ref(), &self.cancel, |result| {
            self.send(Msg::Revoke(RevokeMsg::Stepped { job, result: Box::new(result.clone()) }));
        });
        let result = self.guarded(work).await;
        self.send(Msg::Revoke(RevokeMsg::Done { job, result }));
    }

    pub(super) async fn incident(&self, fx: IncidentFx) {
        let core = self.core();
        match fx {
            IncidentFx::Plan { job, text } => {
                let work = async {
                    let Leaks { found, notes } = core.leaks(text.reveal())?;
                    Ok((core.incident_plan(&found, None).await?, notes))
                };
                let result = self.guarded(work).await;
                self.send(Msg::Incident(IncidentMsg::Planned { job, result }));
            }
            IncidentFx::Run { job, text, signer, report: file } => {
                let work = async {
                    let found = core.leaks(text.reveal())?.found;
                    drop(text);
                    let on_result = |result: &LeakResult| {
                        self.send(Msg::Incident(IncidentMsg::Stepped { job, result: Box::new(result.clone()) }));
                    };
                    let signer = signer.map(using);
                    let results = core.incident(&found, signer.as_ref(), &self.cancel, on_result).await?;
                    if let Some(file) = file {
                        let path = place(&file, &self.around);
                        let text = report::markdown(&results, core.clock.now(), &core.user);
                        // What was done is told all the same.
                        if let Err(error) = blocking(move || report_file::write(&path, &text)).await {
                            self.send(Msg::Failed(error));
                        }
                    }
                    Ok(results)
                };
                let result = self.guarded(work).await;
                self.send(Msg::Incident(IncidentMsg::Done { job, result }));
            }
        }
    }
}
