//! What people book by hand: goods that came in, corrections, transfers. Each shows first what it would do, from the same
//! decision that would do it.

use super::item::stocked;
use super::places;
use crate::ask::InPath;
use crate::auth::Caller;
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, STOCK, done};
use crate::console::look;
use crate::console::orders::percent;
use crate::console::sheet::{Effect, Field, Kind, Sheet};
use crate::console::status;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::Item;
use waybill_domain::catalog::location::Location;
use waybill_domain::command::Command;
use waybill_domain::ids::{ItemId, LocationId, LotId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::transfer::{SendLine, SendTransfer};
use waybill_engine::Preview;

/// What is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Receive,
    Adjust,
    Transfer,
}

impl Act {
    const fn path(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Adjust => "adjust",
            Self::Transfer => "transfer",
        }
    }

    fn title(self, item: &Item) -> String {
        match self {
            Self::Receive => format!("Receive {}?", item.name),
            Self::Adjust => format!("Adjust the stock of {}?", item.name),
            Self::Transfer => format!("Transfer {}?", item.name),
        }
    }
}

fn states(of: &[StockAccount]) -> Kind {
    Kind::Choice(of.iter().map(|state| (state.code().to_owned(), status::words(state.code()))).collect())
}

/// States that goods can come into, and be corrected in.
const INTO: [StockAccount; 3] = [StockAccount::Available, StockAccount::QualityControl, StockAccount::Quarantined];
const BY_HAND: [StockAccount; 4] =
    [StockAccount::Available, StockAccount::QualityControl, StockAccount::Damaged, StockAccount::Quarantined];

/// The fields of an act: on one item with those for its units, which are counted in `unit`; on lines of many without.
pub(super) fn fields(act: Act, places: &[Location], unit: Option<&str>) -> Vec<Field> {
    let choice = || Kind::Choice(places.iter().map(|place| (place.code.clone(), place.name.clone())).collect());
    let first = |n: usize| places.get(n).map(|place| place.code.clone()).unwrap_or_default();
    let units = |label: &str| unit.map(|unit| Field::number("quantity", format!("{label} ({unit})")).paired());
    let reference = |label: &str| {
        Field::text("reference", label).optional().hint("Kept in the books for ever: no names of people.")
    };
    let fields = match act {
        Act::Receive => vec![
            Some(Field::new("location", "Into", choice()).value(first(0)).paired()),
            Some(Field::new("state", "As", states(&INTO)).value("available").paired()),
            units("Units received"),
            Some(reference("Delivery note")),
        ],
        Act::Adjust => vec![
            Some(Field::new("location", "At", choice()).value(first(0)).paired()),
            Some(Field::new("state", "State", states(&BY_HAND)).value("available").paired()),
            Some(
                Field::new(
                    "change",
                    "What happened",
                    Kind::Choice(vec![
                        ("less".to_owned(), "Written off".to_owned()),
                        ("more".to_owned(), "Found".to_owned()),
                        ("to:available".to_owned(), "Moved to available".to_owned()),
                        ("to:quality_control".to_owned(), "Moved to quality control".to_owned()),
                        ("to:damaged".to_owned(), "Moved to damaged".to_owned()),
                        ("to:quarantined".to_owned(), "Moved to quarantined".to_owned()),
                    ]),
                )
                .paired(),
            ),
            units("Units"),
            Some(Field::new(
                "reason",
                "Reason",
                Kind::Choice(
                    AdjustReason::ALL
                        .iter()
                        .map(|reason| (reason.code().to_owned(), status::words(reason.code())))
                        .collect(),
                ),
            )),
            Some(reference("Count sheet")),
        ],
        Act::Transfer => vec![
            Some(Field::new("from", "From", choice()).value(first(0)).paired()),
            Some(Field::new("to", "To", choice()).value(first(1)).paired()),
            units("Units"),
        ],
    };
    fields.into_iter().flatten().collect()
}

async fn sheet(
    state: &WebState,
    caller: &Caller,
    item: &Item,
    places: &[Location],
    act: Act,
) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::StockWrite])?;
    let back = format!("/stock/{}", percent(&item.sku));
    let frame = Frame::new(state, caller, STOCK, act.title(item)).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (&item.sku, &back), format!("{back}/{}", act.path()));
    sheet.submit = "Show what changes".to_owned();
    sheet.fields = fields(act, places, Some(&item.unit));
    Ok(sheet)
}

/// The command that a form asks for of items and units, and what doing it to so much (`24`, `3 items`) is called.
pub(super) fn command(
    form: &mut Form,
    act: Act,
    places: &[Location],
    lines: impl IntoIterator<Item = (String, Quantity)>,
    words: &str,
) -> Option<(Command, String)> {
    let place = |form: &mut Form, name: &str| -> Option<(LocationId, String)> {
        let code = form.required(name, 64)?;
        let found = places.iter().find(|place| place.code == code);
        if found.is_none() {
            form.problem(name, "unknown_location", "There is no such location for you.");
        }
        found.map(|place| (place.id, place.code.clone()))
    };
    let (lines, lot_id) = (lines.into_iter(), LotId::NIL);
    match act {
        Act::Receive => {
            let (into, account) = (place(form, "location"), form.one_of::<StockAccount>("state"));
            let reference = form.text("reference", 200);
            into.zip(account).map(|((location_id, code), state)| {
                let lines = lines.map(|(sku, quantity)| ReceiveLine { sku, lot_id, quantity }).collect();
                let command = ReceiveStock { location_id, state, reference, lines };
                (command.into(), format!("Receive {words} into {code}"))
            })
        }
        Act::Adjust => {
            let (at, from) = (place(form, "location"), form.one_of::<StockAccount>("state"));
            let reason = form.one_of::<AdjustReason>("reason");
            let reference = form.text("reference", 200);
            let change = form.required("change", 40).unwrap_or_default();
            let to = change.strip_prefix("to:").and_then(StockAccount::from_code);
            at.zip(from).zip(reason).map(|(((location_id, code), state), reason)| {
                let verb = match (to, change.as_str()) {
                    (Some(_), _) => "Move",
                    (None, "less") => "Write off",
                    (None, _) => "Add",
                };
                let delta = |quantity: Quantity| if change == "less" { -quantity.0 } else { quantity.0 };
                let line = |(sku, quantity)| AdjustLine { sku, lot_id, state, to, delta: delta(quantity) };
                let command = AdjustStock { location_id, reason, reference, lines: lines.map(line).collect() };
                (command.into(), format!("{verb} {words} at {code}"))
            })
        }
        Act::Transfer => {
            let (from, to) = (place(form, "from"), place(form, "to"));
            from.zip(to).map(|((from_location_id, from), (to_location_id, to))| {
                let lines = lines.map(|(sku, quantity)| SendLine { sku, lot_id, quantity }).collect();
                let command = SendTransfer { from_location_id, to_location_id, lines };
                (command.into(), format!("Send {words} from {from} to {to}"))
            })
        }
    }
}

