//! How the roles of a text look.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use ratatui::style::{Color, Modifier, Style};

use crate::config::OwnFile;

/// The theme that the program carries.
const SHIPPED: &str = include_str!("../../assets/theme.toml");

macro_rules! roles {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// What a piece of text is; the theme says how that looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Role { $($variant),+ }

        impl Role {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $name)),+];
        }
    };
}

roles! {
    Text = "text", Dim = "dim", Strong = "strong", Title = "title", TitleFocus = "title-focus", Border = "border",
    BorderFocus = "border-focus", Key = "key", Selected = "selected", SelectedFar = "selected-far", Marked = "marked",
    Heading = "heading", Header = "header", Production = "production", ReadOnly = "read-only", Armed = "armed", Ok = "ok",
    Warning = "warning", Error = "error", Flag = "flag", Added = "added", Removed = "removed", Changed = "changed",
    Moved = "moved", AddedWord = "added-word", RemovedWord = "removed-word", Path = "path", Gap = "gap",
    ArmBorder = "arm-border", WriteBorder = "write-border", Button = "button", Input = "input", Match = "match",
}

/// Styles by role.
#[derive(Debug, Clone)]
pub(crate) struct Theme(Vec<Style>);

impl Theme {
    /// The shipped theme, without its colours where there shall be none.
    ///
    /// # Errors
    /// What is wrong with the theme file, in words.
    pub(crate) fn shipped(no_color: bool) -> Result<Self, String> {
        Self::parse(SHIPPED, no_color)
    }

    /// The shipped theme, with the operator's own read over it.
    ///
    /// # Errors
    /// What is wrong with either, in words.
    pub(crate) fn with(own: Option<&OwnFile>, no_color: bool) -> Result<Self, String> {
        let mut table = Self::table(SHIPPED)?;
        let Some(OwnFile { path, text }) = own else { return Self::of(&table, no_color) };
        let said = |why: String| format!("{}: {why}", path.display());
        table.extend(Self::table(text).map_err(said)?);
        Self::of(&table, no_color).map_err(said)
    }

    fn parse(text: &str, no_color: bool) -> Result<Self, String> {
        Self::of(&Self::table(text)?, no_color)
    }

    fn table(text: &str) -> Result<BTreeMap<String, String>, String> {
        let table: BTreeMap<String, String> = toml::from_str(text).map_err(|e| format!("theme: {e}"))?;
        match table.keys().find(|name| !Role::ALL.iter().any(|(_, n)| n == name)) {
            Some(name) => Err(format!("theme: {name} is no role")),
            None => Ok(table),
        }
    }

    fn of(table: &BTreeMap<String, String>, no_color: bool) -> Result<Self, String> {
        let style = |name: &str| {
            let words = table.get(name).ok_or_else(|| format!("theme: {name} is missing"))?;
            style(words).map(|s| if no_color { without_color(s) } else { s }).map_err(|e| format!("theme: {name}: {e}"))
        };
        Role::ALL.iter().map(|(_, name)| style(name)).collect::<Result<_, _>>().map(Self)
    }

    /// The style of a role.
    pub(crate) fn style(&self, role: Role) -> Style {
        self.0.get(role as usize).copied().unwrap_or_default()
    }
}

fn style(words: &str) -> Result<Style, String> {
    let mut style = Style::default();
    let mut background = false;
    for word in words.split_whitespace() {
        let modifier = match word {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            "crossed-out" => Modifier::CROSSED_OUT,
            "on" => {
                background = true;
                continue;
            }
            _ => {
                let color = Color::from_str(word).map_err(|_| format!("{word} is no colour and no modifier"))?;
                style = if background { style.bg(color) } else { style.fg(color) };
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

fn without_color(style: Style) -> Style {
    Style { fg: None, bg: None, ..style }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_theme_has_every_role() {
        let theme = Theme::shipped(false).unwrap();
        assert_eq!(theme.style(Role::Error), Style::default().fg(Color::Red).add_modifier(Modifier::BOLD));
        assert_eq!(theme.0.len(), Role::ALL.len());
    }

    #[test]
    fn styles_of_the_operators_own_replace_the_shipped_ones() {
        let own = |text: &str| OwnFile { path: "my.toml".into(), text: text.to_owned() };
        let theme = Theme::with(Some(&own("error = \"magenta\"")), false).unwrap();
        let shipped = Theme::shipped(false).unwrap();
        assert_eq!(theme.style(Role::Error), Style::default().fg(Color::Magenta));
        assert_eq!(theme.style(Role::Ok), shipped.style(Role::Ok));
        assert_eq!(Theme::with(Some(&own("eror = \"red\"")), false).unwrap_err(), "my.toml: theme: eror is no role");
    }

    #[test]
    fn without_colours_the_modifiers_stay() {
        let theme = Theme::shipped(true).unwrap();
        assert_eq!(theme.style(Role::Production), Style::default().add_modifier(Modifier::BOLD | Modifier::REVERSED));
        assert!(theme.0.iter().all(|s| s.fg.is_none() && s.bg.is_none()));
    }

    #[test]
    fn mistakes_in_a_theme_are_named() {
        assert_eq!(Theme::parse("tex = \"\"", false).unwrap_err(), "theme: tex is no role");
        let broken = SHIPPED.replace("dim = \"dark-gray\"", "dim = \"gloomy\"");
        assert_eq!(Theme::parse(&broken, false).unwrap_err(), "theme: dim: gloomy is no colour and no modifier");
    }
}
