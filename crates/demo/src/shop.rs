//! The shop: what it sells, from where, to whom.

use crate::DemoError;
use crate::random::Random;
use crate::words;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::attempt::Origin;
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ItemFacts, PutItem, Supply, UnitCost};
use waybill_domain::catalog::location::{LocationFacts, PutLocation};
use waybill_domain::command::Command;
use waybill_domain::customer::{PutCustomer, Tier};
use waybill_domain::ids::{Id, IdSource, LocationId, LotId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, UnitPrice};
use waybill_domain::personal::{Party, Personal};
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::time::Timestamp;
use waybill_engine::{Engine, Receipt, Submission, SubmitError};

/// Commands under way at once while a history is made.
pub const AT_ONCE: usize = 256;
const CUSTOMERS: u64 = 500;

/// Code, name, country, zone, latitude and longitude in ten-thousandths of a degree.
const LOCATIONS: [(&str, &str, &str, &str, i64, i64); 3] = [
    ("DUB", "Dublin", "IE", "Europe/Dublin", 533_498, -62_603),
    ("BER", "Berlin", "DE", "Europe/Berlin", 525_200, 134_050),
    ("MAD", "Madrid", "ES", "Europe/Madrid", 404_168, -37_038),
];

/// Code, name, whether parcels may leave while their capture is pending, whether orders are released by themselves.
const CHANNELS: [(&str, &str, bool, bool); 4] = [
    ("web", "Web shop", false, true),
    ("market", "Marketplace", true, true),
    ("phone", "Telephone", false, false),
    ("trade", "Trade customers", false, false),
];

/// What whoever plays needs to know of the shop.
#[derive(Clone, Debug, Default)]
pub struct Shop {
    /// The most popular first.
    pub skus: Vec<String>,
    pub customers: Vec<String>,
    pub channels: Vec<String>,
    pub locations: Vec<LocationId>,
}

/// Submits commands for the demo.
#[derive(Clone, Debug)]
pub struct Hand {
    pub engine: Engine,
    actor: Arc<Actor>,
}

impl Hand {
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), actor: Arc::new(Actor::system("demo", Door::Command)) }
    }

    /// Carries a command out as rehearsal: it happened at `at`, and no gateway is called for it.
    pub async fn rehearse(
        &self,
        command: impl Into<Command>,
        ids: IdSource,
        at: Timestamp,
    ) -> Result<Receipt, SubmitError> {
        let mut submission = Submission::new(command, self.actor.clone(), ids);
        submission.origin = Origin::Simulation;
        submission.happened_at = Some(at);
        self.engine.submit_patiently(submission).await
    }

    /// Carries a command out now, for real as far as a made-up shop is.
    pub async fn live(&self, command: impl Into<Command>, ids: IdSource) -> Result<Receipt, SubmitError> {
        self.engine.submit_patiently(Submission::new(command, self.actor.clone(), ids)).await
    }
}

