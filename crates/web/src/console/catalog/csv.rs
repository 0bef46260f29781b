//! Items in a CSV file, row by row: what each row says, and everything wrong with it.

use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::catalog::item::{Item, ItemFacts, Supply, UnitCost, problems};
use waybill_domain::money::{Currency, UnitPrice};

/// Rows of a file at most.
pub const ROWS_MAX: usize = 10_000;

/// The columns that are understood, by the name in the first line.
pub const COLUMNS: [&str; 12] = [
    "sku",
    "name",
    "gtin",
    "supply",
    "unit",
    "precision",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
    "unit_cost",
    "cost_currency",
];

/// Something wrong in a cell, or in a whole row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellProblem {
    /// From 1, as a text editor counts.
    pub line: u64,
    /// Empty where it is about the row.
    pub column: String,
    pub message: String,
}

/// A row as it was written.
#[derive(Clone, Debug)]
pub struct Row {
    pub line: u64,
    /// What stands in each column that is understood.
    cells: BTreeMap<&'static str, String>,
}

/// A file that was read.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub rows: Vec<Row>,
    /// Columns of other names.
    pub ignored: Vec<String>,
    pub problems: Vec<CellProblem>,
}

/// A column, what it is, and what it would be.
pub type Difference = (&'static str, String, String);

/// What a row would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Create,
    Set(Vec<Difference>),
    Same,
}

/// Reads a file. Comma, semicolon or tab, whichever its first line has most of.
///
/// # Errors
/// What is wrong with the file as a whole.
pub fn read(text: &str) -> Result<Sheet, String> {
    let first = text.lines().find(|line| !line.trim().is_empty()).ok_or("The file is empty.")?;
    let count = |delimiter: u8| first.bytes().filter(|byte| *byte == delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    let mut heads: Option<Vec<Option<&'static str>>> = None;
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|error| format!("The file cannot be read as CSV: {error}."))?;
        // The reader's own count is one behind where lines end in two characters.
        let at = record.position().map_or(0, csv::Position::byte);
        let rest = text.as_bytes().get(usize::try_from(at).unwrap_or(0)..).unwrap_or_default();
        let begin = text.len() - rest.len() + rest.iter().take_while(|byte| matches!(**byte, b'\r' | b'\n')).count();
        line += text.as_bytes()[counted..begin].iter().filter(|byte| **byte == b'\n').count() as u64;
        counted = begin;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(heads) = &heads else {
            heads = Some(head(&record, &mut sheet)?);
            continue;
        };
        if sheet.rows.len() == ROWS_MAX {
            return Err("The file has more than 10,000 rows. Split it and import the parts.".to_owned());
        }
        let mut problem = |column: &str, message: String| {
            sheet.problems.push(CellProblem { line, column: column.to_owned(), message });
        };
        if record.len() != heads.len() {
            let message = format!("This row has {} cells and the first line has {}.", record.len(), heads.len());
            problem("", message);
            continue;
        }
        let cells: BTreeMap<&'static str, String> =
            heads.iter().zip(record.iter()).filter_map(|(head, cell)| Some(((*head)?, cell.to_owned()))).collect();
        let sku = cells.get("sku").cloned().unwrap_or_default();
        if let Some(before) = lines.get(&sku).filter(|_| !sku.is_empty()) {
            problem("sku", format!("{sku} stands in line {before} already."));
            continue;
        }
        lines.insert(sku, line);
        sheet.rows.push(Row { line, cells });
    }
    Ok(sheet)
}

/// The columns in the order of the file; None for one that is not understood.
fn head(record: &csv::StringRecord, sheet: &mut Sheet) -> Result<Vec<Option<&'static str>>, String> {
    let mut heads: Vec<Option<&'static str>> = Vec::new();
    for name in record {
        let lower = name.to_lowercase().replace([' ', '-'], "_");
        let known = COLUMNS.iter().copied().find(|column| *column == lower);
        if known.is_none() {
            sheet.ignored.push(name.chars().take(60).collect());
        } else if heads.contains(&known) {
            return Err(format!("The column {lower} stands in the first line twice."));
        }
        heads.push(known);
    }
    if heads.contains(&Some("sku")) {
        return Ok(heads);
    }
    Err(format!("The first line must name the columns, and sku is not among them. Known are {}.", COLUMNS.join(", ")))
}

impl Row {
    pub fn sku(&self) -> &str {
        self.cells.get("sku").map_or("", String::as_str)
    }