/// Every balance that a command touches, by item: what it is called, what it is and what it would be.
pub(super) fn balances(preview: &Preview) -> Vec<(ItemId, String, Quantity, Quantity)> {
    let mut balances = Vec::new();
    for level in &preview.levels {
        let key = level.after.key;
        let code = preview.locations.get(&key.location_id).map(String::as_str).unwrap_or_default();
        for state in StockAccount::STATES {
            let (now, after) = (level.before.balance(state), level.after.balance(state));
            if now != after || state == StockAccount::Available {
                balances.push((key.item_id, format!("{} at {code}", status::words(state.code())), now, after));
            }
        }
        let (now, after) = (level.before.on_hand(), level.after.on_hand());
        balances.push((key.item_id, format!("On hand at {code}"), now, after));
    }
    balances
}

async fn ask(state: WebState, caller: Caller, sku: String, act: Act) -> Result<Response, Problem> {
    let viewer = caller.viewer();
    let item = stocked(&state, &viewer, &sku).await?;
    let places = places(&state, &viewer).await?;
    Ok(sheet(&state, &caller, &item, &places, act).await?.answer())
}

/// Shows what would change; carried out when that was seen for exactly what is asked.
async fn book(state: WebState, sku: String, mut form: Form, act: Act) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let viewer = caller.viewer();
    let item = stocked(&state, &viewer, &sku).await?;
    let places = places(&state, &viewer).await?;
    let mut sheet = sheet(&state, &caller, &item, &places, act).await?;
    if form.typed("quantity").is_none() {
        form.problem("quantity", "missing", "This is needed.");
    }
    let quantity = form.quantity("quantity", item.precision);
    let units = |quantity| look::quantity(quantity, item.precision);
    let lines = quantity.map(|quantity| (item.sku.clone(), quantity));
    let wanted = command(&mut form, act, &places, lines, &quantity.map(units).unwrap_or_default());
    sheet.typed(&form);
    let Some((command, verb)) = wanted.filter(|_| form.is_sound()) else {
        return Ok(sheet.answer());
    };
    let seen = sheet.seen();
    if form.all("seen").any(|one| one == seen) {
        match form.context.submit(&state, command, state.engine().ids()).await {
            Ok(_) => return Ok(done(&sheet.crumb.1, &said(&verb))),
            Err(problem) => sheet.refused(problem)?,
        }
        return Ok(sheet.answer());
    }
    match state.engine().preview(form.context.submission(command, state.engine().ids())).await {
        Ok(preview) => {
            let effect = |(_, what, now, after)| Effect { what, now: units(now), after: units(after) };
            sheet.effects = balances(&preview).into_iter().map(effect).collect();
            sheet.caption = match item.unit.as_str() {
                "each" => "What changes".to_owned(),
                unit => format!("What changes, in {unit}"),
            };
            sheet.hidden.push(("seen", seen));
            sheet.submit = verb;
        }
        Err(error) => sheet.refused(error.into())?,
    }
    Ok(sheet.answer())
}

/// "Receive 24 into DUB" was done: "Received 24 into DUB".
pub(super) fn said(verb: &str) -> String {
    for (asked, done) in [
        ("Receive ", "Received "),
        ("Move ", "Moved "),
        ("Write off ", "Wrote off "),
        ("Add ", "Added "),
        ("Send ", "Sent "),
    ] {
        if let Some(rest) = verb.strip_prefix(asked) {
            return format!("{done}{rest}");
        }
    }
    verb.to_owned()
}

macro_rules! acts {
    ($($(#[$meta:meta])* $ask:ident, $do:ident, $act:ident;)+) => {$(
        $(#[$meta])*
        pub async fn $ask(
            State(state): State<WebState>,
            caller: Caller,
            InPath(sku): InPath<String>,
        ) -> Result<Response, Problem> {
            ask(state, caller, sku, Act::$act).await
        }

        pub async fn $do(
            State(state): State<WebState>,
            InPath(sku): InPath<String>,
            form: Form,
        ) -> Result<Response, Problem> {
            book(state, sku, form, Act::$act).await
        }
    )+};
}

acts! {
    /// `GET` and `POST /stock/{sku}/receive`.
    ask_receive, receive, Receive;
    /// `GET` and `POST /stock/{sku}/adjust`.
    ask_adjust, adjust, Adjust;
    /// `GET` and `POST /stock/{sku}/transfer`.
    ask_transfer, transfer, Transfer;
}
