//! Values that are written as text: ids, dates, moments, currencies.

use crate::json::{At, FromJson, text};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use waybill_domain::time::{Date, Timestamp};

/// A value written as text in a form of its own: an id, a date, a moment, a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<T>(pub T);

/// How a [`Written`] value is written.
pub trait Form: Sized {
    const NAME: &'static str;
    const FORMAT: Option<&'static str> = None;
    const EXPECTED: &'static str;
    fn parse(text: &str) -> Option<Self>;
}

impl<T: Form> FromJson for Written<T> {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        let found = text(value, at)?;
        let parsed = T::parse(&found).map(Self);
        if parsed.is_none() {
            at.problem("malformed", format!("must be {}", T::EXPECTED));
        }
        parsed
    }
}

impl<T: Form> PartialSchema for Written<T> {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
        let text = text.description(Some(T::EXPECTED));
        let text = match T::FORMAT {
            Some(format) => text.format(Some(utoipa::openapi::SchemaFormat::Custom(format.to_owned()))),
            None => text,
        };
        RefOr::T(Schema::Object(text.build()))
    }
}

impl<T: Form> ToSchema for Written<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::NAME.into()
    }
}

impl Form for Date {
    const NAME: &'static str = "Date";
    const FORMAT: Option<&'static str> = Some("date");
    const EXPECTED: &'static str = "a day between 1900 and 2999 such as 2026-12-01";
    fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        text.parse::<Self>().ok().filter(|day| plain && (1900..=2999).contains(&day.year()))
    }
}

impl Form for Timestamp {
    const NAME: &'static str = "Timestamp";
    const FORMAT: Option<&'static str> = Some("date-time");
    const EXPECTED: &'static str = "a moment between 1900 and 2999 such as 2026-12-01T08:30:00Z";
    fn parse(text: &str) -> Option<Self> {
        // 1900-01-01 and 3000-01-01 in seconds since 1970.
        let range = -2_208_988_800_000_000..32_503_680_000_000_000;
        Self::from_rfc3339(text).filter(|at| range.contains(&at.0))
    }
}

impl Form for waybill_domain::money::Currency {
    const NAME: &'static str = "Currency";
    const EXPECTED: &'static str = "an ISO 4217 currency code such as EUR";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

macro_rules! id_forms {
    ($($type:ident, $prefix:literal;)+) => {$(
        impl Form for waybill_domain::ids::$type {
            const NAME: &'static str = stringify!($type);
            const EXPECTED: &'static str = concat!("an id that looks like ", $prefix, "_01h455vb4pex5vsknk084sn02q");
            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}
id_forms! {
    LotId, "lot";
    ParcelId, "pcl";
    ReservationId, "res";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_refused_or_a_value_within_its_bounds(
            text in prop_oneof![
                any::<String>(),
                "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,9})?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
                "[A-Za-z]{3}",
            ],
            (year, month, day) in (1900..3000_i16, 1..13_i8, 1..29_i8),
        ) {
            if let Some(read) = <Date as Form>::parse(&text) {
                prop_assert!((1900..=2999).contains(&read.year()) && read.to_string() == text);
            }
            if let Some(at) = <Timestamp as Form>::parse(&text) {
                prop_assert_eq!(<Timestamp as Form>::parse(&at.to_rfc3339()), Some(at));
            }
            if let Some(currency) = <waybill_domain::money::Currency as Form>::parse(&text) {
                prop_assert_eq!(currency.as_str(), text);
            }
            let date = <Date as Form>::parse(&format!("{year:04}-{month:02}-{day:02}"));
            prop_assert_eq!(date.map(|date| (date.year(), date.month(), date.day())), Some((year, month, day)));
        }
    }
}
