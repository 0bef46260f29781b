//! The board: orders by stage, most urgent first. A card moves one step, by the same command as anywhere else; where the
//! rules do not let it, the board says why.

mod step;

use super::floor::{self, Whose, deadline};
use super::form::{self, Form};
use super::frame::{BOARD, Frame, done};
use super::html::Html;
use super::look::{self, Look};
use super::{page, status};
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::collections::BTreeMap;
use step::{Card, Move, Stage};
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::order::{DeliveryStatus, Lifecycle};
use waybill_domain::refusal;
use waybill_engine::Submission;
use waybill_store::read::orders::{self, OrderFilter, OrderRow};
use waybill_store::read::queue::{self, Work, WorkFilter};
use waybill_store::read::{PageRequest, Viewer, board};

/// Cards in a column at most.
const CARDS_MAX: usize = 50;

/// A card as it is shown.
#[derive(Debug)]
struct Shown {
    id: String,
    number: String,
    href: String,
    name: String,
    about: String,
    wanted: Html,
    hold: Option<Html>,
    /// Whose the work is, where it is somebody's.
    whose: Option<String>,
    /// The step forward: where to, and what it is called.
    next: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
struct Column {
    stage: &'static str,
    name: String,
    cards: Vec<Shown>,
    is_full: bool,
}

#[derive(Template)]
#[template(path = "board/board.html")]
struct BoardPage {
    frame: Frame,
    columns: Vec<Column>,
}

#[derive(Template)]
#[template(path = "board/move.html")]
struct MovePage {
    frame: Frame,
    card: String,
    to: &'static str,
    key: String,
    step: Move,
    /// Who has the work, where that is a colleague.
    anothers: Option<String>,
    problems: Vec<refusal::Problem>,
}

/// `GET /board`.
pub async fn board(State(state): State<WebState>, caller: Caller, look: Look) -> Result<Response, Problem> {
    let viewer = caller.viewer();
    let store = state.store();
    let waiting = board::waiting(store, &viewer, CARDS_MAX).await?;
    let limit = PageRequest { limit: u32::try_from(CARDS_MAX).ok(), after: None };
    let of = |begun, stage| WorkFilter { begun: Some(begun), stage, ..WorkFilter::default() };
    let released = queue::queue(store, &viewer, &of(false, None), &limit).await?.rows;
    let twice = PageRequest { limit: u32::try_from(2 * CARDS_MAX).ok(), after: None };
    let begun = queue::queue(store, &viewer, &of(true, None), &twice).await?.rows;
    let closed = queue::queue(store, &viewer, &of(true, Some(queue::Stage::Ship)), &twice).await?.rows;
    let at = |stage: Stage, works: Vec<Work>| -> Vec<Work> {
        works.into_iter().filter(|work| Stage::of(work) == stage).take(CARDS_MAX).collect()
    };
    let (picking, packed) = (at(Stage::Picking, begun), at(Stage::Packed, closed));
    let sent = OrderFilter { delivery_status: Some(DeliveryStatus::InTransit), ..OrderFilter::default() };
    let mut shipped = orders::orders(store, &viewer, &sent, &limit).await?.rows;
    // Not asked of the store: it would look for them among all that are confirmed.
    shipped.retain(|row| row.lifecycle == Lifecycle::Confirmed);
    let works = || released.iter().chain(&picking).chain(&packed);
    let ids: Vec<_> = works().map(|work| work.fulfillment_order.order_id).collect();
    let names = board::names(store, &viewer, &ids).await?;
    let all: Vec<&Work> = works().collect();
    let whose = all.iter().map(|work| work.fulfillment_order.id()).zip(Whose::of(&state, &caller, &all).await?);
    let whose: BTreeMap<_, _> = whose.collect();
    let rows = || waiting.placed.iter().chain(&waiting.confirmed).chain(&shipped);
    let held: Vec<_> = rows().filter(|row| row.holds_active > 0).map(|row| row.id).collect();
    let holds = orders::active_holds(store, &viewer, &held).await?;
    let of_orders = |stage: Stage, rows: &[OrderRow]| {
        let card = |row: &OrderRow| {
            let kind = holds.iter().find(|(id, _)| *id == row.id).map(|(_, kind)| *kind);
            Shown {
                id: row.id.to_string(),
                number: row.number.to_string(),
                href: format!("/orders/{}", row.number),
                name: row.name.clone().or_else(|| row.customer.clone()).unwrap_or_default(),
                about: look::money(row.total, row.currency),
                wanted: deadline(row.requested_by, &look),
                hold: kind.map(|kind| status::hold(kind, usize::try_from(row.holds_active - 1).unwrap_or_default())),
                whose: None,
                next: next(stage, &viewer),
            }
        };
        column(stage, rows.iter().map(card).collect())
    };
    let of_works = |stage: Stage, works: &[Work]| {
        let card = |work: &Work| Shown {
            id: work.fulfillment_order.id().to_string(),
            number: work.order_number.to_string(),
            href: format!("/{}/{}", if stage == Stage::Packed { "pack" } else { "pick" }, work.fulfillment_order.id()),
            name: names.get(&work.fulfillment_order.order_id).cloned().unwrap_or_default(),
            about: format!("{} · {}", work.location, step::progress(work)),
            wanted: deadline(work.requested_by, &look),
            hold: work.holds.first().map(|hold| status::hold(hold.kind, work.holds.len() - 1)),
            whose: whose.get(&work.fulfillment_order.id()).filter(|one| !one.is_nobodys()).map(|one| one.name.clone()),
            next: next(stage, &viewer),
        };
        column(stage, works.iter().map(card).collect())
    };
    let columns = vec![
        of_orders(Stage::Placed, &waiting.placed),
        of_orders(Stage::Confirmed, &waiting.confirmed),
        of_works(Stage::Released, &released),
        of_works(Stage::Picking, &picking),
        of_works(Stage::Packed, &packed),
        of_orders(Stage::Shipped, &shipped),
    ];
    let frame = Frame::new(&state, &caller, BOARD, "Board").await?;
    Ok(page(&BoardPage { frame, columns }))
}

fn column(stage: Stage, cards: Vec<Shown>) -> Column {
    let name = status::words(stage.code());
    Column { stage: stage.code(), name, is_full: cards.len() >= CARDS_MAX, cards }
}

/// The step forward, for those who may take it.
fn next(from: Stage, viewer: &Viewer) -> Option<(&'static str, &'static str)> {
    let to = from.next()?;
    let may = if from.is_order() { Permission::OrdersWrite } else { Permission::FulfillmentWrite };
    viewer.may(may).then_some((to.code(), to.verb()))
}

async fn show(
    state: &WebState,
    caller: &Caller,
    card: &str,
    to: Stage,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let found = Card::find(state, caller, card).await?;
    let frame = Frame::new(state, caller, BOARD, "Board").await?;
    let problems = problem.map(|problem| {
        let message = format!("{} {}", problem.detail, problem.next_step);
        vec![refusal::Problem::new("", &problem.code, message)]
    });
    let (card, key) = (card.to_owned(), form::key(state));
    let anothers = match &found {
        Card::Work(work) => Some(Whose::of_one(state, caller, work).await?).filter(|whose| whose.is_anothers),
        Card::Order(_) => None,
    };
    let anothers = anothers.map(|whose| whose.name);
    let mut step = found.to(to);
    if let (None, None, Some(command)) = (&step.why_not, problem, found.command(to)) {
        // The rules themselves say whether they would let it, before anything happens.
        let asked = Submission::new(command, caller.actor.clone(), state.engine().ids());
        if let Err(error) = state.engine().preview(asked).await {
            let problem = Problem::from(error);
            step.why_not = Some(format!("{} {}", problem.detail, problem.next_step));
        }
    }
    let mut response =
        page(&MovePage { frame, card, to: to.code(), key, step, anothers, problems: problems.unwrap_or_default() });
    if let Some(problem) = problem {
        *response.status_mut() = problem.status;
    }
    Ok(response)
}

/// `GET /board/move`: what a move would do, or why the rules do not let it.
pub async fn ask(State(state): State<WebState>, caller: Caller, mut params: Params) -> Result<Response, Problem> {
    let (card, to) = (params.required("card"), params.code::<Stage>("to"));
    params.close()?;
    let to = to.ok_or_else(|| Problem::malformed("The address does not say where the card goes."))?;
    show(&state, &caller, &card, to, None).await
}

/// `POST /board/move`: moves a card by the command that stands behind the step.
pub async fn act(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let (card, to) = (form.required("card", 200), form.one_of::<Stage>("to"));
    let (Some(card), Some(to)) = (card, to) else {
        return Err(Problem::invalid(form.problems().to_vec()));
    };
    let caller = form.context.caller.clone();
    let found = Card::find(&state, &caller, &card).await?;
    let moved = match found.command(to) {
        Some(command) => floor::submit(&state, &form.context, found.order_id(), command).await,
        None => Err(Problem::malformed(found.to(to).why_not.unwrap_or_else(|| "This is no step.".to_owned()))),
    };
    match moved {
        Ok(_) => Ok(done("/board", &format!("{} {}", found.number(), to.done()))),
        Err(problem) => show(&state, &caller, &card, to, Some(&problem)).await,
    }
}
