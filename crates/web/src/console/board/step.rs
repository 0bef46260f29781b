//! One step of a card: which command stands behind it, what it does, and what keeps it from happening.

use crate::ask;
use crate::auth::Caller;
use crate::console::look;
use crate::console::status::hold_words;
use crate::problem::Problem;
use crate::state::WebState;
use waybill_domain::codes;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::{FulfillmentOrderId, OrderId};
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{HoldState, Lifecycle, Step};
use waybill_domain::shipping::ParcelState;
use waybill_store::read::order::{self, OrderDetail, OrderKey};
use waybill_store::read::queue::{self, Work, WorkLine};

codes! {
    /// The columns of the board, in the order in which cards pass them.
    pub enum Stage {
        Placed = "placed",
        Confirmed = "confirmed",
        Released = "released",
        Picking = "picking",
        Packed = "packed",
        Shipped = "shipped",
    }
}

impl Stage {
    /// Where work stands: packed once nothing is left to pick or pack.
    pub fn of(work: &Work) -> Self {
        let left = sum(work, |line| line.allocated + line.picked);
        let whole = sum(work, |line| line.allocated + line.picked + line.packed + line.shipped);
        let waiting = work.parcels.iter().any(|parcel| parcel.state == ParcelState::Packed);
        if left == 0 && waiting {
            Self::Packed
        } else if left == 0 {
            Self::Shipped
        } else if sum(work, |line| line.allocated) == whole {
            Self::Released
        } else {
            Self::Picking
        }
    }

    /// The column after this one.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Placed => Some(Self::Confirmed),
            Self::Confirmed => Some(Self::Released),
            Self::Released => Some(Self::Picking),
            Self::Picking => Some(Self::Packed),
            Self::Packed => Some(Self::Shipped),
            Self::Shipped => None,
        }
    }

    /// Cards here are orders that somebody at a desk moves on; the others are work of the floor.
    pub const fn is_order(self) -> bool {
        matches!(self, Self::Placed | Self::Confirmed | Self::Shipped)
    }

    /// What is done to bring a card here.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Placed => "Place",
            Self::Confirmed => "Confirm",
            Self::Released => "Release",
            Self::Picking => "Pick all",
            Self::Packed => "Pack",
            Self::Shipped => "Ship",
        }
    }

    /// What was done when it is here.
    pub const fn done(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
            Self::Picking => "picked",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
        }
    }

    /// The step of an order that brings it here, which a hold may block.
    const fn step(self) -> Step {
        match self {
            Self::Placed | Self::Confirmed => Step::Confirm,
            Self::Released => Step::Release,
            Self::Picking => Step::Pick,
            Self::Packed => Step::Pack,
            Self::Shipped => Step::Ship,
        }
    }
}

/// Whole units of some of the work's quantities.
fn sum(work: &Work, of: fn(&WorkLine) -> waybill_domain::quantity::Quantity) -> i64 {
    work.lines.iter().map(|line| crate::console::floor::units(of(line), line.precision)).sum()
}

/// `2 of 7 picked`, `3 of 7 packed`.
pub fn progress(work: &Work) -> String {
    let whole = sum(work, |line| line.allocated + line.picked + line.packed + line.shipped);
    let packed = sum(work, |line| line.packed + line.shipped);
    let picked = packed + sum(work, |line| line.picked);
    match (packed, picked) {
        (0, 0) => look::plural(whole, "unit"),
        (0, picked) => format!("{picked} of {whole} picked"),
        (packed, _) => format!("{packed} of {whole} packed"),
    }
}

/// What a step would do: thing, now, after. Or why the rules do not let it.
#[derive(Debug, Default)]
pub struct Move {
    pub title: String,
    pub effect: Vec<(String, String, String)>,
    pub why_not: Option<String>,
    /// Where more can be done about it: address and words.
    pub links: Vec<(String, String)>,
    pub button: String,
}

/// What a card stands for.
#[derive(Debug)]
pub enum Card {
    Order(Box<OrderDetail>),
    Work(Box<Work>),
}

impl Card {
    /// The order or work that a card's id names.
    ///
    /// # Errors
    /// Where there is none for this caller.
    pub async fn find(state: &WebState, caller: &Caller, text: &str) -> Result<Self, Problem> {
        let (store, viewer) = (state.store(), caller.viewer());
        if text.starts_with("ful_") {
            let id: FulfillmentOrderId = ask::id("fulfillment order", text)?;
            let found = queue::work(store, &viewer, id).await?;
            return found.map(|work| Self::Work(Box::new(work))).ok_or_else(|| Problem::not_found("such work"));
        }
        let id: OrderId = ask::id("order", text)?;
        let found = order::order(store, &viewer, OrderKey::Id(id)).await?;
        found.map(|order| Self::Order(Box::new(order))).ok_or_else(|| Problem::not_found("such order"))
    }

    pub fn number(&self) -> String {
        match self {
            Self::Order(order) => order.head.number.to_string(),
            Self::Work(work) => work.order_number.to_string(),
        }
    }

    pub fn order_id(&self) -> OrderId {
        match self {
            Self::Order(order) => order.head.id,
            Self::Work(work) => work.fulfillment_order.order_id,
        }
    }

    /// Where the card stands; None for an order that has ended.
    fn stage(&self) -> Option<Stage> {
        match self {
            Self::Work(work) => Some(Stage::of(work)),
            Self::Order(order) => match order.head.lifecycle {
                Lifecycle::Draft | Lifecycle::Completed | Lifecycle::Cancelled => None,
                Lifecycle::Placed => Some(Stage::Placed),
                Lifecycle::Confirmed if order.fulfillment_orders.is_empty() => Some(Stage::Confirmed),
                Lifecycle::Confirmed => Some(Stage::Shipped),
            },
        }
    }

