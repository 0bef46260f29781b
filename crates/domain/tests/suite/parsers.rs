//! Whatever is typed, sent or stored: a parser says no, or what it read is written back the same.

use proptest::prelude::*;
use proptest::sample::Index;
use std::fmt::Display;
use std::str::FromStr;
use waybill_domain::access::email::normalized;
use waybill_domain::catalog::gtin::is_valid_gtin;
use waybill_domain::catalog::location::is_country_code;
use waybill_domain::event::Event;
use waybill_domain::ids::{HoldId, ItemId, OrderId, PaymentId, TransactionId};
use waybill_domain::money::{Currency, UnitPrice};
use waybill_domain::order::{Lifecycle, OrderNumber};
use waybill_domain::system::appearance::Color;
use waybill_domain::system::logo::{LOGO_MAX, Logo};
use waybill_domain::system::reasons::Reasons;
use waybill_domain::text::is_word;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::url::EndpointUrl;

/// Texts that are nearly right, and texts that are anything.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z]{3}_[0-9a-z]{20,30}(-[0-9+-]{0,22})?",
        "W-[0-9+-]{0,22}",
        "[0-9]{0,16}[.,]?[0-9.]{0,9}",
        "[A-Z]{0,4}",
        "[0-9]{7,15}",
        "https?://[a-z@:/?#.\\[\\]%-]{0,30}",
        "#[0-9a-gA-G+é-]{0,7}",
        "[+-]?[0-9]{4,6}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|[+-][0-9]{2}:[0-9]{2})?",
    ]
}

