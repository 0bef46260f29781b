//! Whole imports of a small history worked out by hand: what is in the store afterwards, once and again.

use crate::common::{TestStore, content, engine, imported, plan, rows, same};
use std::path::{Path, PathBuf};
use waybill_domain::actor::{Actor, Door};
use waybill_domain::catalog::item::{ItemFacts, PutItem, Supply};
use waybill_domain::catalog::location::{LocationFacts, PutLocation};
use waybill_domain::command::Command;
use waybill_domain::ids::{LocationId, LotId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_engine::Submission;
use waybill_import::StockMode;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// `external_ref lifecycle payment_status return_status received refunded recognized deposit`, by hand.
const ORDERS: [&str; 8] = [
    // 15.30 + 12.50 + 18.00; back: 5.00 cancelled, 5.50 and 10.20 returned, 18.00 postage.
    "1001 completed partially_refunded partially_returned 4580 3870 710 0",
    "1003 completed refunded partially_returned 825 825 0 0",
    "1004 completed paid none 7075 0 7075 0",
    "1008 cancelled refunded none 2000 2000 0 0",
    "1014 completed partially_refunded none 10000 3000 7000 0",
    "1016 completed paid none 5000 0 5000 0",
    "A1017 completed none none 0 0 -7550 0",
    "C1007 completed none none 0 0 -1250 0",
];

/// `sku available`, by hand: what came back and was found, nothing else.
const LEVELS: [&str; 4] = ["A1 9", "B2 11", "C3 2", "F0 0"];

async fn small(store: TestStore) {
    let plan = plan(fixture("small.csv"), StockMode::Receive);
    let summary = imported(&store, &plan).await.summary;
    assert_eq!((summary.orders, summary.lines, summary.units, summary.already_there), (8, 6, 46, 0));
    let reference = std::fs::read_to_string(fixture("../reference/expected/small.json")).unwrap();
    let reference: serde_json::Value = serde_json::from_str(&reference).unwrap();
    assert_eq!(serde_json::to_value(summary.classes).unwrap(), reference["classes"]);
    assert_eq!(serde_json::to_value(&summary.rejects).unwrap(), reference["rejects"]);
    assert_eq!(summary.rejected_rows, 4);

    let opened = store.open().await;
    let orders = "SELECT external_ref, lifecycle, payment_status, return_status, received, refunded, recognized, \
         deposit FROM orders ORDER BY placed_at, external_ref";
    let mut found = rows(&*opened, orders).await;
    found.sort_unstable();
    assert_eq!(found, ORDERS);
    let levels = "SELECT i.sku, l.available FROM stock_levels l JOIN items i ON i.id = l.item_id";
    let mut found = rows(&*opened, levels).await;
    found.sort_unstable();
    assert_eq!(found, LEVELS);
    let documents = rows(&*opened, "SELECT reference FROM stock_documents ORDER BY booked_at").await;
    let expected = [
        "import:online-retail:receipt:2010-12-01:MAIN",
        "import:online-retail:receipt:2010-12-02:MAIN",
        "import:online-retail:receipt:2010-12-03:MAIN",
        "import:online-retail:1005:10",
        "import:online-retail:1006:11",
        "import:online-retail:receipt:2010-12-07:MAIN",
    ];
    let sorted = |mut list: Vec<String>| {
        list.sort_unstable();
        list
    };
    assert_eq!(sorted(documents), sorted(expected.map(str::to_owned).to_vec()));
    let live = rows(&*opened, "SELECT CAST(COUNT(*) AS BIGINT) FROM events WHERE origin <> 'import'").await;
    assert_eq!(live, ["0"], "everything is marked as imported");
    let shipped = rows(&*opened, "SELECT MIN(happened_at) FROM events WHERE kind = 'shipment.shipped'").await;
    let noon = 1_291_208_400i64; // 2010-12-01T13:00:00Z: four hours after 09:00 in London.
    assert_eq!(shipped, [(noon * 1_000_000).to_string()]);
    drop(opened);

    let before = content(&store).await;
    let again = imported(&store, &plan).await.summary;
    assert_eq!((again.orders, again.already_there, again.rejected_rows), (0, 8, 4));
    assert_eq!(again.classes, summary.classes, "classes are the file's");
    same(&before, &content(&store).await);
}

#[tokio::test]
async fn a_history_worked_out_by_hand_is_imported_once_on_sqlite() {
    small(TestStore::sqlite()).await;
}

#[tokio::test]
async fn a_history_worked_out_by_hand_is_imported_once_on_postgres() {
    let Some(store) = TestStore::postgres().await else {
        return;
    };
    small(store).await;
}

/// What a cancellation credits below the price was kept, so it is billed; no deposit is left over.
async fn credited_below_the_price(store: TestStore) {
    let folder = waybill_store_sqlite::testing::TestFolder::create();
    let path = folder.path().join("credited.csv");
    let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
2001,A1,RED MUG,4,2010-12-01 09:00,10.00,7,France
C2002,A1,RED MUG,-1,2010-12-01 10:00,6.00,7,France
2003,B2,BLUE BOWL,2,2010-12-01 09:00,10.00,8,France
C2004,B2,BLUE BOWL,-1,2010-12-01 10:00,6.00,8,France
C2005,B2,BLUE BOWL,-1,2010-12-01 11:00,10.00,8,France
C2006 for Ada,A1,RED MUG,-1,2010-12-08 10:00,10.00,7,France
";
    std::fs::write(&path, text).unwrap();
    let plan = plan(path, StockMode::Receive);
    let outcome = imported(&store, &plan).await;
    assert_eq!(outcome.rejects.len(), 0, "{:?}", outcome.rejects);
    let opened = store.open().await;
    let orders =
        "SELECT external_ref, lifecycle, received, refunded, recognized, deposit FROM orders ORDER BY external_ref";
    // 40.00 paid, 6.00 back for the first mug; 30.00 and the 4.00 kept are billed; 10.00 back for the second.
    // Of the other order nothing is left, so all of it goes back.
    let expected = ["2001 completed 4000 1600 2400 0", "2003 cancelled 2000 2000 0 0"];
    assert_eq!(rows(&*opened, orders).await, expected);
    let charges = "SELECT o.external_ref, c.kind, c.amount, c.label, c.billed FROM order_charges c \
         JOIN orders o ON o.id = c.order_id";
    assert_eq!(rows(&*opened, charges).await, ["2001 surcharge 400 C2002 400"]);
    // Of `printf 'C2006 for Ada' | sha256sum`: a number that says more than a number is not told in the log for ever.
    let reasons = rows(&*opened, "SELECT reason FROM return_lines").await;
    assert_eq!(reasons, ["credit_note-e51f988ac6296298"]);
    drop(opened);
    let before = content(&store).await;
    imported(&store, &plan).await;
    same(&before, &content(&store).await);
}

#[tokio::test]
async fn what_a_cancellation_did_not_credit_is_billed() {
    credited_below_the_price(TestStore::sqlite()).await;
    if let Some(store) = TestStore::postgres().await {
        credited_below_the_price(store).await;
    }
}

/// Ten red mugs, as somebody keeps them already.
async fn ten_mugs(store: &TestStore) {
    let store = store.open().await;
    let engine = engine(&store).await;
    let actor = std::sync::Arc::new(Actor::system("test", Door::Command));
    let facts = LocationFacts {
        code: "MAIN".into(),
        name: "Main".into(),
        country: "GB".into(),
        zone: "Europe/London".into(),
        latitude_e4: None,
        longitude_e4: None,
        preference: 0,
    };
    let item = ItemFacts {
        sku: "A1".into(),
        name: "Mug, red".into(),
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
    let submit = async |command: Command| {
        let receipt = engine.submit(Submission::new(command, actor.clone(), engine.ids())).await.unwrap();
        receipt.subject.unwrap().id
    };
    let location_id = LocationId(submit(PutLocation { facts }.into()).await);
    submit(PutItem { facts: item }.into()).await;
    let lines = vec![ReceiveLine { sku: "A1".into(), lot_id: LotId::NIL, quantity: Quantity(10) }];
    submit(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }.into()).await;
    engine.stop().await;
}

#[tokio::test]
async fn strict_stock_ships_what_is_there_and_holds_the_rest() {
    let store = TestStore::sqlite();
    ten_mugs(&store).await;
    let plan = plan(fixture("small.csv"), StockMode::Strict);
    let outcome = imported(&store, &plan).await;
    let summary = &outcome.summary;
    // No bowls, pens or vases are there; 6 + 3 mugs of the orders that wait for them are taken all the same, and 20
    // are wanted where 1 is left. All four orders with goods wait.
    assert_eq!(summary.holds.get("stock"), Some(&4), "{summary:?}");
    assert_eq!(summary.orders, 8);
    // 5 damaged mugs cannot be written off: none is left.
    assert_eq!(summary.rejects.get("no_stock"), Some(&1));
    // Nothing has shipped, so everything matched is cancelled.
    assert_eq!(summary.classes.returned.lines, 0);
    assert_eq!(summary.classes.cancellation.units, -15);
    let opened = store.open().await;
    let mut found =
        rows(&*opened, "SELECT external_ref, lifecycle, fulfillment_status, holds_active FROM orders").await;
    found.sort_unstable();
    let expected = [
        // All its mugs were called off later; what is left waits for bowls.
        "1001 confirmed backordered 1",
        "1003 confirmed backordered 1",
        // It holds the last mug and waits for 19.
        "1004 confirmed unfulfilled 1",
        "1008 cancelled unfulfilled 0",
        "1014 completed unfulfilled 0",
        "1016 completed unfulfilled 0",
        "A1017 completed unfulfilled 0",
        "C1007 completed unfulfilled 0",
    ];
    assert_eq!(found, expected);
    assert_eq!(rows(&*opened, "SELECT name FROM items WHERE sku = 'A1'").await, ["Mug, red"], "what is there stays");
    drop(opened);
    let before = content(&store).await;
    let again = imported(&store, &plan).await.summary;
    assert_eq!((again.orders, again.already_there), (0, 8));
    assert_eq!(again.classes, summary.classes);
    same(&before, &content(&store).await);
}
