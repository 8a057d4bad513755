//! How permissions look: the grants as a tree, profiles by places as a matrix, the profile under the cursor in full, and the
//! vendor's table with the cell of this credential.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::Theme;
use crate::domain::{GrantNode, GrantSource, NeedFound, PermissionTable, PlacePermissions, ProfileFound, Stand};

use super::super::super::shared::Shared;
use super::super::super::size::{WIDE, body};
use super::super::super::text;
use super::super::super::widgets::{bar, panel};
use super::{Permissions, Stage};

/// Most rows of the matrix before what is said of the profile gets room.
const PROFILES: u16 = 7;

/// Where things are drawn, frames left out.
pub(super) struct Areas {
    upper: Rect,
    lower: Rect,
    side: Rect,
    pub(super) grants: Rect,
    pub(super) rows: Rect,
    pub(super) below: Rect,
}

fn inner(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}

pub(super) fn areas(permissions: &Permissions, s: &Shared) -> Areas {
    let all = body(s.size.0, s.size.1);
    let wide = s.size.0 >= WIDE;
    let (left, side) = if wide {
        let width = all.width * 60 / 100;
        (Rect { width, ..all }, Rect { x: all.x + width, width: all.width - width, ..all })
    } else {
        (all, all)
    };
    let rows = u16::try_from(permissions.profiles().len()).unwrap_or(PROFILES).clamp(1, PROFILES);
    let upper = Rect { height: (rows + 4).min(left.height - left.height / 3), ..left };
    let lower = Rect { y: upper.bottom(), height: left.height - upper.height, ..left };
    let matrix = inner(upper);
    Areas {
        upper,
        lower,
        side,
        grants: inner(side),
        rows: Rect { y: matrix.y + 2, height: matrix.height.saturating_sub(2), ..matrix },
        below: inner(lower),
    }
}

pub(super) fn view(permissions: &Permissions, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let label = s.rows.get(&permissions.id).map_or("", |r| r.credential.label.as_str());
    let title = format!("Permissions of {label}");
    let (found, place) = match (&permissions.stage, permissions.at()) {
        (Stage::Shown(found), Some(place)) => (found, place),
        _ => {
            let inner = panel::pane(frame, area, &title, true, &s.theme);
            let line = format!("{} asking each host what it may do there; nothing is changed", bar::spinner(s.now));
            panel::lines(frame, inner, [Line::styled(line, s.theme.info)]);
            return;
        }
    };
    let areas = areas(permissions, s);
    let wide = s.size.0 >= WIDE;
    if wide || !permissions.grants {
        let inner = panel::pane(frame, areas.upper, &title, !permissions.grants, &s.theme);
        matrix(permissions, &found.places, s, frame, inner, areas.rows);
        let name = permissions.profile().map_or("", |p| p.title.as_str());
        let inner = panel::pane(frame, areas.lower, name, false, &s.theme);
        let lines = about(permissions, s, usize::from(inner.width));
        panel::scrolled(frame, inner, lines, permissions.below, &s.theme);
    }
    if wide || permissions.grants {
        let role = place.role.as_ref().map_or_else(String::new, |r| format!(" ({r})"));
        let title = format!("Grants at {}{role}", place.host_name);
        let inner = panel::pane(frame, areas.side, &title, permissions.grants, &s.theme);
        let lines = tree(place, s, usize::from(inner.width));
        panel::scrolled(frame, inner, lines, permissions.top, &s.theme);
    }
}

fn stand(stand: Stand, theme: &Theme) -> Style {
    match stand {
        Stand::Have => theme.good,
        Stand::Unknown => theme.unknown,
        Stand::Missing => theme.bad,
    }
}

