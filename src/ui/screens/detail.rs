//! One credential in full: where it stands, when it ends, what it may do, what proves it, what it was before. As a
//! screen of its own, and as lines for the pane beside the list. The secret is never here: only its hint is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};
use crate::domain::{CredentialId, Expiry, GrantSource, HostId, Validation, Verdict};

use super::super::effect::{Effect, SystemFx};
use super::super::layer::{Hints, Pane};
use super::super::overlays::edit::Edit;
use super::super::overlays::forget::Forget;
use super::super::overlays::toast::Level;
use super::super::rows::Row;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::list::scroll;
use super::super::widgets::{bar, panel};
use super::super::{body, check, text, time};
use super::deployment::Deployment;
use super::inventory::Inventory;
use super::permissions::Permissions;
use super::revoke::Revoke;
use super::rotate::Rotate;

/// How many earlier checks are listed.
const HISTORY: usize = 20;

/// Which credential, and how far its text is scrolled.
#[derive(Debug)]
pub struct Detail {
    id: CredentialId,
    top: usize,
}

impl Detail {
    /// Looks at that one.
    #[must_use]
    pub fn new(id: CredentialId) -> Self {
        Self { id, top: 0 }
    }

    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> &CredentialId {
        &self.id
    }

    fn lines(&self, s: &Shared) -> Vec<Line<'static>> {
        let width = usize::from(s.size.0).saturating_sub(4);
        s.rows.get(&self.id).map(|row| lines(row, s, width)).unwrap_or_default()
    }

    fn step(&mut self, down: bool, cx: &mut Cx<'_>) {
        let Some(at) = cx.s.rows.place(&self.id) else { return };
        let next = if down { at + 1 } else { at.wrapping_sub(1) };
        if let Some(row) = cx.s.rows.shown(next) {
            self.id = row.credential.id.clone();
            self.top = 0;
            cx.s.jump = Some(self.id.clone());
        }
    }
}

impl Pane for Detail {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Detail, Context::List, Context::Screen, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        let mut hints: Hints = vec![(Action::Back, "")];
        hints.extend(
            [
                Action::Page,
                Action::Check,
                Action::Permissions,
                Action::Edit,
                Action::Rotate,
                Action::Revoke,
                Action::Forget,
                Action::Inventory,
                Action::Deployment,
                Action::Previous,
                Action::Next,
                Action::Palette,
                Action::Help,
            ]
            .map(|a| (a, "")),
        );
        hints
    }

    fn enabled(&self, action: Action, s: &Shared) -> bool {
        match action {
            Action::Check | Action::Rotate | Action::Revoke | Action::Permissions => {
                s.rows.get(&self.id).is_some_and(|r| !r.retired())
            }
            Action::Page => link(&self.id, s).is_some(),
            Action::Stop => s.checks.stoppable(),
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let action = match input {
            Input::Action(action) => action,
            Input::Wheel(true) => Action::Down,
            Input::Wheel(false) => Action::Up,
            _ => return,
        };
        let height = usize::from(body(cx.s.size.0, cx.s.size.1).height).saturating_sub(2);
        let len = self.lines(cx.s).len();
        if scroll(&mut self.top, action, len, height) {
            return;
        }
        match action {
            Action::Back => cx.back(),
            Action::Next => self.step(true, cx),
            Action::Previous => self.step(false, cx),
            Action::Check => check::start(cx, vec![self.id.clone()], false),
            Action::Page => open_link(&self.id, cx),
            Action::Edit => {
                if let Some(row) = cx.s.rows.get(&self.id) {
                    let edit = Edit::new(&row.credential, cx.s);
                    cx.open(edit.into());
                }
            }
            Action::Revoke => {
                if let Some(revoke) = Revoke::open(std::slice::from_ref(&self.id), cx) {
                    cx.open(revoke.into());
                }
            }
            Action::Rotate => {
                if let Some(rotate) = Rotate::open(std::slice::from_ref(&self.id), cx) {
                    cx.open(rotate.into());
                }
            }
            Action::Permissions => {
                if let Some(permissions) = Permissions::open(&self.id, cx) {
                    cx.open(permissions.into());
                }
            }
            Action::Inventory => {
                if let Some(inventory) = Inventory::of(&self.id, cx.s) {
                    cx.open(inventory.into());
                }
            }
            Action::Deployment => {
                if let Some(deployment) = Deployment::open(&self.id, cx) {
                    cx.open(deployment.into());
                }
            }
            Action::Forget => {
                if let Some(forget) = Forget::new(std::slice::from_ref(&self.id), cx.s) {
                    cx.open(forget.into());
                }
            }
            _ => {}
        }
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let row = s.rows.get(&self.id);
        let title = row.map_or("Not on the rack any more", |r| r.credential.label.as_str());
        let inner = panel::pane(frame, area, title, true, &s.theme);
        panel::scrolled(frame, inner, self.lines(s), self.top, &s.theme);
    }
}