/// What is read shows itself as a text that is read as the same.
fn comes_back<T: FromStr + Display + PartialEq>(text: &str) -> Result<(), TestCaseError> {
    if let Ok(read) = text.parse::<T>() {
        let again = read.to_string().parse::<T>().ok();
        prop_assert!(again == Some(read), "{text:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read_back_the_same(text in text()) {
        comes_back::<OrderId>(&text)?;
        comes_back::<ItemId>(&text)?;
        comes_back::<PaymentId>(&text)?;
        comes_back::<HoldId>(&text)?;
        comes_back::<TransactionId>(&text)?;
        comes_back::<OrderNumber>(&text)?;
        comes_back::<Currency>(&text)?;
        comes_back::<Lifecycle>(&text)?;
        comes_back::<Color>(&text)?;
        if let Some(price) = UnitPrice::from_decimal(&text) {
            prop_assert_eq!(UnitPrice::from_decimal(&price.to_decimal()), Some(price));
        }
        if let Some(at) = Timestamp::from_rfc3339(&text) {
            prop_assert_eq!(Timestamp::from_rfc3339(&at.to_rfc3339()), Some(at));
        }
        let url = EndpointUrl(text.clone());
        let _ = (url.host(), url.problem(), format!("{url:?}"), is_valid_gtin(&text), is_country_code(&text));
        prop_assert_eq!(normalized(&normalized(&text)), normalized(&text));
    }

    /// Moments from the year -9999 to 9999 are written so that they are read again; those beyond stay where they are.
    #[test]
    fn any_moment_can_be_written_and_counted_from(at in any::<i64>(), other in any::<i64>(), seconds in any::<i64>()) {
        let (at, other) = (Timestamp(at), Timestamp(other));
        let written = at.to_rfc3339();
        let read = Timestamp::from_rfc3339(&written);
        prop_assert!(read.is_some_and(|read| read.to_rfc3339() == written), "{written}");
        if at.0.abs() < 253_000_000_000_000_000 {
            prop_assert_eq!(read, Some(at));
        }
        prop_assert_eq!(at.seconds_since(other) > 0, at.plus_seconds(-1) >= other && at > other);
        prop_assert_eq!(at.plus_seconds(seconds) >= at, seconds >= 0 || at.0 == i64::MIN);
    }

    /// Ids are told apart from ids of another kind, and from themselves with one character changed for another.
    #[test]
    fn an_id_is_of_its_kind(bytes in any::<u128>()) {
        let id = OrderId(waybill_domain::ids::Id(bytes));
        prop_assert_eq!(id.to_string().parse::<OrderId>().ok(), Some(id));
        prop_assert!(id.to_string().parse::<ItemId>().is_err());
        prop_assert!(id.to_string().to_uppercase().parse::<OrderId>().is_err());
    }

    #[test]
    fn a_stored_event_is_read_or_refused(payload in prop_oneof![any::<String>(), "\\{(\"[a-z_]{1,9}\":[0-9\"a-z]{0,9},?){0,4}\\}"], version in -1..3_i64) {
        for (kind, _) in Event::KINDS {
            let _ = Event::decode(kind, version, &payload);
        }
        prop_assert!(Event::decode("no.such_event", 1, &payload).is_err());
    }

    /// Three bytes are six digits of a color, in whatever case they are typed.
    #[test]
    fn any_color_is_read_back(parts in any::<[u8; 3]>()) {
        let written: String = parts.iter().fold("#".to_owned(), |text, part| format!("{text}{part:02x}"));
        prop_assert_eq!(Color(parts).to_string(), written.clone());
        prop_assert_eq!(written.parse(), Ok(Color(parts)));
        prop_assert_eq!(written.to_uppercase().parse(), Ok(Color(parts)));
    }

    /// A file that is taken for a logo is kept byte for byte, small, and holds nothing that runs.
    #[test]
    fn any_file_is_no_logo_or_is_kept_as_it_is(bytes in picture()) {
        let Ok(logo) = Logo::read(&bytes) else { return Ok(()) };
        prop_assert!(bytes.len() <= LOGO_MAX);
        prop_assert_eq!(logo.bytes(), bytes.clone());
        let kept = serde_json::to_string(&logo).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Logo>(&kept).ok(), Some(logo));
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if !bytes.starts_with(b"\x89PNG") {
            for part in ["<script", "onload=", "javascript:", "href = 'https:", "<!entity"] {
                prop_assert!(!text.contains(part), "{text}");
            }
        }
    }

    /// PNGs of one piece after another, with one byte changed or cut off behind it.
    #[test]
    fn a_damaged_png_is_refused_or_kept_as_it_is(
        sides in (1..2_049_u32, 1..2_049_u32),
        pixels in prop::collection::vec(any::<u8>(), 0..40),
        (place, byte) in (any::<Index>(), any::<u8>()),
    ) {
        let whole = png(sides, &pixels);
        prop_assert_eq!(Logo::read(&whole).map(|logo| logo.bytes()), Ok(whole.clone()));
        let place = place.index(whole.len());
        prop_assert!(Logo::read(&whole[..place]).is_err());
        let mut changed = whole;
        changed[place] = byte;
        if let Ok(logo) = Logo::read(&changed) {
            prop_assert_eq!(logo.bytes(), changed);
        }
    }

    /// Whatever stands in the log for a logo or for reasons: it is refused, or judged.
    #[test]
    fn any_stored_looks_and_reasons_are_refused_or_read_back_the_same(
        kind in "png|svg|gif", hex in prop_oneof!["[0-9a-fA-Fé]{0,20}", "(89504e470d0a1a0a)[0-9a-f]{0,60}", any::<String>()],
        list in "cancel|hold|refund|fun", words in prop::collection::vec(any::<String>(), 0..4),
    ) {
        if let Ok(logo) = serde_json::from_value::<Logo>(serde_json::json!({"kind": kind, "hex": hex})) {
            prop_assert!(logo.objection().is_err() || logo.bytes().len() * 2 == hex.len());
        }
        if let Ok(reasons) = serde_json::from_value::<Reasons>(serde_json::json!({list: words})) {
            let _ = reasons.problems();
            let kept = serde_json::to_string(&reasons).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Reasons>(&kept).ok(), Some(reasons));
        }
    }

    /// Of a list of good reasons with one that is none, that one is named and nothing else.
    #[test]
    fn a_reason_that_is_no_word_is_named(
        words in prop::collection::btree_set("[A-Za-z0-9_.-]{1,64}", 1..40),
        (place, wrong) in (any::<Index>(), prop_oneof![Just(String::new()), "[a-z]{65,80}", "[a-z]{0,9}[^A-Za-z0-9_.-][a-z]{0,9}"]),
    ) {
        let mut words: Vec<String> = words.into_iter().collect();
        let reasons = |words: &[String]| Reasons { refund: words.to_vec(), ..Reasons::default() };
        prop_assert_eq!(reasons(&words).problems(), []);
        prop_assert!(words.iter().all(|word| is_word(word)) && !is_word(&wrong));
        let place = place.index(words.len());
        words[place] = wrong;
        let paths: Vec<String> = reasons(&words).problems().into_iter().map(|problem| problem.path).collect();
        prop_assert_eq!(paths, [format!("reasons.refund[{place}]")]);
    }
}

/// A PNG as far as anybody looks at it here: a head, pixels, an end (PNG, third edition, section 5.3; no sums are checked).
fn png((width, height): (u32, u32), pixels: &[u8]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let chunk = |kind: &[u8], data: &[u8]| [&(data.len() as u32).to_be_bytes()[..], kind, data, &[0; 4]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &head), &chunk(b"IDAT", pixels), &chunk(b"IEND", &[])].concat()
}

/// Files that are nearly pictures, and files that are anything.
fn picture() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        "<g fill='red' ",
        "/>",
        ">",
        "</g>",
        "<use href",
        "=\"#p\"",
        " = 'https://a.example'",
        " onload",
        "=",
        "url(",
        "#g)",
        "<script>",
        "javascript:",
        "&",
        "<!ENTITY",
        "on",
        "é",
        " ",
        "\u{feff}",
    ]);
    let svg = prop::collection::vec(part, 0..12);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        svg.prop_map(|parts| {
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{}</svg>", parts.concat()).into_bytes()
        }),
    ]
}