/// A row per profile, a column per place.
fn matrix(
    permissions: &Permissions,
    places: &[PlacePermissions],
    s: &Shared,
    frame: &mut Frame<'_>,
    area: Rect,
    rows: Rect,
) {
    let width = usize::from(area.width);
    let column = (width / 2 / places.len().max(1)).clamp(6, 24);
    let name = width.saturating_sub(2 + places.len() * (column + 1));
    let mut head = vec![Span::styled(format!("  {}", text::pad("PROFILE", name)), s.theme.faint)];
    for (at, place) in places.iter().enumerate() {
        let style = if at == permissions.place { s.theme.title } else { s.theme.faint };
        head.push(Span::styled(format!(" {}", text::pad(&place.host_name, column)), style));
    }
    let verdict = permissions.at().map_or_else(Line::default, |place| {
        let line = format!("{} {}: {}", place.verdict.symbol(), place.verdict, place.reason);
        Line::styled(text::cut(&line, width), s.theme.verdict(place.verdict))
    });
    panel::lines(frame, area, [verdict, Line::from(head)]);
    if permissions.profiles().is_empty() {
        let say = "no profile is about this kind of credential";
        panel::lines(frame, rows, [Line::styled(say, s.theme.faint)]);
    }
    for ((at, profile), y) in
        permissions.profiles().iter().enumerate().skip(permissions.list.top).zip(rows.top()..rows.bottom())
    {
        let cursor = at == permissions.list.at;
        let spot = Rect { y, height: 1, ..rows };
        if cursor {
            frame.buffer_mut().set_style(spot, s.theme.cursor);
        }
        let own = if profile.own { s.theme.text } else { s.theme.faint };
        let mut spans = vec![
            Span::styled(if cursor { "▸ " } else { "  " }, s.theme.key),
            Span::styled(text::pad(&profile.id, name), own),
        ];
        for place in places {
            let there = place.profiles.iter().find(|p| p.id == profile.id);
            let (cell, style) = there.map_or(("-".to_owned(), s.theme.faint), |p| cell(p, &s.theme));
            spans.push(Span::styled(format!(" {}", text::pad(&cell, column)), style));
        }
        frame.render_widget(Line::from(spans), spot);
    }
}

fn cell(profile: &ProfileFound, theme: &Theme) -> (String, Style) {
    let missing = profile.needs.iter().filter(|n| n.stand == Stand::Missing).count();
    let word = match profile.stand {
        Stand::Missing => format!("{} {missing} missing", profile.stand.symbol()),
        Stand::Have if !profile.surplus.is_empty() => {
            format!("{} +{} more", profile.stand.symbol(), profile.surplus.len())
        }
        _ => format!("{} {}", profile.stand.symbol(), profile.stand.word()),
    };
    (word, stand(profile.stand, theme))
}

struct Lines<'a> {
    lines: Vec<Line<'static>>,
    width: usize,
    theme: &'a Theme,
}

impl Lines<'_> {
    fn say(&mut self, text: &str, style: Style) {
        self.lines.extend(text::wrap(text, self.width).into_iter().map(|l| Line::styled(l, style)));
    }

    fn need(&mut self, need: &NeedFound) {
        let style = stand(need.stand, self.theme);
        let any = need.any.join(" or ");
        self.say(&format!("{} {any}: {}", need.stand.symbol(), need.why), style);
        if let Some((by, _)) = need.by.as_ref().filter(|(by, _)| by != need.name()) {
            self.say(&format!("  by {by}"), self.theme.faint);
        }
        if !need.doubt.is_empty() {
            self.say(&format!("  {}", need.doubt), self.theme.faint);
        }
        if let Some(fix) = &need.fix {
            self.say(&format!("  → {}", fix.text), self.theme.text);
        }
    }
}

/// What is said of the profile under the cursor, and of the place.
pub(super) fn about(permissions: &Permissions, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut out = Lines { lines: Vec::new(), width, theme: &s.theme };
    let (Stage::Shown(found), Some(place)) = (&permissions.stage, permissions.at()) else { return out.lines };
    if let Some(profile) = permissions.profile() {
        if !profile.own {
            out.say("measured for comparison: this credential is not said to be for it", s.theme.faint);
        }
        for need in &profile.needs {
            out.need(need);
        }
        for sentence in found.roles.get(&profile.id).into_iter().flatten() {
            out.say(&format!("✗ {sentence}"), s.theme.bad);
        }
        if profile.stand != Stand::Have && !profile.without.is_empty() {
            out.say(&profile.without, s.theme.warn);
        }
        if !profile.surplus.is_empty() {
            out.say(&format!("more than this job needs: {}", profile.surplus.join(", ")), s.theme.warn);
        }
        if !profile.narrower.is_empty() {
            out.say(&format!("enough would be: {}", profile.narrower.join(", ")), s.theme.text);
        }
        for note in &profile.notes {
            out.say(note, s.theme.faint);
        }
    }
    if let Some(advice) = &found.advice {
        let line = format!(
            "least privilege: none of its profiles needs {}; {} would do for all",
            advice.surplus.join(", "),
            advice.enough.join(", ")
        );
        out.say(&line, s.theme.warn);
    }
    for table in &place.tables {
        out.lines.push(Line::default());
        table_lines(table, &mut out);
    }
    for finding in &place.findings {
        out.say(&format!("! {}: {}", finding.title, finding.remedy), s.theme.warn);
    }
    out.lines
}

