//! Lines of item and units in a form, as they are scanned, typed or pasted: one line for each item, named, with what is
//! wrong beside it and what its balances would become.

use super::floor::scanned::{forms, gtin};
use super::form::{Form, units};
use super::look;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::Item;
use waybill_domain::ids::ItemId;
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal;
use waybill_store::read::{Viewer, catalog};

/// Lines of one form at most.
pub const LINES_MAX: usize = 900;
/// Codes that are looked up at once.
const CODES_MAX: usize = 500;
/// What is said of a code that nothing has.
const UNKNOWN: &str = "There is no item with this SKU or barcode.";

/// One item and how many units of it.
#[derive(Debug, Default)]
pub struct Row {
    /// The item's SKU, or what was typed where that is no item's.
    pub sku: String,
    /// As it was typed, or the sum of what was.
    pub quantity: String,
    pub item: Option<Item>,
    /// How many of the smallest units, where that could be read.
    read: Option<Quantity>,
    /// What is wrong, and with which field: `sku` or `quantity`.
    pub wrong: Option<(&'static str, String)>,
    /// Now and after, by the columns of balances; None where this item's does not change.
    pub balances: Vec<Option<(String, String)>>,
}

impl Row {
    pub fn name(&self) -> &str {
        self.item.as_ref().map_or("", |item| item.name.as_str())
    }

    /// The item's unit, where it is another than single pieces.
    pub fn unit(&self) -> Option<&str> {
        self.item.as_ref().map(|item| item.unit.as_str()).filter(|unit| *unit != "each")
    }

    /// What is wrong with one of the fields.
    pub fn wrong(&self, field: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|(name, _)| *name == field).map(|(_, said)| said.as_str())
    }
}

/// The lines of a form.
#[derive(Debug, Default)]
pub struct Lines {
    pub rows: Vec<Row>,
    /// Balances that would change somewhere: `Available at DUB`.
    pub columns: Vec<String>,
    /// What the form has no room for, as it was pasted.
    pub rest: String,
    /// What a script makes further lines of.
    pub blank: Row,
}

