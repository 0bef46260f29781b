//! How a shop looks where its customers see it: its name, its color, its logo.

use super::logo::Logo;
use crate::refusal::Problem;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A color as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(pub [u8; 3]);

/// The papers that pages are written on, by day and by night: `--surface` of the console's tokens.
pub const PAPER: Color = Color([0xfd, 0xfd, 0xfb]);
pub const PAPER_DARK: Color = Color([0x19, 0x1a, 0x18]);
const WHITE: Color = Color([0xff; 3]);
const BLACK: Color = Color([0; 3]);

/// What text needs against what is behind it: WCAG 2.2, success criterion 1.4.3.
pub const CONTRAST_MIN: f64 = 4.5;

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "must be a color such as #3f5f2c".to_owned();
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
        let digits = digits.ok_or_else(expected)?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| expected());
        if digits.contains(['+', '-']) {
            return Err(expected());
        }
        Ok(Self([part(0)?, part(2)?, part(4)?]))
    }
}

impl TryFrom<String> for Color {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Color {
    /// Relative luminance, as WCAG 2.2 defines it.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.0.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// From 1 (the same) to 21 (black on white).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// `percent` of `other` in this.
    fn mixed(self, other: Self, percent: u32) -> Self {
        let part = |n: usize| {
            let sum = u32::from(self.0[n]) * (100 - percent) + u32::from(other.0[n]) * percent;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self([part(0), part(1), part(2)])
    }
}

/// A shop's color on one paper, and what is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brand {
    pub color: Color,
    /// Text on a ground of that color.
    pub ink: Color,
    /// A ground for the color's own text.
    pub wash: Color,
}

impl Brand {
    pub fn new(color: Color, paper: Color) -> Self {
        let ink = if color.contrast(WHITE) >= color.contrast(BLACK) { WHITE } else { BLACK };
        Self { color, ink, wash: paper.mixed(color, if paper == PAPER { 9 } else { 14 }) }
    }

    /// The lowest contrast of the pairs in which this color is text or has text on it.
    pub fn contrast(&self, paper: Color) -> f64 {
        let pairs = [(self.color, paper), (self.color, self.wash), (self.ink, self.color)];
        pairs.into_iter().map(|(text, ground)| text.contrast(ground)).fold(f64::INFINITY, f64::min)
    }

    /// The same color, or the nearest towards black (by night: white) that can be read.
    pub fn readable(color: Color, paper: Color) -> Self {
        let away = if paper == PAPER { BLACK } else { WHITE };
        let tried = (0..=100).map(|percent| Self::new(color.mixed(away, percent), paper));
        let mut last = Self::new(away, paper);
        for brand in tried {
            last = brand;
            if brand.contrast(paper) >= CONTRAST_MIN {
                break;
            }
        }
        last
    }
}

/// What a shop says of its looks; everything may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Appearance {
    /// The shop's name, at most 100 bytes; where it is empty, the name that the server was started with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shop: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// By night; where it is left out, made of `color`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_dark: Option<Color>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
}

impl Appearance {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The shop's colors by day and by night; None where it has chosen none.
    pub fn brands(&self) -> Option<(Brand, Brand)> {
        let color = self.color?;
        let dark = self.color_dark.map(|dark| Brand::new(dark, PAPER_DARK));
        Some((Brand::new(color, PAPER), dark.unwrap_or_else(|| Brand::readable(color, PAPER_DARK))))
    }

    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.shop.len() > 100 || (!self.shop.is_empty() && self.shop.trim().is_empty()) {
            problems.push(Problem::new("appearance.shop", "length", "must be at most 100 bytes, not blank"));
        }
        for (path, color, paper) in
            [("appearance.color", self.color, PAPER), ("appearance.color_dark", self.color_dark, PAPER_DARK)]
        {
            let Some(color) = color else { continue };
            let contrast = Brand::new(color, paper).contrast(paper);
            if contrast < CONTRAST_MIN {
                let nearest = Brand::readable(color, paper).color;
                let message =
                    format!("{color} has a contrast of {contrast:.1}, and text needs {CONTRAST_MIN}; {nearest} has it");
                problems.push(Problem::new(path, "contrast", message));
            }
        }
        if self.color_dark.is_some() && self.color.is_none() {
            problems.push(Problem::new("appearance.color", "missing", "a color by night needs one by day"));
        }
        if let Some(objection) = self.logo.as_ref().and_then(|logo| logo.objection().err()) {
            problems.push(Problem::new("appearance.logo", "logo", objection));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        text.parse().unwrap()
    }

    /// Figures from the definition's own examples: black on white is 21, #767676 on white is the first gray that passes.
    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((color("#000000").contrast(color("#ffffff")) - 21.0).abs() < 1e-9);
        assert!((color("#767676").contrast(color("#ffffff")) - 4.54).abs() < 0.005);
        assert!((color("#777777").contrast(color("#ffffff")) - 4.48).abs() < 0.005);
    }

    #[test]
    fn a_pale_color_is_refused_and_the_nearest_that_can_be_read_passes() {
        let pale = Appearance { color: Some(color("#ffd400")), ..Appearance::default() };
        let problems = pale.problems();
        assert_eq!((problems.len(), problems[0].code.as_str()), (1, "contrast"));
        let offered = problems[0].message.split("; ").last().unwrap().split(' ').next().unwrap();
        let mended = Appearance { color: Some(color(offered)), ..Appearance::default() };
        assert_eq!(mended.problems(), []);
        assert!(mended.brands().unwrap().1.contrast(PAPER_DARK) >= CONTRAST_MIN, "by night too");
    }

    #[test]
    fn every_color_has_one_nearby_that_passes() {
        for r in (0..=255).step_by(51) {
            for g in (0..=255).step_by(51) {
                for b in (0..=255).step_by(51) {
                    for paper in [PAPER, PAPER_DARK] {
                        let brand = Brand::readable(Color([r, g, b]), paper);
                        assert!(brand.contrast(paper) >= CONTRAST_MIN, "{brand:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_six_digits_are_a_color() {
        for text in ["3f5f2c", "#3f5", "#3f5f2g", "#+f5f2c", "#3f5f2c;", "red", ""] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
        assert_eq!(color("#3F5F2C").to_string(), "#3f5f2c");
    }
}
