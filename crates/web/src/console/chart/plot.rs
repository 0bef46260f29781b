//! The marks of a chart.

use super::scale::Frame;
use super::{Chart, Form, Series, at, escape};
use std::fmt::Write;

/// Beyond so many columns, none is named on hover.
pub const NAMED_MAX: usize = 130;

impl Chart<'_> {
    pub(super) fn plot(&self) -> String {
        let (low, high, step) = self.scale();
        let frame = Frame { low, high, count: self.columns.len(), slots: self.has_slots() };
        let lines = || (0..).map(|n| low + n * step).take_while(|value| *value <= high);
        let mut out = String::new();
        if self.has_slots() {
            // Beside the bars, which would hide it.
            out.push_str("<div class=\"scaled\"><svg class=\"plot marks\" aria-hidden=\"true\">");
            for value in lines() {
                let (y, text) = (frame.y(value), escape(&(self.written)(value)));
                let _ = write!(
                    out,
                    "<text class=\"tick\" x=\"100%\" y=\"{y:.2}%\" dy=\"4\" text-anchor=\"end\">{text}</text>"
                );
            }
            out.push_str("</svg>");
        }
        let _ = write!(out, "<svg class=\"plot\" role=\"img\" aria-label=\"{}\">", escape(&self.says));
        for value in lines() {
            let class = if value == 0 { "axis" } else { "grid" };
            let y = frame.y(value);
            let _ = write!(out, "<line class=\"{class}\" x1=\"0\" x2=\"100%\" y1=\"{y:.2}%\" y2=\"{y:.2}%\"/>");
        }
        for (column, anchor) in self.ticks() {
            let (x, name) = (frame.x(column), escape(&self.columns[column]));
            let _ = write!(
                out,
                "<text class=\"tick\" x=\"{x:.2}%\" y=\"100%\" dy=\"16\" text-anchor=\"{anchor}\">{name}</text>"
            );
        }
        out.push_str(
            "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\" overflow=\"visible\">",
        );
        if self.has_slots() {
            self.bars(&frame, &mut out);
        }
        for (n, series) in self.series.iter().enumerate().rev() {
            if !self.has_slots() || series.is_before {
                self.line(n, series, &frame, &mut out);
            }
        }
        out.push_str("</svg>");
        if !self.has_slots() {
            for value in lines() {
                let (y, text) = (frame.y(value), escape(&(self.written)(value)));
                let _ = write!(out, "<text class=\"tick halo\" x=\"0\" y=\"{y:.2}%\" dy=\"-4\">{text}</text>");
            }
        }
        self.tags(&frame, &mut out);
        self.names(&frame, &mut out);
        out.push_str(if self.has_slots() { "</svg></div>" } else { "</svg>" });
        out
    }

    /// Columns that are named below the plot: few enough for a phone.
    fn ticks(&self) -> Vec<(usize, &'static str)> {
        let Some(last) = self.columns.len().checked_sub(1) else { return Vec::new() };
        // Narrow slots at the edges would push their names over them.
        let (first, end) = if self.has_slots() && last < 6 { ("middle", "middle") } else { ("start", "end") };
        let stride = last.div_ceil(4).max(1);
        let inner = (0..last).step_by(stride).filter(|column| (last - column) * 4 >= stride * 3);
        let inner = inner.map(|column| (column, if column == 0 { first } else { "middle" }));
        inner.chain([(last, end)]).collect()
    }

    fn line(&self, n: usize, series: &Series, frame: &Frame, out: &mut String) {
        let fills = n == 0 && self.form == Form::Step;
        for run in runs(&series.values) {
            let mut points = String::new();
            let mut before: Option<f64> = None;
            for (column, value) in &run {
                let (x, y) = (frame.x(*column) * 10.0, frame.y(*value));
                if let Some(before) = before.filter(|_| self.form == Form::Step) {
                    let _ = write!(points, "{x:.1},{before:.2} ");
                }
                let _ = write!(points, "{x:.1},{y:.2} ");
                before = Some(y);
            }
            let points = points.trim_end();
            let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { continue };
            let (from, to, zero) = (frame.x(*first) * 10.0, frame.x(*last) * 10.0, frame.y(0));
            if fills {
                let _ =
                    write!(out, "<polygon class=\"fill1\" points=\"{from:.1},{zero:.2} {points} {to:.1},{zero:.2}\"/>");
            }
            // One value alone is a dash, or nobody would see it.
            let points = if run.len() == 1 {
                let y = frame.y(run[0].1);
                format!("{:.1},{y:.2} {:.1},{y:.2}", (from - 4.0).max(0.0), (to + 4.0).min(1_000.0))
            } else {
                points.to_owned()
            };
            let _ = write!(out, "<polyline class=\"ln {}\"{} points=\"{points}\"/>", self.tone(n), self.dash(n));
        }
    }

    fn bars(&self, frame: &Frame, out: &mut String) {
        let slot = 1_000.0 / frame.count.max(1) as f64;
        let width = (slot * 0.72).min(60.0);
        for column in 0..frame.count {
            let left = frame.x(column) * 10.0 - width / 2.0;
            let mut below = 0;
            for (n, series) in self.stacked() {
                let Some(value) = at(series, column).filter(|value| *value != 0) else { continue };
                let (from, to) = (below, below + value.max(0));
                below = to;
                let (top, height) = (frame.y(to), frame.y(from) - frame.y(to));
                let _ = write!(
                    out,
                    "<rect class=\"b{}\" x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/>",
                    n + 1
                );
            }
        }
    }

    /// The last value of each line beside it, and the one note.
    fn tags(&self, frame: &Frame, out: &mut String) {
        let mut taken: Vec<f64> = Vec::new();
        for series in self.series.iter().filter(|series| !self.has_slots() && !series.is_before) {
            let last = series.values.iter().enumerate().rev().find_map(|(column, value)| Some((column, (*value)?)));
            let Some((column, value)) = last else { continue };
            let (x, y) = (frame.x(column), frame.y(value));
            // Early on, a value to the left of its point would stand on the names of the grid lines.
            let (dx, anchor) = if x < 20.0 { (48, "start") } else { (-4, "end") };
            let dy = if taken.iter().any(|other| (other - y).abs() < 8.0) { 16 } else { -8 };
            taken.push(y);
            let text = escape(&(self.written)(value));
            let _ = write!(
                out,
                "<text class=\"tag halo\" x=\"{x:.2}%\" y=\"{y:.2}%\" dx=\"{dx}\" dy=\"{dy}\" text-anchor=\"{anchor}\">{text}</text>"
            );
        }
        if let Some((column, text)) = self.note.as_ref().filter(|(column, _)| *column < frame.count) {
            let highest = self.series.iter().filter_map(|series| at(series, *column)).max().unwrap_or(0);
            let (x, y, text) = (frame.x(*column), frame.y(highest), escape(text));
            let anchor = if x < 20.0 {
                "start"
            } else if x > 80.0 {
                "end"
            } else {
                "middle"
            };
            let _ = write!(
                out,
                "<text class=\"tick halo\" x=\"{x:.2}%\" y=\"{y:.2}%\" dy=\"-8\" text-anchor=\"{anchor}\">{text}</text>"
            );
        }
    }

    /// What a pointer over a column is told.
    fn names(&self, frame: &Frame, out: &mut String) {
        if !(1..=NAMED_MAX).contains(&frame.count) {
            return;
        }
        let width = 100.0 / if frame.slots { frame.count } else { (frame.count - 1).max(1) } as f64;
        for (column, name) in self.columns.iter().enumerate() {
            let values = self.series.iter().filter_map(|series| {
                at(series, column).map(|value| format!("{} {}", series.name, (self.written)(value)))
            });
            let text = escape(&format!("{name}: {}", values.collect::<Vec<_>>().join(", ")));
            let left = (frame.x(column) - width / 2.0).max(0.0);
            let _ = write!(
                out,
                "<rect class=\"hit\" x=\"{left:.2}%\" width=\"{width:.2}%\" height=\"100%\"><title>{text}</title></rect>"
            );
        }
    }
}

/// Values that follow each other without a gap, with their columns.
fn runs(values: &[Option<i64>]) -> Vec<Vec<(usize, i64)>> {
    let mut runs: Vec<Vec<(usize, i64)>> = vec![Vec::new()];
    for (column, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((column, *value)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
