//! The hosts: where they are, what they said they are, how many credentials are used there.

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};
use crate::domain::{Host, HostId};
use crate::error::Error;

use super::super::effect::{Effect, HostFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::{HostMsg, HostReport, JobId};
use super::super::overlays::dialog::Dialog;
use super::super::overlays::host_form::HostForm;
use super::super::overlays::toast::Level;
use super::super::shared::{Cx, Input, Shared};
use super::super::size::{below, body};
use super::super::text;
use super::super::widgets::list::List;
use super::super::widgets::panel;
use super::create::Create;
use super::inventory::Inventory;

/// Rows at the bottom for the host under the cursor.
const BELOW: u16 = 9;

/// Where the cursor is, and what was heard from hosts asked here.
#[derive(Debug, Default)]
pub struct Hosts {
    list: List,
    asking: BTreeMap<JobId, HostId>,
    heard: BTreeMap<HostId, Result<HostReport, Error>>,
}

impl Hosts {
    /// Takes in what was heard from a host that was asked here.
    pub fn on(&mut self, msg: &HostMsg) {
        if let HostMsg::Tested { job, result } = msg
            && let Some(id) = self.asking.remove(job)
        {
            self.heard.insert(id, result.clone());
        }
    }

    fn host<'a>(&self, s: &'a Shared) -> Option<&'a Host> {
        s.rows.hosts().get(self.list.at)
    }

    fn height(s: &Shared) -> usize {
        let all = body(s.size.0, s.size.1).height;
        usize::from(all.saturating_sub(below(all, BELOW) + 3))
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        if self.list.act(action, cx.s.rows.hosts().len(), Self::height(cx.s)) {
            return;
        }
        let host = self.host(cx.s).cloned();
        match (action, host) {
            (Action::Back, _) => cx.back(),
            (Action::Add, _) => {
                let form = HostForm::add(cx.s);
                cx.open(form.into());
            }
            (Action::Edit, Some(host)) => {
                let form = HostForm::edit(host, cx.s);
                cx.open(form.into());
            }
            (Action::Inventory, Some(host)) => {
                let inventory = Inventory::open(host, "", cx.s);
                cx.open(inventory.into());
            }
            (Action::Create, Some(host)) => {
                let create = Create::open(host, "", cx.s);
                cx.open(create.into());
            }
            (Action::Test, Some(host)) => {
                let job = cx.s.jobs.begin("asking the host");
                self.asking.insert(job, host.id);
                self.heard.remove(&host.id);
                cx.emit(Effect::Hosts(HostFx::Test { job, host: Box::new(host) }));
            }
            (Action::Remove, Some(host)) => remove(&host, cx),
            _ => {}
        }
    }

    fn about(&self, host: &Host, s: &Shared, width: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let mut fact = |name: &str, value: &str| {
            let value = text::cut(value, width.saturating_sub(12));
            lines.push(Line::from(vec![
                Span::styled(text::pad(name, 12), s.theme.faint),
                Span::styled(value, s.theme.text),
            ]));
        };
        fact("URL", &host.url);
        let parts: [(&str, Option<&str>); 4] = [
            ("Region", host.region.as_deref()),
            ("CA file", host.ca_file.as_deref()),
            ("Client cert", host.client_cert.as_deref()),
            ("Proxy", host.proxy.as_deref()),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                fact(name, value);
            }
        }
        for (name, url) in &host.endpoints {
            fact(name, url);
        }
        if host.allow_http {
            lines.push(Line::styled("! plain http is allowed: secrets travel unprotected", s.theme.warn));
        }
        match self.heard.get(&host.id) {
            Some(Ok(report)) => {
                let version = report.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
                let line = text::cut(&format!("✓ answers: {}{version}", report.product), width);
                lines.push(Line::styled(line, s.theme.good));
            }
            Some(Err(error)) => {
                let hints = error.hints.iter().map(|h| format!("\n→ {h}")).collect::<String>();
                let all = text::wrap(&format!("✗ {error}{hints}"), width);
                lines.extend(all.into_iter().map(|l| Line::styled(l, s.theme.bad)));
            }
            None if self.asking.values().any(|id| *id == host.id) => {
                lines.push(Line::styled("asking …", s.theme.info));
            }
            None => {}
        }
        lines
    }
}

