//! What a mapping can say about files, shown on small ones worked out by hand.

use std::io::Write;
use std::path::PathBuf;
use waybill_import::{ImportPlan, Map, Outcome, Reject, Silent, StockMode, Tally, dry_run, write_rejects};
use waybill_store_sqlite::testing::TestFolder;

/// Files in a folder of their own and a mapping for them, rehearsed.
fn rehearsed(map: &str, files: &[(&str, &[u8])], source: &str) -> Outcome {
    let folder = TestFolder::create();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let source: PathBuf = folder.path().join(source);
    let plan = ImportPlan { map: Map::parse(map).unwrap(), source, stock: StockMode::Receive };
    dry_run(&plan, &Silent).unwrap()
}

fn reasons(rejects: &[Reject]) -> Vec<(u64, &str, &str)> {
    rejects.iter().map(|reject| (reject.line, reject.column.as_str(), &*reject.reason)).collect()
}

const GERMAN: &str = r#"
    [map]
    name = "laden"
    currency = "EUR"
    time_zone = "Europe/Berlin"
    [format]
    delimiter = ";"
    decimal = ","
    thousands = "."
    encoding = "windows-1252"
    null = ["", "-"]
    [[file]]
    name = "lines"
    role = "lines"
    path = ["$FILE"]
    [order]
    number = "Beleg"
    placed_at = { column = "Datum", format = "%d.%m.%Y", time = "09:00" }
    customer = { column = "Kunde", case = "upper" }
    ship_to.country = { column = "Land", map = "land" }
    several_times = "reject"
    [line]
    sku = { column = "Artikel", trim = true, prefix = "DE-" }
    description = "Text"
    quantity = "Menge"
    unit_price = "Preis"
    [[charge_column]]
    column = "Fracht"
    kind = "shipping"
    per = "line"
    [cancellation]
    column = "Art"
    in = ["Storno"]
    without_customer = "guest"
    [lifecycle]
    ship_after = "2d"
    [value_map.land]
    "Deutschland" = "DE"
"#;

#[test]
fn semicolons_decimal_commas_and_another_encoding_are_read_exactly() {
    let text = "Beleg;Art;Datum;Kunde;Land;Artikel;Text;Menge;Preis;Fracht\n\
        1;Verkauf;01.03.2021;k1;Deutschland; 7 ;Stühle €;2;1.234,50;4,90\n\
        2;Verkauf;01.03.2021;-;Deutschland;7;x;1;1.000,00;-\n\
        3;Storno;02.03.2021;K1;Deutschland;7;x;-1;1.234,50;\n\
        4;Storno;04.03.2021;;Deutschland;7;x;-1;1.000,00;\n\
        5;Verkauf;05.03.2021;K1;Atlantis;7;x;1;1,00;\n\
        6;Verkauf;2021-03-05;K1;Deutschland;7;x;1;1,00;\n\
        7;Verkauf;05.03.2021;K1;Deutschland;7;x;1.5;1,0,0;\n\
        8;Verkauf;05.03.2021;K1;Deutschland;;x;1;1,00;\n\
        9;Verkauf;05.03.2021;K1\n\
        10;Verkauf;05.03.2021;K1;Deutschland;7;x;1;1,00;\n\
        10;Verkauf;06.03.2021;K1;Deutschland;7;x;1;1,00;\n";
    let mut bytes = Vec::new();
    for letter in text.chars() {
        match letter {
            'ü' => bytes.push(0xfc),
            '€' => bytes.push(0x80),
            plain => bytes.push(plain as u8),
        }
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&bytes).unwrap();
    // Told to be compressed by its bytes, not by its name.
    let outcome = rehearsed(GERMAN, &[("belege.csv", &packed.finish().unwrap())], "belege.csv");
    let classes = outcome.summary.classes;
    assert_eq!(classes.sale, Tally { lines: 2, units: 3, minor: 346_900 });
    assert_eq!(classes.charge, Tally { lines: 1, units: 0, minor: 490 });
    // The first was called off the day after, the guest's came back after two days.
    assert_eq!(classes.cancellation, Tally { lines: 1, units: -1, minor: -123_450 });
    assert_eq!(classes.returned, Tally { lines: 1, units: -1, minor: -100_000 });
    assert_eq!(outcome.summary.orders, 2);
    let expected = [
        (6, "Land", "unmapped_value"),
        (7, "Datum", "bad_date"),
        (8, "Preis", "bad_number"),
        (9, "Artikel", "missing_value"),
        (10, "", "bad_row"),
        (11, "Datum", "several_times"),
        (12, "Datum", "several_times"),
    ];
    assert_eq!(reasons(&outcome.rejects), expected);
    let mut written = Vec::new();
    write_rejects(&mut written, &outcome.rejects[..2]).unwrap();
    let expected =
        "file,line,column,reason,detail\nlines,6,Land,unmapped_value,Atlantis\nlines,7,Datum,bad_date,2021-03-05\n";
    assert_eq!(String::from_utf8(written).unwrap(), expected);
}

