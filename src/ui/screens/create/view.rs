//! How having a credential made looks: the form, the wait, the result.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::{CreateResult, Expiry, Way};
use crate::hosts::facts::How;

use super::super::super::shared::Shared;
use super::super::super::widgets::{bar, panel};
use super::super::super::{outcome, text, time};
use super::{Create, Stage};

pub(super) fn view(create: &Create, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let inner = panel::pane(frame, area, &format!("New credential at {}", create.host.name), true, &s.theme);
    let width = usize::from(inner.width);
    match &create.stage {
        Stage::Asking => {
            let lines = above(create, s, width);
            let used = u16::try_from(lines.len() + 1).unwrap_or(u16::MAX).min(inner.height.saturating_sub(6));
            panel::lines(frame, Rect { height: used, ..inner }, lines);
            create.form.view(frame, Rect { y: inner.y + used, height: inner.height - used, ..inner }, &s.theme);
        }
        Stage::Making(_) => {
            let line = format!(
                "{} asking {} once; its answer goes into the store first",
                bar::spinner(s.now),
                create.host.name
            );
            panel::lines(frame, inner, [Line::styled(line, s.theme.info)]);
        }
        Stage::Done(result) => panel::scrolled(frame, inner, done(result, s, width), create.top, &s.theme),
    }
}

/// What stands above the form: how it is made, or why that was not asked for.
fn above(create: &Create, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |text: &str, style| lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    match &create.failed {
        Some(error) => {
            say(&format!("✗ {error}"), s.theme.bad);
            error.hints.iter().for_each(|hint| say(&format!("→ {hint}"), s.theme.text));
        }
        None => say(&about(create, s), s.theme.text),
    }
    lines
}

fn about(create: &Create, s: &Shared) -> String {
    let family = s.family_name(&create.host.family);
    match s.facts(&create.host.family).map(|f| f.verbs.create) {
        Some(How::AtHost) => format!(
            "{family} makes it by its API, where the one that signs may do that; else keyrack shows how it is made by hand. The \
             new secret goes straight into the store."
        ),
        _ => format!("{family} has no API that makes one: keyrack shows how it is made by hand."),
    }
}

fn done(result: &CreateResult, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let (sign, word, style) = outcome::created(result.end, &s.theme);
    let mut lines = Vec::new();
    let mut say = |text: &str, style: Style| {
        lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    say(&format!("{sign} {}: {word}", result.label), style);
    say(&result.message, s.theme.text);
    if result.expiry != Expiry::Unknown {
        say(&format!("ends: {}", time::expires(result.expiry, s.now)), s.theme.text);
    }
    for note in &result.notes {
        say(&format!("! {note}"), s.theme.warn);
    }
    match result.plan.as_ref().map(|p| &p.way) {
        Some(Way::Guided { page, steps, .. }) => {
            for (at, step) in steps.iter().enumerate() {
                say(&format!("{}. {step}", at + 1), s.theme.text);
            }
            say(page, s.theme.info);
        }
        Some(Way::NeedsAuthority { why, password }) => {
            if !result.message.contains(why) {
                say(why, s.theme.warn);
            }
            let key = s.key(&[Context::Guide], Action::Change);
            let who = match password {
                true => "a credential under Sign with, or an account and its password",
                false => "a credential under Sign with",
            };
            say(&format!("Say who signs: {key} leads back; name {who}."), s.theme.info);
        }
        Some(Way::AtHost { .. }) | None => {}
    }
    if let Some(found) = &result.validation {
        for finding in &found.findings {
            say(&format!("{} {}", finding.cause, finding.remedy), s.theme.text);
        }
    }
    lines
}
