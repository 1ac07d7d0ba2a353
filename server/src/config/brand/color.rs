//! Arithmetic on colors: contrast as WCAG 2 defines it, and lightness in OKLCH.

use std::str::FromStr;

/// Levels of lightness that [`Color::nearest`] tries. Neighbours differ by less than what 8 bits can say.
const LIGHTNESS_STEPS: u16 = 1024;
/// Halvings in the search for the strongest chroma of sRGB. 16 are finer than 8 bits.
const CHROMA_HALVINGS: u8 = 16;

/// An opaque color of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

/// A text is not `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidColor;

impl FromStr for Color {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').ok_or(InvalidColor)?;
        // `from_str_radix` also accepts a sign.
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidColor);
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| InvalidColor)?.to_be_bytes();
        Ok(Self { red, green, blue })
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl Color {
    pub(super) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// The contrast of two colors: 1 for equal ones, 21 for black and white.
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (own, other) = (self.luminance(), other.luminance());
        (own.max(other) + 0.05) / (own.min(other) + 0.05)
    }

    /// Mixes in a share of another color, from 0 to 1.
    pub(super) fn mixed_with(self, other: Self, share: f64) -> Self {
        let mix = |own: u8, other: u8| byte((f64::from(own) * (1.0 - share) + f64::from(other) * share) / 255.0);
        Self::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }

    /// Returns the color of the same hue and the nearest lightness that passes. The chroma is reduced where sRGB has no
    /// color as strong. Returns `None` if no lightness passes.
    pub(super) fn nearest(self, passes: impl Fn(Self) -> bool) -> Option<Self> {
        if passes(self) {
            return Some(self);
        }
        let Oklch { lightness, chroma, hue } = Oklch::from(self);
        (1..=LIGHTNESS_STEPS)
            .flat_map(|step| {
                let distance = f64::from(step) / f64::from(LIGHTNESS_STEPS);
                [lightness - distance, lightness + distance]
            })
            .filter(|lightness| (0.0..=1.0).contains(lightness))
            .map(|lightness| Oklch { lightness, chroma, hue }.within_srgb())
            .find(|color| passes(*color))
    }

    /// Relative luminance, from 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The channels in linear light, from 0 to 1.
    fn linear(self) -> [f64; 3] {
        [self.red, self.green, self.blue].map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        })
    }
}

/// A color by lightness, chroma and hue in radians, as Björn Ottosson defined them.
#[derive(Clone, Copy)]
struct Oklch {
    lightness: f64,
    chroma: f64,
    hue: f64,
}

impl From<Color> for Oklch {
    fn from(color: Color) -> Self {
        let [red, green, blue] = color.linear();
        let long = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
        let medium = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
        let short = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
        let to_red = 1.977_998_495_1 * long - 2.428_592_205_0 * medium + 0.450_593_709_9 * short;
        let to_yellow = 0.025_904_037_1 * long + 0.782_771_766_2 * medium - 0.808_675_766_0 * short;
        Self {
            lightness: 0.210_454_255_3 * long + 0.793_617_785_0 * medium - 0.004_072_046_8 * short,
            chroma: to_red.hypot(to_yellow),
            hue: to_yellow.atan2(to_red),
        }
    }
}

impl Oklch {
    /// The color with this lightness and hue, and the chroma or the strongest one that sRGB has there.
    fn within_srgb(self) -> Color {
        let (mut weakest, mut strongest) = (0.0, self.chroma);
        if !self.is_in_srgb() {
            for _ in 0..CHROMA_HALVINGS {
                let chroma = f64::midpoint(weakest, strongest);
                if (Self { chroma, ..self }).is_in_srgb() {
                    weakest = chroma;
                } else {
                    strongest = chroma;
                }
            }
            strongest = weakest;
        }
        let [red, green, blue] = Self { chroma: strongest, ..self }.linear().map(|channel| byte(with_gamma(channel)));
        Color::new(red, green, blue)
    }

    fn is_in_srgb(self) -> bool {
        const TOLERANCE: f64 = 0.000_1;
        self.linear().iter().all(|channel| (-TOLERANCE..=1.0 + TOLERANCE).contains(channel))
    }

