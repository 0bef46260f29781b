//! Items, locations, channels, customers, keys and settings.

use super::{ANNEX, CHANNELS, Desk, LOCATIONS, MEASURED, OTHERS, STOCKED};
use waybill_domain::Code;
use waybill_domain::actor::{Permission, Scope};
use waybill_domain::catalog::channel::{ArchiveChannel, ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ArchiveItem, ItemFacts, PutItem, Supply, UnitCost};
use waybill_domain::catalog::location::{ArchiveLocation, LocationFacts, PutLocation};
use waybill_domain::command::Command;
use waybill_domain::customer::note::AddCustomerNote;
use waybill_domain::customer::{ArchiveCustomer, PutCustomer, Tier};
use waybill_domain::ids::{ApiKeyId, Id};
use waybill_domain::money::{Currency, UnitPrice};
use waybill_domain::personal::{Party, Personal};
use waybill_domain::settings::Settings;
use waybill_domain::system::{ChangeSettings, CreateApiKey, RevokeApiKey};

fn item(sku: &str, supply: Supply, name: &str) -> PutItem {
    let facts = ItemFacts {
        sku: sku.into(),
        name: name.into(),
        gtin: None,
        supply,
        unit: "each".into(),
        precision: if sku == MEASURED { 2 } else { 0 },
        weight_g: Some(100),
        length_mm: None,
        width_mm: None,
        height_mm: None,
        cost: name
            .len()
            .is_multiple_of(2)
            .then_some(UnitCost { amount: UnitPrice(4_200_000), currency: Currency::EUR }),
    };
    PutItem { facts }
}

fn location(n: usize, code: &str, name: &str) -> PutLocation {
    let places = [
        ("IE", "Europe/Dublin", 533_000, -62_000),
        ("FR", "Europe/Paris", 457_000, 48_000),
        ("DE", "Europe/Berlin", 525_000, 134_000),
    ];
    let (country, zone, latitude, longitude) = places[n % 3];
    let facts = LocationFacts {
        code: code.into(),
        name: name.into(),
        country: country.into(),
        zone: zone.into(),
        latitude_e4: Some(latitude),
        longitude_e4: Some(longitude),
        preference: n as i64,
    };
    PutLocation { facts }
}

fn channel(code: &str, name: &str) -> PutChannel {
    let own = code == CHANNELS[0];
    PutChannel { facts: ChannelFacts { code: code.into(), name: name.into(), ship_on_pending: own, auto_release: own } }
}

/// What every shop begins with.
pub fn setup() -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    commands.extend(CHANNELS.iter().map(|code| Command::from(channel(code, code))));
    commands.extend(LOCATIONS.iter().enumerate().map(|(n, code)| Command::from(location(n, code, code))));
    commands.extend(STOCKED.iter().map(|sku| Command::from(item(sku, Supply::Stock, sku))));
    let others = [Supply::Untracked, Supply::Service, Supply::Dropship];
    commands.extend(OTHERS.iter().zip(others).map(|(sku, supply)| Command::from(item(sku, supply, sku))));
    commands
}

/// A change of the catalog, of customers, keys or settings.
pub fn upkeep(desk: &mut Desk<'_>) -> Command {
    let name = format!("name {}", desk.number % 7);
    let spare = ["SPARE-1", "SPARE-2", "SPARE-3"][desk.number as usize % 3];
    match desk.dice.below(18) {
        0 => {
            let sku = desk.stocked();
            item(&sku, Supply::Stock, &name).into()
        }
        1 => {
            let supply = *desk.dice.pick(<Supply as Code>::ALL).unwrap_or(&Supply::Stock);
            item(spare, supply, &name).into()
        }
        2 => ArchiveItem { sku: if desk.dice.chance(80) { spare.into() } else { "NONE".into() } }.into(),
        3 => {
            // Precision and supply of what has postings stay.
            let mut put = item(STOCKED[0], Supply::Stock, &name);
            if desk.dice.chance(50) {
                put.facts.precision = 3
            } else {
                put.facts.supply = Supply::Service
            }
            put.into()
        }
        4 => {
            let mut put = item(spare, Supply::Stock, "");
            put.facts.precision = 9;
            put.into()
        }
        5 => {
            let n = desk.dice.below(3) as usize;
            location(n, LOCATIONS[n], &name).into()
        }
        6 => location(3, ANNEX, &name).into(),
        7 => ArchiveLocation { code: ANNEX.into() }.into(),
        8 => {
            let code = desk.any(&CHANNELS);
            channel(code, &name).into()
        }
        9 => channel("fair", &name).into(),
        10 => ArchiveChannel { code: "fair".into() }.into(),
        11 | 12 => {
            let party = Party { name: Some("Somebody".into()), ..Party::default() };
            let party = desk.dice.chance(50).then(|| Personal { id: desk.ids.nth(2), value: party });
            let tier = *desk.dice.pick(<Tier as Code>::ALL).unwrap_or(&Tier::Standard);
            let code = if desk.dice.chance(95) { format!("c{}", desk.dice.below(4)) } else { String::new() };
            PutCustomer { code, party, tier }.into()
        }
        13 => ArchiveCustomer { code: format!("c{}", desk.dice.below(5)) }.into(),
        14 => {
            let permissions = if desk.dice.chance(80) { vec![Permission::OrdersRead] } else { Vec::new() };
            let mut secret_hash = [0; 32];
            secret_hash[..8].copy_from_slice(&desk.number.to_be_bytes());
            CreateApiKey { name, secret_hash, permissions, channels: Scope::ALL, locations: Scope::ALL }.into()
        }
        15 => {
            let known = desk.dice.pick(&desk.books.api_keys).copied();
            RevokeApiKey { key_id: known.filter(|_| desk.dice.chance(80)).unwrap_or(ApiKeyId(Id(5))) }.into()
        }
        16 => {
            // Now and then about nobody, or saying nothing.
            let value = if desk.dice.chance(90) { "pays late".to_owned() } else { " ".to_owned() };
            let note = Personal { id: desk.ids.nth(1), value };
            AddCustomerNote {
                code: format!("c{}", desk.dice.below(5)),
                note,
                mentions: desk.books.users.last().copied().into_iter().collect(),
            }
            .into()
        }
        _ => {
            let card = if desk.dice.chance(10) { 1 } else { desk.dice.between(60, 3_600) };
            let transfer = desk.dice.between(3_600, 5 * 86_400);
            let settings =
                Settings { card_reservation_s: card, transfer_reservation_s: transfer, ..Settings::default() };
            ChangeSettings { settings }.into()
        }
    }
}
