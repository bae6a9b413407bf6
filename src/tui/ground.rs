//! The background that the terminal has.

use std::env;

use super::input::{Inputs, Rgb};
use crate::config::Ground;

/// Asks the terminal; one that does not tell may have said it in the environment, and is dark otherwise.
pub(crate) async fn ground(inputs: &mut Inputs) -> Ground {
    let terminal = env::var("TERM").unwrap_or_default();
    // Neither of them knows the question, and the first would show it.
    let asked = if ["", "dumb", "linux"].contains(&terminal.as_str()) { None } else { inputs.background().await };
    let told = || of_palette(&env::var("COLORFGBG").ok()?);
    asked.map(of_color).or_else(told).unwrap_or(Ground::Dark)
}

fn of_color((r, g, b): Rgb) -> Ground {
    // How bright it looks, in thousandths of white.
    let bright = (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 255;
    if bright >= 500 { Ground::Light } else { Ground::Dark }
}

/// Of `foreground;background`, numbers of the first 16 colours.
fn of_palette(text: &str) -> Option<Ground> {
    let number: u8 = text.rsplit(';').next()?.parse().ok()?;
    Some(if number == 7 || (9..16).contains(&number) { Ground::Light } else { Ground::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backgrounds_that_people_have_are_told_apart() {
        for dark in [(0, 0, 0), (0x00, 0x2b, 0x36), (0x2e, 0x34, 0x36), (0x30, 0x0a, 0x24)] {
            assert_eq!(of_color(dark), Ground::Dark, "{dark:?}");
        }
        for light in [(255, 255, 255), (0xfd, 0xf6, 0xe3), (0xee, 0xee, 0xec)] {
            assert_eq!(of_color(light), Ground::Light, "{light:?}");
        }
        let of = |text| of_palette(text);
        assert_eq!([of("0;15"), of("15;0"), of("0;default;7")], [Ground::Light, Ground::Dark, Ground::Light].map(Some));
        assert_eq!([of(""), of("15;default")], [None, None]);
    }
}
