//! Charts as SVG, with the same figures as a table beside them. Geometry is in percentages, so that text stays crisp at
//! any width and no style attribute is needed; values begin at zero, so that lengths can be compared.

mod plot;
mod rows;
mod scale;
mod twin;

use super::html::Html;
use serde_json::json;
use std::fmt::Write;

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What holds until it changes, such as a balance.
    Step,
    Line,
    /// On top of each other, where their sum matters.
    Stacked,
    /// Columns are things, not moments: a bar for each value of each.
    Bars,
    /// Columns are things: one bar of parts for each.
    Parts,
}

/// One row of values, as many as the chart has columns; None where there is none.
#[derive(Clone, Debug)]
pub struct Series {
    name: String,
    values: Vec<Option<i64>>,
    /// The period before, in gray and dashed.
    is_before: bool,
}

impl Series {
    pub fn new(name: impl Into<String>, values: impl IntoIterator<Item = Option<i64>>) -> Self {
        Self { name: name.into(), values: values.into_iter().collect(), is_before: false }
    }

    /// The same figure in the period before.
    pub fn before(name: impl Into<String>, values: impl IntoIterator<Item = Option<i64>>) -> Self {
        Self { is_before: true, ..Self::new(name, values) }
    }
}

/// A chart of at most five series.
pub struct Chart<'a> {
    pub form: Form,
    /// What the reader should see, in a sentence, for those who do not see it.
    pub says: String,
    /// What columns are: `Day`.
    pub head: &'a str,
    /// The name of each column, in the order of time.
    pub columns: Vec<String>,
    pub series: Vec<Series>,
    /// How a value is written.
    pub written: &'a dyn Fn(i64) -> String,
    /// What a round number is a multiple of: 1, or 3,600 where values are seconds and hours are read.
    pub base: i64,
    /// Whether the values of a series add up to something; then the table ends with their sums.
    pub adds_up: bool,
    /// A column and a short sentence about what happened there.
    pub note: Option<(usize, String)>,
}

/// Lines that cross are told apart by more than hue.
const DASHES: [&str; 5] = ["", "6 3", "2 3", "8 3 2 3", "1 4"];

fn escape(text: &str) -> String {
    Html::text(text).to_string()
}

impl Chart<'_> {
    fn bounds(&self) -> (i64, i64) {
        let values = self.series.iter().flat_map(|series| series.values.iter().flatten().copied());
        let (low, high) = values.fold((0, 0), |(low, high): (i64, i64), value| (low.min(value), high.max(value)));
        if !matches!(self.form, Form::Stacked | Form::Parts) {
            return (low, high);
        }
        let sum = |column: usize| self.stacked().map(|(_, series)| at(series, column).unwrap_or(0).max(0)).sum();
        (0, (0..self.columns.len()).map(sum).max().unwrap_or(0).max(high))
    }

    fn stacked(&self) -> impl Iterator<Item = (usize, &Series)> {
        self.series.iter().enumerate().filter(|(_, series)| !series.is_before)
    }

    fn has_slots(&self) -> bool {
        matches!(self.form, Form::Stacked | Form::Bars | Form::Parts)
    }

    /// The figure: what the marks mean, the plot, and the table.
    pub fn html(&self) -> Html {
        self.figure(&self.twin())
    }

    /// The figure without its table, where a larger one stands beside it.
    pub fn plain(&self) -> Html {
        self.figure("")
    }

    fn figure(&self, twin: &str) -> Html {
        let mut out = format!("<figure class=\"chart\"{}><figcaption>", self.dense());
        // What stands alone needs no key: the heading names it.
        let keys = if self.is_of_things() && self.series.len() == 1 { &[][..] } else { &self.series[..] };
        for (n, series) in keys.iter().enumerate() {
            let mark = if self.has_slots() && !series.is_before {
                format!("<rect class=\"b{}\" width=\"12\" height=\"8\"/>", n + 1)
            } else {
                format!("<line class=\"ln {}\" x1=\"0\" x2=\"20\" y1=\"4\" y2=\"4\"{}/>", self.tone(n), self.dash(n))
            };
            let name = escape(&series.name);
            let _ = write!(out, "<span class=\"key\"><svg aria-hidden=\"true\">{mark}</svg>{name}</span>");
        }
        let plot = if self.is_of_things() { self.rows() } else { self.plot() };
        let _ = write!(out, "</figcaption>{plot}{twin}</figure>");
        Html::of(out)
    }

    /// Whether it has more columns than a pointer can tell apart, so that a script draws it again.
    pub fn is_dense(&self) -> bool {
        !self.has_slots() && self.columns.len() > plot::NAMED_MAX
    }

    /// What that script needs beside the table and the key.
    fn dense(&self) -> String {
        if !self.is_dense() {
            return String::new();
        }
        let (low, high, step) = self.scale();
        let ticks = (0..).map(|n| low + n * step).take_while(|value| *value <= high);
        let ticks: Vec<_> = ticks.map(|value| (value, (self.written)(value))).collect();
        let values: Vec<_> = self.series.iter().map(|series| &series.values).collect();
        let is_step = self.form == Form::Step;
        let said = json!({"isStep": is_step, "low": low, "high": high, "ticks": ticks, "values": values});
        format!(" data-dense=\"{}\"", escape(&said.to_string()))
    }

    /// The lowest value of the plot, its highest, and the distance of its grid lines.
    fn scale(&self) -> (i64, i64, i64) {
        let (low, high) = self.bounds();
        scale::scale(low, high, self.base.max(1))
    }

    fn tone(&self, n: usize) -> String {
        if self.series[n].is_before { "before".to_owned() } else { format!("c{}", n + 1) }
    }

    fn dash(&self, n: usize) -> String {
        let lines = !self.has_slots() && !self.series[n].is_before && !DASHES[n % 5].is_empty();
        if lines { format!(" stroke-dasharray=\"{}\"", DASHES[n % 5]) } else { String::new() }
    }
}

