//! One act on many orders: what can be done and what cannot is said first, then each order gets a command of its own.

use super::super::form::{self, Form};
use super::super::frame::{self, Frame, ORDERS};
use super::super::look::{self, plural};
use super::super::{page, status};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use waybill_domain::command::Command;
use waybill_domain::ids::{IdSource, OrderId};
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::CancelOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::hold::ApplyHold;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{HoldKind, OrderNumber, Step};
use waybill_domain::system::reasons::Reasons;
use waybill_engine::Submission;
use waybill_store::read::orders::{self, OrderRow};
use waybill_store::read::settings;

/// Orders of one bulk act at most.
const ORDERS_MAX: usize = 100;

/// What can be done to many orders at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Release,
    Confirm,
    Allocate,
    Hold,
    Cancel,
}

impl Act {
    fn read(slug: &str) -> Result<Self, Problem> {
        match slug {
            "release" => Ok(Self::Release),
            "confirm" => Ok(Self::Confirm),
            "allocate" => Ok(Self::Allocate),
            "hold" => Ok(Self::Hold),
            "cancel" => Ok(Self::Cancel),
            _ => Err(Problem::not_found("such act on many orders")),
        }
    }

    const fn slug(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Confirm => "confirm",
            Self::Allocate => "allocate",
            Self::Hold => "hold",
            Self::Cancel => "cancel",
        }
    }

    /// As a verb, and as what was done.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Release => ("Release", "Released"),
            Self::Confirm => ("Confirm", "Confirmed"),
            Self::Allocate => ("Allocate stock to", "Allocated stock to"),
            Self::Hold => ("Hold", "Held"),
            Self::Cancel => ("Cancel", "Cancelled"),
        }
    }

    /// Why one might; nothing where it needs no reason.
    fn reasons(self, reasons: &Reasons) -> &[String] {
        match self {
            Self::Hold => &reasons.hold,
            Self::Cancel => &reasons.cancel,
            Self::Release | Self::Confirm | Self::Allocate => &[],
        }
    }

    const fn needs_reason(self) -> bool {
        matches!(self, Self::Hold | Self::Cancel)
    }

    fn command(self, order_id: OrderId, reason: &str) -> Command {
        match self {
            Self::Release => ReleaseOrder { order_id }.into(),
            Self::Confirm => ConfirmOrder { order_id }.into(),
            Self::Allocate => AllocateOrder { order_id }.into(),
            Self::Hold => ApplyHold {
                order_id,
                kind: HoldKind::Manual,
                steps: vec![Step::Release],
                line: None,
                reason: reason.to_owned(),
                note: None,
                owner: None,
                due_at: None,
            }
            .into(),
            Self::Cancel => CancelOrder { order_id, reason: reason.to_owned() }.into(),
        }
    }
}

/// An order of the selection.
#[derive(Debug)]
struct Chosen {
    number: String,
    name: String,
    total: String,
    version: i64,
    /// Why it stays as it is.
    obstacle: Option<String>,
}

#[derive(Template)]
#[template(path = "orders/bulk.html")]
struct BulkPage {
    frame: Frame,
    title: String,
    does: String,
    act: &'static str,
    is_danger: bool,
    chosen: Vec<Chosen>,
    possible: usize,
    /// Codes and words of the reasons there can be, and whether each is set.
    reasons: Vec<(String, String, bool)>,
    /// What is wrong with the reason.
    problem: Option<String>,
    key: String,
    back: String,
}

/// The list that the selection was made in.
pub fn back(asked: Option<&str>) -> String {
    let fits = |path: &&str| {
        (*path == "/orders" || path.starts_with("/orders?")) && path.bytes().all(|byte| byte.is_ascii_graphic())
    };
    asked.filter(fits).unwrap_or("/orders").to_owned()
}

async fn selected(state: &WebState, caller: &Caller, numbers: Vec<OrderNumber>) -> Result<Vec<OrderRow>, Problem> {
    if numbers.len() > ORDERS_MAX {
        return Err(Problem::malformed(format!("At most {ORDERS_MAX} orders can be changed at once.")));
    }
    Ok(orders::by_numbers(state.store(), &caller.viewer(), &numbers).await?)
}

fn submission(act: Act, row: &OrderRow, caller: &Caller, ids: IdSource) -> Submission {
    // Which of the reasons it will be changes nothing of whether it can be done.
    let reason = if act.needs_reason() { "other" } else { "" };
    Submission::new(act.command(row.id, reason), caller.actor.clone(), ids)
}

/// What was asked with the act.
#[derive(Debug, Default)]
struct Asked {
    back: String,
    key: String,
    reason: Option<String>,
    problem: Option<String>,
}