fn remove(host: &Host, cx: &mut Cx<'_>) {
    let uses = cx.s.rows.uses(host.id);
    if uses > 0 {
        let used = text::count(uses, "credential");
        cx.say(Level::Warn, format!("{} is used by {used}: revoke or forget those first", host.name));
        return;
    }
    cx.open(Dialog::remove_host(host).into());
}

/// Takes in the end of a removal.
pub fn removed(job: JobId, result: &Result<(), Error>, cx: &mut Cx<'_>) {
    if cx.s.jobs.close(job) {
        match result {
            Ok(()) => {
                cx.say(Level::Good, "host removed");
                cx.load();
            }
            Err(error) => cx.fail(error),
        }
    }
}

impl Pane for Hosts {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Hosts, Context::List, Context::Screen, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        [
            Action::Back,
            Action::Add,
            Action::Edit,
            Action::Test,
            Action::Inventory,
            Action::Create,
            Action::Remove,
            Action::Help,
        ]
        .map(|a| (a, ""))
        .to_vec()
    }

    fn enabled(&self, action: Action, s: &Shared) -> bool {
        match action {
            Action::Edit | Action::Test | Action::Remove | Action::Inventory | Action::Create => self.host(s).is_some(),
            Action::Hosts => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Wheel(down) => self.list.wheel(down, cx.s.rows.hosts().len(), Self::height(cx.s)),
            Input::Click(_, y) => {
                let at = self.list.top + usize::from(y.saturating_sub(3));
                if y >= 3 && usize::from(y - 3) < Self::height(cx.s) && at < cx.s.rows.hosts().len() {
                    self.list.at = at;
                }
            }
            _ => {}
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        self.list.fit(s.rows.hosts().len(), Self::height(s));
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let upper = Rect { height: area.height - below(area.height, BELOW), ..area };
        let inner = panel::pane(frame, upper, "Hosts", true, &s.theme);
        let rest = usize::from(inner.width).saturating_sub(12);
        let (name, family) = (rest * 45 / 100, rest * 20 / 100);
        let product = rest - name - family;
        let cells = |n: &str, f: &str, p: &str, u: &str| {
            format!(" {} {} {} {u:>5}", text::pad(n, name), text::pad(f, family), text::pad(p, product))
        };
        let heading = format!(" {}", cells("NAME", "FAMILY", "PRODUCT", "USED"));
        panel::lines(frame, Rect { height: 1, ..inner }, [Line::styled(heading, s.theme.faint)]);
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        if s.rows.hosts().is_empty() {
            let key = s.key(&self.contexts(s), Action::Add);
            let lines = [
                Line::styled("No hosts yet. Adding a token makes its host by itself;", s.theme.text),
                Line::styled(format!("{key} adds one by hand."), s.theme.text),
            ];
            panel::lines(frame, rows, lines);
        }
        for ((at, host), y) in s.rows.hosts().iter().enumerate().skip(self.list.top).zip(rows.top()..rows.bottom()) {
            let cursor = at == self.list.at;
            let place = Rect { y, height: 1, ..rows };
            if cursor {
                frame.buffer_mut().set_style(place, s.theme.cursor);
            }
            let product = match (&host.product, &host.version) {
                (Some(product), Some(version)) => format!("{product} {version}"),
                (Some(product), None) => product.clone(),
                _ => "-".to_owned(),
            };
            let family = s.family_name(&host.family);
            let line = cells(&host.name, family, &product, &s.rows.uses(host.id).to_string());
            let line = Line::from(vec![
                Span::styled(if cursor { "▸" } else { " " }, s.theme.key),
                Span::styled(line, s.theme.text),
            ]);
            frame.render_widget(line, place);
        }
        let lower = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
        let host = self.host(s);
        let inner = panel::pane(frame, lower, host.map_or("", |h| h.name.as_str()), false, &s.theme);
        if let Some(host) = host {
            panel::scrolled(frame, inner, self.about(host, s, usize::from(inner.width)), 0, &s.theme);
        }
    }
}