    /// The channels of sRGB in linear light. They are outside of 0 to 1 for a color that sRGB does not have.
    fn linear(self) -> [f64; 3] {
        let (to_yellow, to_red) = self.hue.sin_cos();
        let (to_red, to_yellow) = (to_red * self.chroma, to_yellow * self.chroma);
        let long = (self.lightness + 0.396_337_777_4 * to_red + 0.215_803_757_3 * to_yellow).powi(3);
        let medium = (self.lightness - 0.105_561_345_8 * to_red - 0.063_854_172_8 * to_yellow).powi(3);
        let short = (self.lightness - 0.089_484_177_5 * to_red - 1.291_485_548_0 * to_yellow).powi(3);
        [
            4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
            -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
            -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
        ]
    }
}

fn with_gamma(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// The nearest byte for a channel from 0 to 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is within 0 to 255")]
fn byte(channel: f64) -> u8 {
    (channel.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn color(text: &str) -> Color {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("#000000", "#ffffff", 21.0)]
    #[case("#ffffff", "#ffffff", 1.0)]
    #[case("#777777", "#ffffff", 4.48)]
    #[case("#767676", "#ffffff", 4.54)]
    #[case("#ff0000", "#ffffff", 4.0)]
    #[case("#0000ff", "#ffffff", 8.59)]
    #[case("#00ff00", "#ffffff", 1.37)]
    #[case("#12543a", "#ffffff", 8.92)]
    fn contrast_is_that_of_wcag(#[case] one: &str, #[case] other: &str, #[case] expected: f64) {
        let (one, other) = (color(one), color(other));
        assert!((one.contrast(other) - expected).abs() < 0.01, "{}", one.contrast(other));
        assert!((other.contrast(one) - expected).abs() < 0.01, "it is symmetric");
    }

    #[rstest]
    #[case("")]
    #[case("#fff")]
    #[case("1a2b3c")]
    #[case("#+12345")]
    #[case("#1a2b3g")]
    #[case("#1a2b3c4d")]
    #[case("#ééé")]
    #[case("red")]
    fn other_notations_are_refused(#[case] text: &str) {
        assert_eq!(text.parse::<Color>(), Err(InvalidColor));
    }

    #[test]
    fn colors_are_printed_as_they_are_read() {
        assert_eq!(color("#0A1b2C").to_string(), "#0a1b2c");
        assert_eq!(color("#000000").mixed_with(color("#ffffff"), 0.5).to_string(), "#808080");
        assert_eq!(color("#123456").mixed_with(color("#ffffff"), 0.0), color("#123456"));
    }

    /// Colors of every hue: a grid over sRGB.
    fn grid() -> impl Iterator<Item = Color> {
        let channel = || (0..=255).step_by(51);
        channel().flat_map(move |red| {
            channel().flat_map(move |green| channel().map(move |blue| Color::new(red, green, blue)))
        })
    }

    #[test]
    fn oklch_leads_back_to_the_color() {
        for color in grid() {
            assert_eq!(Oklch::from(color).within_srgb(), color);
        }
    }

    #[rstest]
    #[case("#f6f5ee")]
    #[case("#12171b")]
    #[case("#808080")]
    fn the_nearest_color_always_passes_and_keeps_its_hue(#[case] ground: &str) {
        let ground = color(ground);
        let passes = |color: Color| color.contrast(ground) >= 4.5;
        for color in grid() {
            let nearest = color.nearest(passes).unwrap();
            assert!(passes(nearest), "{color}: {nearest}");
            assert!(!passes(color) || nearest == color, "{color}: {nearest}");
            let (before, after) = (Oklch::from(color), Oklch::from(nearest));
            // The hue of a near-grey changes with one step of a channel.
            if after.chroma > 0.08 {
                let turned = (before.hue - after.hue).sin().abs();
                assert!(turned < 0.03, "{color} becomes {nearest}, turned by {turned}");
            }
        }
    }

    #[test]
    fn no_color_is_returned_when_none_passes() {
        assert_eq!(color("#336699").nearest(|_| false), None);
    }
}