/// `GET /orders/bulk?act=release&order=W-100001&order=W-100002`: what would be done and what would not.
pub async fn look(
    State(state): State<WebState>,
    caller: Caller,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let value = |name: &str| pairs.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
    let act = Act::read(value("act").unwrap_or_default())?;
    let named = pairs.iter().filter(|(name, _)| name == "order").filter_map(|(_, value)| value.parse().ok());
    let rows = selected(&state, &caller, named.collect()).await?;
    let asked = Asked { back: back(value("back")), key: form::key(&state), ..Asked::default() };
    shown(&state, &caller, act, &rows, asked).await
}

async fn shown(
    state: &WebState,
    caller: &Caller,
    act: Act,
    rows: &[OrderRow],
    asked: Asked,
) -> Result<Response, Problem> {
    let ids = state.engine().ids();
    let submissions = rows.iter().map(|row| submission(act, row, caller, ids));
    let verdicts = state.engine().judge(submissions.collect()).await?;
    let chosen = rows.iter().zip(verdicts).map(|(row, refusal)| Chosen {
        number: row.number.to_string(),
        name: row.name.clone().or_else(|| row.customer.clone()).unwrap_or_default(),
        total: look::money(row.total, row.currency),
        version: row.version,
        obstacle: refusal.map(|refusal| refusal.message),
    });
    let mut chosen: Vec<Chosen> = chosen.collect();
    chosen.sort_by_key(|one| one.obstacle.is_none());
    let possible = chosen.iter().filter(|one| one.obstacle.is_none()).count();
    let (verb, _) = act.words();
    let orders = |count: usize| plural(i64::try_from(count).unwrap_or(i64::MAX), "order");
    let title = if possible == chosen.len() {
        format!("{verb} {}?", orders(possible))
    } else {
        format!("{verb} {possible} of {}?", orders(chosen.len()))
    };
    let (settings, _) = settings::settings(state.store()).await?;
    Ok(page(&BulkPage {
        frame: Frame::new(state, caller, ORDERS, title.clone()).await?,
        title,
        does: format!("{verb} {}", orders(possible)),
        act: act.slug(),
        is_danger: act == Act::Cancel,
        chosen,
        possible,
        reasons: act
            .reasons(&settings.reasons)
            .iter()
            .map(|code| (code.clone(), status::words(code), asked.reason.as_deref() == Some(code.as_str())))
            .collect(),
        problem: asked.problem,
        key: asked.key,
        back: asked.back,
    }))
}

/// `POST /orders/bulk`. Each order has a command and a key of its own, so that a repeat does none of them twice.
pub async fn act(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let act = Act::read(form.typed("act").unwrap_or_default())?;
    let numbers = form.all("order").filter_map(|number| number.parse().ok()).collect();
    let rows = selected(&state, &form.context.caller, numbers).await?;
    let reason = if act.needs_reason() { form.word("reason") } else { None };
    if reason.is_none() && act.needs_reason() {
        let problem = form.problems().first().map(|problem| problem.message.clone());
        let asked = Asked {
            back: back(form.typed("back")),
            key: form.context.key.clone().unwrap_or_else(|| form::key(&state)),
            reason: form.typed("reason").map(str::to_owned),
            problem: Some(problem.unwrap_or_else(|| "Say why: the reports count the reasons.".to_owned())),
        };
        let again = shown(&state, &form.context.caller, act, &rows, asked).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let reason = reason.unwrap_or_default();
    let mut done = 0_usize;
    let mut refused = Vec::new();
    for row in &rows {
        let mut context = form.context.clone();
        context.key = form.context.key.as_ref().map(|key| format!("{key}-{}", row.number));
        context.expected_version = form.typed(&format!("version-{}", row.number)).and_then(|text| text.parse().ok());
        match context.submit(&state, act.command(row.id, &reason), state.engine().ids()).await {
            Ok(_) => done += 1,
            Err(problem) if problem.status.is_client_error() => {
                let why = match problem.code.as_str() {
                    "order.stale_version" => "it changed while you looked".to_owned(),
                    _ => problem.detail.trim_end_matches('.').to_owned(),
                };
                refused.push(format!("{} stays: {why}", row.number));
            }
            Err(problem) => return Err(problem),
        }
    }
    let (_, verb) = act.words();
    let mut said = match refused.len() {
        0 => format!("{verb} {}", plural(i64::try_from(done).unwrap_or(i64::MAX), "order")),
        _ => format!("{verb} {done} of {}. {}", rows.len(), refused[0]),
    };
    if refused.len() > 1 {
        said.push_str(&format!(", and {} more", refused.len() - 1));
    }
    Ok(frame::done(&back(form.typed("back")), &said))
}
