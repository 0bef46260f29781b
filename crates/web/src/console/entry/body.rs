//! The form's fields as the body that the API takes.

use super::super::form;
use super::Typed;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::Supply;
use waybill_domain::money::{Currency, Minor, UnitPrice, line_total, split_by_weights};
use waybill_domain::quantity::Quantity;
use waybill_store::read::catalog;

/// Texts that go as they stand.
const TEXTS: &[&str] = &["channel", "external_ref", "currency", "requested_by", "instructions", "po_number"];
const CUSTOMER: &[&str] = &["code", "name", "company", "email", "phone"];
const SHIP_TO: &[&str] = &["name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone"];
const PAYMENT: &[&str] = &["method", "token"];

/// The number of a line's field: `lines[3].sku` is of line 3.
fn line(name: &str) -> Option<usize> {
    let (n, _) = name.strip_prefix("lines[")?.split_once(']')?;
    n.parse().ok().filter(|n| *n < super::LINES_MAX)
}

/// How many rows up to the last in which an item stands.
pub fn lines(values: &BTreeMap<String, String>) -> usize {
    let named = values.iter().filter(|(_, value)| !value.trim().is_empty());
    named.filter_map(|(name, _)| line(name)).max().map_or(0, |last| last + 1)
}

/// The form's field for a path of the body.
pub fn field(path: &str) -> String {
    match path {
        "charges[0].amount_minor" => "shipping".to_owned(),
        // Shared over the lines; typed once.
        path if path.ends_with("].tax_minor") => "tax".to_owned(),
        other => other.replace("unit_price_minor", "unit_price"),
    }
}

/// The body. What only the form knows (decimals, quantities in units) is noted as a problem where it cannot be read.
pub async fn json(state: &WebState, caller: &Caller, typed: &mut Typed) -> Result<Value, Problem> {
    compact(typed);
    let text = |path: &str| Some(typed.value(path).trim().to_owned()).filter(|text| !text.is_empty());
    let mut body = Map::new();
    let group = |prefix: &str, names: &[&str]| -> Map<String, Value> {
        let found = names.iter().filter_map(|name| Some((*name, text(&format!("{prefix}.{name}"))?)));
        found.map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    };
    for name in TEXTS {
        body.extend(text(name).map(|value| ((*name).to_owned(), Value::String(value))));
    }
    for (prefix, names) in [("customer", CUSTOMER), ("ship_to", SHIP_TO), ("payment", PAYMENT)] {
        let mut fields = group(prefix, names);
        if prefix == "payment" && text("payment.method").as_deref() != Some("card") {
            fields.remove("token");
        }
        // A country alone, which the form may fill in by itself, is no address.
        let is_given = fields.keys().any(|name| name != "country");
        let is_wanted = prefix != "ship_to" || typed.value("taken_along").is_empty();
        if is_given && is_wanted {
            body.insert(prefix.to_owned(), Value::Object(fields));
        }
    }
    let mut problems = doubts(typed);
    // A body that can be read lets everything else be found too.
    for (path, _) in &problems {
        match (path.as_str(), body.get_mut("ship_to").and_then(Value::as_object_mut)) {
            ("currency", _) => drop(body.insert("currency".into(), json!("EUR"))),
            ("ship_to.country", Some(address)) => drop(address.insert("country".into(), json!("IE"))),
            _ => {}
        }
    }
    let count = lines(&typed.values);
    let skus: Vec<String> = (0..count).map(|n| typed.value(&format!("lines[{n}].sku")).trim().to_owned()).collect();
    let viewer = caller.viewer();
    let sees_items = viewer.may(Permission::CatalogRead);
    let known = if sees_items { catalog::items_of(state.store(), &viewer, &skus).await? } else { Vec::new() };
    if skus.is_empty() {
        problems.push(("lines".to_owned(), "An order needs an item.".to_owned()));
    }
    let is_sent = |sku: &String| known.iter().any(|(item, _)| item.sku == *sku && item.supply != Supply::Service);
    if !body.contains_key("ship_to") && typed.value("taken_along").is_empty() && skus.iter().any(is_sent) {
        let message = "Where do the goods go? Give an address, or tick that they are taken along.";
        problems.push(("taken_along".to_owned(), message.to_owned()));
    }
    let mut rows = Vec::new();
    for (n, sku) in skus.iter().enumerate() {
        let precision = known.iter().find(|(item, _)| item.sku == *sku).map_or(0, |(item, _)| item.precision);
        let at = |name: &str| format!("lines[{n}].{name}");
        let is_known = !sees_items || known.iter().any(|(item, _)| item.sku == *sku);
        if !is_known {
            problems.push((at("sku"), "There is no item with this SKU.".to_owned()));
        }
        let mut row = Map::new();
        row.insert("sku".into(), json!(sku));
        match text(&at("quantity")) {
            None => problems.push((at("quantity"), "How many?".to_owned())),
            Some(typed) => match scaled(&typed, precision) {
                Some(quantity) => drop(row.insert("quantity".into(), json!(quantity))),
                None => problems.push((at("quantity"), format!("{typed} is no number of units."))),
            },
        }
        match text(&at("unit_price")) {
            // Of what there is not, nobody knows the price.
            None if !is_known => {}
            None => problems.push((at("unit_price"), "At what price?".to_owned())),
            Some(price) => drop(row.insert("unit_price".into(), json!(price.replace(',', ".")))),
        }
        row.extend(text(&at("note")).map(|note| ("note".to_owned(), json!(note))));
        // What is missing is noted above.
        row.entry("quantity").or_insert(json!(1));
        row.entry("unit_price").or_insert(json!("0"));
        rows.push((row, precision));
    }
    let currency = text("currency").and_then(|code| code.parse::<Currency>().ok());
    let digits = currency.map_or(2, Currency::exponent);
    if let Some(tax) = text("tax") {
        match scaled(&tax, digits).filter(|amount| *amount >= 0) {
            Some(amount) => share_tax(Minor(amount), &mut rows, currency.unwrap_or(Currency::EUR)),
            None => problems.push(("tax".to_owned(), format!("{tax} is no amount such as 4.99."))),
        }
    }
    body.insert("lines".into(), Value::Array(rows.into_iter().map(|(row, _)| Value::Object(row)).collect()));
    if let Some(shipping) = text("shipping") {
        match scaled(&shipping, digits) {
            Some(0) => {}
            Some(amount) => {
                body.insert("charges".into(), json!([{"kind": "shipping", "amount_minor": amount}]));
            }
            None => problems.push(("shipping".to_owned(), format!("{shipping} is no amount such as 4.99."))),
        }
    }
    typed.problems.extend(problems);
    Ok(Value::Object(body))
}

