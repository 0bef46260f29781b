//! What sold most, and what lies where.

use super::super::chart::{Chart, Form, Series};
use super::super::html::Html;
use super::super::orders::percent;
use super::super::{look, status};
use super::table::{Cell, Table};
use super::{Asked, Figure, Made, Part, Report, sales, share, share_words};
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::quantity::Quantity;
use waybill_store::read::stats::{self, StockRow, StockValue, TopItems};

const SHOWN: usize = 20;
const BARS: usize = 8;

pub async fn report(asked: &Asked<'_>) -> Made {
    let (range, viewer) = (&asked.range, &asked.viewer);
    let (currency, _) = sales::currency(asked, &sales::rows(asked, range).await?);
    let top = stats::items(asked.store, viewer, (range.from, range.to), currency, SHOWN).await?;
    let sees_stock = viewer.may(Permission::StockRead);
    let stock = if sees_stock { stats::stock(asked.store, viewer).await? } else { Vec::new() };
    let value = if sees_stock { stats::stock_value(asked.store, viewer).await? } else { StockValue::default() };
    let shown: i64 = top.rows.iter().map(|row| row.amount.0).sum();
    let units = |of: &dyn Fn(StockAccount) -> bool| -> i64 {
        stock.iter().filter(|row| row.precision == 0 && of(row.account)).map(|row| row.quantity.0).sum()
    };
    let on_hand = units(&|account| account != StockAccount::InTransit);
    let available = units(&|account| account == StockAccount::Available);
    let figure = |name, value, exact, beside: String| Figure { name, value, exact, beside: Html::text(&beside) };
    let whole = |amount| look::money_whole(Minor(amount), currency);
    let mut figures = vec![
        figure(
            "Goods ordered",
            whole(top.amount.0),
            look::money(top.amount, currency),
            look::plural(top.lines, "line"),
        ),
        figure("Of the first 20 items", share_words(shown, top.amount.0), String::new(), whole(shown)),
    ];
    let mut parts = vec![items(&top, currency, sees_stock)];
    if !stock.is_empty() {
        figures.push(figure("Units on hand", look::number(on_hand), String::new(), "now, at all locations".to_owned()));
        figures.push(figure("Available", look::number(available), String::new(), share_words(available, on_hand)));
        parts.push(locations(&stock));
    }
    for (currency, sum) in sums(&value) {
        let cost = match value.items_without_cost {
            0 => "now, at what it cost".to_owned(),
            count => format!("now, without {} of no known cost", look::plural(count, "item")),
        };
        figures.push(figure("Stock value", look::money_whole(sum, currency), look::money(sum, currency), cost));
    }
    if !value.rows.is_empty() {
        parts.push(values(&value));
    }
    Ok(Report {
        title: "Items and stock",
        says: format!(
            "{} of goods ordered, {} in the 20 items ordered most.",
            look::money(top.amount, currency),
            share_words(shown, top.amount.0)
        ),
        figures,
        parts,
        notes: vec![
            "Goods ordered are lines as placed, less units cancelled since, after discounts, without tax, by the day (UTC) they were placed.",
            "Stock value is what is on hand, in whatever state, at the present cost of each item; items without a cost in the catalog are not in it. It is as of now, whatever the days above.",
        ],
    })
}

fn items(top: &TopItems, currency: Currency, sees_stock: bool) -> Part {
    let bars: Vec<_> = top.rows.iter().take(BARS).collect();
    let chart = Chart {
        form: Form::Bars,
        says: "The items of which most was ordered".to_owned(),
        head: "Item",
        columns: bars.iter().map(|row| row.name.clone()).collect(),
        series: vec![Series::new("Ordered", bars.iter().map(|row| Some(row.amount.0)))],
        written: &|amount| look::money_whole(Minor(amount), currency),
        base: 10_i64.pow(currency.exponent()),
        adds_up: false,
        note: None,
    };
    let shown: Minor = top.rows.iter().map(|row| row.amount).sum();
    let shown_lines: i64 = top.rows.iter().map(|row| row.lines).sum();
    let mut rows: Vec<Vec<Cell>> = top
        .rows
        .iter()
        .map(|row| {
            let sku = Cell::text(row.sku.clone());
            vec![
                if sees_stock { sku.to(&format!("/stock/{}", percent(&row.sku))) } else { sku },
                Cell::text(row.name.clone()),
                Cell::count(row.lines),
                Cell::number(look::quantity(row.units, row.precision)),
                Cell::money(row.amount, currency),
                Cell::share(share(row.amount.0, top.amount.0)),
            ]
        })
        .collect();
    if shown_lines < top.lines {
        rows.push(vec![
            Cell::text("All others"),
            Cell::text(""),
            Cell::count(top.lines - shown_lines),
            Cell::number("–".to_owned()),
            Cell::money(top.amount - shown, currency),
            Cell::share(share((top.amount - shown).0, top.amount.0)),
        ]);
    }
    Part {
        code: "items",
        title: "Ordered most".to_owned(),
        beside: "by what it cost, without what was cancelled",
        chart: (!bars.is_empty()).then(|| chart.plain()),
        table: Table {
            heads: vec!["SKU", "Name", "Lines", "Units", "Ordered", "Share"],
            foot: vec![
                Cell::text("All items"),
                Cell::text(""),
                Cell::count(top.lines),
                Cell::number("–".to_owned()),
                Cell::money(top.amount, currency),
                Cell::share(share(top.amount.0, top.amount.0)),
            ],
            rows,
        },
        is_open: true,
    }
}

