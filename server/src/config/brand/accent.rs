//! The accent color: checked for contrast, and written as a style sheet that overrides the accent of `style/dues.css`.

use billing::mail::look::Accent;

use super::color::Color;

/// The contrast that WCAG 2 asks of text (criterion 1.4.3, level AA).
const MIN_CONTRAST: f64 = 4.5;
/// The contrast of an accent that is derived for dark pages: that of the other texts of `style/dues.css`.
const DERIVED_CONTRAST: f64 = 7.0;
/// Shares of the accent in the wash behind marked parts, the preferred one first.
const WASH_SHARES: [f64; 4] = [0.08, 0.05, 0.02, 0.0];
const ON_DARK: Color = Color::new(0xff, 0xff, 0xff);
const ON_LIGHT: Color = Color::new(0x0b, 0x0e, 0x0c);

/// The surfaces that text in the accent lies on, as in `style/dues.css`.
#[derive(Debug)]
pub(super) struct Ground {
    paper: Color,
    sheet: Color,
}

pub(super) const LIGHT: Ground = Ground { paper: Color::new(0xf6, 0xf5, 0xee), sheet: Color::new(0xfd, 0xfc, 0xf8) };
pub(super) const DARK: Ground = Ground { paper: Color::new(0x12, 0x17, 0x1b), sheet: Color::new(0x19, 0x20, 0x26) };

/// An accent whose contrast is too low.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "{color} has a contrast of {contrast:.1} on the page, 4.5 is needed; the nearest color that passes is {nearest}"
)]
pub(super) struct LowContrast {
    color: Color,
    /// Rounded down, so that it is never shown as enough.
    contrast: f64,
    nearest: Color,
}

/// Accents for light and dark pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accents {
    pub(super) light: Color,
    pub(super) dark: Color,
}

impl Accents {
    /// Derives the accent of dark pages from that of light pages.
    pub(super) fn from_light(light: Color) -> Self {
        Self { light, dark: DARK.nearest(light, DERIVED_CONTRAST) }
    }

    /// Returns the accent for mails.
    pub(super) fn for_mails(self) -> Accent {
        let Self { light, dark } = self;
        let [light, on_light, dark, on_dark] =
            [light, on_accent(light), dark, on_accent(dark)].map(|color| color.to_string());
        Accent { light, on_light, dark, on_dark }
    }

    /// A style sheet of custom properties. `data-theme` sets `color-scheme`, which `light-dark()` follows.
    pub(super) fn style(self) -> String {
        let Self { light, dark } = self;
        let (light_wash, dark_wash) = (LIGHT.wash(light), DARK.wash(dark));
        let (on_light, on_dark) = (on_accent(light), on_accent(dark));
        format!(
            "@layer tokens {{\n  :root {{\n    --green: light-dark({light}, {dark});\n    \
             --green-wash: light-dark({light_wash}, {dark_wash});\n    \
             --on-green: light-dark({on_light}, {on_dark});\n  }}\n}}\n"
        )
    }
}

impl Ground {
    /// Returns the accent if it is readable here.
    pub(super) fn check(&self, accent: Color) -> Result<Color, LowContrast> {
        if self.is_readable(accent, MIN_CONTRAST) {
            return Ok(accent);
        }
        let contrast = (self.contrast(accent) * 10.0).floor() / 10.0;
        Err(LowContrast { color: accent, contrast, nearest: self.nearest(accent, MIN_CONTRAST) })
    }

    /// Returns the nearest accent that is readable here, with at least this contrast.
    fn nearest(&self, accent: Color, min_contrast: f64) -> Color {
        // Black is readable on light pages, and white on dark ones, so there always is one.
        accent.nearest(|color| self.is_readable(color, min_contrast)).unwrap_or(on_accent(self.paper))
    }

