//! Many items from one file: first what every row would do, then row by row what it did.

use super::csv::{self, CellProblem, Change, Difference, Row};
use crate::auth::Caller;
use crate::console::form;
use crate::console::frame::{CATALOG, Frame};
use crate::console::look;
use crate::console::page;
use crate::console::sheet::{Field, Kind, Sheet};
use crate::console::upload::{Upload, text_of};
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::convert::Infallible;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::{Item, ItemFacts, PutItem};
use waybill_domain::refusal;
use waybill_engine::{Submission, SubmitError};
use waybill_store::read::catalog;

/// Bytes of a file at most.
pub const CSV_MAX: usize = 4 << 20;
/// Rows of each kind that a page lists.
const LISTED_MAX: usize = 200;
/// Rows that are carried out between two words about how far it is.
const STEP: usize = 250;

/// What each row would do now.
#[derive(Debug, Default)]
struct Plan {
    create: Vec<(u64, ItemFacts)>,
    change: Vec<(u64, ItemFacts, Vec<Difference>)>,
    same: usize,
    problems: Vec<CellProblem>,
    ignored: Vec<String>,
}

#[derive(Template)]
#[template(path = "catalog/import.html")]
struct PreviewPage {
    frame: Frame,
    counts: [(&'static str, String, &'static str); 4],
    problems: Vec<CellProblem>,
    more_problems: usize,
    /// SKU, what is said of it.
    rows: Vec<(u64, &'static str, String, String)>,
    more_rows: usize,
    ignored: String,
    csv: String,
    key: String,
    submit: Option<String>,
}

#[derive(Template)]
#[template(path = "catalog/imported.html")]
struct RunPage {
    frame: Frame,
}

async fn ask(state: &WebState, caller: &Caller) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let frame = Frame::new(state, caller, CATALOG, "Import items").await?;
    let mut sheet = Sheet::new(frame, form::key(state), ("Catalog", "/items"), "/items/import");
    sheet.lead = Some(format!(
        "A CSV file in UTF-8 whose first line names the columns: {}. Items are found by their SKU. Columns that are not in the file stay as they are.",
        csv::COLUMNS.join(", ")
    ));
    sheet.fields = vec![
        Field::new("file", "File", Kind::File(".csv,text/csv,text/plain"))
            .optional()
            .hint("At most 10,000 rows and 4 MB."),
        Field::new("csv", "Or paste it here", Kind::Area).optional(),
    ];
    sheet.submit = "Show what changes".to_owned();
    sheet.is_upload = true;
    Ok(sheet)
}

/// `GET /items/import`.
pub async fn ask_import(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    Ok(ask(&state, &caller).await?.answer())
}

/// The text that was uploaded or pasted.
fn text(upload: &mut Upload<CSV_MAX>) -> Result<String, refusal::Problem> {
    if upload.is_too_large {
        let message = "This file is larger than 4 MB. Split it and import the parts.";
        return Err(refusal::Problem::new("file", "too_large", message));
    }
    match upload.file.take() {
        Some(bytes) => text_of(bytes),
        None => {
            let pasted = upload.form.all("csv").next().unwrap_or_default().to_owned();
            text_of(pasted.into_bytes())
        }
    }
}

async fn plan(state: &WebState, caller: &Caller, text: &str) -> Result<Result<Plan, String>, Problem> {
    let sheet = match csv::read(text) {
        Ok(sheet) => sheet,
        Err(message) => return Ok(Err(message)),
    };
    let mut plan = Plan { problems: sheet.problems, ignored: sheet.ignored, ..Plan::default() };
    for rows in sheet.rows.chunks(500) {
        let skus: Vec<String> = rows.iter().map(|row| row.sku().to_owned()).collect();
        let known = catalog::items_of(state.store(), &caller.viewer(), &skus).await?;
        let known: BTreeMap<&str, &(Item, bool)> = known.iter().map(|one| (one.0.sku.as_str(), one)).collect();
        for row in rows {
            judge(row, known.get(row.sku()).copied(), &mut plan);
        }
    }
    plan.problems.sort_by_key(|problem| problem.line);
    Ok(Ok(plan))
}

