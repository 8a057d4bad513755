//! How telling Jira of a deployment looks: the form, the question, the wait, the result.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::domain::{DeploymentDone, DeploymentShown, DeploymentTold, Evidence};

use super::super::super::shared::Shared;
use super::super::super::size::body;
use super::super::super::text;
use super::super::super::widgets::{bar, panel};
use super::{Deployment, Stage};

pub(super) fn view(deployment: &Deployment, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let inner = panel::pane(frame, area, &title(deployment), true, &s.theme);
    let width = usize::from(inner.width);
    match &deployment.stage {
        Stage::Asking => deployment.form.view(frame, inner, &s.theme),
        Stage::Confirm { what, phrase, form } => {
            let mut lines = wrapped(what, width, s.theme.warn);
            lines.extend(wrapped(&format!("To go on, type: {phrase}"), width, s.theme.title));
            lines.push(Line::default());
            let below = panel::asked(frame, inner, lines, 3, 0, "", &s.theme);
            form.view(frame, below, &s.theme);
        }
        Stage::Finding(_) => {
            let line = format!("{} looking up which one; nothing is sent yet", bar::spinner(s.now));
            panel::lines(frame, inner, [Line::styled(line, s.theme.info)]);
        }
        Stage::Running(_) => {
            let line = format!("{} asking Jira at {}", bar::spinner(s.now), deployment.host().name);
            panel::lines(frame, inner, [Line::styled(text::cut(&line, width), s.theme.info)]);
        }
        Stage::Done(done) => {
            panel::scrolled(frame, inner, lines(deployment, done, s, width), deployment.top, &s.theme);
        }
    }
}

/// How many lines a result has, and how many are seen at once.
pub(super) fn extent(deployment: &Deployment, s: &Shared) -> (usize, usize) {
    let (width, height) = (usize::from(s.size.0).saturating_sub(4), body(s.size.0, s.size.1).height.saturating_sub(2));
    let len = match &deployment.stage {
        Stage::Done(done) => lines(deployment, done, s, width).len(),
        _ => 0,
    };
    (len, usize::from(height))
}

fn title(deployment: &Deployment) -> String {
    match deployment.hosts.as_slice() {
        [only] => format!("Deployment in Jira: {} at {}", deployment.label, only.name),
        _ => format!("Deployment in Jira: {}", deployment.label),
    }
}

fn wrapped(line: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    text::wrap(line, width).into_iter().map(|l| Line::styled(l, style)).collect()
}

fn lines(deployment: &Deployment, done: &DeploymentDone, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut page = Page { s, width, lines: Vec::new() };
    let see = deployment.asked.1.where_to_look(deployment.host());
    match done {
        DeploymentDone::Told(done) => page.told(done, &see),
        DeploymentDone::Shown { place, shown } => page.shown(shown, place, &see),
        DeploymentDone::Deleted(key) => {
            page.say(&format!("✓ deleted: deployment {key}"), s.theme.good);
            page.say("Jira does so in the background; it may be seen for a moment yet.", s.theme.text);
        }
    }
    page.lines
}

struct Page<'a> {
    s: &'a Shared,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn say(&mut self, line: &str, style: Style) {
        self.lines.extend(wrapped(line, self.width, style));
    }

    fn told(&mut self, done: &DeploymentTold, see: &str) {
        let (theme, sent, answer) = (&self.s.theme, &done.deployment, &done.answer);
        for key in &answer.accepted {
            let line = format!("✓ accepted: deployment {key}, {}, update {}", sent.state, sent.update_sequence);
            self.say(&line, theme.good);
        }
        for rejected in &answer.rejected {
            self.say(&format!("✗ rejected: deployment {}", rejected.key), theme.bad);
            if rejected.reasons.is_empty() {
                self.say("  no reason given", theme.text);
            }
            for reason in &rejected.reasons {
                self.say(&format!("  {reason}"), theme.text);
            }
        }
        let unknown = answer.unknown();
        for line in &unknown {
            self.say(&format!("! {line}"), theme.warn);
        }
        self.lines.push(Line::default());
        let accepted = !answer.accepted.is_empty();
        if !accepted && answer.rejected.is_empty() && unknown.is_empty() {
            self.say("✗ not accepted, and Jira gave no reason", theme.bad);
        }
        self.say(answer.so(), theme.text);
        if accepted {
            self.say(see, theme.info);
        }
        self.evidence(&answer.evidence);
    }

    fn shown(&mut self, shown: &DeploymentShown, place: &str, see: &str) {
        let theme = &self.s.theme;
        let state = shown.state.map_or("in a state that keyrack does not know", |s| s.slug());
        self.say(&format!("deployment {}: {state}", shown.key), theme.title);
        let update = shown.update_sequence.map(|n| n.to_string());
        let kind = shown.environment.1.map(|k| k.slug().to_owned());
        let sequence = Some(shown.key.sequence.to_string());
        for (caption, value) in [
            ("number", &sequence),
            ("update", &update),
            ("name", &shown.name),
            ("what", &shown.description),
            ("page", &shown.url),
            ("label", &shown.label),
            ("updated", &shown.last_updated),
            ("pipeline", &Some(shown.key.pipeline.clone())),
            ("its name", &shown.pipeline.0),
            ("its page", &shown.pipeline.1),
            ("environment", &Some(shown.key.environment.clone())),
            ("its name", &shown.environment.0),
            ("its type", &kind),
            ("cloud id", &Some(place.to_owned())),
        ] {
            let value = value.as_deref().unwrap_or("not told");
            self.say(&format!("  {caption:<12}{value}"), theme.text);
        }
        for tied in &shown.associations {
            self.say(&format!("  {:<12}{}", tied.kind.words(), tied.values.join(", ")), theme.text);
        }
        self.lines.push(Line::default());
        self.say(see, theme.info);
        self.evidence(&shown.evidence);
    }

    fn evidence(&mut self, all: &[Evidence]) {
        for evidence in all {
            let status = evidence.status.map_or("no answer".to_owned(), |status| status.to_string());
            self.say(&format!("{status} {} · {} ms", evidence.request, evidence.ms), self.s.theme.faint);
        }
    }
}