    /// Whether text in the accent has this contrast here, and text on a button in the accent is readable.
    fn is_readable(&self, accent: Color, min_contrast: f64) -> bool {
        self.contrast(accent) >= min_contrast && accent.contrast(on_accent(accent)) >= MIN_CONTRAST
    }

    /// The contrast on that surface where it is lower.
    fn contrast(&self, accent: Color) -> f64 {
        accent.contrast(self.paper).min(accent.contrast(self.sheet))
    }

    /// The paper with a tint of the accent, on which text in the accent is still readable.
    fn wash(&self, accent: Color) -> Color {
        let mut tints = WASH_SHARES.into_iter().map(|share| self.paper.mixed_with(accent, share));
        tints.find(|tint| accent.contrast(*tint) >= MIN_CONTRAST).unwrap_or(self.paper)
    }
}

/// Returns the color of text on the accent: dark or light, whichever has more contrast.
fn on_accent(accent: Color) -> Color {
    if accent.contrast(ON_DARK) >= accent.contrast(ON_LIGHT) { ON_DARK } else { ON_LIGHT }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const STYLE: &str = include_str!("../../../../style/dues.css");

    fn color(text: &str) -> Color {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("paper", LIGHT.paper, DARK.paper)]
    #[case("sheet", LIGHT.sheet, DARK.sheet)]
    fn surfaces_are_those_of_the_style_sheet(#[case] token: &str, #[case] light: Color, #[case] dark: Color) {
        let expected = format!("--{token}: light-dark({light}, {dark});");
        assert!(STYLE.contains(&expected), "style/dues.css lacks {expected}");
    }

    #[rstest]
    #[case("--green:")]
    #[case("--green-wash:")]
    #[case("--on-green:")]
    fn overridden_properties_exist(#[case] property: &str) {
        assert!(STYLE.contains(property) && Accents::from_light(color("#0b5f6b")).style().contains(property));
        assert!(STYLE.contains("@layer tokens {\n  :root {"), "they are in the same layer with the same selector");
    }

    #[rstest]
    #[case("#0b5f6b")]
    #[case("#12543a")]
    #[case("#8a1c7c")]
    fn a_strong_color_is_taken_as_it_is(#[case] accent: &str) {
        assert_eq!(LIGHT.check(color(accent)), Ok(color(accent)));
    }

    #[test]
    fn a_weak_color_is_refused_with_the_nearest_that_passes() {
        let error = LIGHT.check(color("#3399ff")).unwrap_err();
        let line = error.to_string();
        let expected = format!(
            "#3399ff has a contrast of 2.6 on the page, 4.5 is needed; the nearest color that passes is {}",
            error.nearest
        );
        assert_eq!(line, expected);
        assert_eq!(LIGHT.check(error.nearest), Ok(error.nearest));
        assert!(DARK.check(color("#12543a")).is_err(), "too dark for dark pages");
    }

    /// Colors of every hue: a grid over sRGB.
    fn grid() -> impl Iterator<Item = Color> {
        let channel = || (0..=255).step_by(51);
        channel().flat_map(move |red| {
            channel().flat_map(move |green| channel().map(move |blue| Color::new(red, green, blue)))
        })
    }

    #[test]
    fn the_nearest_color_and_all_that_is_derived_from_it_pass() {
        for any in grid() {
            for ground in [&LIGHT, &DARK] {
                let accent = ground.nearest(any, MIN_CONTRAST);
                assert_eq!(ground.check(accent), Ok(accent), "{any}");
                assert!(accent.contrast(on_accent(accent)) >= MIN_CONTRAST, "{any}: text on {accent}");
                assert!(accent.contrast(ground.wash(accent)) >= MIN_CONTRAST, "{any}: {accent} on its wash");
            }
            let dark = Accents::from_light(LIGHT.nearest(any, MIN_CONTRAST)).dark;
            assert!(DARK.is_readable(dark, DERIVED_CONTRAST), "{any}: {dark} on dark pages");
        }
    }
}