fn judge(row: &Row, known: Option<&(Item, bool)>, plan: &mut Plan) {
    let item = known.map(|(item, _)| item);
    let facts = match row.facts(item) {
        Ok(facts) => facts,
        Err(problems) => {
            plan.problems.extend(problems);
            return;
        }
    };
    if let Some((item, true)) = known {
        let fixed = [
            ("precision", item.precision != facts.precision, item.precision.to_string()),
            ("supply", item.supply != facts.supply, item.supply.to_string()),
        ];
        let changed: Vec<_> = fixed.into_iter().filter(|(_, changes, _)| *changes).collect();
        if !changed.is_empty() {
            let problem = |(column, _, now): (&str, bool, String)| CellProblem {
                line: row.line,
                column: column.to_owned(),
                message: format!("Stock of it was booked, so this stays {now}."),
            };
            plan.problems.extend(changed.into_iter().map(problem));
            return;
        }
    }
    match csv::change(item, &facts) {
        Change::Create => plan.create.push((row.line, facts)),
        Change::Set(changes) => plan.change.push((row.line, facts, changes)),
        Change::Same => plan.same += 1,
    }
}

/// `POST /items/import`: what the file would do.
pub async fn preview(State(state): State<WebState>, mut upload: Upload<CSV_MAX>) -> Result<Response, Problem> {
    let caller = upload.form.context.caller.clone();
    let mut sheet = ask(&state, &caller).await?;
    let refused = |mut sheet: Sheet, problem: refusal::Problem| {
        sheet.wrong(&[problem]);
        Ok(sheet.answer())
    };
    let text = match text(&mut upload) {
        Ok(text) => text,
        Err(problem) => return refused(sheet, problem),
    };
    let plan = match plan(&state, &caller, &text).await? {
        Ok(plan) => plan,
        Err(message) => {
            sheet.typed(&upload.form);
            return refused(sheet, refusal::Problem::new("file", "csv", message));
        }
    };
    let number = |count: usize| look::number(i64::try_from(count).unwrap_or(i64::MAX));
    let plural = |count: usize, one: &str| look::plural(i64::try_from(count).unwrap_or(i64::MAX), one);
    let mut lines: Vec<u64> = plan.problems.iter().map(|problem| problem.line).collect();
    lines.dedup();
    let wanted = plan.create.len() + plan.change.len();
    let created = plan.create.iter().map(|(line, facts)| (*line, "Create", facts.sku.clone(), facts.name.clone()));
    let changed = plan.change.iter().map(|(line, facts, changes)| {
        let words = changes.iter().map(|(column, now, new)| {
            let now = if now.is_empty() { "nothing" } else { now };
            let new = if new.is_empty() { "nothing" } else { new };
            format!("{column}: {now} → {new}")
        });
        (*line, "Change", facts.sku.clone(), words.collect::<Vec<_>>().join(", "))
    });
    let mut rows: Vec<_> = changed.chain(created).collect();
    let more_rows = rows.len().saturating_sub(LISTED_MAX);
    rows.truncate(LISTED_MAX);
    Ok(page(&PreviewPage {
        frame: Frame::new(&state, &caller, CATALOG, "What the file changes").await?,
        counts: [
            ("To create", number(plan.create.len()), "new SKUs"),
            ("To change", number(plan.change.len()), "items that differ"),
            ("Unchanged", number(plan.same), "nothing to do"),
            ("With problems", number(lines.len()), "rows that are left out"),
        ],
        more_problems: plan.problems.len().saturating_sub(LISTED_MAX),
        problems: plan.problems.into_iter().take(LISTED_MAX).collect(),
        rows,
        more_rows,
        ignored: plan.ignored.join(", "),
        csv: text,
        key: form::key(&state),
        submit: (wanted > 0).then(|| match lines.len() {
            0 => format!("Import {}", plural(wanted, "item")),
            _ => format!("Import {}, leave out {}", plural(wanted, "item"), plural(lines.len(), "row")),
        }),
    }))
}

/// How far an import is.
struct Run {
    state: WebState,
    wanted: Vec<(u64, bool, Submission)>,
    total: usize,
    same: usize,
    created: usize,
    changed: usize,
    refused: Vec<(u64, String)>,
    /// What of the page comes after the progress; None when it was sent.
    tail: Option<String>,
    head: Option<String>,
}