impl Lines {
    /// What a form has: its rows, with the pasted list and what was scanned behind them. The same item twice is one line.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn read(state: &WebState, form: &mut Form) -> Result<Self, Problem> {
        let pair = |(code, units): (&str, &str)| (code.trim().to_owned(), units.trim().to_owned());
        let mut typed: Vec<(String, String)> = form.all("sku").zip(form.all("quantity")).map(pair).collect();
        // What was left behind by an item taken out again is nothing.
        typed.retain(|(code, _)| !code.is_empty());
        let list: Vec<&str> = form.typed("list").unwrap_or_default().lines().collect();
        let (now, later) = list.split_at(list.len().min(LINES_MAX.saturating_sub(typed.len() + 1)));
        typed.extend(now.iter().enumerate().filter_map(|(n, line)| cells(line, n == 0)));
        let rest = later.join("\n");
        typed.extend(form.typed("code").map(|code| pair((code, form.typed("units").unwrap_or("1")))));
        if !later.is_empty() {
            let message =
                format!("This takes {LINES_MAX} lines. The last {} of the list are still in its field.", later.len());
            form.problem("list", "too_many", message);
        }
        let known = named(state, typed.iter().map(|(code, _)| code.as_str())).await?;
        let mut rows: Vec<Row> = Vec::with_capacity(typed.len());
        for (code, quantity) in typed {
            let item = known.get(&code);
            let read = units(&quantity.replacen(',', ".", 1), item.map_or(0, |item| item.precision));
            let same = rows.iter_mut().find(|row| item.is_some() && row.item.as_ref() == item);
            if let (Some(row), Some(item), Ok(more)) = (same, item, &read)
                && let Some(there) = row.read
            {
                let sum = there + *more;
                row.quantity = written(sum, item);
                row.read = Some(sum);
                continue;
            }
            let wrong = match (item, &read) {
                (None, _) => Some(("sku", UNKNOWN.to_owned())),
                (Some(_), Err(_)) if quantity.is_empty() => Some(("quantity", "How many?".to_owned())),
                (Some(_), Err(message)) => Some(("quantity", message.clone())),
                (Some(_), Ok(_)) => None,
            };
            if let Some((field, said)) = &wrong {
                form.problem(&format!("lines[{}].{field}", rows.len()), "malformed", said);
            }
            let sku = item.map_or(code, |item| item.sku.clone());
            // As it was understood, which a comma leaves open.
            let quantity = item.zip(read.as_ref().ok()).map_or(quantity, |(item, read)| written(*read, item));
            rows.push(Row { sku, quantity, read: read.ok(), item: item.cloned(), wrong, ..Row::default() });
        }
        Ok(Self { rows, rest, ..Self::default() })
    }

    /// What can be asked for: the rows' items and units, each with the number of its row.
    pub fn sound(&self) -> Vec<(usize, (String, Quantity))> {
        let read = |(n, row): (usize, &Row)| Some((n, (row.item.as_ref()?.sku.clone(), row.read?)));
        self.rows.iter().enumerate().filter_map(read).collect()
    }

    /// Puts a problem of `lines[3].sku` beside its line. The line's name on the page, and what it is called; None for a
    /// problem of no line.
    pub fn tell(&mut self, path: &str, said: &str) -> Option<(String, String)> {
        let (n, field) = path.strip_prefix("lines[")?.split_once(']')?;
        let row = self.rows.get_mut(n.parse::<usize>().ok()?)?;
        let field = if field == ".quantity" { "quantity" } else { "sku" };
        row.wrong.get_or_insert_with(|| (field, said.to_owned()));
        Some((format!("line-{n}"), row.sku.clone()))
    }

    /// Says in each line what the balances of its item would become. `changes` has of an item what a balance is called,
    /// what it is now and what it would be.
    pub fn foresee(&mut self, changes: &[(ItemId, String, Quantity, Quantity)]) {
        let moved = || changes.iter().filter(|(_, _, now, after)| now != after);
        self.columns.clear();
        for (_, what, ..) in moved() {
            if !self.columns.contains(what) {
                self.columns.push(what.clone());
            }
        }
        for row in &mut self.rows {
            let Some(item) = &row.item else { continue };
            let of = |column: &String| {
                let (.., now, after) = moved().find(|(id, what, ..)| *id == item.id && what == column)?;
                Some((look::quantity(*now, item.precision), look::quantity(*after, item.precision)))
            };
            row.balances = self.columns.iter().map(of).collect();
        }
    }

    /// `3 items, 27 units`, of the lines that nothing is wrong with; what is not counted in pieces has no units to add.
    /// Empty where there are none.
    pub fn sum(&self) -> String {
        let sound: Vec<&Row> = self.rows.iter().filter(|row| row.wrong.is_none()).collect();
        let whole = |row: &&&Row| row.unit().is_none() && row.item.as_ref().is_some_and(|item| item.precision == 0);
        let units: i64 = sound.iter().filter(whole).filter_map(|row| row.read).map(|units| units.0).sum();
        let items = look::plural(i64::try_from(sound.len()).unwrap_or_default(), "item");
        match (sound.is_empty(), units) {
            (true, _) => String::new(),
            (false, 0) => items,
            (false, _) => format!("{items}, {}", look::plural(units, "unit")),
        }
    }

    /// What stands in the lines, for whoever has to know whether it changed.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().flat_map(|row| [row.sku.as_str(), row.quantity.as_str()])
    }
}

/// A quantity as it is typed.
fn written(quantity: Quantity, item: &Item) -> String {
    look::quantity(quantity, item.precision).replace(',', "")
}

/// The code and the units of a line of a list: a tab, a semicolon, a comma or spaces part them. Without units it is one.
/// None for an empty line, and for the names of the columns above a list.
fn cells(line: &str, is_first: bool) -> Option<(String, String)> {
    let line = line.trim();
    let cut = line.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(line.len());
    let mark = match ['\t', ';'].into_iter().find(|mark| line.contains(*mark)) {
        None if line[cut..].trim_start().starts_with(',') => Some(','),
        found => found,
    };
    let (code, rest) = match mark {
        Some(mark) => line.split_once(mark).unwrap_or((line, "")),
        None => line.split_at(cut),
    };
    // What follows the units, such as a name or a price, is for people.
    let units = match mark {
        Some(mark) => rest.split(mark).next(),
        None => rest.split_whitespace().next(),
    };
    let (code, units) = (code.trim(), units.unwrap_or_default().trim());
    let is_heading = is_first && ["sku", "item", "gtin"].iter().any(|word| code.eq_ignore_ascii_case(word));
    (!code.is_empty() && !is_heading).then(|| (code.to_owned(), if units.is_empty() { "1" } else { units }.to_owned()))
}

