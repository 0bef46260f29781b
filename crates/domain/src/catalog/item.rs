//! Items: what can be ordered.

use super::CatalogRefusal;
use super::gtin::is_valid_gtin;
use crate::attempt::Attempt;
use crate::chain::Chain;
use crate::command::{Outcome, Stop};
use crate::event::Event;
use crate::footprint::Footprint;
use crate::ids::ItemId;
use crate::money::{Currency, UnitPrice};
use crate::refusal::Problem;
use crate::world::World;
use serde::{Deserialize, Serialize};

codes! {
    /// Where units of an item come from.
    pub enum Supply {
        /// Counted; allocated from stock.
        Stock = "stock",
        /// Picked and shipped, but not counted.
        Untracked = "untracked",
        /// Nothing to ship.
        Service = "service",
        /// Shipped by a supplier.
        Dropship = "dropship",
    }
}

/// What a base unit of an item costs the shop, for the value of its stock. Nothing is booked by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCost {
    pub amount: UnitPrice,
    pub currency: Currency,
}

impl UnitCost {
    /// A cost of its parts, of which a form or a file may leave out either.
    ///
    /// # Errors
    /// The one that is missing.
    pub fn of(amount: Option<UnitPrice>, currency: Option<Currency>) -> Result<Option<Self>, Problem> {
        match (amount, currency) {
            (Some(amount), Some(currency)) => Ok(Some(Self { amount, currency })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Problem::new("cost_currency", "missing", "must be named where there is a cost")),
            (None, Some(_)) => Err(Problem::new("unit_cost", "missing", "must be there where its currency is")),
        }
    }
}

/// What can be said about an item when it is created or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFacts {
    pub sku: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    pub supply: Supply,
    /// The unit quantities count: `each`, `kg`, `m`.
    pub unit: String,
    /// Decimals of the unit that quantities carry, 0 to 6.
    pub precision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_mm: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_mm: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_mm: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<UnitCost>,
}

/// An item of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub sku: String,
    pub name: String,
    pub gtin: Option<String>,
    pub supply: Supply,
    pub unit: String,
    pub precision: u32,
    pub weight_g: Option<i64>,
    pub length_mm: Option<i64>,
    pub width_mm: Option<i64>,
    pub height_mm: Option<i64>,
    pub archived: bool,
    pub chain: Chain,
    pub cost: Option<UnitCost>,
}

/// Creates the item with this SKU, or changes the one there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutItem {
    pub facts: ItemFacts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveItem {
    pub sku: String,
}

/// `item.created` and `item.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemSet {
    pub item: ItemId,
    #[serde(flatten)]
    pub facts: ItemFacts,
}

/// `item.archived`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemArchived {
    pub item: ItemId,
}

impl Item {
    pub(crate) fn from_set(set: &ItemSet) -> Self {
        let facts = set.facts.clone();
        Self {
            id: set.item,
            sku: facts.sku,
            name: facts.name,
            gtin: facts.gtin,
            supply: facts.supply,
            unit: facts.unit,
            precision: facts.precision,
            weight_g: facts.weight_g,
            length_mm: facts.length_mm,
            width_mm: facts.width_mm,
            height_mm: facts.height_mm,
            archived: false,
            chain: Chain::default(),
            cost: facts.cost,
        }
    }

    pub fn facts(&self) -> ItemFacts {
        ItemFacts {
            sku: self.sku.clone(),
            name: self.name.clone(),
            gtin: self.gtin.clone(),
            supply: self.supply,
            unit: self.unit.clone(),
            precision: self.precision,
            weight_g: self.weight_g,
            length_mm: self.length_mm,
            width_mm: self.width_mm,
            height_mm: self.height_mm,
            cost: self.cost,
        }
    }
}

/// Everything wrong with what is said about an item, whatever items there are.
pub fn problems(facts: &ItemFacts) -> Vec<Problem> {
    let mut problems = Vec::new();
    let text = |path: &str, text: &str, max: usize| {
        (text.trim().is_empty() || text.len() > max)
            .then(|| Problem::new(path, "length", format!("must be 1 to {max} bytes, not blank")))
    };
    problems.extend(text("sku", &facts.sku, 64));
    problems.extend(text("name", &facts.name, 500));
    problems.extend(text("unit", &facts.unit, 16));
    if facts.precision > 6 {
        problems.push(Problem::new("precision", "out_of_range", "must be 0 to 6"));
    }
    if facts.gtin.as_deref().is_some_and(|gtin| !is_valid_gtin(gtin)) {
        problems.push(Problem::new(
            "gtin",
            "check_digit",
            "must be a GTIN of 8, 12, 13 or 14 digits with the right check digit",
        ));
    }
    let measures = [
        ("weight_g", facts.weight_g),
        ("length_mm", facts.length_mm),
        ("width_mm", facts.width_mm),
        ("height_mm", facts.height_mm),
    ];
    for (path, value) in measures {
        if value.is_some_and(|value| !(0..=1_000_000_000).contains(&value)) {
            problems.push(Problem::new(path, "out_of_range", "must be 0 to 1,000,000,000"));
        }
    }
    if facts.cost.is_some_and(|cost| !(0..=UnitPrice::MAX.0).contains(&cost.amount.0)) {
        problems.push(Problem::new("unit_cost", "out_of_range", "must be 0 to 10,000,000,000"));
    }
    problems
}

/// Creates or changes an item. Precision and supply are fixed once stock was posted; writing what is there already
/// changes nothing and succeeds.
pub fn put_item(world: &World, command: &PutItem, attempt: &Attempt) -> Outcome {
    let facts = &command.facts;
    let problems = problems(facts);
    if !problems.is_empty() {
        return Err(CatalogRefusal::Invalid { problems }.into());
    }
    let Some(item) = world.catalog.item_by_sku(&facts.sku) else {
        let set = ItemSet { item: attempt.ids.nth(0), facts: facts.clone() };
        return Ok(vec![Event::ItemCreated(set)]);
    };
    if !world.has_levels(item.id) {
        // A level that was not loaded would read as one without postings.
        return Err(Stop::Needs(Box::new(Footprint { levels: vec![item.id], ..Footprint::default() })));
    }
    let posted = world.levels_of(item.id).any(|level| level.postings > 0);
    if posted && item.precision != facts.precision {
        return Err(CatalogRefusal::PrecisionFixed { sku: item.sku.clone(), precision: item.precision }.into());
    }
    if posted && item.supply != facts.supply {
        return Err(CatalogRefusal::SupplyFixed { sku: item.sku.clone() }.into());
    }
    if !item.archived && item.facts() == *facts {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ItemChanged(ItemSet { item: item.id, facts: facts.clone() })])
}

pub fn archive_item(world: &World, command: &ArchiveItem) -> Outcome {
    let item = world
        .catalog
        .item_by_sku(&command.sku)
        .ok_or_else(|| CatalogRefusal::Unknown { kind: "item".into(), code: command.sku.clone() })?;
    if item.archived {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ItemArchived(ItemArchived { item: item.id })])
}