const SEVERAL: &str = r#"
    [map]
    name = "several"
    currency = "USD"
    time_zone = "UTC"
    [[file]]
    name = "lines"
    role = "lines"
    path = ["lines.csv"]
    [[file]]
    name = "orders"
    role = "orders"
    path = ["orders.tsv"]
    join = { column = "no", to = "lines.order" }
    format = { delimiter = "\t" }
    [[file]]
    name = "payments"
    role = "payments"
    path = ["payments.csv"]
    join = { column = "order", to = "orders.no" }
    [[file]]
    name = "returns"
    role = "returns"
    path = ["returns.csv"]
    optional = true
    [[file]]
    name = "people"
    role = "lookup"
    path = ["people.csv"]
    optional = true
    join = { column = "id", to = "orders.person" }
    [order]
    number = "order"
    placed_at = { column = "orders.at", format = "%Y-%m-%d" }
    customer_name = "people.name"
    status = { column = "orders.status", map = "status" }
    without_lines = "reject"
    [line]
    sku = "sku"
    quantity = { const = "1" }
    line_total = "total"
    [[charge_column]]
    column = "orders.freight"
    kind = "shipping"
    per = "order"
    [payment]
    amount = "payments.amount"
    tender = { column = "payments.how", map = "how" }
    [return_list]
    order = "returns.order"
    when = { column = "returns.really", in = ["yes"] }
    return_after = "7d"
    [lifecycle]
    ship_after = "1d"
    deliver_after = "1d"
    cancel_after = "4h"
    [value_map.status]
    "gone" = "cancelled"
    "fine" = ""
    [value_map.how]
    "visa" = "card"
"#;

#[test]
fn files_are_joined_and_what_leads_nowhere_is_rejected() {
    let files: [(&str, &[u8]); 4] = [
        ("lines.csv", b"order,sku,total\nA,x,10.005\nA,y,2.50\nB,x,1.00\nQ,x,9.99\nE,x,1.00\n"),
        (
            "orders.tsv",
            b"no\tat\tperson\tstatus\tfreight\nA\t2020-01-01\tp\tfine\t3.00\nB\t2020-01-02\tp\tgone\t\n\
            C\t2020-01-03\tp\tfine\t1.00\nE\t2020-01-03\tp\todd\t1.00\n",
        ),
        ("payments.csv", b"order,amount,how\nA,15.50,visa\nA,0.00,visa\nB,1.00,shells\nC,1.00,visa\nZ,1.00,visa\n"),
        ("returns.csv", b"order,really\nA,yes\nA,yes\nZ,yes\nB,no\n"),
    ];
    let outcome = rehearsed(SEVERAL, &files, "");
    let classes = outcome.summary.classes;
    // 10.005 is half a cent above an even one: 10.00, 2.50 and 1.00.
    assert_eq!(classes.sale, Tally { lines: 3, units: 3, minor: 1_350 });
    assert_eq!(classes.charge, Tally { lines: 1, units: 0, minor: 300 });
    assert_eq!(classes.reject, Tally { lines: 2, units: 2, minor: 1_099 });
    assert_eq!(outcome.summary.orders, 2);
    let mut found = reasons(&outcome.rejects);
    found.sort_unstable();
    let expected = [
        (3, "amount", "payment_not_positive"),
        (3, "order", "return_twice"),
        (4, "how", "unmapped_value"),
        (4, "no", "order_without_lines"),
        (4, "order", "return_of_unknown_order"),
        (5, "order", "no_such_order"),
        (5, "order", "order_rejected"),
        (6, "order", "no_such_order"),
        (6, "status", "unmapped_value"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn missing_files_and_columns_are_named() {
    let folder = TestFolder::create();
    let mut plan = ImportPlan {
        map: Map::parse(GERMAN).unwrap(),
        source: folder.path().join("nothing.csv"),
        stock: StockMode::Receive,
    };
    let error = dry_run(&plan, &Silent).unwrap_err().to_string();
    assert!(error.contains("nothing.csv"), "{error}");
    plan.source = folder.path().join("short.csv");
    std::fs::write(&plan.source, "Beleg;Datum\n").unwrap();
    let error = dry_run(&plan, &Silent).unwrap_err().to_string();
    assert!(error.contains("lines.Menge") && error.contains("lines.Preis"), "{error}");
}