/// `POST /items/import/run`: carries the file out and tells how far it is while it does. Each row has a key of its own,
/// made of the form's: whoever sends the form twice imports once.
pub async fn import(State(state): State<WebState>, mut upload: Upload<CSV_MAX>) -> Result<Response, Problem> {
    let context = upload.form.context.clone();
    let caller = context.caller.clone();
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let text = text(&mut upload).map_err(|problem| Problem::invalid(vec![problem]))?;
    let plan = plan(&state, &caller, &text).await?.map_err(Problem::malformed)?;
    let frame = Frame::new(&state, &caller, CATALOG, "Import items").await?;
    let html = RunPage { frame }.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        Problem::edge(crate::problem::FAULT, "The page could not be made; it was logged.")
    })?;
    let (head, tail) = html.split_once("<!--progress-->").unwrap_or((&html, ""));
    let changes = plan.change.into_iter().map(|(line, facts, _)| (line, false, facts));
    let rows = plan.create.into_iter().map(|(line, facts)| (line, true, facts)).chain(changes);
    let submissions = rows.map(|(line, is_new, facts)| {
        let body_hash = crate::ask::body_hash("item", &facts.sku, format!("{facts:?}").as_bytes());
        let mut submission = context.submission(PutItem { facts }.into(), state.engine().ids());
        submission.key = context.key.as_ref().map(|key| format!("{key}-{line}"));
        submission.body_hash = body_hash;
        (line, is_new, submission)
    });
    let mut wanted: Vec<_> = submissions.collect();
    wanted.reverse();
    let run = Run {
        total: wanted.len(),
        wanted,
        same: plan.same,
        created: 0,
        changed: 0,
        refused: plan.problems.into_iter().map(|one| (one.line, format!("{} {}", one.column, one.message))).collect(),
        head: Some(head.to_owned()),
        tail: Some(tail.to_owned()),
        state,
    };
    let stream = futures_util::stream::unfold(run, |mut run| async move {
        let text = run.step().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), run))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        // Compressed, it would be held back until there is enough of it.
        (header::CONTENT_ENCODING, "identity"),
    ];
    Ok((headers, Body::from_stream(futures_util::StreamExt::fuse(stream))).into_response())
}

impl Run {
    /// The next piece of the page, after the rows that it tells of; None at its end.
    async fn step(&mut self) -> Option<String> {
        if let Some(head) = self.head.take() {
            return Some(head);
        }
        if self.wanted.is_empty() {
            return self.tail.take().map(|tail| format!("{}{tail}", self.result()));
        }
        let rows: Vec<_> = (0..STEP).map_while(|_| self.wanted.pop()).collect();
        let engine = self.state.engine();
        let done = join_all(rows.into_iter().map(|(line, is_new, submission)| async move {
            (line, is_new, engine.submit_patiently(submission).await)
        }));
        for (line, is_new, outcome) in done.await {
            match outcome {
                Ok(_) if is_new => self.created += 1,
                Ok(_) => self.changed += 1,
                Err(SubmitError::Refused { refusal, .. }) => {
                    let each = refusal.problems.iter().map(|problem| format!("{} {}", problem.path, problem.message));
                    let each = each.collect::<Vec<_>>().join("; ");
                    self.refused.push((line, if each.is_empty() { refusal.message.clone() } else { each }));
                }
                Err(error) => self.refused.push((line, Problem::from(error).detail.clone())),
            }
        }
        let number = |count: usize| look::number(i64::try_from(count).unwrap_or(i64::MAX));
        let (done, total) = (number(self.total - self.wanted.len()), number(self.total));
        Some(format!("<p>{done} of {total} rows</p>\n"))
    }

    fn result(&mut self) -> String {
        let number = |count: usize| look::number(i64::try_from(count).unwrap_or(i64::MAX));
        let escape = crate::pages::escape;
        self.refused.sort_by_key(|(line, _)| *line);
        let mut lines: Vec<u64> = self.refused.iter().map(|(line, _)| *line).collect();
        lines.dedup();
        let mut out = String::from("</div><div class=\"boxes sec\" id=\"result\">");
        for (name, count) in
            [("Created", self.created), ("Changed", self.changed), ("Unchanged", self.same), ("Left out", lines.len())]
        {
            out.push_str(&format!(
                "<div><span class=\"k\">{name}</span><span class=\"figure\">{}</span></div>",
                number(count)
            ));
        }
        out.push_str("</div>");
        if !self.refused.is_empty() {
            out.push_str("<section class=\"sec\"><header><h2>Left out</h2></header><table class=\"effect\"><tbody>");
            for (line, message) in self.refused.iter().take(LISTED_MAX) {
                out.push_str(&format!("<tr><th>Line {line}</th><td class=\"said\">{}</td></tr>", escape(message)));
            }
            out.push_str("</tbody></table></section>");
        }
        out
    }
}