/// The page that helps with what the newest check found, if it names one.
#[must_use]
pub fn link<'a>(id: &CredentialId, s: &'a Shared) -> Option<&'a str> {
    let (_, newest) = s.history.of(id)?.first()?;
    newest.findings.iter().map(|f| f.link.as_str()).find(|l| l.starts_with("https://") || l.starts_with("http://"))
}

/// Opens that page.
pub fn open_link(id: &CredentialId, cx: &mut Cx<'_>) {
    if let Some(page) = link(id, cx.s).map(str::to_owned) {
        cx.say(Level::Info, format!("opening {page}"));
        cx.emit(Effect::System(SystemFx::OpenUrl(page)));
    }
}

/// Everything worth saying about a credential, `width` columns wide.
#[must_use]
pub fn lines(row: &Row, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut page = Page { s, width, lines: Vec::new() };
    let history = s.history.of(&row.credential.id);
    let newest = history.and_then(|h| h.first()).map(|(_, v)| v);
    page.identity(row, newest);
    page.standing(row);
    page.end(row, newest);
    page.record(row);
    let mut seen: Vec<HostId> = Vec::new();
    for (host, found) in history.unwrap_or_default() {
        if !seen.contains(host) {
            seen.push(*host);
            page.findings(found, link(&row.credential.id, s));
            // An answer that says nothing of the token does not hide what is known of it.
            let known = history.unwrap_or_default().iter().find(|(h, v)| h == host && v.verdict.is_real());
            let known = if found.verdict.is_real() { Some(found) } else { known.map(|(_, v)| v) };
            if let Some(known) = known {
                page.grants(known, *host, row.credential.bindings.len() > 1, !found.verdict.is_real());
            }
            page.evidence(found);
        }
    }
    match history {
        None if row.checked_at.is_some() => page.say("reading its history …", s.theme.faint),
        Some(entries) if entries.len() > 1 => page.history(entries),
        _ => {}
    }
    page.lines
}

/// Grants by how they are known: the word for it, and their names.
#[must_use]
pub fn grants(found: &Validation) -> Vec<(&'static str, String)> {
    let of = |source| {
        let names = found.grants.iter().filter(|g| g.source == source).map(|g| g.name.as_str());
        names.collect::<Vec<_>>().join("  ")
    };
    let all = [
        ("told", of(GrantSource::Told)),
        ("implied", of(GrantSource::Implied)),
        ("tried", of(GrantSource::Probed)),
        ("simulated", of(GrantSource::Simulated)),
        ("only at", found.limited_to.join("  ")),
    ];
    all.into_iter().filter(|(_, names)| !names.is_empty()).collect()
}

struct Page<'a> {
    s: &'a Shared,
    width: usize,
    lines: Vec<Line<'static>>,
}

const CAPTION: usize = 10;

