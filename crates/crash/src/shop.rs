//! What is sold while everything around it breaks.

use crate::Outcome;
use crate::client::Client;
use serde_json::{Value, json};

pub const CHANNEL: &str = "web";
pub const LOCATIONS: [&str; 2] = ["DUB", "LYS"];
/// Items that everybody buys, and so few of each that they run out and are filled again.
pub const HOT: usize = 3;
/// Items bought all over.
pub const SPREAD: usize = 60;

/// The n-th item; the hot ones come first.
pub fn sku(n: usize) -> String {
    if n < HOT { format!("HOT-{n}") } else { format!("ITEM-{n:03}") }
}

/// Any item; every second time a hot one.
pub fn any_sku(random: &mut fastrand::Rng) -> String {
    sku(if random.bool() { random.usize(..HOT) } else { HOT + random.usize(..SPREAD) })
}

/// An order over one to three items, mostly on terms.
pub fn order(channel: &str, reference: &str, random: &mut fastrand::Rng) -> Value {
    let lines: Vec<Value> = (0..random.usize(1..=3))
        .map(|_| json!({"sku": any_sku(random), "quantity": random.i64(1..=3), "unit_price_minor": 1999, "tax_minor": 380}))
        .collect();
    let payment =
        if random.u8(..8) == 0 { json!({"method": "card", "token": "sim_ok"}) } else { json!({"method": "terms"}) };
    json!({
        "channel": channel, "external_ref": reference, "currency": "EUR",
        "customer": {"name": "Ada Example", "email": "ada@example.org"},
        "ship_to": {"name": "Ada Example", "line1": "1 Main Street", "city": "Dublin", "postal_code": "D01 F5P2", "country": "IE"},
        "lines": lines, "charges": [{"kind": "shipping", "amount_minor": 499}], "payment": payment,
    })
}

/// Goods that come in, often hot ones that orders wait for.
pub fn receipt(reference: &str, random: &mut fastrand::Rng) -> Value {
    let location = LOCATIONS[random.usize(..LOCATIONS.len())];
    let lines: Vec<Value> =
        (0..random.usize(1..=3)).map(|_| json!({"sku": any_sku(random), "quantity": random.i64(5..=40)})).collect();
    json!({"location": location, "reference": reference, "lines": lines})
}

/// Puts the catalog and its stock in place.
///
/// # Errors
/// The first answer that is no success.
pub async fn set_up(client: &Client, server: &str) -> Outcome {
    let put = async |path: String, body: Value| expect(client, server, "PUT", &path, &body).await;
    put(format!("/api/v1/channels/{CHANNEL}"), json!({"name": "Web shop"})).await?;
    for (code, latitude, longitude) in [("DUB", 53.35, -6.26), ("LYS", 45.76, 4.84)] {
        let body = json!({"name": code, "country": "IE", "zone": "Europe/Dublin", "latitude": latitude, "longitude": longitude});
        put(format!("/api/v1/locations/{code}"), body).await?;
    }
    for n in 0..HOT + SPREAD {
        put(format!("/api/v1/items/{}", sku(n)), json!({"name": "An item"})).await?;
    }
    for location in LOCATIONS {
        let lines: Vec<Value> =
            (0..HOT + SPREAD).map(|n| json!({"sku": sku(n), "quantity": if n < HOT { 50 } else { 10_000 }})).collect();
        let body = json!({"location": location, "lines": lines});
        expect(client, server, "POST", "/api/v1/stock/receipts", &body).await?;
    }
    Ok(())
}

/// Sends a change that must succeed. Returns its receipt.
///
/// # Errors
/// Any other answer, or none.
pub async fn expect(client: &Client, server: &str, method: &str, path: &str, body: &Value) -> Outcome<Value> {
    let key = format!("setup-{:016x}", fastrand::u64(..));
    let answer = client.send(server, method, path, Some(&key), Some(body)).await?;
    if answer.status < 300 { Ok(answer.body) } else { Err(format!("{path}: {} {}", answer.status, answer.body)) }
}
