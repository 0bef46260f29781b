//! One item's stock: how many can be promised, where they are, and why the balance is what it is.

use super::balance::{self, Balance, MOVES_MAX, effect};
use super::places;
use super::words::{self, Cause, Known};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::console::frame::{Frame, STOCK};
use crate::console::html::Html;
use crate::console::look::{self, Look};
use crate::console::orders::percent;
use crate::console::page;
use crate::console::people::People;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::{Item, Supply};
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::{LotId, OrderId, StockDocumentId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_store::read::postings::{self, PostingFilter, PostingRow};
use waybill_store::read::stock::{self, LevelFilter, LevelRow};
use waybill_store::read::{PageRequest, Viewer, catalog, documents, orders, stock_item};

/// The states of a level that the table shows, each with its color in the bar.
const STATES: [(StockAccount, &str, &str); 6] = [
    (StockAccount::Available, "q-allocated", "available"),
    (StockAccount::Reserved, "q-picked", "reserved"),
    (StockAccount::Allocated, "q-packed", "allocated"),
    (StockAccount::Picked, "q-shipped", "picked"),
    (StockAccount::Packed, "q-delivered", "packed"),
    (StockAccount::Damaged, "q-cancelled", "set aside"),
];

#[derive(Debug)]
struct PlaceRow {
    code: String,
    /// The lot, where the item is tracked by lot.
    lot: Option<String>,
    href: String,
    is_here: bool,
    bar: Html,
    states: Vec<String>,
    on_hand: String,
    in_transit: Option<String>,
}

#[derive(Debug)]
struct Posted {
    at: Html,
    from: String,
    to: String,
    units: String,
    /// Whether it changes what is on hand.
    moves: bool,
    on_hand: Option<String>,
    cause: Cause,
    by: String,
}

#[derive(Debug)]
struct Waits {
    number: String,
    line: u32,
    name: String,
    units: String,
    since: Option<Html>,
    expected: Option<String>,
}

#[derive(Template)]
#[template(path = "stock/item.html")]
struct ItemPage {
    frame: Frame,
    sku: String,
    path: String,
    name: String,
    facts: Vec<String>,
    unit: String,
    boxes: Vec<(&'static str, String, String, &'static str)>,
    places: Vec<PlaceRow>,
    sums: Vec<String>,
    on_hand: String,
    balance: Option<Balance>,
    ranges: Vec<(&'static str, String, bool)>,
    at: Option<String>,
    postings: Vec<Posted>,
    is_first: bool,
    next: Option<String>,
    waiting: Vec<Waits>,
    may_book: bool,
    may_transfer: bool,
    may_see_catalog: bool,
    is_archived: bool,
}

/// An item that is kept in stock, whoever asks: its name is no secret to those who see its stock.
pub async fn stocked(state: &WebState, viewer: &Viewer, sku: &str) -> Result<Item, Problem> {
    viewer.must(&[Permission::StockRead, Permission::StockWrite])?;
    let found = catalog::item(state.store(), &Viewer::system(), sku).await?;
    found.filter(|item| item.supply == Supply::Stock).ok_or_else(|| Problem::not_found("item in stock with this SKU"))
}

fn aside(level: &LevelRow) -> Quantity {
    let of = |state| level.level.balance(state);
    of(StockAccount::Damaged) + of(StockAccount::Quarantined) + of(StockAccount::QualityControl)
}

fn balance_of(level: &LevelRow, state: StockAccount) -> Quantity {
    if state == StockAccount::Damaged { aside(level) } else { level.level.balance(state) }
}

/// `GET /stock/{sku}`.
pub async fn item(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(sku): InPath<String>,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (at, after) = (params.text("at"), params.text("after"));
    let lot = params.written::<LotId>("lot").unwrap_or(LotId::NIL);
    let days = params.int("days", 2..=366).unwrap_or(30);
    params.close()?;
    let viewer = caller.viewer();
    viewer.must(&[Permission::StockRead])?;
    let item = stocked(&state, &viewer, &sku).await?;
    let filter = LevelFilter { sku: Some(sku.clone()), ..LevelFilter::default() };
    let request = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None };
    let levels = stock::levels(state.store(), &viewer, &filter, &request).await?.rows;
    let sees_orders = viewer.may(Permission::OrdersRead);
    let waiting = if sees_orders { stock_item::waiting(state.store(), &viewer, &sku).await? } else { Vec::new() };
    let each_max = MOVES_MAX / levels.len().max(1);
    let moves = stock_item::moves(state.store(), &viewer, &sku, each_max).await?;
    let units = |quantity| look::quantity(quantity, item.precision);
    let sum = |of: &dyn Fn(&LevelRow) -> Quantity| levels.iter().map(of).sum::<Quantity>();
    let (on_hand, available) = (sum(&|row| row.level.on_hand()), sum(&|row| row.level.available()));
    let balance = (!moves.is_empty()).then(|| {
        let days = i32::try_from(days).unwrap_or(30);
        balance::chart(&moves, each_max, (on_hand, available), item.precision, days, &look)
    });
    // Without a wish, the place with most units: its history explains most of the balance.
    let wanted = at.as_ref().map(|code| (code.as_str(), lot));
    let fullest = levels.iter().max_by_key(|row| row.level.on_hand());
    let place = wanted.or_else(|| fullest.map(|row| (row.location.as_str(), row.level.key.lot_id)));
    let (posted, next) = match place {
        None => (Vec::new(), None),
        Some((location, lot_id)) => {
            let filter = PostingFilter { sku: sku.clone(), location: location.to_owned(), lot_id };
            let request = PageRequest { limit: Some(25), after: after.clone() };
            let found = postings::postings(state.store(), &viewer, &filter, &request).await?;
            (found.rows, found.next)
        }
    };
    let known = known(&state, &caller, &posted).await?;
    let here = place.and_then(|(code, lot)| {
        levels.iter().find(|row| row.location == code && row.level.key.lot_id == lot).map(|row| row.level.on_hand())
    });
    let backordered: Quantity = waiting.iter().map(|line| line.backordered).sum();
    let path = format!("/stock/{}", percent(&sku));
    let link = |code: &str, lot: LotId, after: Option<&str>| {
        let lot = if lot == LotId::NIL { String::new() } else { format!("&lot={lot}") };
        let after = after.map(|after| format!("&after={}", percent(after))).unwrap_or_default();
        format!("{path}?at={}{lot}{after}#postings", percent(code))
    };
    let highest = levels.iter().map(|row| row.level.on_hand()).max().unwrap_or_default();
    let rows = levels.iter().map(|row| {
        let lot = row.level.key.lot_id;
        let in_transit = row.level.balance(StockAccount::InTransit);
        PlaceRow {
            code: row.location.clone(),
            lot: (lot != LotId::NIL).then(|| lot.to_string()),
            href: link(&row.location, lot, None),
            is_here: place == Some((row.location.as_str(), lot)),
            bar: bar(row, highest, &units),
            states: STATES.iter().map(|(state, ..)| units(balance_of(row, *state))).collect(),
            on_hand: units(row.level.on_hand()),
            in_transit: (!in_transit.is_zero()).then(|| units(in_transit)),
        }
    });
    let may_book = viewer.may(Permission::StockWrite) && !item.archived;
    Ok(page(&ItemPage {
        frame: Frame::new(&state, &caller, STOCK, sku.clone()).await?,
        facts: facts(&item),
        boxes: boxes(&levels, backordered, sees_orders, &units),
        places: rows.collect(),
        sums: STATES.iter().map(|(state, ..)| units(sum(&|row| balance_of(row, *state)))).collect(),
        on_hand: units(on_hand),
        balance,
        ranges: [(30, "30 days"), (90, "90 days"), (366, "1 year")]
            .map(|(range, name)| (name, format!("{path}?days={range}#balance"), range == days))
            .to_vec(),
        at: place.map(|(code, _)| code.to_owned()),
        next: place.zip(next).map(|((code, lot), next)| link(code, lot, Some(&next))),
        is_first: after.is_none(),
        postings: shown(&posted, here.filter(|_| after.is_none()), item.precision, &known, &look),
        waiting: waiting
            .iter()
            .map(|line| Waits {
                number: line.order.to_string(),
                line: line.line,
                name: line.name.clone().unwrap_or_default(),
                units: units(line.backordered),
                since: line.since.map(|at| look.ago(at)),
                expected: line.expected_on.map(|day| look.day(day)),
            })
            .collect(),
        may_book,
        may_transfer: may_book && places(&state, &viewer).await?.len() > 1,
        may_see_catalog: viewer.may(Permission::CatalogRead),
        is_archived: item.archived,
        unit: item.unit,
        name: item.name,
        sku,
        path,
    }))
}

/// Label, figure, what stands behind it, and where that is.
fn boxes(
    levels: &[LevelRow],
    backordered: Quantity,
    sees_orders: bool,
    units: &dyn Fn(Quantity) -> String,
) -> Vec<(&'static str, String, String, &'static str)> {
    let sum = |state: StockAccount| levels.iter().map(|row| row.level.balance(state)).sum::<Quantity>();
    let available = sum(StockAccount::Available);
    let with_some = levels.iter().filter(|row| !row.level.available().is_zero()).count();
    let on_hand = levels.iter().map(|row| row.level.on_hand()).sum::<Quantity>();
    let aside: Quantity = levels.iter().map(aside).sum();
    let places = look::plural(i64::try_from(with_some).unwrap_or_default(), "place");
    let waits = match (sees_orders, backordered.is_zero()) {
        (true, false) => format!("{}, {} backordered", places, units(backordered)),
        _ => places,
    };
    let (picked, packed) = (sum(StockAccount::Picked), sum(StockAccount::Packed));
    let coming = sum(StockAccount::InTransit);
    let mut beside = if aside.is_zero() { String::new() } else { format!("{} set aside", units(aside)) };
    if !coming.is_zero() {
        let coming = format!("{} on the way besides", units(coming));
        beside = if beside.is_empty() { coming } else { format!("{beside}, {coming}") };
    }
    vec![
        ("Available", units(available), waits, if backordered.is_zero() { "#places" } else { "#waiting" }),
        ("Reserved", units(sum(StockAccount::Reserved)), "promised until a payment comes".to_owned(), "#places"),
        ("Allocated", units(sum(StockAccount::Allocated)), "bound to orders".to_owned(), "#places"),
        (
            "Picked and packed",
            units(picked + packed),
            format!("{} picked, {} packed", units(picked), units(packed)),
            "#places",
        ),
        ("On hand", units(on_hand), if beside.is_empty() { "all of it".to_owned() } else { beside }, "#balance"),
    ]
}

fn facts(item: &Item) -> Vec<String> {
    let size = item.length_mm.zip(item.width_mm).zip(item.height_mm);
    let size = size.map(|((length, width), height)| format!("{length} × {width} × {height} mm"));
    let weight = item.weight_g.map(|grams| match grams {
        1_000.. => format!("{} kg", look::quantity(Quantity(grams), 3)),
        _ => format!("{grams} g"),
    });
    let unit = (item.unit != "each").then(|| format!("counted in {}", item.unit));
    let gtin = item.gtin.as_ref().map(|gtin| format!("GTIN {gtin}"));
    let cost = item.cost.map(|cost| format!("costs {}", look::price(cost.amount, cost.currency)));
    [gtin, weight, size, unit, cost].into_iter().flatten().collect()
}

/// The states of a level side by side; the fullest place fills the bar.
fn bar(row: &LevelRow, highest: Quantity, units: &dyn Fn(Quantity) -> String) -> Html {
    let mut rects = String::new();
    let mut words = Vec::new();
    let mut x = 0.0;
    for (state, class, name) in STATES {
        let balance = balance_of(row, state);
        if balance.is_zero() || highest.is_zero() {
            continue;
        }
        let width = balance.0 as f64 / highest.0 as f64 * 100.0;
        rects.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.2}%\" width=\"{:.2}%\" height=\"8\"/>",
            (width - 0.4).max(0.4)
        ));
        x += width;
        words.push(format!("{} {name}", units(balance)));
    }
    let said = Html::text(&if words.is_empty() { "nothing on hand".to_owned() } else { words.join(", ") });
    Html::of(format!("<svg class=\"qbar\" role=\"img\" aria-label=\"{said}\">{rects}</svg>"))
}

