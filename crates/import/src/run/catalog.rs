//! What orders name must be there first: the channel, locations, items, customers.

use super::Program;
use super::window::{Answer, Window};
use crate::error::ImportError;
use crate::map::Map;
use crate::source::names::Name;
use crate::state::Existing;
use std::collections::BTreeMap;
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ItemFacts, PutItem, Supply};
use waybill_domain::catalog::location::{LocationFacts, PutLocation};
use waybill_domain::command::Command;
use waybill_domain::customer::{PutCustomer, Tier};
use waybill_domain::ids::LocationId;
use waybill_domain::personal::PersonalParty;
use waybill_domain::time::Timestamp;
use waybill_engine::{Engine, Submission, SubmitError};

/// Who acts: the import door may say when things happened.
pub fn actor() -> Arc<Actor> {
    Arc::new(Actor::system("import", Door::Import))
}

/// Locations that the steps name.
pub type Locations = BTreeMap<Name, LocationId>;

/// The longest name of an item that the catalog takes, in bytes.
const NAME_MAX: usize = 500;

/// Makes what is missing; nothing that is there is changed.
///
/// # Errors
/// Where the rules refuse one of them, or the engine stops.
pub async fn prepare(
    engine: &Engine,
    map: &Map,
    program: &Program,
    existing: &Existing,
) -> Result<Locations, ImportError> {
    let history = &program.history;
    let names = &history.names;
    let first = history.orders.first().map_or_else(|| engine.now(), |order| order.placed_at);
    let mut found = Found { engine, window: Window::new(engine), made: Vec::new() };
    for code in program.cast.channels.iter().map(|name| names.text(*name)) {
        if !existing.channels.contains(code) {
            let facts = ChannelFacts {
                code: code.to_owned(),
                name: code.to_owned(),
                ship_on_pending: false,
                auto_release: false,
            };
            found.put(format!("the channel {code}"), first, PutChannel { facts }).await?;
        }
    }
    let mut locations = Locations::new();
    for name in &program.cast.locations {
        let code = names.text(*name);
        match existing.locations.get(code) {
            Some(id) => {
                locations.insert(*name, *id);
            }
            None => {
                let facts = LocationFacts {
                    code: code.to_owned(),
                    name: code.to_owned(),
                    country: map.country.clone(),
                    zone: map.zone_name.clone(),
                    latitude_e4: None,
                    longitude_e4: None,
                    preference: 0,
                };
                let id = found.put(format!("the location {code}"), first, PutLocation { facts }).await?;
                locations.insert(*name, LocationId(id));
            }
        }
    }
    for (sku, description, at) in &history.items {
        let sku = names.text(*sku);
        if existing.skus.contains(sku) {
            continue;
        }
        let name = description.map(|name| names.text(name)).filter(|text| !text.is_empty()).unwrap_or(sku);
        let facts = ItemFacts {
            sku: sku.to_owned(),
            name: shortened(name).to_owned(),
            gtin: None,
            supply: Supply::Stock,
            unit: "each".into(),
            precision: 0,
            weight_g: None,
            length_mm: None,
            width_mm: None,
            height_mm: None,
            cost: None,
        };
        found.put(format!("the item {sku}"), *at, PutItem { facts }).await?;
    }
    let parties = parties(program);
    for (code, at) in &history.customers {
        let text = names.text(*code);
        if existing.customers.contains(text) {
            continue;
        }
        let ids = engine.ids();
        let party = parties.get(code).map(|value| PersonalParty { id: ids.nth(1), value: (*value).clone() });
        let put = PutCustomer { code: text.to_owned(), party, tier: Tier::Standard };
        found.put_with(format!("the customer {text}"), *at, put.into(), ids).await?;
    }
    found.finish().await?;
    Ok(locations)
}

fn shortened(name: &str) -> &str {
    let mut end = name.len().min(NAME_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// The first name and address of each customer.
fn parties(program: &Program) -> BTreeMap<Name, &waybill_domain::personal::Party> {
    let mut parties = BTreeMap::new();
    for order in &program.history.orders {
        if let (Some(customer), Some(party)) = (order.customer, order.head.customer_party.as_deref()) {
            parties.entry(customer).or_insert(party);
        }
    }
    parties
}

struct Found<'a> {
    engine: &'a Engine,
    window: Window<'a>,
    /// What was asked for, by the place in the window.
    made: Vec<String>,
}

impl Found<'_> {
    /// Asks for something new; its id is known at once.
    async fn put(
        &mut self,
        what: String,
        at: Timestamp,
        command: impl Into<Command>,
    ) -> Result<waybill_domain::ids::Id, ImportError> {
        let ids = self.engine.ids();
        self.put_with(what, at, command.into(), ids).await?;
        Ok(ids.nth(0))
    }

    async fn put_with(
        &mut self,
        what: String,
        at: Timestamp,
        command: Command,
        ids: waybill_domain::ids::IdSource,
    ) -> Result<(), ImportError> {
        self.made.push(what);
        let submission = Submission::new(command, actor(), ids).imported(at);
        let mut refused = None;
        let made = &self.made;
        let mut answered = |place: usize, answer: Answer| note(made, place, answer, &mut refused);
        self.window.submit(made.len() - 1, submission, &mut answered).await?;
        refused.map_or(Ok(()), Err)
    }

    async fn finish(mut self) -> Result<(), ImportError> {
        let mut refused = None;
        let made = &self.made;
        let mut answered = |place: usize, answer: Answer| note(made, place, answer, &mut refused);
        self.window.drain(&mut answered).await?;
        refused.map_or(Ok(()), Err)
    }
}

fn note(made: &[String], place: usize, answer: Answer, refused: &mut Option<ImportError>) {
    if let Err(source @ SubmitError::Refused { .. }) = answer {
        let what = made.get(place).cloned().unwrap_or_default();
        refused.get_or_insert(ImportError::Refused { what, source });
    }
}
