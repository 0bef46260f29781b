//! The floor: pages for a phone in one hand and for a desk with a scanner. They pick, pack and ship with the same
//! commands as everybody; `assets/scan/` makes them quick and keeps what was done through a lost connection.

mod barcode;
mod pack;
mod pick;
mod print;
mod queue;
pub mod scanned;
mod ship;
#[cfg(test)]
mod tests;
mod whose;

use super::form::{self, Form};
use super::frame::{Frame, PACK, PICK, SHIP, done};
use super::html::{Html, icon, shape};
use super::look::{self, Look};
use super::owners;
use super::{assets, status};
use crate::ask::{self, Context};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use waybill_domain::actor::Permission;
use waybill_domain::command::Command;
use waybill_domain::ids::OrderId;
use waybill_domain::order::Step;
use waybill_domain::order::priority::leave_by;
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal;
use waybill_domain::time::Date;
use waybill_engine::Receipt;
use waybill_store::read::queue::{Work, WorkLine, work};
pub use whose::Whose;

/// The floor's pages, by their paths.
pub fn router() -> Router<WebState> {
    Router::new()
        .route("/pick", get(queue::to_pick))
        .route("/pick/{id}", get(pick::page).post(pick::pick))
        .route("/pick/{id}/short", post(pick::short))
        .route("/pick/{id}/all", post(pick::all))
        .route("/pick/{id}/hand-over", get(whose::ask_hand_over).post(whose::hand_over))
        .route("/pick/{id}/list", get(print::pick_list))
        .route("/pack", get(queue::to_pack))
        .route("/pack/{id}", get(pack::page).post(pack::pack))
        .route("/pack/{id}/slip", get(print::slip))
        .route("/ship", get(ship::page).post(ship::ship))
        .route("/scan", get(scanned::scanned))
}

/// What surrounds a page that fills a phone: no navigation, the way back, and what the script needs.
#[derive(Debug)]
pub struct Sheet {
    pub title: String,
    pub sub: String,
    /// Where one came from.
    pub back: &'static str,
    pub may_work: bool,
    /// Whose the work is.
    pub whose: Whose,
    /// Where it is handed over, and where one is.
    pub hand_over: String,
    pub here: String,
    /// Names one claim of it.
    pub claim_key: String,
    /// Who the viewer is as an assignee.
    pub me: String,
    /// The same as no two people are called.
    pub who: String,
    /// The log position that the page shows at least.
    pub position: i64,
    pub problems: Vec<refusal::Problem>,
    pub said: Option<String>,
}

impl Sheet {
    pub fn icon(&self, name: &str) -> Html {
        icon(name, "")
    }

    pub fn shape(&self, name: &str) -> Html {
        shape(name)
    }

    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }
}

impl Sheet {
    async fn new(
        state: &WebState,
        caller: &Caller,
        found: &Work,
        step: Step,
        look: &Look,
        problem: Option<&Problem>,
    ) -> Result<Self, Problem> {
        let back = if step == Step::Pick { PICK } else { PACK };
        // The frame's reads say the position, and take what is to be said.
        let frame = Frame::new(state, caller, back, "").await?;
        let wanted = found.requested_by.map(|day| format!(" · wanted by {}", look.day(day))).unwrap_or_default();
        let id = found.fulfillment_order.id();
        let whose = Whose::of_one(state, caller, found).await?;
        Ok(Self {
            title: found.order_number.to_string(),
            sub: format!("{} · {} · {}{wanted}", found.location, whose.in_words(), found.channel),
            hand_over: format!("/pick/{id}/hand-over"),
            here: format!("{}/{id}", back.path),
            claim_key: form::key(state),
            me: owners::word_of(caller),
            whose,
            back: back.path,
            may_work: caller.viewer().may(Permission::FulfillmentWrite),
            position: frame.position,
            who: frame.who,
            problems: problem.map(problems).unwrap_or_default(),
            said: frame.said,
        })
    }
}

