//! How long each stage took.

use super::super::chart::{Chart, Form, Series};
use super::super::look;
use super::super::today::STAGES;
use super::table::{Cell, Table};
use super::{Asked, Figure, Made, Part, Report};
use crate::console::html::Html;
use waybill_store::read::stats::{self, StageTimes};

pub async fn report(asked: &Asked<'_>) -> Made {
    let (range, viewer) = (&asked.range, &asked.viewer);
    let is = stats::times(asked.store, viewer, range.from, range.to).await?;
    let was = stats::times(asked.store, viewer, range.before_from, range.before_to()).await?;
    let of = |times: &std::collections::BTreeMap<String, StageTimes>, stage: &str| {
        times.get(stage).copied().unwrap_or_default()
    };
    let mut rows = Vec::new();
    let mut figures = Vec::new();
    for (stage, name) in STAGES {
        let (now, then) = (of(&is, stage), of(&was, stage));
        let percentile = |times: &StageTimes, share| times.buckets.percentile(share);
        let mean = (now.total > 0).then(|| now.seconds / now.total);
        rows.push(vec![
            Cell::text(name),
            Cell::count(now.total),
            Cell::seconds(percentile(&now, 50)),
            Cell::seconds(percentile(&now, 90)),
            Cell::seconds(percentile(&now, 99)),
            Cell::seconds(mean),
            Cell::seconds(percentile(&then, 50)),
            Cell::seconds(percentile(&then, 90)),
        ]);
        let words = |seconds: Option<i64>| seconds.map_or("–".to_owned(), look::duration);
        figures.push(Figure {
            name,
            value: words(percentile(&now, 50)),
            exact: String::new(),
            beside: Html::text(&format!("9 of 10 within {}", words(percentile(&now, 90)))),
        });
    }
    let values = |times: &std::collections::BTreeMap<String, StageTimes>, share| {
        STAGES.map(|(stage, _)| of(times, stage).buckets.percentile(share))
    };
    let chart = Chart {
        form: Form::Bars,
        says: "Half and nine of ten of each stage".to_owned(),
        head: "Stage",
        columns: STAGES.iter().map(|(_, name)| (*name).to_owned()).collect(),
        series: vec![Series::new("Half", values(&is, 50)), Series::new("9 of 10", values(&is, 90))],
        written: &look::duration,
        base: 3_600,
        adds_up: false,
        note: None,
    };
    let part = Part {
        code: "stages",
        title: "From stage to stage".to_owned(),
        beside: "by the day (UTC) on which the stage ended",
        chart: Some(chart.plain()),
        table: Table {
            heads: vec!["Stage", "Ended", "Half", "9 of 10", "99 of 100", "Mean", "Half before", "9 of 10 before"],
            rows,
            foot: Vec::new(),
        },
        is_open: true,
    };
    Ok(Report {
        title: "Time in each stage",
        says: "Half were done within the large figure, 9 of 10 within the small one.".to_owned(),
        figures,
        parts: vec![part],
        notes: vec![
            "Half, 9 of 10 and 99 of 100 are read from counts in 48 steps of time, each a quarter longer than the one before, so they are at most a quarter off. The mean is exact.",
            "Confirmed counts orders; released and picked count the work of a location; packed, shipped and delivered count parcels. A stage belongs to the day (UTC) on which it ended.",
        ],
    })
}