/// The grants, each with what it brings below it.
pub(super) fn tree(place: &PlacePermissions, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut group = "";
    for node in &place.grants {
        if node.group != group {
            group = &node.group;
            if !group.is_empty() {
                lines.push(Line::styled(text::cut(group, width), s.theme.title));
            }
        }
        branch(node, 0, s, width, &mut lines);
    }
    if place.grants.is_empty() {
        lines.push(Line::styled(text::cut("the host does not tell what it may do", width), s.theme.faint));
    } else if !place.all_told {
        lines.push(Line::styled(text::cut("there may be more: the host does not tell all", width), s.theme.faint));
    }
    for name in &place.limited_to {
        lines.push(Line::styled(text::cut(&format!("limited to {name}"), width), s.theme.faint));
    }
    for name in &place.denied {
        lines.push(Line::styled(text::cut(&format!("✗ {name}"), width), s.theme.bad));
    }
    lines
}

fn branch(node: &GrantNode, depth: usize, s: &Shared, width: usize, lines: &mut Vec<Line<'static>>) {
    let (sign, style) = match node.source {
        GrantSource::Told => ("●", s.theme.good),
        GrantSource::Implied => ("·", s.theme.faint),
        GrantSource::Probed => ("◆", s.theme.good),
        GrantSource::Simulated => ("≈", s.theme.info),
    };
    let indent = "  ".repeat(depth.min(8));
    let room = width.saturating_sub(indent.len() + 2);
    let name = text::cut(&node.name, room);
    let rest = room.saturating_sub(name.chars().count() + 2);
    let about =
        if rest > 8 && !node.about.is_empty() { format!("  {}", text::cut(&node.about, rest)) } else { String::new() };
    lines.push(Line::from(vec![
        Span::raw(indent),
        Span::styled(format!("{sign} "), style),
        Span::styled(name, s.theme.text),
        Span::styled(about, s.theme.faint),
    ]));
    for implied in &node.implies {
        branch(implied, depth + 1, s, width, lines);
    }
}

/// Rows by columns; the cell of this credential is marked by a sign as well as by colour, and spelled out below.
fn table_lines(table: &PermissionTable, out: &mut Lines<'_>) {
    let theme = out.theme;
    out.say(&table.title, theme.title);
    let first = table.rows.iter().map(|r| r.chars().count()).max().unwrap_or(0).max(table.row_label.chars().count());
    let column = (out.width.saturating_sub(first + 2) / table.columns.len().max(1)).saturating_sub(1).max(8);
    let mut head = vec![Span::styled(
        text::pad(&format!("{} \\ {}", table.row_label, table.column_label), first + 2),
        theme.faint,
    )];
    head.extend(table.columns.iter().map(|c| Span::styled(format!("{} ", text::pad(c, column)), theme.faint)));
    out.lines.push(Line::from(head));
    for (r, row) in table.rows.iter().enumerate() {
        let mut spans = vec![Span::styled(text::pad(row, first + 2), theme.text)];
        for c in 0..table.columns.len() {
            let allows = table.cells.get(r).and_then(|cells| cells.get(c)).map_or(0, Vec::len);
            let held = table.held == Some((r, c));
            let word = match (held, allows) {
                (_, 0) => "-".to_owned(),
                (true, n) => format!("[● allows {n}]"),
                (false, n) => format!("allows {n}"),
            };
            let style = if held { theme.good } else { theme.faint };
            spans.push(Span::styled(format!("{} ", text::pad(&word, column)), style));
        }
        out.lines.push(Line::from(spans));
    }
    if let Some((r, c)) = table.held {
        let names =
            [table.rows.get(r), table.columns.get(c)].into_iter().flatten().cloned().collect::<Vec<_>>().join(" + ");
        out.say(&format!("● {names} allows:"), theme.good);
        for what in table.cells.get(r).and_then(|cells| cells.get(c)).into_iter().flatten() {
            out.say(&format!("  {what}"), theme.text);
        }
    }
    for note in &table.notes {
        out.say(note, theme.faint);
    }
}
