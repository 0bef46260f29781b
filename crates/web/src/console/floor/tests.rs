use super::barcode::code_128;
use super::scanned::forms;
use super::*;
use jiff::tz::TimeZone;
use waybill_domain::time::Timestamp;

/// The modules of "Wikipedia" in set B, worked out by hand from the table of ISO/IEC 15417: start B, the letters, check
/// symbol 88, stop.
#[test]
fn a_bar_code_carries_its_text_and_check_symbol() {
    let svg = code_128("AB").expect("it can be carried").to_string();
    // Start B (104) 11010010000, A (33) 10100011000, B (34) 10001011000, check (104 + 33 + 2 * 34) % 103 = 102
    // 11110101110, stop 1100011101011.
    let modules = "11010010000101000110001000101100011110101110".to_owned() + "1100011101011";
    let width = modules.len() + 20;
    assert!(svg.contains(&format!("viewBox=\"0 0 {width} 1\"")), "{svg}");
    let mut drawn = vec![b'0'; width];
    let path = svg.split("d=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a path");
    for bar in path.split('M').skip(1) {
        let (at, rest) = bar.split_once(" 0h").expect("where it begins");
        let (run, _) = rest.split_once('v').expect("how wide it is");
        let (at, run): (usize, usize) = (at.parse().expect("a number"), run.parse().expect("a number"));
        drawn[at..at + run].fill(b'1');
    }
    assert_eq!(String::from_utf8_lossy(&drawn[10..width - 10]), modules);
}

#[test]
fn what_a_bar_code_cannot_carry_gets_none() {
    for text in ["", "W-1000\n", "Größe", &"9".repeat(65)] {
        assert_eq!(code_128(text), None, "{text:?}");
    }
    assert!(code_128("W-104233").is_some());
}

#[test]
fn a_gtin_is_looked_for_as_it_may_be_written() {
    assert_eq!(forms("04006381333931"), ["04006381333931", "4006381333931"]);
    assert_eq!(forms("00000096385074"), ["00000096385074", "0000096385074", "000096385074", "96385074"]);
    assert_eq!(forms("10614141000415"), ["10614141000415"]);
    assert!(forms("").is_empty());
    assert!(forms("é0000000000000").is_empty());
}

#[test]
fn a_day_is_loud_when_it_is_over_or_cannot_be_met() {
    let now = Timestamp::from_rfc3339("2026-11-20T12:00:00Z").expect("a moment");
    let look = Look::new(TimeZone::UTC, now);
    let shown = |text: &str| deadline(Some(text.parse().expect("a day")), &look).to_string();
    assert!(shown("2026-11-19").contains("missed"));
    assert!(shown("2026-11-20").contains("at risk"), "it ought to have left two days ago");
    assert!(shown("2026-11-21").contains("at risk"));
    assert_eq!(shown("2026-11-22"), "Nov 22");
    assert!(deadline(None, &look).to_string().contains('–'));
}

#[test]
fn a_part_of_a_unit_counts_as_one() {
    assert_eq!(
        [units(Quantity(3), 0), units(Quantity(1_500), 3), units(Quantity(2_000), 3), units(Quantity(0), 3)],
        [3, 2, 2, 0]
    );
    assert_eq!(kilograms(2_940), "2.94 kg");
}