/// What a page lists of a problem: everything found wrong, or else its sentence and what to do.
fn problems(problem: &Problem) -> Vec<refusal::Problem> {
    if problem.problems.is_empty() {
        let message = format!("{} {}", problem.detail, problem.next_step);
        return vec![refusal::Problem::new("", &problem.code, message)];
    }
    problem.problems.clone()
}

/// The work that an address names, at the caller's locations.
async fn found(state: &WebState, caller: &Caller, text: &str) -> Result<Work, Problem> {
    let id = ask::id("fulfillment order", text)?;
    let found = work(state.store(), &caller.viewer(), id).await?;
    found.ok_or_else(|| Problem::not_found("such fulfillment order"))
}

/// Whether the script asks, which shows a problem itself.
fn is_script(headers: &HeaderMap) -> bool {
    headers.contains_key("x-part")
}

/// Answers an act. The script stays on its page and says by itself what was done.
fn booked(headers: &HeaderMap, path: &str, said: &str) -> Response {
    if is_script(headers) { StatusCode::NO_CONTENT.into_response() } else { done(path, said) }
}

/// A form's own problems as one.
fn unsound(form: &Form) -> Problem {
    Problem::invalid(form.problems().to_vec())
}

/// Submits work and waits for a gateway that it asked, as the API does.
pub async fn submit(
    state: &WebState,
    context: &Context,
    order_id: OrderId,
    command: impl Into<Command>,
) -> Result<Receipt, Problem> {
    let receipt = context.submit(state, command, state.engine().ids()).await?;
    if receipt.awaits_gateway {
        state.engine().settled(order_id, state.options().settle).await;
    }
    Ok(receipt)
}

/// A line of the work, by the fields `line` and `lot` of a form.
fn line<'a>(work: &'a Work, form: &mut Form) -> Option<&'a WorkLine> {
    let number = form.int("line", 1..=i64::from(u32::MAX))?;
    let lot = form.typed("lot").unwrap_or_default();
    let line = work.lines.iter().find(|line| i64::from(line.line) == number && lot_of(line) == lot);
    if line.is_none() {
        form.problem("line", "unknown_line", "This line is not part of the work.");
    }
    line
}

/// The lot's id as a form carries it; empty where the item has none.
fn lot_of(line: &WorkLine) -> String {
    crate::api::order_view::lot(line.lot_id).unwrap_or_default()
}

/// When an order is wanted, loud where that is over or will be missed.
pub fn deadline(wanted: Option<Date>, look: &Look) -> Html {
    let Some(day) = wanted else {
        return Html::of("<span class=\"quiet\">–</span>");
    };
    let text = Html::text(&look.day(day));
    let said = |name: &str, tone: &str, more: &str| {
        Html::of(format!("<span class=\"st {tone}\">{}{text}{more}</span>", shape(name)))
    };
    if day < look.today() {
        said("warn", "bad", "<span class=\"vh\"> missed</span>")
    } else if leave_by(day) < look.today() {
        said("wait", "wait tone-wait", "<span class=\"vh\"> at risk</span>")
    } else {
        text
    }
}

/// Badges of the holds that keep an order from a step.
fn holds(found: &Work, step: Step) -> Option<Html> {
    let mut kinds = found.holds_on(step);
    let first = kinds.next()?;
    Some(status::hold(first, kinds.count()))
}

/// Whole units of a quantity; a part counts as one.
pub fn units(quantity: Quantity, precision: u32) -> i64 {
    let scale = 10_i64.pow(precision.min(9));
    quantity.0.div_euclid(scale) + i64::from(quantity.0.rem_euclid(scale) > 0)
}

/// `1.5 kg`, or only the count where the unit is pieces.
fn counted(quantity: Quantity, line: &WorkLine) -> String {
    let number = look::quantity(quantity, line.precision);
    if line.unit == "each" { number } else { format!("{number} {}", line.unit) }
}

/// Grams as kilograms: 2940 is `2.94 kg`.
fn kilograms(grams: i64) -> String {
    format!("{} kg", look::quantity(Quantity(grams), 3))
}
