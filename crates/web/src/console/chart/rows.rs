//! Things rather than moments: a row each, its name above its bars, so that any name fits on a phone.

use super::{Chart, Form, at, escape};
use std::fmt::Write;

/// Heights in pixels.
const NAME: usize = 18;
const BAR: usize = 8;
const BETWEEN: usize = 2;
const BELOW: usize = 12;

impl Chart<'_> {
    /// Whether columns are things that stand below each other.
    pub(super) fn is_of_things(&self) -> bool {
        matches!(self.form, Form::Bars | Form::Parts)
    }

    pub(super) fn rows(&self) -> String {
        let series = self.series.len().max(1);
        let bars = if self.form == Form::Parts { 1 } else { series };
        let row = NAME + bars * (BAR + BETWEEN) + BELOW;
        let height = (row * self.columns.len()).max(row);
        let (_, most) = self.bounds();
        // A whole width holds the most; a thing that is there is seen.
        let width = |value: i64| match value {
            ..=0 => 0.0,
            _ => (value as f64 / most.max(1) as f64 * 100.0).max(0.3),
        };
        let mut out = format!(
            "<svg class=\"plot things\" role=\"img\" aria-label=\"{}\" height=\"{height}\">",
            escape(&self.says)
        );
        for (column, name) in self.columns.iter().enumerate() {
            let top = column * row;
            let values: Vec<i64> = self.series.iter().map(|series| at(series, column).unwrap_or(0)).collect();
            let known = self.series.iter().filter_map(|series| at(series, column)).map(self.written);
            let text = match self.form {
                Form::Parts => (self.written)(values.iter().sum()),
                _ => known.collect::<Vec<_>>().join(" · "),
            };
            let base = top + NAME - 5;
            let _ = write!(
                out,
                "<text class=\"thing\" x=\"0\" y=\"{base}\">{}</text>\
                 <text class=\"tag\" x=\"100%\" y=\"{base}\" text-anchor=\"end\">{}</text>\
                 <rect class=\"well\" y=\"{}\" width=\"100%\" height=\"{}\"/>",
                escape(name),
                escape(if text.is_empty() { "–" } else { &text }),
                top + NAME,
                bars * (BAR + BETWEEN) - BETWEEN,
            );
            let mut left = 0.0;
            for (n, value) in values.iter().enumerate() {
                let (x, y) = match self.form {
                    Form::Parts => (left, top + NAME),
                    _ => (0.0, top + NAME + n * (BAR + BETWEEN)),
                };
                let wide = width(*value);
                left += wide;
                let said = escape(&format!("{name}: {} {}", self.series[n].name, (self.written)(*value)));
                let _ = write!(
                    out,
                    "<rect class=\"b{}\" x=\"{x:.2}%\" y=\"{y}\" width=\"{wide:.2}%\" height=\"{BAR}\"><title>{said}</title></rect>",
                    n + 1
                );
            }
        }
        out.push_str("</svg>");
        out
    }
}
