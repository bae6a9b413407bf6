//! How the roles of a text look.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use ratatui::style::{Color, Modifier, Style};

use crate::config::{Ground, OwnFile};

/// The themes that the program carries.
const DARK: &str = include_str!("../../assets/theme.toml");
const LIGHT: &str = include_str!("../../assets/theme-light.toml");

fn shipped(ground: Ground) -> &'static str {
    match ground {
        Ground::Dark => DARK,
        Ground::Light => LIGHT,
    }
}

macro_rules! roles {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// Role of a piece of text; the theme says how that looks.
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
    /// The shipped theme for a dark background, without its colours where there shall be none.
    ///
    /// # Errors
    /// The error in the theme file, in words.
    #[cfg(test)]
    pub(crate) fn shipped(no_color: bool) -> Result<Self, String> {
        Self::with(Ground::Dark, None, no_color)
    }

    /// The shipped theme for a background, with the operator's own read over it.
    ///
    /// # Errors
    /// The error in either, in words; in the operator's own with file and line.
    pub(crate) fn with(ground: Ground, own: Option<&OwnFile>, no_color: bool) -> Result<Self, String> {
        let mut styles = BTreeMap::new();
        let shipped = OwnFile { path: "theme".into(), text: shipped(ground).to_owned() };
        for file in std::iter::once(&shipped).chain(own) {
            styles.extend(styles_of(file)?);
        }
        let style = |name: &'static str| {
            let style = styles.get(name).copied().ok_or_else(|| format!("theme: {name} is missing"))?;
            Ok(if no_color { without_color(style) } else { style })
        };
        Role::ALL.iter().map(|(_, name)| style(name)).collect::<Result<_, String>>().map(Self)
    }

    /// The style of a role.
    pub(crate) fn style(&self, role: Role) -> Style {
        self.0.get(role as usize).copied().unwrap_or_default()
    }
}

/// Styles by the names of their roles, as a file says them.
fn styles_of(file: &OwnFile) -> Result<Vec<(&'static str, Style)>, String> {
    let mut styles = Vec::new();
    for (name, words) in &file.parse()? {
        let wrong = |why: String| file.wrong(name.span(), why);
        let role = Role::ALL.iter().find(|(_, known)| name.get_ref() == known);
        let (_, role) = role.ok_or_else(|| wrong(format!("{} is no role", name.get_ref())))?;
        let style = words.get_ref().as_str().ok_or_else(|| "a style is a string".to_owned()).and_then(style);
        styles.push((*role, style.map_err(|why| wrong(format!("{role}: {why}")))?));
    }
    Ok(styles)
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
    match background && style.bg.is_none() {
        true => Err("a colour is wanted behind on".to_owned()),
        false => Ok(style),
    }
}

fn without_color(style: Style) -> Style {
    Style { fg: None, bg: None, ..style }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUNDS: [Ground; 2] = [Ground::Dark, Ground::Light];

    #[test]
    fn the_shipped_themes_have_every_role() {
        let theme = Theme::shipped(false).unwrap();
        assert_eq!(theme.style(Role::Error), Style::default().fg(Color::Indexed(210)).add_modifier(Modifier::BOLD));
        for ground in GROUNDS {
            assert_eq!(Theme::with(ground, None, false).unwrap().0.len(), Role::ALL.len());
        }
        // They differ in their colours alone.
        let plain = GROUNDS.map(|ground| Theme::with(ground, None, true).unwrap().0);
        assert_eq!(plain[0], plain[1]);
    }

    type Rgb = (u8, u8, u8);

    /// The colour of a terminal; the first 16 are the terminal's own, so that nothing can be said about them.
    fn rgb(color: Color) -> Option<Rgb> {
        const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        match color {
            Color::Rgb(r, g, b) => Some((r, g, b)),
            Color::Indexed(n @ 16..=231) => {
                let level = |by: u8| LEVELS[usize::from((n - 16) / by % 6)];
                Some((level(36), level(6), level(1)))
            }
            Color::Indexed(n @ 232..) => Some([8 + 10 * (n - 232); 3].into()),
            _ => None,
        }
    }

    fn luminance((r, g, b): Rgb) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_pair_of_colours_can_be_read_on_the_backgrounds_that_people_have() {
        // Black, Solarized dark, Tango dark; white, Solarized light, Tango light.
        let dark = [(0, 0, 0), (0x00, 0x2b, 0x36), (0x2e, 0x34, 0x36)];
        let light = [(255, 255, 255), (0xfd, 0xf6, 0xe3), (0xee, 0xee, 0xec)];
        let mut looked_at = 0;
        for (ground, backgrounds) in [(Ground::Dark, dark), (Ground::Light, light)] {
            let theme = Theme::with(ground, None, false).unwrap();
            for (role, name) in Role::ALL {
                let style = theme.style(*role);
                for background in backgrounds {
                    // A style without a colour of its own has the terminal's colours, which are made for each other.
                    let sides = match (style.fg, style.bg) {
                        (None, None) => continue,
                        (Some(fg), None) => (rgb(fg), Some(background)),
                        (Some(fg), Some(bg)) => (rgb(fg), rgb(bg)),
                        (None, Some(_)) => panic!("{name}: a background needs a colour on it"),
                    };
                    let (Some(fg), Some(bg)) = sides else { panic!("{name}: no colour that can be computed with") };
                    let found = contrast(fg, bg);
                    assert!(found >= 4.5, "{ground:?}: {name} has {found:.2} on {background:?}");
                    looked_at += 1;
                }
            }
        }
        assert!(looked_at > 100, "{looked_at}");
    }

    #[test]
    fn styles_of_the_operators_own_replace_the_shipped_ones() {
        let own = |text: &str| OwnFile { path: "my.toml".into(), text: text.to_owned() };
        let theme = Theme::with(Ground::Dark, Some(&own("error = \"magenta\"")), false).unwrap();
        let shipped = Theme::shipped(false).unwrap();
        assert_eq!(theme.style(Role::Error), Style::default().fg(Color::Magenta));
        assert_eq!(theme.style(Role::Ok), shipped.style(Role::Ok));
        assert_eq!(
            Theme::with(Ground::Dark, Some(&own("eror = \"red\"")), false).unwrap_err(),
            "my.toml:1: eror is no role"
        );
    }

    #[test]
    fn without_colours_the_modifiers_stay() {
        let theme = Theme::shipped(true).unwrap();
        assert_eq!(theme.style(Role::Production), Style::default().add_modifier(Modifier::BOLD | Modifier::REVERSED));
        assert!(theme.0.iter().all(|s| s.fg.is_none() && s.bg.is_none()));
    }

    #[test]
    fn mistakes_in_a_theme_are_named() {
        let wrong = |text: &str| {
            let own = OwnFile { path: "my.toml".into(), text: text.to_owned() };
            Theme::with(Ground::Dark, Some(&own), false).unwrap_err()
        };
        assert_eq!(wrong("ok = 'green'\ntex = ''"), "my.toml:2: tex is no role");
        assert_eq!(wrong("\n\ndim = 'gloomy'"), "my.toml:3: dim: gloomy is no colour and no modifier");
        assert_eq!(wrong("selected = 'bold on'"), "my.toml:1: selected: a colour is wanted behind on");
        assert_eq!(wrong("dim = 7"), "my.toml:1: dim: a style is a string");
    }
}