    /// The command of a step, where it is the next one.
    pub fn command(&self, to: Stage) -> Option<Command> {
        if self.stage().and_then(Stage::next) != Some(to) {
            return None;
        }
        match self {
            Self::Order(order) => match to {
                Stage::Confirmed => Some(ConfirmOrder { order_id: order.head.id }.into()),
                Stage::Released => Some(ReleaseOrder { order_id: order.head.id }.into()),
                Stage::Placed | Stage::Picking | Stage::Packed | Stage::Shipped => None,
            },
            Self::Work(work) => {
                let fulfillment_order_id = work.fulfillment_order.id();
                match to {
                    Stage::Picking => Some(Pick { fulfillment_order_id, picks: Vec::new(), shorts: Vec::new() }.into()),
                    Stage::Packed => Some(Pack { fulfillment_order_id, lines: Vec::new(), weight_g: None }.into()),
                    Stage::Shipped => {
                        Some(Ship { fulfillment_order_id, carrier: None, service: None, parcels: Vec::new() }.into())
                    }
                    Stage::Placed | Stage::Confirmed | Stage::Released => None,
                }
            }
        }
    }

    /// What moving the card there would do.
    pub fn to(&self, to: Stage) -> Move {
        let number = self.number();
        let mut step = Move {
            title: format!("{} {number}?", to.verb()),
            button: format!("{} {number}", to.verb()),
            links: vec![(format!("/orders/{number}"), format!("Look at {number}"))],
            ..Move::default()
        };
        step.why_not = match self.stage() {
            None => Some(format!("{number} has ended. Nothing moves it any more.")),
            Some(from) if to == from => Some(format!("{number} is there already.")),
            Some(from) if to < from => {
                Some(format!("{number} is {from}. A step is not taken back here; cancel or hold it on its own page."))
            }
            Some(from) if from.next() != Some(to) => {
                let next = from.next().map_or("nothing", Stage::done);
                Some(format!("One step at a time: {number} is {from}, the next is {next}."))
            }
            Some(_) => self.held(to.step()),
        };
        if step.why_not.is_none() {
            match self {
                Self::Order(order) => of_order(order, to, &mut step),
                Self::Work(work) => of_work(work, to, &mut step),
            }
        }
        step
    }

    /// The holds that block a step, as a sentence.
    fn held(&self, step: Step) -> Option<String> {
        let kinds: Vec<_> = match self {
            Self::Order(order) => {
                let active = order.holds.iter().filter(|(hold, _)| hold.state == HoldState::Active);
                let blocking = active.filter(|(hold, _)| hold.line == 0 && hold.steps.contains(step));
                blocking.map(|(hold, _)| hold.kind).collect()
            }
            Self::Work(work) => work.holds_on(step).collect(),
        };
        let words: Vec<_> = kinds.into_iter().map(hold_words).collect();
        (!words.is_empty()).then(|| format!("Held: {}. Blocks {step}.", words.join(", ").to_lowercase()))
    }
}

fn of_order(order: &OrderDetail, to: Stage, step: &mut Move) {
    let (now, after) = (order.head.lifecycle.to_string(), to.done().to_owned());
    if to == Stage::Confirmed {
        step.effect.push(("Lifecycle".to_owned(), now, after));
        return;
    }
    for (id, code) in &order.locations {
        let there = order.allocations.iter().filter(|one| one.location_id == *id && one.fulfillment_order == 0);
        let of_line = |line| order.lines.iter().find(|(one, _)| one.number == line).map_or(0, |(one, _)| one.precision);
        let count = there.map(|one| crate::console::floor::units(one.allocated, of_line(one.line))).sum();
        if count > 0 {
            let (now, after) = (format!("{} allocated", look::plural(count, "unit")), "to be picked".to_owned());
            step.effect.push((code.clone(), now, after));
        }
    }
    if step.effect.is_empty() {
        step.links.push(("/backorders".to_owned(), "Backorders".to_owned()));
    }
}

fn of_work(work: &Work, to: Stage, step: &mut Move) {
    let (id, number) = (work.fulfillment_order.id(), work.order_number);
    let (to_pick, picked) = (sum(work, |line| line.allocated), sum(work, |line| line.picked));
    let mut row = |thing: &str, now: i64, after: i64| {
        step.effect.push((thing.to_owned(), look::number(now), look::number(after)));
    };
    match to {
        Stage::Picking => {
            row("Units to pick", to_pick, 0);
            row("Units picked", picked, picked + to_pick);
            step.links.push((format!("/pick/{id}"), "Pick one by one".to_owned()));
        }
        Stage::Packed if to_pick > 0 => {
            let are = if to_pick == 1 { "is" } else { "are" };
            step.why_not = Some(format!("{} of {number} {are} still to be picked.", look::plural(to_pick, "unit")));
            step.links.push((format!("/pick/{id}"), "Pick them".to_owned()));
        }
        Stage::Packed => {
            row("Units picked", picked, 0);
            row("Units in a new parcel", 0, picked);
            step.links.push((format!("/pack/{id}"), "Pack by scanning".to_owned()));
        }
        Stage::Placed | Stage::Confirmed | Stage::Released | Stage::Shipped => {
            let packed = work.parcels.iter().filter(|parcel| parcel.state == ParcelState::Packed).count();
            let packed = i64::try_from(packed).unwrap_or(i64::MAX);
            row("Parcels packed", packed, 0);
            row("Parcels on their way", 0, packed);
            step.links.push((format!("/ship?work={id}"), "With carrier and tracking numbers".to_owned()));
        }
    }
}