fn at(series: &Series, column: usize) -> Option<i64> {
    series.values.get(column).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(form: Form, series: Vec<Series>) -> Chart<'static> {
        let days = ["Nov 1", "Nov 2", "Nov 3"];
        Chart {
            form,
            says: "It fell <fast>".into(),
            head: "Day",
            columns: days.map(str::to_owned).to_vec(),
            series,
            written: &|value| value.to_string(),
            base: 1,
            adds_up: true,
            note: None,
        }
    }

    #[test]
    fn a_balance_steps_from_day_to_day() {
        let html = chart(Form::Step, vec![Series::new("On hand", [Some(100), Some(50), Some(50)])]).html().to_string();
        assert!(html.contains("points=\"0.0,0.00 500.0,0.00 500.0,50.00 1000.0,50.00 1000.0,50.00\""), "{html}");
        assert!(html.contains("aria-label=\"It fell &lt;fast&gt;\"") && !html.contains("style="));
    }

    #[test]
    fn stacked_bars_reach_their_sum_and_the_table_adds_up() {
        let series = vec![
            Series::new("Web", [Some(3), Some(1), None]),
            Series::new("Shop", [Some(1), Some(1), Some(2)]),
            Series::before("Before", [Some(2), Some(2), Some(2)]),
        ];
        let html = chart(Form::Stacked, series).html().to_string();
        // Of 4 in all, Web takes the lower three quarters of the first column and Shop the rest.
        assert!(html.contains("y=\"25.00\" width=\"60.00\" height=\"75.00\""), "{html}");
        assert!(html.contains("y=\"0.00\" width=\"60.00\" height=\"25.00\""), "{html}");
        assert!(html.contains("<tr><td>Nov 3</td><td class=\"num\">–</td><td class=\"num\">2</td>"), "{html}");
        let sums = "<tr><th>All</th><td class=\"num\">4</td><td class=\"num\">4</td><td class=\"num\">6</td></tr>";
        assert!(html.contains(sums), "{html}");
    }

    #[test]
    fn a_gap_is_not_drawn_over_and_one_value_alone_is_seen() {
        let html = chart(Form::Line, vec![Series::new("Days", [Some(2), None, Some(1)])]).html().to_string();
        assert_eq!(html.matches("<polyline").count(), 2, "{html}");
        assert!(html.contains("y=\"100.00%\" dy=\"-4\">0</text>"), "the zero line is named: {html}");
        let empty = chart(Form::Stacked, Vec::new()).html().to_string();
        assert!(empty.contains("<figure"), "a chart of nothing is no failure");
    }

    #[test]
    fn things_have_a_row_each_and_the_longest_bar_is_the_most() {
        let halves = Series::new("Half", [Some(1), None, Some(4)]);
        let html = chart(Form::Bars, vec![halves, Series::new("Nine", [Some(2), Some(8), Some(5)])]).html().to_string();
        let bars: Vec<&str> = html.split("<rect class=\"b").skip(3).map(|rest| &rest[..1]).collect();
        assert_eq!(bars, ["1", "2", "1", "2", "1", "2"], "after the two of the key: {html}");
        assert!(html.contains("width=\"100.00%\" height=\"8\"><title>Nov 2: Nine 8"), "{html}");
        assert!(html.contains("width=\"12.50%\" height=\"8\"><title>Nov 1: Half 1"), "{html}");
        assert!(html.contains(">1 · 2</text>") && html.contains(">8</text>"), "a gap is no zero: {html}");
        let parts = vec![Series::new("A", [Some(3), Some(1), None]), Series::new("B", [Some(1), Some(1), Some(2)])];
        let html = chart(Form::Parts, parts).html().to_string();
        assert!(html.contains("x=\"75.00%\" y=\"18\" width=\"25.00%\""), "behind the part before it: {html}");
        assert!(html.contains(">4</text>") && html.contains("x=\"0.00%\""), "{html}");
        assert!(chart(Form::Bars, Vec::new()).html().to_string().contains("<figure"), "nothing is no failure");
    }
}