/// A number that belongs to a SKU, because items carry neither price nor luck.
fn seed_of(sku: &str) -> u64 {
    sku.bytes().fold(17u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

/// An item's price: the same wherever it is asked for.
pub fn price(sku: &str) -> UnitPrice {
    let product = words::PRODUCTS.iter().find(|(name, ..)| sku.starts_with(&code(name))).unwrap_or(&words::PRODUCTS[0]);
    let minor = Random::new(seed_of(sku)).range(product.1, product.2) / 10 * 10 + 9;
    UnitPrice(minor * 10_000)
}

/// What the shop pays for an item: a third to a half of its price.
fn cost(sku: &str) -> UnitCost {
    let share = Random::branch(seed_of(sku), 4, 0).range(33, 50);
    let amount = UnitPrice(price(sku).0 / 1_000_000 * share * 10_000);
    UnitCost { amount, currency: Currency::EUR }
}

/// Whether the supplier never sends enough of it.
pub fn is_scarce(sku: &str) -> bool {
    Random::branch(seed_of(sku), 3, 0).chance(90)
}

fn code(words: &str) -> String {
    words.to_uppercase().replace(' ', "")
}

/// Everything the shop sells, shuffled so that what is popular is of all kinds.
fn items(seed: u64) -> Vec<ItemFacts> {
    let mut items = Vec::new();
    for (name, _, _, weight) in words::PRODUCTS {
        for quality in words::QUALITIES {
            let sku = format!("{}-{}", code(name), code(quality));
            items.push(ItemFacts {
                cost: Some(cost(&sku)),
                sku,
                name: format!("{quality} {name}"),
                gtin: None,
                supply: Supply::Stock,
                unit: "each".to_owned(),
                precision: 0,
                weight_g: Some(*weight),
                length_mm: None,
                width_mm: None,
                height_mm: None,
            });
        }
    }
    let mut random = Random::branch(seed, 1, 0);
    for place in (1..items.len()).rev() {
        items.swap(place, random.range(0, place as i64) as usize);
    }
    items
}

/// Founds the shop at `at`: channels, locations, items, customers and the first goods.
pub async fn found(hand: &Hand, seed: u64, at: Timestamp) -> Result<Shop, DemoError> {
    let mut shop = Shop::default();
    for (code, name, ship_on_pending, auto_release) in CHANNELS {
        let facts = ChannelFacts { code: code.into(), name: name.into(), ship_on_pending, auto_release };
        hand.rehearse(PutChannel { facts }, hand.engine.ids(), at).await?;
        shop.channels.push(code.to_owned());
    }
    for (place, (code, name, country, zone, latitude, longitude)) in LOCATIONS.into_iter().enumerate() {
        let facts = LocationFacts {
            code: code.into(),
            name: name.into(),
            country: country.into(),
            zone: zone.into(),
            latitude_e4: Some(latitude),
            longitude_e4: Some(longitude),
            preference: place as i64 + 1,
        };
        let ids = hand.engine.ids();
        hand.rehearse(PutLocation { facts }, ids, at).await?;
        shop.locations.push(ids.nth(0));
    }
    let items = items(seed);
    shop.skus = items.iter().map(|facts| facts.sku.clone()).collect();
    shop.customers = (1..=CUSTOMERS).map(|n| format!("C{n:04}")).collect();
    let commands = items.into_iter().map(|facts| Command::from(PutItem { facts }));
    all(hand, commands.map(|command| (command, hand.engine.ids())).collect(), at).await?;
    let customers = (1..=CUSTOMERS).map(|n| customer(seed, n, hand.engine.ids()));
    all(hand, customers.collect(), at).await?;
    for place in 0..shop.locations.len() {
        for (n, skus) in shop.skus.chunks(50).enumerate() {
            let command = first_goods(&shop, seed, place, n * 50, skus);
            hand.rehearse(command, hand.engine.ids(), at).await?;
        }
    }
    Ok(shop)
}

async fn all(hand: &Hand, commands: Vec<(Command, IdSource)>, at: Timestamp) -> Result<(), DemoError> {
    stream::iter(commands)
        .map(|(command, ids)| hand.rehearse(command, ids, at))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    Ok(())
}

fn customer(seed: u64, n: u64, ids: IdSource) -> (Command, IdSource) {
    let mut random = Random::branch(seed, 2, n);
    let party = person(&mut random);
    let tier = match random.range(1, 10) {
        1 => Tier::Gold,
        2 | 3 => Tier::Silver,
        _ => Tier::Standard,
    };
    let party = Some(Personal { id: ids.nth(1), value: party });
    (PutCustomer { code: format!("C{n:04}"), party, tier }.into(), ids)
}

/// Somebody who does not exist.
pub fn person(random: &mut Random) -> Party {
    let (given, family) = (random.pick(words::GIVEN_NAMES), random.pick(words::FAMILY_NAMES));
    Party {
        name: Some(format!("{given} {family}")),
        company: random.chance(120).then(|| format!("{family} & {}", random.pick(words::FAMILY_NAMES))),
        email: Some(format!("{}.{}@example.org", given.to_lowercase(), family.to_lowercase())),
        phone: None,
    }
}

/// Popular items get more; every location gets its own share, and scarce items run out.
fn first_goods(shop: &Shop, seed: u64, place: usize, from: usize, skus: &[String]) -> ReceiveStock {
    let lines = skus.iter().enumerate().map(|(n, sku)| {
        let mut random = Random::branch(seed, 3 + place as u64, (from + n) as u64);
        let popular = 200 - (from + n) as i64 * 180 / shop.skus.len() as i64;
        let quantity = if is_scarce(sku) { random.range(1, 3) } else { popular / 2 + random.range(5, 30) };
        ReceiveLine { sku: sku.clone(), lot_id: LotId::NIL, quantity: Quantity(quantity) }
    });
    ReceiveStock {
        location_id: shop.locations[place],
        state: StockAccount::Available,
        reference: Some(format!("DN-{}-{from}", place + 1)),
        lines: lines.collect(),
    }
}

impl Shop {
    /// The shop of a store that has one. `None` where it has no items, channels or locations.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(engine: &Engine) -> Result<Option<Self>, DemoError> {
        let texts = async |sql: &str| -> Result<Vec<String>, DemoError> {
            let mut texts = Vec::new();
            for mut row in engine.store().read(sql, &[]).await? {
                texts.push(row.take()?);
            }
            Ok(texts)
        };
        let mut locations = Vec::new();
        for mut row in engine.store().read("SELECT id FROM locations WHERE NOT archived ORDER BY id", &[]).await? {
            locations.push(LocationId(row.take::<Id>()?));
        }
        let shop = Self {
            skus: texts("SELECT sku FROM items WHERE supply = 'stock' AND NOT archived ORDER BY id LIMIT 2000").await?,
            customers: texts("SELECT code FROM customers WHERE NOT archived ORDER BY id LIMIT 2000").await?,
            channels: texts("SELECT code FROM channels WHERE NOT archived ORDER BY id").await?,
            locations,
        };
        let empty = shop.skus.is_empty() || shop.channels.is_empty() || shop.locations.is_empty();
        Ok((!empty).then_some(shop))
    }
}