impl Page<'_> {
    fn say(&mut self, line: &str, style: Style) {
        for line in text::wrap(line, self.width) {
            self.lines.push(Line::styled(line, style));
        }
    }

    fn heading(&mut self, word: &str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(word.to_owned(), self.s.theme.title));
    }

    fn fact(&mut self, caption: &str, value: &str) {
        let mut caption = text::pad(caption, CAPTION);
        for line in text::wrap(value, self.width.saturating_sub(CAPTION)) {
            let spans = vec![Span::styled(caption.clone(), self.s.theme.faint), Span::styled(line, self.s.theme.text)];
            self.lines.push(Line::from(spans));
            caption = " ".repeat(CAPTION);
        }
    }

    fn identity(&mut self, row: &Row, newest: Option<&Validation>) {
        let credential = &row.credential;
        let kind = self.s.kind_name(&credential.family, credential.kind);
        let family = self.s.family_name(&credential.family);
        self.say(&format!("{family} · {kind} · {}", credential.hint), self.s.theme.text);
        let account = match newest.and_then(|v| v.identity.as_ref()) {
            Some(who) => {
                let account = who.account();
                let name =
                    if who.name.is_empty() || who.name == account { String::new() } else { format!(" {}", who.name) };
                format!("{account}{name} ({})", who.kind)
            }
            None if row.account.is_empty() => "account not known".to_owned(),
            None => row.account.clone(),
        };
        self.say(&format!("{account} at {}", row.hosts), self.s.theme.text);
    }

    fn standing(&mut self, row: &Row) {
        let theme = &self.s.theme;
        if row.retired() {
            self.say("retired: its secret was destroyed here after the host refused it", theme.faint);
        }
        for binding in &row.credential.bindings {
            let several = row.credential.bindings.len() > 1;
            let role = binding.role.as_ref().map(|r| format!(" as {r}")).unwrap_or_default();
            let at = self.s.rows.host(binding.host).map_or("a host that is gone", |h| h.name.as_str());
            let place = if several { format!(" at {at}{role}") } else { role };
            let Some(standing) = row.standings.iter().find(|s| s.host == binding.host) else {
                let verdict = Verdict::Unchecked;
                self.say(&format!("{} never checked{place}", verdict.symbol()), theme.verdict(verdict));
                continue;
            };
            let verdict = if several || standing.verdict != Verdict::Valid { standing.verdict } else { row.verdict };
            let reason = if standing.reason.is_empty() { String::new() } else { format!(" · {}", standing.reason) };
            let age = time::ago(standing.checked_at, self.s.now);
            let age = if age == "now" { "just now".to_owned() } else { format!("{age} ago") };
            self.say(&format!("{} {verdict}{place}{reason} · {age}", verdict.symbol()), theme.verdict(verdict));
            if !standing.verdict.is_real()
                && let Some((real, at)) = standing.real
            {
                let known = format!("  last known: {} {real}, {} ago", real.symbol(), time::ago(at, self.s.now));
                self.say(&known, theme.verdict(real));
            }
        }
    }

    fn end(&mut self, row: &Row, newest: Option<&Validation>) {
        let credential = &row.credential;
        let by_user = if credential.expiry_by_user { " (as you said)" } else { "" };
        let Expiry::At(at) = credential.expiry else {
            let word = if credential.expiry == Expiry::Never { "never" } else { "not known" };
            return self.fact("Expires", &format!("{word}{by_user}"));
        };
        let now = self.s.now;
        let days = time::days_until(at, now);
        let begin = newest.and_then(|v| v.created_at).unwrap_or(credential.added_at);
        let whole = usize::try_from(at.as_second().saturating_sub(begin.as_second())).unwrap_or(0);
        let left = usize::try_from(at.as_second().saturating_sub(now.as_second())).unwrap_or(0);
        let words = match days {
            _ if at <= now => format!("expired {} ago", time::ago(at, now)),
            0 => time::expires(credential.expiry, now),
            days => format!("{} left", text::count(usize::try_from(days).unwrap_or(0), "day")),
        };
        let mut spans = vec![
            Span::styled(text::pad("Expires", CAPTION), self.s.theme.faint),
            Span::styled(format!("{}  ", time::day(at)), self.s.theme.text),
        ];
        spans.extend(bar::bar(left, whole.max(1), self.width.saturating_sub(42).clamp(6, 30), &self.s.theme));
        spans.push(Span::styled(
            format!("  {words}{by_user}"),
            self.s.theme.verdict(match row.verdict {
                _ if at <= now => Verdict::Expired,
                Verdict::Expiring => Verdict::Expiring,
                _ => Verdict::Valid,
            }),
        ));
        self.lines.push(Line::from(spans));
    }

    fn record(&mut self, row: &Row) {
        let credential = &row.credential;
        if let Some(owner) = credential.owner {
            self.fact("Owner", owner.slug());
        }
        if !credential.profiles.is_empty() {
            self.fact("Profiles", &credential.profiles.join(", "));
        }
        if !credential.tags.is_empty() {
            self.fact("Tags", &credential.tags.join(", "));
        }
        if !credential.note.is_empty() {
            self.fact("Note", &credential.note);
        }
        self.fact("Added", &format!("{}, secret in the {} store", time::day(credential.added_at), credential.store));
    }

    fn findings(&mut self, found: &Validation, opened: Option<&str>) {
        let key = self.s.key(&[Context::Detail], Action::Page);
        for finding in &found.findings {
            self.heading(&text::cut(&finding.title, self.width));
            for part in [&finding.cause, &finding.remedy] {
                if !part.is_empty() {
                    self.say(part, self.s.theme.text);
                }
            }
            if opened == Some(finding.link.as_str()) && !key.is_empty() {
                self.say(&format!("{key} opens {}", finding.link), self.s.theme.info);
            } else if !finding.link.is_empty() {
                self.say(&finding.link, self.s.theme.info);
            }
        }
    }

    fn grants(&mut self, found: &Validation, host: HostId, several: bool, earlier: bool) {
        if found.grants.is_empty() {
            return;
        }
        let at = if several { self.s.rows.host(host).map(|h| format!(" at {}", h.name)) } else { None };
        let age =
            if earlier { format!(", as known {} ago", time::ago(found.checked_at, self.s.now)) } else { String::new() };
        self.heading(&text::cut(&format!("Grants{}{age}", at.unwrap_or_default()), self.width));
        for (how, names) in grants(found) {
            self.fact(how, &names);
        }
    }

    fn evidence(&mut self, found: &Validation) {
        if found.evidence.is_empty() {
            return;
        }
        self.heading("Evidence");
        for evidence in &found.evidence {
            let status = evidence.status.map_or("no answer".to_owned(), |status| status.to_string());
            self.say(&format!("{status} {} · {} ms", evidence.request, evidence.ms), self.s.theme.text);
            if !evidence.detail.is_empty() {
                self.say(&format!("  {}", evidence.detail), self.s.theme.faint);
            }
        }
    }

    fn history(&mut self, entries: &[(HostId, Validation)]) {
        self.heading("History");
        for (host, found) in entries.iter().take(HISTORY) {
            let host = self.s.rows.host(*host).map_or("?", |h| h.name.as_str());
            let when = time::minute(found.checked_at, &self.s.zone);
            let line = format!("{when}  {} {:11} {host}  {}", found.verdict.symbol(), found.verdict, found.reason);
            self.lines.push(Line::styled(text::cut(&line, self.width), self.s.theme.verdict(found.verdict)));
        }
    }
}