    /// What the row says of its item. Columns that the file does not have stay as they are on `item`; an empty cell says
    /// that there is none.
    ///
    /// # Errors
    /// Everything wrong with it, by column.
    pub fn facts(&self, item: Option<&Item>) -> Result<ItemFacts, Vec<CellProblem>> {
        let mut wrong = Vec::new();
        let mut facts = item.map_or_else(|| blank(self.sku()), Item::facts);
        match self.cost(facts.cost) {
            Ok(cost) => facts.cost = cost,
            Err((column, message)) => {
                wrong.push(CellProblem { line: self.line, column: column.to_owned(), message });
            }
        }
        for (column, cell) in &self.cells {
            if let Err(message) = set(&mut facts, column, cell) {
                wrong.push(CellProblem { line: self.line, column: (*column).to_owned(), message });
            }
        }
        for problem in problems(&facts) {
            if !wrong.iter().any(|one: &CellProblem| one.column == problem.path) {
                let is_blank = |text: &str| text.trim().is_empty();
                let message = match problem.path.as_str() {
                    "sku" if is_blank(&facts.sku) => "The SKU is missing.".to_owned(),
                    "name" if is_blank(&facts.name) => "The name is missing.".to_owned(),
                    _ => format!("This {}.", problem.message),
                };
                wrong.push(CellProblem { line: self.line, column: problem.path, message });
            }
        }
        if wrong.is_empty() { Ok(facts) } else { Err(wrong) }
    }

    /// The cost of two columns, of which the one that the file does not have stays as it is.
    fn cost(&self, now: Option<UnitCost>) -> Result<Option<UnitCost>, (&'static str, String)> {
        let cell = |column: &str| self.cells.get(column).map(String::as_str);
        let amount = match cell("unit_cost") {
            None => now.map(|cost| cost.amount),
            Some("") => None,
            Some(text) => {
                let read = UnitPrice::from_decimal(text);
                Some(read.ok_or_else(|| ("unit_cost", format!("“{}” is no amount such as 12.50.", short(text))))?)
            }
        };
        let currency = match cell("cost_currency") {
            None => now.map(|cost| cost.currency),
            Some("") => None,
            Some(text) => {
                let read = text.to_uppercase().parse::<Currency>();
                Some(read.map_err(|_| ("cost_currency", format!("“{}” is no currency such as EUR.", short(text))))?)
            }
        };
        // An emptied cost takes along the currency that the file is silent about.
        let is_emptied = cell("unit_cost") == Some("") && cell("cost_currency").is_none();
        let currency = currency.filter(|_| !is_emptied);
        UnitCost::of(amount, currency).map_err(|problem| {
            let column = if amount.is_none() { "unit_cost" } else { "cost_currency" };
            (column, format!("This {}.", problem.message))
        })
    }
}

fn blank(sku: &str) -> ItemFacts {
    ItemFacts {
        sku: sku.to_owned(),
        name: String::new(),
        gtin: None,
        supply: Supply::Stock,
        unit: "each".to_owned(),
        precision: 0,
        weight_g: None,
        length_mm: None,
        width_mm: None,
        height_mm: None,
        cost: None,
    }
}

fn set(facts: &mut ItemFacts, column: &str, cell: &str) -> Result<(), String> {
    let measure = || match cell {
        "" => Ok(None),
        digits => digits.parse::<i64>().map(Some).map_err(|_| format!("“{}” is no whole number.", short(digits))),
    };
    match column {
        "sku" => cell.clone_into(&mut facts.sku),
        "name" => cell.clone_into(&mut facts.name),
        "gtin" => facts.gtin = Some(cell.to_owned()).filter(|gtin| !gtin.is_empty()),
        "supply" if cell.is_empty() => {}
        "supply" => {
            let known = || Supply::ALL.iter().map(|supply| supply.code()).collect::<Vec<_>>().join(", ");
            let supply = Supply::from_code(&cell.to_lowercase());
            facts.supply = supply.ok_or_else(|| format!("“{}” is none of {}.", short(cell), known()))?;
        }
        "unit" if cell.is_empty() => {}
        "unit" => cell.clone_into(&mut facts.unit),
        "precision" if cell.is_empty() => {}
        "precision" => {
            facts.precision = cell.parse().map_err(|_| format!("“{}” is no whole number of 0 to 6.", short(cell)))?;
        }
        "weight_g" => facts.weight_g = measure()?,
        "length_mm" => facts.length_mm = measure()?,
        "width_mm" => facts.width_mm = measure()?,
        "height_mm" => facts.height_mm = measure()?,
        // Of two columns that belong together.
        _ => {}
    }
    Ok(())
}

fn short(cell: &str) -> String {
    cell.chars().take(40).collect()
}

