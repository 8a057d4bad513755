//! Finding out why a credential does not work, and writing that down.

use futures_util::future::join_all;

use super::Job;
use super::file::place;
use crate::diagnose::{Patient, Stranger, Surroundings, Wanted, diagnose, names, report, transcript};
use crate::domain::{CredentialId, Diagnosis, StageReport};
use crate::error::Result;
use crate::ops::report_file;
use crate::ops::vault::blocking;
use crate::ui::effect::{DiagnoseFx, Export, GivenToken, PastedExchange, Whom};
use crate::ui::msg::{DiagnoseMsg, Exported, JobId, Msg};

impl Job {
    pub(super) async fn diagnose(&self, fx: DiagnoseFx) {
        match fx {
            DiagnoseFx::Begin { job, whom } => {
                let result = match whom {
                    // Not `stoppable` as a whole: stopped, it gives what was found so far.
                    Whom::Kept(id) => self.guarded(async { Ok(self.look_at(job, self.kept(&id)?).await) }).await,
                    Whom::Given(given) => {
                        let work = async {
                            let patient = self.stoppable(self.given(job, *given)).await?;
                            Ok(self.look_at(job, vec![patient]).await)
                        };
                        self.guarded(work).await
                    }
                    Whom::Told(told) => self.stoppable(self.told(job, *told)).await,
                };
                self.send(Msg::Diagnose(DiagnoseMsg::Done { job, result }));
            }
            DiagnoseFx::Export { job, export } => {
                let around = std::sync::Arc::clone(&self.around);
                let result = self.guarded(blocking(move || write(&export, &around))).await;
                self.send(Msg::Diagnose(DiagnoseMsg::Exported { job, result }));
            }
        }
    }

    fn kept(&self, id: &CredentialId) -> Result<Vec<Patient>> {
        let credential = self.credential(id)?;
        self.core().patients(&credential.label, &Wanted::default())
    }

    /// The patient that a token is which is kept nowhere.
    async fn given(&self, job: JobId, given: GivenToken) -> Result<Patient> {
        let identified = self.core().identify(given.token.reveal())?;
        self.note(job, identified.notes.into_iter().chain(identified.warnings).collect());
        let stranger = Stranger {
            host: given.host,
            family: given.family,
            kind: given.kind,
            username: given.username.or(identified.username),
            secret: identified.secret,
        };
        let wanted = Wanted { profiles: given.profiles, git_url: given.git_url, ..Wanted::default() };
        self.core().patient(stranger, &wanted).await
    }

    /// What a pasted exchange says; asks nobody.
    async fn told(&self, job: JobId, told: PastedExchange) -> Result<Vec<Diagnosis>> {
        let PastedExchange { text, host, family, kind, username } = told;
        let hint = transcript::Hint { host, family, kind, username };
        let told = self.core().diagnose_transcript(text.reveal(), &hint).await?;
        self.note(job, told.notes);
        Ok(told.diagnoses)
    }

    fn note(&self, job: JobId, notes: Vec<String>) {
        if !notes.is_empty() {
            self.send(Msg::Diagnose(DiagnoseMsg::Noted { job, notes }));
        }
    }

    async fn look_at(&self, job: JobId, patients: Vec<Patient>) -> Vec<Diagnosis> {
        let each = patients.iter().enumerate().map(|(host, patient)| async move {
            let on_stage = |report: &StageReport| {
                self.send(Msg::Diagnose(DiagnoseMsg::Stage { job, host, report: Box::new(report.clone()) }));
            };
            diagnose(self.core(), patient, &self.around, &self.cancel, &on_stage).await
        });
        join_all(each).await
    }
}

fn write(export: &Export, around: &Surroundings) -> Result<Exported> {
    let path = place(&export.file, around);
    if path.exists() && !export.replace {
        return Ok(Exported::Exists);
    }
    let text = match export.masked {
        true => report::markdown(&names::masked(&export.found)),
        false => report::markdown(&export.found),
    };
    report_file::write(&path, &text)?;
    Ok(Exported::Written(path.display().to_string()))
}
