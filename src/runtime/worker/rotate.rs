//! Replacing secrets.

use super::Job;
use super::signer::using;
use crate::domain::RotateResult;
use crate::error::Result;
use crate::ops::rotate::{Pasted, RotateOptions};
use crate::secret::SecretText;
use crate::ui::effect::{RotateFx, Rotation};
use crate::ui::msg::{Msg, RotateMsg};

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

    fn pasted(&self, text: &SecretText) -> Result<Pasted> {
        let identified = self.core().identify(text.reveal())?;
        Ok(Pasted { secret: identified.secret, username: identified.username })
    }
}