/// What saving `facts` would change of the item there is.
pub fn change(item: Option<&Item>, facts: &ItemFacts) -> Change {
    let Some(item) = item else { return Change::Create };
    let now = item.facts();
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let cells = |facts: &ItemFacts| {
        [
            facts.sku.clone(),
            facts.name.clone(),
            facts.gtin.clone().unwrap_or_default(),
            facts.supply.code().to_owned(),
            facts.unit.clone(),
            facts.precision.to_string(),
            number(facts.weight_g),
            number(facts.length_mm),
            number(facts.width_mm),
            number(facts.height_mm),
            facts.cost.map(|cost| cost.amount.to_decimal()).unwrap_or_default(),
            facts.cost.map(|cost| cost.currency.to_string()).unwrap_or_default(),
        ]
    };
    let pairs = COLUMNS.iter().zip(cells(&now).into_iter().zip(cells(facts)));
    let mut changes: Vec<_> =
        pairs.filter(|(_, (now, new))| now != new).map(|(column, (now, new))| (*column, now, new)).collect();
    if item.archived {
        changes.push(("archived", "yes".to_owned(), "no".to_owned()));
    }
    if changes.is_empty() { Change::Same } else { Change::Set(changes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// A cell as a file has it, and how many lines it goes on for.
    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[A-Za-z0-9é.-]{0,6}",
            1 => "\"[a-z,;\r\n\t ]{0,6}(\"\")?[a-z\n]{0,3}\"",
        ]
    }

    fn lines(text: &str) -> u64 {
        text.bytes().filter(|byte| *byte == b'\n').count() as u64
    }

    proptest! {
        /// Whatever was uploaded: it is refused as a whole, or every row of it is judged.
        #[test]
        fn any_text_is_refused_or_judged_row_by_row(
            text in prop_oneof![
                any::<String>(),
                "(sku|name|gtin|unit_cost|cost_currency|weight_g|precision)?[,;\t\r\n\"A-Z0-9.é-]{0,60}",
                "sku[,;\t](name|gtin|supply)?[,;\t](unit_cost|precision|Weight g)?\r?\n([,;\t\r\n\"'A-Z0-9.é-]{0,9}\n){0,9}",
            ],
        ) {
            let Ok(sheet) = read(&text) else { return Ok(()) };
            let mut at = 0;
            for row in &sheet.rows {
                prop_assert!(at <= row.line && row.line <= 1 + lines(&text) && row.sku().len() <= text.len());
                at = row.line;
                match row.facts(None) {
                    Ok(facts) => prop_assert_eq!(change(None, &facts), Change::Create),
                    Err(problems) => prop_assert!(!problems.is_empty() && problems.iter().all(|one| one.line == row.line)),
                }
            }
            prop_assert!(sheet.problems.iter().all(|one| (1..=1 + lines(&text)).contains(&one.line)));
        }

        /// Rows are where an editor shows them, whatever separates and ends them, with empty lines and lines within cells.
        #[test]
        fn any_row_is_told_by_the_line_it_begins_in(
            rows in prop::collection::vec((cell(), cell(), 0..3_usize), 0..12),
            delimiter in select(vec![",", ";", "\t"]),
            end in select(vec!["\n", "\r\n"]),
            (before, mark) in (0..3_usize, prop::bool::ANY),
        ) {
            let mut text = if mark { "\u{feff}".to_owned() } else { String::new() };
            text += &end.repeat(before);
            text += &["sku", "name", "gtin"].join(delimiter);
            text += end;
            let mut expected = Vec::new();
            for (n, (name, gtin, empty)) in rows.iter().enumerate() {
                expected.push((1 + lines(&text), format!("S{n}"), name));
                text += &[&format!("S{n}"), name, gtin].map(String::as_str).join(delimiter);
                text += &end.repeat(1 + empty);
            }
            let text = crate::console::upload::text_of(text.into_bytes()).expect("text");
            let sheet = read(&text).expect("a file of rows");
            prop_assert!(sheet.problems.is_empty() && sheet.rows.len() == expected.len(), "{text:?}: {:?}", sheet.problems);
            for (row, (line, sku, name)) in sheet.rows.iter().zip(expected) {
                prop_assert_eq!((row.line, row.sku()), (line, sku.as_str()), "{:?}", text);
                let unquoted = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(name);
                let read = row.cells.get("name").cloned();
                let expected = unquoted.replace("\"\"", "\"").trim().to_owned();
                prop_assert_eq!(read, Some(expected), "{:?}", text);
            }
        }
    }

    #[test]
    fn rows_are_read_whatever_separates_them() {
        for text in ["sku,name,weight_g\nA,\"Mug, blue\",350\n", "SKU;Name;Weight g\r\nA;Mug, blue;350\r\n"] {
            let sheet = read(text).unwrap();
            let facts = sheet.rows[0].facts(None).unwrap();
            assert_eq!(
                (facts.sku.as_str(), facts.name.as_str(), facts.weight_g),
                ("A", "Mug, blue", Some(350)),
                "{text}"
            );
        }
    }

    #[test]
    fn every_problem_of_a_row_is_told_with_its_line_and_column() {
        let text = "sku,name,gtin,weight_g,color\nA,,123,heavy,red\nB,Bowl,,\nC,Cup,,1,blue\nC,Cup,,1,blue\n";
        // Lines are counted as an editor counts them, however they end and wherever one is empty.
        for (text, first) in [(text.replace('\n', "\r\n"), 2), (format!("\n\r\n{text}"), 4)] {
            assert_eq!(read(&text).unwrap().rows[0].line, first);
            assert_eq!(read(&text).unwrap().problems[0].line, first + 1);
        }
        let quoted = read("sku,name\r\nA,\"two\r\nlines\"\r\nB,x\r\n").unwrap();
        assert_eq!(quoted.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        let sheet = read(text).unwrap();
        assert_eq!(sheet.ignored, ["color"]);
        let wrong = sheet.rows[0].facts(None).unwrap_err();
        let places: Vec<_> = wrong.iter().map(|problem| (problem.line, problem.column.as_str())).collect();
        assert_eq!(places, [(2, "weight_g"), (2, "name"), (2, "gtin")]);
        assert_eq!(wrong[1].message, "The name is missing.");
        let nameless = read("sku,name\n,Mug\n").unwrap().rows[0].facts(None).unwrap_err();
        assert_eq!((nameless.len(), nameless[0].message.as_str()), (1, "The SKU is missing."));
        let places: Vec<_> = sheet.problems.iter().map(|problem| (problem.line, problem.column.as_str())).collect();
        assert_eq!(places, [(3, ""), (5, "sku")]);
        assert_eq!(sheet.rows.len(), 2);
    }

    #[test]
    fn a_cost_is_two_columns_that_belong_together() {
        let of = |text: &str, item: Option<&Item>| {
            let facts = read(text).unwrap().rows[0].facts(item);
            facts.map(|facts| facts.cost.map(|cost| (cost.amount.to_decimal(), cost.currency.to_string())))
        };
        let column = |text: &str| of(text, None).unwrap_err()[0].column.clone();
        let cost = |amount: &str, currency: &str| Ok(Some((amount.to_owned(), currency.to_owned())));
        assert_eq!(of("sku,name,unit_cost,cost_currency\nA,Mug,1.250,eur", None), cost("1.25", "EUR"));
        assert_eq!(of("sku,name,unit_cost,cost_currency\nA,Mug,,", None), Ok(None));
        assert_eq!(column("sku,name,unit_cost,cost_currency\nA,Mug,1.25,"), "cost_currency");
        assert_eq!(column("sku,name,unit_cost,cost_currency\nA,Mug,,EUR"), "unit_cost");
        assert_eq!(column("sku,name,unit_cost,cost_currency\nA,Mug,\"1,25\",EUR"), "unit_cost");
        assert_eq!(column("sku,name,unit_cost,cost_currency\nA,Mug,1.25,euros"), "cost_currency");
        let cost_now = UnitCost { amount: UnitPrice(3_000_000), currency: "GBP".parse().unwrap() };
        let facts = ItemFacts { name: "Mug".into(), cost: Some(cost_now), ..blank("A") };
        let ids = waybill_domain::ids::Id(1).into();
        let ItemFacts { sku, name, gtin, supply, unit, precision, weight_g, length_mm, width_mm, height_mm, cost: now } =
            facts;
        let chain = waybill_domain::chain::Chain::default();
        let item = Item {
            id: ids,
            sku,
            name,
            gtin,
            supply,
            unit,
            precision,
            weight_g,
            length_mm,
            width_mm,
            height_mm,
            archived: false,
            chain,
            cost: now,
        };
        assert_eq!(of("sku,unit_cost\nA,4", Some(&item)), cost("4", "GBP"), "the other column stays");
        assert_eq!(of("sku,name\nA,Cup", Some(&item)), cost("3", "GBP"));
        assert_eq!(of("sku,unit_cost\nA,", Some(&item)), Ok(None), "and goes with the cost");
    }

    #[test]
    fn a_file_without_skus_or_with_too_many_rows_is_refused() {
        assert!(read("").is_err_and(|message| message.contains("empty")));
        assert!(read("name\nMug").is_err_and(|message| message.contains("sku is not among them")));
        assert!(read("sku,SKU\nA,B").is_err_and(|message| message.contains("twice")));
        let many = format!("sku,name\n{}", (0..=ROWS_MAX).map(|n| format!("S{n},x\n")).collect::<String>());
        assert!(read(&many).is_err_and(|message| message.contains("10,000")));
    }
}