/// What the postings are about, as far as the viewer may know.
async fn known(state: &WebState, caller: &Caller, posted: &[PostingRow]) -> Result<Known, Problem> {
    let viewer = &caller.viewer();
    let of = |kind: AggregateKind| {
        let mut ids: Vec<_> =
            posted.iter().filter(|row| row.aggregate_kind == kind).map(|row| row.aggregate_id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let ids: Vec<OrderId> = of(AggregateKind::Order).into_iter().map(OrderId).collect();
    let orders = match viewer.may(Permission::OrdersRead) {
        true => orders::numbers(state.store(), viewer, &ids).await?,
        false => BTreeMap::new(),
    };
    let ids: Vec<StockDocumentId> = of(AggregateKind::StockDocument).into_iter().map(StockDocumentId).collect();
    let found = documents::some(state.store(), viewer, &ids).await?;
    let people = People::among(state, caller, posted.iter().map(|row| row.actor.as_str())).await?;
    Ok(Known { orders, documents: found.into_iter().map(|row| (row.document.id, row)).collect(), people })
}

/// Postings in words; `on_hand` is the balance after the first of them.
fn shown(rows: &[PostingRow], on_hand: Option<Quantity>, precision: u32, known: &Known, look: &Look) -> Vec<Posted> {
    let mut left = on_hand;
    rows.iter()
        .map(|row| {
            let (from, to) = (row.posting.from_account, row.posting.to_account);
            let (change, _) = effect(from, to, row.posting.quantity);
            let after = left;
            left = left.map(|left| Quantity(left.0 - change));
            Posted {
                at: look.moment(row.happened_at),
                from: words::account(from),
                to: words::account(to),
                units: match change {
                    0 => look::quantity(row.posting.quantity, precision),
                    change => look::signed(change, precision),
                },
                moves: change != 0,
                on_hand: after.map(|after| look::quantity(after, precision)),
                cause: words::cause(row, known),
                by: known.people.hands(&row.actor),
            }
        })
        .collect()
}
