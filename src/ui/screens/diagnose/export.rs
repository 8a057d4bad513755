//! Where the report of a diagnosis goes, and whether it names anybody.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::Diagnosis;
use crate::error::Error;

use super::super::super::effect::{DiagnoseFx, Effect, Export};
use super::super::super::layer::{Hints, Pane};
use super::super::super::msg::{DiagnoseMsg, Exported, JobId};
use super::super::super::overlays::toast::Level;
use super::super::super::shared::{Cx, Input, Shared};
use super::super::super::text;
use super::super::super::widgets::form::{Event, Form};
use super::super::super::widgets::{bar, panel};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    File,
    Names,
}

/// The question, and the writing under way.
#[derive(Debug)]
pub struct ExportForm {
    found: Vec<Diagnosis>,
    form: Form<Name>,
    writing: Option<JobId>,
    /// A file of this name is there: asked for once more, it is replaced.
    exists: Option<String>,
}

impl ExportForm {
    /// Asks where that is to go.
    #[must_use]
    pub fn new(label: &str, found: Vec<Diagnosis>) -> Self {
        let names = ["as they are", "hidden"].map(str::to_owned).to_vec();
        let form = Form::new()
            .text(
                Name::File,
                "File",
                &file_name(label),
                "Markdown that you alone can read; a folder may stand before it",
            )
            .choice(
                Name::Names,
                "Names",
                names,
                0,
                "user and host names; hidden ones become USER-1, HOST-1, the same each time",
            );
        Self { found, form, writing: None, exists: None }
    }

    /// Whether this job is its own.
    #[must_use]
    pub fn waits_for(&self, job: JobId) -> bool {
        self.writing == Some(job)
    }

    /// Takes in what came of the writing.
    pub fn on(&mut self, msg: DiagnoseMsg, cx: &mut Cx<'_>) {
        let DiagnoseMsg::Exported { result, .. } = msg else { return };
        self.writing = None;
        match result {
            Ok(Exported::Written(path)) => {
                cx.say(Level::Good, format!("the report is in {path}"));
                cx.back();
            }
            Ok(Exported::Exists) => {
                self.exists = Some(self.form.value(Name::File).to_owned());
                let key = cx.s.key(&self.contexts(cx.s), Action::Submit);
                self.form.refuse(Name::File, format!("a file of that name is there already; {key} replaces it"));
            }
            Err(error) => {
                let hints = error.hints.join(" ");
                self.form.refuse(Name::File, format!("{error}. {hints}"));
            }
        }
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        if self.writing.is_some() {
            return;
        }
        let file = self.form.value(Name::File).to_owned();
        if file.is_empty() || file.ends_with('/') {
            return self.form.refuse(Name::File, "say what the file is to be called");
        }
        let replace = self.exists.as_ref() == Some(&file);
        let masked = self.form.chosen(Name::Names) == 1;
        let job = cx.s.jobs.begin_weighty("writing the report");
        self.writing = Some(job);
        let export = Box::new(Export { found: self.found.clone(), file, masked, replace });
        cx.emit(Effect::Diagnose(DiagnoseFx::Export { job, export }));
    }
}

/// A report that was written, or not, after its question was left.
pub fn told_late(result: Result<Exported, Error>, cx: &mut Cx<'_>) {
    match result {
        Ok(Exported::Written(path)) => cx.say(Level::Good, format!("the report is in {path}")),
        Ok(Exported::Exists) => cx.say(Level::Warn, "no report was written: a file of that name is there already"),
        Err(error) => cx.fail(&error),
    }
}

/// A name that every file system takes.
fn file_name(label: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    format!("keyrack-{}.md", label.chars().take(60).map(plain).collect::<String>())
}

impl Pane for ExportForm {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        self.form.contexts()
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Submit, "write it"), (Action::NextField, ""), (Action::NextChoice, ""), (Action::Back, "cancel")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match self.form.input(input) {
            Event::Submit => self.submit(cx),
            Event::Back => cx.back(),
            _ => {}
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::window(frame, panel::middle(area, 76, 12), "Report for a ticket", &s.theme);
        let width = usize::from(inner.width);
        let about = "All stages with what they saw and found, as Markdown. No secret is in it, no Authorization header, no cookie.";
        let mut lines: Vec<Line<'static>> =
            text::wrap(about, width).into_iter().map(|l| Line::styled(l, s.theme.text)).collect();
        lines.push(match self.writing {
            Some(_) => Line::styled(format!("{} writing", bar::spinner(s.now)), s.theme.info),
            None => Line::default(),
        });
        let used = u16::try_from(lines.len()).unwrap_or(0).min(inner.height);
        panel::lines(frame, inner, lines);
        self.form.view(frame, Rect { y: inner.y + used, height: inner.height - used, ..inner }, &s.theme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_after_the_label_and_stays_in_its_folder() {
        assert_eq!(file_name("ci-release"), "keyrack-ci-release.md");
        assert_eq!(file_name("../a b/\u{202e}c"), "keyrack-..-a-b--c.md");
    }
}