/// The items that codes mean: as a SKU, as one in capitals, or as a GTIN. Whoever asks may see or book stock; names are no
/// secret to them.
async fn named<'a>(state: &WebState, codes: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, Item>, Problem> {
    let mut codes: Vec<&str> = codes.collect();
    codes.sort_unstable();
    codes.dedup();
    let mut named = BTreeMap::new();
    for codes in codes.chunks(CODES_MAX) {
        let skus: Vec<String> = codes.iter().flat_map(|code| [(*code).to_owned(), code.to_ascii_uppercase()]).collect();
        let of_sku = catalog::items_of(state.store(), &Viewer::system(), &skus).await?;
        let numbers: Vec<String> = codes.iter().filter_map(|code| gtin(code)).flat_map(|gtin| forms(&gtin)).collect();
        let mut of_gtin = catalog::items_by_gtin(state.store(), &numbers).await?;
        // A number may have been given on to the item that came after.
        of_gtin.sort_by_key(|item| item.archived);
        named.extend(codes.iter().filter_map(|code| {
            let by_sku = |sku: &str| of_sku.iter().map(|(item, _)| item).find(|item| item.sku == sku);
            let by_gtin = || {
                let number = gtin(code)?;
                of_gtin.iter().find(|item| item.gtin.as_deref().and_then(gtin).as_ref() == Some(&number))
            };
            let item = by_sku(code).or_else(|| by_sku(&code.to_ascii_uppercase())).or_else(by_gtin)?;
            Some(((*code).to_owned(), item.clone()))
        }));
    }
    Ok(named)
}

/// What a line says of its item.
#[derive(Debug, Serialize)]
pub struct NamedView {
    sku: String,
    name: String,
    /// None for single pieces.
    unit: Option<String>,
}

/// `GET /receipts/new/items?code=`: the item that a code means, or null. The script asks this for what it makes a line of.
pub async fn item(
    State(state): State<WebState>,
    caller: Caller,
    params: Params,
) -> Result<Json<Option<NamedView>>, Problem> {
    caller.viewer().must(&[Permission::StockWrite])?;
    let mut params = params.of_form();
    let code = params.text("code").unwrap_or_default();
    params.close()?;
    let found = named(&state, std::iter::once(code.as_str())).await?.remove(&code);
    Ok(Json(found.map(|item| NamedView {
        unit: Some(item.unit).filter(|unit| unit != "each"),
        sku: item.sku,
        name: item.name,
    })))
}

/// The problems of a command's lines, by the rows that these came from.
pub fn of_rows(problems: &mut [refusal::Problem], rows: &[usize]) {
    for problem in problems {
        let found = problem.path.strip_prefix("lines[").and_then(|rest| {
            let (n, field) = rest.split_once(']')?;
            Some(format!("lines[{}]{field}", rows.get(n.parse::<usize>().ok()?)?))
        });
        problem.path = found.unwrap_or_else(|| std::mem::take(&mut problem.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_list_is_read_however_its_cells_are_parted() {
        for (line, found) in [
            ("MUG-1\t12", Some(("MUG-1", "12"))),
            ("MUG-1\t12\tA mug, blue", Some(("MUG-1", "12"))),
            ("A mug 1;12;", Some(("A mug 1", "12"))),
            ("MUG-1, 12", Some(("MUG-1", "12"))),
            ("MUG-1 ,12,A mug", Some(("MUG-1", "12"))),
            ("  MUG-1   12 ", Some(("MUG-1", "12"))),
            ("ROPE;1,5", Some(("ROPE", "1,5"))),
            ("ROPE 1,5", Some(("ROPE", "1,5"))),
            ("MUG-1", Some(("MUG-1", "1"))),
            ("MUG-1 many", Some(("MUG-1", "many"))),
            ("Sku;Quantity", None),
            ("", None),
            (";3", None),
        ] {
            let found = found.map(|(code, units): (&str, &str)| (code.to_owned(), units.to_owned()));
            assert_eq!(cells(line, true), found, "{line:?}");
        }
        assert!(cells("SKU 2", false).is_some(), "a heading is above a list");
    }

    proptest! {
        #[test]
        fn any_line_is_nothing_or_a_code_with_units(line in prop_oneof![any::<String>(), "[A-Z ,;\t0-9é]{0,12}"]) {
            prop_assert!(cells(&line, true).is_none_or(|(code, units)| !code.is_empty() && !units.is_empty()));
        }
    }
}
