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
use waybill_domain::command::Command;
use waybill_domain::ids::{LocationId, LotId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::transfer::{SendLine, SendTransfer};

/// What is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
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

async fn sheet(state: &WebState, caller: &Caller, item: &Item, act: Act) -> Result<Sheet, Problem> {
    let viewer = caller.viewer();
    viewer.must(&[Permission::StockWrite])?;
    let choices = places(state, &viewer).await?;
    let choice = || Kind::Choice(choices.iter().map(|place| (place.code.clone(), place.name.clone())).collect());
    let first = |n: usize| choices.get(n).map(|place| place.code.clone()).unwrap_or_default();
    let back = format!("/stock/{}", percent(&item.sku));
    let frame = Frame::new(state, caller, STOCK, act.title(item)).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (&item.sku, &back), format!("{back}/{}", act.path()));
    sheet.submit = "Show what changes".to_owned();
    let units = |label: &str| Field::number("quantity", label).paired();
    let reference = |label: &str| {
        Field::text("reference", label).optional().hint("Kept in the books for ever: no names of people.")
    };
    sheet.fields = match act {
        Act::Receive => vec![
            Field::new("location", "Into", choice()).value(first(0)).paired(),
            Field::new("state", "As", states(&INTO)).value("available").paired(),
            units(&format!("Units received ({})", item.unit)),
            reference("Delivery note"),
        ],
        Act::Adjust => vec![
            Field::new("location", "At", choice()).value(first(0)).paired(),
            Field::new("state", "State", states(&BY_HAND)).value("available").paired(),
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
            units(&format!("Units ({})", item.unit)),
            Field::new(
                "reason",
                "Reason",
                Kind::Choice(
                    AdjustReason::ALL
                        .iter()
                        .map(|reason| (reason.code().to_owned(), status::words(reason.code())))
                        .collect(),
                ),
            ),
            reference("Count sheet"),
        ],
        Act::Transfer => vec![
            Field::new("from", "From", choice()).value(first(0)).paired(),
            Field::new("to", "To", choice()).value(first(1)).paired(),
            units(&format!("Units ({})", item.unit)),
        ],
    };
    Ok(sheet)
}

/// The command that a form asks for, and what doing it is called.
async fn command(
    state: &WebState,
    form: &mut Form,
    item: &Item,
    act: Act,
) -> Result<Option<(Command, String)>, Problem> {
    let known = places(state, &form.context.caller.viewer()).await?;
    let place = |form: &mut Form, name: &str| -> Option<(LocationId, String)> {
        let code = form.required(name, 64)?;
        let found = known.iter().find(|place| place.code == code);
        if found.is_none() {
            form.problem(name, "unknown_location", "There is no such location for you.");
        }
        found.map(|place| (place.id, place.code.clone()))
    };
    if form.typed("quantity").is_none() {
        form.problem("quantity", "missing", "This is needed.");
    }
    let quantity = form.quantity("quantity", item.precision);
    let words = quantity.map(|quantity| look::quantity(quantity, item.precision)).unwrap_or_default();
    let (sku, lot_id) = (item.sku.clone(), LotId::NIL);
    Ok(match act {
        Act::Receive => {
            let (into, account) = (place(form, "location"), form.one_of::<StockAccount>("state"));
            let reference = form.text("reference", 200);
            into.zip(account).zip(quantity).map(|(((location_id, code), account), quantity)| {
                let lines = vec![ReceiveLine { sku, lot_id, quantity }];
                let command = ReceiveStock { location_id, state: account, reference, lines };
                (command.into(), format!("Receive {words} into {code}"))
            })
        }
        Act::Adjust => {
            let (at, from) = (place(form, "location"), form.one_of::<StockAccount>("state"));
            let reason = form.one_of::<AdjustReason>("reason");
            let reference = form.text("reference", 200);
            let change = form.required("change", 40).unwrap_or_default();
            let to = change.strip_prefix("to:").and_then(StockAccount::from_code);
            at.zip(from).zip(reason).zip(quantity).map(|((((location_id, code), from), reason), quantity)| {
                let delta = if change == "less" { -quantity.0 } else { quantity.0 };
                let verb = match (to, delta < 0) {
                    (Some(_), _) => "Move",
                    (None, true) => "Write off",
                    (None, false) => "Add",
                };
                let lines = vec![AdjustLine { sku, lot_id, state: from, to, delta }];
                let command = AdjustStock { location_id, reason, reference, lines };
                (command.into(), format!("{verb} {words} at {code}"))
            })
        }
        Act::Transfer => {
            let (from, to) = (place(form, "from"), place(form, "to"));
            from.zip(to).zip(quantity).map(|(((from_location_id, from), (to_location_id, to)), quantity)| {
                let lines = vec![SendLine { sku, lot_id, quantity }];
                let command = SendTransfer { from_location_id, to_location_id, lines };
                (command.into(), format!("Send {words} from {from} to {to}"))
            })
        }
    })
}

/// Every balance that the command touches, as it is and as it would be.
fn effects(preview: &waybill_engine::Preview, precision: u32) -> Vec<Effect> {
    let mut effects = Vec::new();
    let units = |quantity| look::quantity(quantity, precision);
    for level in &preview.levels {
        let code = preview.locations.get(&level.after.key.location_id).map(String::as_str).unwrap_or_default();
        for state in StockAccount::STATES {
            let (now, after) = (level.before.balance(state), level.after.balance(state));
            if now != after || state == StockAccount::Available {
                let what = format!("{} at {code}", status::words(state.code()));
                effects.push(Effect { what, now: units(now), after: units(after) });
            }
        }
        let what = format!("On hand at {code}");
        effects.push(Effect { what, now: units(level.before.on_hand()), after: units(level.after.on_hand()) });
    }
    effects
}

async fn ask(state: WebState, caller: Caller, sku: String, act: Act) -> Result<Response, Problem> {
    let item = stocked(&state, &caller.viewer(), &sku).await?;
    Ok(sheet(&state, &caller, &item, act).await?.answer())
}

/// Shows what would change; carried out when that was seen for exactly what is asked.
async fn book(state: WebState, sku: String, mut form: Form, act: Act) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let item = stocked(&state, &caller.viewer(), &sku).await?;
    let mut sheet = sheet(&state, &caller, &item, act).await?;
    let wanted = command(&state, &mut form, &item, act).await?;
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
            sheet.effects = effects(&preview, item.precision);
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
fn said(verb: &str) -> String {
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
