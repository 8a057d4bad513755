//! Colours by role, from strict TOML: the embedded `assets/themes/*.toml` or the user's file.
//!
//! Roles carry meaning; symbols and words carry it too, so that [`Theme::without_colour`] loses nothing.

use ratatui::style::{Color, Modifier, Style};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::domain::Verdict;

/// For dark backgrounds.
pub const DARK: &str = include_str!("../../assets/themes/dark.toml");
/// For light backgrounds.
pub const LIGHT: &str = include_str!("../../assets/themes/light.toml");

/// One role's look.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Look {
    /// Foreground: a colour name, a number of the 256, or `#rrggbb`.
    #[serde(default, deserialize_with = "colour")]
    fg: Option<Color>,
    /// Background.
    #[serde(default, deserialize_with = "colour")]
    bg: Option<Color>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    italic: bool,
    #[serde(default)]
    underlined: bool,
    #[serde(default)]
    reversed: bool,
}

fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Color>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| {
        D::Error::custom(format!("`{text}` is no colour: give a name, a number up to 255, or \"#rrggbb\""))
    })
}

impl Look {
    fn style(&self) -> Style {
        let mut style = Style { fg: self.fg, bg: self.bg, ..Style::default() };
        for (on, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underlined, Modifier::UNDERLINED),
            (self.reversed, Modifier::REVERSED),
        ] {
            if on {
                style = style.add_modifier(modifier);
            }
        }
        style
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident,)*) => {
        /// The look of every role.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Theme { $($(#[$doc])* pub $role: Style,)* }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct File { $($role: Look,)* }

        impl From<File> for Theme {
            fn from(file: File) -> Self {
                Self { $($role: file.$role.style(),)* }
            }
        }

        impl Theme {
            fn map(self, change: impl Fn(Style) -> Style) -> Self {
                Self { $($role: change(self.$role),)* }
            }
        }
    };
}

roles! {
    /// Ordinary text.
    text,
    /// Less important text: captions, ages, what is retired.
    faint,
    /// The program's name and titles of panes.
    title,
    /// Lines around panes.
    border,
    /// Lines around the pane that has the keys.
    border_active,
    /// The row under the cursor.
    cursor,
    /// The sign of a selected row.
    marked,
    /// A key in footer and help.
    key,
    /// Text that is being typed.
    input,
    /// The done part of a bar.
    bar,
    /// The open part of a bar.
    bar_rest,
    /// Accepted.
    good,
    /// Soon to be dealt with.
    warn,
    /// Works, but not fully.
    limited,
    /// Dead or failed.
    bad,
    /// Nothing known.
    unknown,
    /// News without alarm.
    info,
}

impl Theme {
    /// Reads a theme; every role must be there and nothing else.
    ///
    /// # Errors
    /// The parser's message, which names the line.
    pub fn load(text: &str) -> Result<Self, String> {
        toml::from_str::<File>(text).map(Self::from).map_err(|error| error.to_string().trim_end().to_owned())
    }

    /// The same theme for `NO_COLOR` and monochrome terminals: modifiers only; what had a background is reversed.
    #[must_use]
    pub fn without_colour(self) -> Self {
        self.map(|style| {
            let plain = Style { fg: None, bg: None, underline_color: None, ..style };
            if style.bg.is_some() { plain.add_modifier(Modifier::REVERSED) } else { plain }
        })
    }

    /// The look of a verdict.
    #[must_use]
    pub fn verdict(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Valid => self.good,
            Verdict::Expiring => self.warn,
            Verdict::Limited => self.limited,
            Verdict::Expired | Verdict::Revoked | Verdict::Rejected | Verdict::Blocked => self.bad,
            Verdict::Unreachable | Verdict::Unchecked => self.unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_themes_parse() {
        for text in [DARK, LIGHT] {
            Theme::load(text).unwrap();
        }
    }

    #[test]
    fn a_missing_or_unknown_role_is_an_error_that_names_it() {
        let missing = DARK.replace("marked", "marker");
        assert!(Theme::load(&missing).unwrap_err().contains("marker"));
        assert!(Theme::load(&DARK.replace("green", "grün")).is_err());
    }

    #[test]
    fn without_colour_there_is_none_and_the_cursor_is_still_seen() {
        let theme = Theme::load(DARK).unwrap().without_colour();
        assert_eq!((theme.good.fg, theme.cursor.bg), (None, None));
        assert!(theme.cursor.add_modifier.contains(Modifier::REVERSED));
    }
}
