//! Replacing secrets, and revoking leaked ones.

use std::path::Path;

use super::Job;
use super::inventory::using;
use crate::domain::{LeakResult, RotateResult};
use crate::error::Result;
use crate::ops::incident::{Leaks, report};
use crate::ops::report_file;
use crate::ops::rotate::{Pasted, RotateOptions};
use crate::secret::SecretText;
use crate::ui::effect::{IncidentFx, RotateFx, Rotation};
use crate::ui::msg::{IncidentMsg, Msg, RotateMsg};

impl Job {
    pub(super) async fn rotate(&self, fx: RotateFx) {
        let core = self.core();
        match fx {
            RotateFx::Plan { job, ids } => {
                let work = async { core.rotate_plan(&ids, &RotateOptions::default()).await };
                let result = self.guarded(work).await;
                self.send(Msg::Rotate(RotateMsg::Planned { job, result }));
            }
            RotateFx::Look { job, id, text } => {
                let work = async { core.successor(&id, &self.pasted(&text)?).await.map(Box::new) };
                let result = self.stoppable(work).await;
                self.send(Msg::Rotate(RotateMsg::Looked { job, result }));
            }
            RotateFx::Run { job, ids, rotation } => {
                let work = async {
                    let Rotation { expires, signer, pasted, accept_doubts } = *rotation;
                    let pasted = pasted.map(|text| self.pasted(&text)).transpose()?;
                    let options = RotateOptions { expires, using: signer.map(using), pasted, accept_doubts };
                    let on_result = |result: &RotateResult| {
                        self.send(Msg::Rotate(RotateMsg::Stepped { job, result: Box::new(result.clone()) }));
                    };
                    core.rotate(&ids, &options, &self.cancel, on_result).await
                };
                let result = self.guarded(work).await;
                self.send(Msg::Rotate(RotateMsg::Done { job, result }));
            }
        }
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
                        let text = report::markdown(&results, core.clock.now(), &core.user);
                        // What was done is told all the same.
                        if let Err(error) = report_file::write(Path::new(&file), &text) {
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

    fn pasted(&self, text: &SecretText) -> Result<Pasted> {
        let identified = self.core().identify(text.reveal())?;
        Ok(Pasted { secret: identified.secret, username: identified.username })
    }
}
