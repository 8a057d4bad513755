//! The terminal that the screens need, and the way to its clipboard.

use super::{Complaint, Health, good};

/// What is known of the terminal of this run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Input and output are a terminal.
    pub is_terminal: bool,
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    /// `TERM`.
    pub term: String,
    /// The character set of the locale: the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set.
    pub locale: String,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// Inside tmux.
    pub tmux: bool,
    /// Inside GNU screen.
    pub screen: bool,
}

impl Machine {
    /// The terminal by what the variables say; `size` where there is one that shows screens.
    pub fn of(size: Option<(u16, u16)>, var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        Self {
            is_terminal: size.is_some(),
            size,
            term: set("TERM").unwrap_or_default(),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default(),
            no_color: set("NO_COLOR").is_some(),
            tmux: set("TMUX").is_some(),
            screen: set("STY").is_some(),
        }
    }
}

/// Columns and rows that every screen fits into.
const SMALLEST: (u16, u16) = (80, 24);

/// Looks at terminal and clipboard.
#[must_use]
pub fn machine(machine: &Machine) -> Vec<Complaint> {
    if !machine.is_terminal {
        return vec![good("terminal", "none here: verbs work, the screens need one".to_owned())];
    }
    vec![terminal(machine), clipboard(machine)]
}

fn terminal(machine: &Machine) -> Complaint {
    let warning = |text: String, fix: &str| Complaint {
        health: Health::Warning,
        about: "terminal".into(),
        text,
        fix: fix.to_owned(),
    };
    if machine.term.is_empty() || machine.term == "dumb" {
        return warning(
            format!("TERM is `{}`: the screens cannot be drawn", machine.term),
            "Set TERM to what the terminal is, most often xterm-256color. The verbs work without.",
        );
    }
    if let Some((columns, rows)) = machine.size.filter(|(c, r)| *c < SMALLEST.0 || *r < SMALLEST.1) {
        return warning(
            format!("{columns}x{rows} is small: parts of the screens are left out"),
            "Make it 80x24 or larger.",
        );
    }
    let utf8 = machine.locale.to_ascii_lowercase();
    if !utf8.contains("utf-8") && !utf8.contains("utf8") {
        return warning(
            format!("the locale `{}` is not UTF-8: symbols and borders may look broken", machine.locale),
            "Set LANG to a UTF-8 locale, for example C.UTF-8.",
        );
    }
    let size = machine.size.map_or_else(String::new, |(c, r)| format!(", {c}x{r}"));
    let color = if machine.no_color { ", without colour (NO_COLOR)" } else { "" };
    good("terminal", format!("{}{size}{color}", machine.term))
}

/// Text is copied by an escape sequence (OSC 52), which works over ssh and gives no answer.
fn clipboard(machine: &Machine) -> Complaint {
    let warning = |text: &str, fix: &str| Complaint {
        health: Health::Warning,
        about: "clipboard".into(),
        text: text.to_owned(),
        fix: fix.to_owned(),
    };
    match machine {
        m if m.term == "linux" || m.term.starts_with("vt") => warning(
            "this terminal has no clipboard that a program can reach",
            "Use a terminal emulator, or select with the mouse.",
        ),
        m if m.screen => warning(
            "GNU screen keeps copies from the terminal",
            "Run keyrack outside of screen, or in tmux with `set -s set-clipboard on`.",
        ),
        m if m.tmux => {
            warning("tmux passes copies on only where it is told to", "In ~/.tmux.conf: set -s set-clipboard on")
        }
        _ => {
            good("clipboard", "copies go through the terminal (OSC 52); whether it took one it does not say".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_screens_would_miss_is_told() {
        let fine = Machine {
            is_terminal: true,
            size: Some((120, 40)),
            term: "xterm-256color".into(),
            locale: "C.UTF-8".into(),
            ..Machine::default()
        };
        let health = |m: &Machine| machine(m).iter().map(|c| c.health).collect::<Vec<_>>();
        assert_eq!(health(&fine), [Health::Good, Health::Good]);
        assert_eq!(health(&Machine::default()), [Health::Good]);
        for worse in [
            Machine { term: "dumb".into(), ..fine.clone() },
            Machine { size: Some((60, 20)), ..fine.clone() },
            Machine { locale: "POSIX".into(), ..fine.clone() },
        ] {
            assert_eq!(health(&worse)[0], Health::Warning, "{worse:?}");
        }
        for worse in [
            Machine { term: "linux".into(), ..fine.clone() },
            Machine { tmux: true, ..fine.clone() },
            Machine { screen: true, ..fine },
        ] {
            assert_eq!(health(&worse)[1], Health::Warning, "{worse:?}");
        }
    }
}
