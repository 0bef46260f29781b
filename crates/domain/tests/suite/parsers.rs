//! Whatever is typed, sent or stored: a parser says no, or what it read is written back the same.

use proptest::prelude::*;
use std::fmt::Display;
use std::str::FromStr;
use waybill_domain::catalog::gtin::is_valid_gtin;
use waybill_domain::catalog::location::is_country_code;
use waybill_domain::event::Event;
use waybill_domain::ids::{HoldId, ItemId, OrderId, PaymentId, TransactionId};
use waybill_domain::money::{Currency, UnitPrice};
use waybill_domain::order::{Lifecycle, OrderNumber};
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
        if let Some(price) = UnitPrice::from_decimal(&text) {
            prop_assert_eq!(UnitPrice::from_decimal(&price.to_decimal()), Some(price));
        }
        if let Some(at) = Timestamp::from_rfc3339(&text) {
            prop_assert_eq!(Timestamp::from_rfc3339(&at.to_rfc3339()), Some(at));
        }
        let url = EndpointUrl(text.clone());
        let _ = (url.host(), url.problem(), format!("{url:?}"), is_valid_gtin(&text), is_country_code(&text));
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
}