/// A number as it is typed: a comma may stand for the point.
fn scaled(text: &str, digits: u32) -> Option<i64> {
    form::scaled(&text.replacen(',', ".", 1), digits)
}

/// Gives each line its part of the order's tax, by what the lines cost. Each comes with the decimals of its quantity.
fn share_tax(tax: Minor, rows: &mut [(Map<String, Value>, u32)], currency: Currency) {
    let total = |(row, precision): &(Map<String, Value>, u32)| {
        let price = UnitPrice::from_decimal(row["unit_price"].as_str()?)?;
        line_total(price, Quantity(row["quantity"].as_i64()?), *precision, Minor::ZERO, currency)
    };
    let totals: Vec<i64> = rows.iter().map(|row| total(row).map_or(0, |total| total.0.max(0))).collect();
    for ((row, _), part) in rows.iter_mut().zip(split_by_weights(tax, &totals)) {
        row.insert("tax_minor".into(), json!(part.0));
    }
}

/// What is doubtful in a form and would pass, or would keep everything else from being found: the same that is said beside
/// the fields while somebody types.
fn doubts(typed: &Typed) -> Vec<(String, String)> {
    let letters = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let has_two_parts = |text: &str| {
        let parts: Vec<_> = text.split('@').collect();
        parts.len() == 2 && parts.iter().all(|part| !part.is_empty() && !part.contains(char::is_whitespace))
    };
    let is_currency = |text: &str| text.parse::<Currency>().is_ok();
    let is_sound = |path: &str, text: &str| match path {
        "customer.email" => has_two_parts(text),
        "ship_to.country" => letters(text, 2),
        _ => is_currency(text),
    };
    let told = [
        ("currency", "Three letters of a currency, such as EUR."),
        ("customer.email", "An email address has one @ between two parts."),
        ("ship_to.country", "Two letters, such as IE."),
    ];
    let typed = told.into_iter().map(|(path, message)| (path, typed.value(path).trim(), message));
    let wrong = typed.filter(|(path, text, _)| !text.is_empty() && !is_sound(path, text));
    wrong.map(|(path, _, message)| (path.to_owned(), message.to_owned())).collect()
}

/// Moves the rows together: whoever leaves one empty between two means nothing by it.
fn compact(typed: &mut Typed) {
    let count = lines(&typed.values);
    let names = ["sku", "quantity", "unit_price", "note"];
    let mut rows = Vec::new();
    for n in 0..count {
        let row: Vec<(&str, String)> = names
            .iter()
            .filter_map(|name| Some((*name, typed.values.remove(&format!("lines[{n}].{name}"))?)))
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        // A price or a number of units that was left behind by an item taken out again is nothing.
        if row.iter().any(|(name, _)| *name == "sku") {
            rows.push(row);
        }
    }
    for (n, row) in rows.into_iter().enumerate() {
        typed.values.extend(row.into_iter().map(|(name, value)| (format!("lines[{n}].{name}"), value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_left_empty_are_no_lines() {
        let pairs = [
            ("lines[0].sku", "A"),
            ("lines[0].quantity", "2"),
            ("lines[1].sku", ""),
            ("lines[1].quantity", "1"),
            ("lines[3].sku", "B"),
            ("lines[9999].sku", "C"),
            ("lines[x].sku", "D"),
        ];
        let values = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut typed = Typed { values, problems: Vec::new() };
        compact(&mut typed);
        assert_eq!(lines(&typed.values), 2);
        assert_eq!((typed.value("lines[0].quantity"), typed.value("lines[1].sku")), ("2", "B"));
        assert_eq!(field("lines[1].unit_price_minor"), "lines[1].unit_price");
        assert_eq!(field("lines[1].tax_minor"), "tax");
    }

    #[test]
    fn an_orders_tax_is_shared_by_what_its_lines_cost_to_the_last_cent() {
        // Worked by hand: 10.00 over 25.00, 12.50 (2.5 at 5.00) and what could not be read: 6.67, 3.33 and nothing.
        let row = |price: &str, quantity: i64, precision| {
            let fields = [("unit_price", json!(price)), ("quantity", json!(quantity))];
            (fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(), precision)
        };
        let mut rows = vec![row("12.5", 2, 0), row("5.00", 2_500, 3), row("dear", 1, 0)];
        share_tax(Minor(1_000), &mut rows, Currency::EUR);
        let taxes: Vec<&Value> = rows.iter().map(|(row, _)| &row["tax_minor"]).collect();
        assert_eq!(taxes, [667, 333, 0]);
    }
}
