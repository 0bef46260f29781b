//! The figures of a chart as a table, for whoever wants them exactly or cannot see the marks.

use super::{Chart, at, escape};
use std::fmt::Write;

impl Chart<'_> {
    pub(super) fn twin(&self) -> String {
        let mut out = format!(
            "<details class=\"twin\"><summary>As a table</summary><div class=\"scrollx\" tabindex=\"0\" role=\"group\" aria-label=\"The same as a table\">\
             <table class=\"table\"><thead><tr><th>{}</th>",
            escape(self.head)
        );
        for series in &self.series {
            let _ = write!(out, "<th class=\"num\">{}</th>", escape(&series.name));
        }
        out.push_str("</tr></thead><tbody>");
        let cell = |value: Option<i64>| value.map_or("–".to_owned(), |value| escape(&(self.written)(value)));
        for (column, name) in self.columns.iter().enumerate() {
            let _ = write!(out, "<tr><td>{}</td>", escape(name));
            for series in &self.series {
                let _ = write!(out, "<td class=\"num\">{}</td>", cell(at(series, column)));
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody>");
        if self.adds_up {
            out.push_str("<tfoot><tr><th>All</th>");
            for series in &self.series {
                let sum = series.values.iter().flatten().sum();
                let _ = write!(out, "<td class=\"num\">{}</td>", cell(Some(sum)));
            }
            out.push_str("</tr></tfoot>");
        }
        out.push_str("</table></div></details>");
        out
    }
}
