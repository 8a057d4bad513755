//! Draws the picture of the README with the real program: starts the demo, checks everything, and writes the screen as
//! SVG. Run: `cargo run --example screenshot > assets/screen.svg`

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use keyrack::config::{Keymap, Theme, keymap, theme};
use keyrack::domain::Clock;
use keyrack::hosts;
use keyrack::net::client::{Network, Timeouts, USER_AGENT};
use keyrack::net::proxy::ProxyEnv;
use keyrack::ops::Settings;
use keyrack::ops::check::{CheckOptions, check};
use keyrack::ops::demo::{Demo, DemoSize};
use keyrack::ui::effect::{Effect, RackFx};
use keyrack::ui::msg::{Key, Msg, RackData, RackMsg};
use keyrack::ui::{self, Model, Setup};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use tokio_util::sync::CancellationToken;

const SIZE: (u16, u16) = (120, 34);
const CELL: (f32, f32) = (8.4, 18.0);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Network::new(ProxyEnv::default(), Timeouts::default(), USER_AGENT);
    let demo = Demo::start(DemoSize::default(), Clock::System, network, Settings::default()).await?;
    check(&demo.core, CheckOptions::default(), &CancellationToken::new(), |_| {}, |_| {}).await?;
    let setup = Setup {
        now: Clock::System.now(),
        size: SIZE,
        keymap: Keymap::load(keymap::DEFAULT, None).map_err(|_| "the shipped keymap does not parse")?,
        theme: Theme::load(theme::DARK)?,
        no_colour: false,
        zone: TimeZone::UTC,
        families: hosts::families().iter().map(|f| f.facts()).collect(),
        warn_days: demo.core.settings.warn_days,
        settings: Vec::new(),
        demo: false,
    };
    let mut model = Model::new(setup);
    let mut inbox = vec![Msg::Start];
    let mut downs = 20;
    while let Some(msg) = inbox.pop() {
        for effect in ui::update(&mut model, msg) {
            let rack = &demo.core.rack;
            match effect {
                Effect::Rack(RackFx::Load { job }) => {
                    let data = RackData {
                        profiles: demo.core.profiles()?,
                        hosts: rack.hosts()?,
                        credentials: rack.credentials()?,
                        standings: rack.standings()?,
                    };
                    inbox.push(Msg::Rack(RackMsg::Loaded { job, result: Ok(Box::new(data)) }));
                }
                Effect::Rack(RackFx::Detail { job, id }) => {
                    let result = rack.history(&id, 30).map_err(Into::into);
                    inbox.push(Msg::Rack(RackMsg::Detail { job, id, result }));
                }
                _ => {}
            }
        }
        if inbox.is_empty() && downs > 0 {
            downs -= 1;
            inbox.push(Msg::Key(Key("j".parse().map_err(|_| "`j` is no key")?)));
        }
    }
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1))?;
    terminal.draw(|frame| ui::view(&model, frame))?;
    let svg = svg(terminal.backend().buffer().content());
    std::io::Write::write_all(&mut std::io::stdout(), svg.as_bytes())?;
    Ok(())
}

fn svg(cells: &[Cell]) -> String {
    let (width, height) = (f32::from(SIZE.0) * CELL.0 + 24.0, f32::from(SIZE.1) * CELL.1 + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
    for (row, line) in cells.chunks(usize::from(SIZE.0)).enumerate() {
        let top = 12.0 + f32::from(u16::try_from(row).unwrap_or(0)) * CELL.1;
        let mut start = 0;
        while start < line.len() {
            let style = line[start].style();
            let end = (start..line.len()).find(|c| line[*c].style() != style).unwrap_or(line.len());
            let text: String = line[start..end].iter().map(Cell::symbol).collect();
            run(&mut out, &line[start], &text, start, end, top);
            start = end;
        }
    }
    out.push_str("</svg>\n");
    out
}

fn run(out: &mut String, cell: &Cell, text: &str, start: usize, end: usize, top: f32) {
    let at = |c: usize| 12.0 + f32::from(u16::try_from(c).unwrap_or(0)) * CELL.0;
    let (mut ink, mut paper) = (colour(cell.fg, "#d5d8df"), colour(cell.bg, "none"));
    if cell.modifier.contains(Modifier::REVERSED) {
        (ink, paper) = (if paper == "none" { "#16181d".to_owned() } else { paper }, ink);
    }
    let length = at(end) - at(start);
    if paper != "none" {
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{length:.1}\" height=\"{}\" fill=\"{paper}\"/>",
            at(start),
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let faint = if cell.modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{ink}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\"{weight}{faint}>{text}</text>",
        at(start),
        top + 13.5
    );
}

fn colour(colour: Color, default: &str) -> String {
    let named = match colour {
        Color::Black => "#16181d",
        Color::Red | Color::LightRed => "#f07178",
        Color::Green | Color::LightGreen => "#8fd36b",
        Color::Yellow | Color::LightYellow => "#ecc26b",
        Color::Blue | Color::LightBlue => "#6fa8ff",
        Color::Magenta | Color::LightMagenta => "#cc8cf0",
        Color::Cyan | Color::LightCyan => "#66d0d6",
        Color::Gray => "#b0b5c0",
        Color::DarkGray => "#717887",
        Color::White => "#ffffff",
        // The grey ramp at the end of the 256-colour table.
        Color::Indexed(n @ 232..) => return format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * u32::from(n - 232)),
        _ => default,
    };
    named.to_owned()
}