/// The value at all locations, by currency.
fn sums(value: &StockValue) -> BTreeMap<Currency, Minor> {
    let mut sums: BTreeMap<Currency, Minor> = BTreeMap::new();
    for row in &value.rows {
        *sums.entry(row.currency).or_default() += row.value;
    }
    sums
}

fn values(value: &StockValue) -> Part {
    let sums = sums(value);
    let rows = value.rows.iter().map(|row| {
        let whole = sums.get(&row.currency).map_or(0, |sum| sum.0);
        vec![
            Cell::text(row.location_name.clone()),
            Cell::text(row.currency.to_string()),
            Cell::money(row.value, row.currency),
            Cell::share(share(row.value.0, whole)),
        ]
    });
    let mut rows: Vec<_> = rows.collect();
    let all = sums.iter().map(|(currency, sum)| {
        let all = "All locations";
        vec![
            Cell::text(all),
            Cell::text(currency.to_string()),
            Cell::money(*sum, *currency),
            Cell::share(share(sum.0, sum.0)),
        ]
    });
    let mut all: Vec<_> = all.collect();
    // Sums of one currency stand at the foot; there is no sum of several.
    let foot = if all.len() == 1 { all.swap_remove(0) } else { Vec::new() };
    rows.extend(all);
    Part {
        code: "value",
        title: "Stock value by location".to_owned(),
        beside: "now, at what it cost",
        chart: None,
        table: Table { heads: vec!["Location", "Currency", "Value", "Share"], rows, foot },
        is_open: true,
    }
}

/// States that a chart tells apart, each with those it holds.
const GROUPS: [(&str, &[StockAccount]); 5] = [
    ("Available", &[StockAccount::Available]),
    ("Reserved", &[StockAccount::Reserved]),
    ("Allocated", &[StockAccount::Allocated]),
    ("Picked and packed", &[StockAccount::Picked, StockAccount::Packed]),
    ("Set aside", &[StockAccount::QualityControl, StockAccount::Damaged, StockAccount::Quarantined]),
];

fn locations(stock: &[StockRow]) -> Part {
    let mut places: BTreeMap<&str, (&str, BTreeMap<StockAccount, i64>)> = BTreeMap::new();
    for row in stock.iter().filter(|row| row.precision == 0) {
        let place = places.entry(&row.location).or_insert_with(|| (&row.location_name, BTreeMap::new()));
        *place.1.entry(row.account).or_default() += row.quantity.0;
    }
    let of = |states: &BTreeMap<StockAccount, i64>, group: &[StockAccount]| -> i64 {
        group.iter().filter_map(|account| states.get(account)).sum()
    };
    let series = GROUPS.iter().map(|(name, group)| {
        Series::new(*name, places.values().map(|(_, states)| Some(of(states, group))).collect::<Vec<_>>())
    });
    let chart = Chart {
        form: Form::Parts,
        says: "Units at each location by state".to_owned(),
        head: "Location",
        columns: places.values().map(|(name, _)| (*name).to_owned()).collect(),
        series: series.collect(),
        written: &look::number,
        base: 1,
        adds_up: true,
        note: None,
    };
    let cells = |row: &StockRow| {
        vec![
            Cell::text(row.location_name.clone()),
            Cell::text(status::words(row.account.code())),
            Cell::number(look::quantity(row.quantity, row.precision)),
            Cell::text(if row.precision == 0 { "units" } else { "by measure" }),
        ]
    };
    let total: i64 = stock.iter().filter(|row| row.precision == 0).map(|row| row.quantity.0).sum();
    Part {
        code: "stock",
        title: "Stock by location".to_owned(),
        beside: "now, in units",
        chart: (!places.is_empty()).then(|| chart.plain()),
        table: Table {
            heads: vec!["Location", "State", "Quantity", "Counted"],
            rows: stock.iter().map(cells).collect(),
            foot: vec![
                Cell::text("All counted in units"),
                Cell::text(""),
                Cell::number(look::quantity(Quantity(total), 0)),
                Cell::text("units"),
            ],
        },
        is_open: true,
    }
}
