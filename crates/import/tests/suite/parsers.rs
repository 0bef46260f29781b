//! Files that people bring: whatever bytes they hold, in whatever encoding, compressed or not, each row is counted or rejected.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::io::Write;
use waybill_import::{ImportError, ImportPlan, Map, Outcome, Silent, StockMode, dry_run};
use waybill_store_sqlite::testing::TestFolder;

/// A lines file, and items that are joined to it.
fn mapping(format: &str) -> Map {
    let text = format!(
        r#"
        [map]
        name = "odd"
        currency = "EUR"
        time_zone = "Europe/Dublin"
        country = "IE"
        [format]
        {format}
        [[file]]
        name = "lines"
        role = "lines"
        path = ["$FILE"]
        [[file]]
        name = "items"
        role = "lookup"
        path = ["items.csv"]
        join = {{ column = "sku", to = "lines.sku" }}
        [order]
        number = "order"
        placed_at = "day"
        customer = "customer"
        [line]
        sku = "sku"
        description = "items.name"
        quantity = "quantity"
        unit_price = "price"
        "#
    );
    Map::parse(&text).expect("a mapping")
}

fn rehearsed(format: &str, lines: &[u8], items: &[u8]) -> Result<Outcome, ImportError> {
    let folder = TestFolder::create();
    let source = folder.path().join("lines.csv");
    std::fs::write(&source, lines).expect("a file");
    std::fs::write(folder.path().join("items.csv"), items).expect("a file");
    dry_run(&ImportPlan { map: mapping(format), source, stock: StockMode::Receive }, &Silent)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

const HEADER: &str = "order,day,customer,sku,quantity,price\n";
const ITEMS: &str = "sku,name\nA,Mug\nB,Bowl\n";

fn format() -> impl Strategy<Value = String> {
    let encoding = select(vec!["utf-8", "latin-1", "windows-1252"]);
    let rest = select(vec!["", "delimiter = \";\"", "quote = \"\"", "delimiter = \"\\t\"\nquote = \"'\""]);
    (encoding, rest).prop_map(|(encoding, rest)| format!("encoding = \"{encoding}\"\n{rest}"))
}

/// Cells that are nearly right, without anything that ends one.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-C1-9]",
        2 => "2026-1[0-2]-[0-3][0-9]",
        2 => "-?[0-9]{0,20}\\.?[0-9]{0,7}",
        1 => "[^,;\t\r\n\"']{0,9}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Bytes of any kind as the lines, as what is joined to them, and as what only begins like a compressed file.
    #[test]
    fn any_bytes_are_refused_or_rejected_by_row(
        format in format(),
        bytes in prop::collection::vec(prop_oneof![2 => select(b",;\t\n\r\"'".to_vec()), 3 => select(b"AB129-.".to_vec()), 1 => any::<u8>()], 0..400),
        cut in any::<Index>(),
        is_headed in any::<bool>(),
    ) {
        let bytes = if is_headed { [HEADER.as_bytes(), &bytes].concat() } else { bytes };
        let small = packed(&bytes);
        for file in [&bytes, &small, &small[..cut.index(small.len())].to_vec(), &[&b"\x1f\x8b"[..], &bytes].concat()] {
            for (lines, items) in [(&**file, ITEMS.as_bytes()), (HEADER.as_bytes(), file)] {
                if let Ok(outcome) = rehearsed(&format, lines, items) {
                    // No row begins behind the last line.
                    let last = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
                    prop_assert!(outcome.rejects.iter().all(|reject| reject.line <= last), "{:?}", outcome.rejects);
                }
            }
        }
    }

    /// Each row of a file is counted once, and the same whether the file is compressed, in one piece or in two.
    #[test]
    fn any_row_is_counted_once_however_the_file_is_packed(
        rows in prop::collection::vec(prop::collection::vec(cell(), 6), 0..12), cut in any::<Index>(),
    ) {
        let rows: Vec<String> = rows.iter().map(|cells| cells.join(",")).collect();
        let text = rows.iter().fold(HEADER.to_owned(), |text, row| format!("{text}{row}\n"));
        let (first, second) = text.as_bytes().split_at(cut.index(text.len()));
        let told = |bytes: &[u8]| {
            let outcome = rehearsed("encoding = \"utf-8\"", bytes, ITEMS.as_bytes()).expect("a file");
            (outcome.summary.classes, outcome.rejects)
        };
        let (classes, rejects) = told(text.as_bytes());
        prop_assert_eq!(classes.total().lines, rows.len() as i64);
        prop_assert!(rejects.iter().all(|reject| (2..rows.len() as u64 + 2).contains(&reject.line)));
        for bytes in [packed(text.as_bytes()), [packed(first), packed(second)].concat()] {
            prop_assert_eq!(told(&bytes), (classes, rejects.clone()));
        }
    }
}
