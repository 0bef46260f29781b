//! Fields, and the sections made of them.

use super::parse::zone;
use super::reader::Reader;
use super::rules::{duration, pad, required_kind};
use super::*;
use toml::Value;

/// Reads fields; knows which names before a dot are files.
pub(super) struct Fields<'a> {
    pub(super) files: &'a [String],
    pub(super) lines: &'a str,
}

impl Fields<'_> {
    fn column(&self, text: &str) -> Origin {
        let of_file = text.split_once('.').filter(|(file, _)| self.files.iter().any(|name| name == file));
        let (file, column) = of_file.unwrap_or((self.lines, text));
        Origin::Column { file: file.to_owned(), column: column.to_owned() }
    }

    fn plain(origin: Origin) -> Field {
        Field {
            origin,
            trim: false,
            case: None,
            prefix: None,
            pad_left: None,
            map: None,
            format: None,
            time: None,
            zone: None,
        }
    }

    fn field(&self, section: &Reader<'_>, key: &str) -> Option<Field> {
        match section.value(key)? {
            Value::String(text) => Some(Self::plain(self.column(text))),
            Value::Table(table) => self.described(Reader::new(section.path(key), table, section.problems)),
            _ => {
                section.problem(key, "type", "must be a column or a table");
                None
            }
        }
    }

    fn described(&self, section: Reader<'_>) -> Option<Field> {
        let origin = match (section.text("column"), section.text("const")) {
            (Some(column), None) => Some(self.column(column)),
            (None, Some(text)) => Some(Origin::Const(text.to_owned())),
            _ => {
                section.problem("column", "missing", "exactly one of column and const is required");
                None
            }
        };
        let time = section.text("time").and_then(|text| {
            let time = text.parse().ok();
            if time.is_none() {
                section.problem("time", "format", "must be a time of day such as 09:00");
            }
            time
        });
        let field = Field {
            trim: section.flag("trim"),
            case: section.one_of("case", &[("upper", Case::Upper), ("lower", Case::Lower)]),
            prefix: section.text("prefix").map(str::to_owned),
            pad_left: section.table("pad_left").and_then(pad),
            map: section.text("map").map(str::to_owned),
            format: section.text("format").map(str::to_owned),
            time,
            zone: section.text("zone").and_then(|name| zone(&section, "zone", name)),
            ..Self::plain(origin.clone().unwrap_or(Origin::Const(String::new())))
        };
        section.finish();
        origin.map(|_| field)
    }

    fn required(&self, section: &Reader<'_>, key: &str) -> Option<Field> {
        if !section.has(key) {
            section.missing(key);
        }
        self.field(section, key)
    }

    pub(super) fn order(&self, section: Reader<'_>) -> Option<OrderFields> {
        let field = |key| self.field(&section, key);
        let (number, placed_at) = (self.required(&section, "number"), self.required(&section, "placed_at"));
        let several = [("earliest", SeveralTimes::Earliest), ("reject", SeveralTimes::Reject)];
        section.one_of("without_lines", &[("reject", ())]);
        let fields = OrderFields {
            number: number?,
            placed_at: placed_at?,
            customer: field("customer"),
            customer_name: field("customer_name"),
            customer_email: field("customer_email"),
            approved_at: field("approved_at"),
            required_at: field("required_at"),
            promised_on: field("promised_on"),
            shipped_at: field("shipped_at"),
            delivered_at: field("delivered_at"),
            cancelled_at: field("cancelled_at"),
            status: field("status"),
            service: field("service"),
            carrier: field("carrier"),
            currency: field("currency"),
            channel: field("channel"),
            location: field("location"),
            ship_to: section.table("ship_to").map_or_else(ShipTo::default, |address| self.ship_to(address)),
            several_times: section.one_of("several_times", &several).unwrap_or(SeveralTimes::Earliest),
        };
        section.finish();
        Some(fields)
    }

    fn ship_to(&self, section: Reader<'_>) -> ShipTo {
        let field = |key| self.field(&section, key);
        let address = ShipTo {
            name: field("name"),
            street: field("street"),
            city: field("city"),
            state: field("state"),
            postal_code: field("postal_code"),
            country: field("country"),
        };
        section.finish();
        address
    }

    pub(super) fn line(&self, section: Reader<'_>) -> Option<LineFields> {
        let field = |key| self.field(&section, key);
        let (sku, quantity) = (self.required(&section, "sku"), self.required(&section, "quantity"));
        let price = match (field("unit_price"), field("line_total")) {
            (Some(price), None) => Some(PriceField::Unit(price)),
            (None, Some(total)) => Some(PriceField::Total(total)),
            _ => {
                section.problem("unit_price", "missing", "exactly one of unit_price and line_total is required");
                None
            }
        };
        let fields = LineFields {
            sku: sku?,
            quantity: quantity?,
            price: price?,
            description: field("description"),
            discount: field("discount"),
            location: field("location"),
            number: field("number"),
            ship_by: field("ship_by"),
        };
        section.finish();
        Some(fields)
    }

    pub(super) fn charge_column(&self, section: Reader<'_>) -> Option<ChargeColumn> {
        let (column, kind) = (self.required(&section, "column"), required_kind(&section));
        let per_line = section.one_of("per", &[("line", true), ("order", false)]);
        if !section.has("per") {
            section.missing("per");
        }
        section.finish();
        Some(ChargeColumn { column: column?, kind: kind?, per_line: per_line? })
    }

    pub(super) fn cancellation(&self, section: Reader<'_>) -> Option<CancellationRule> {
        let mark = match (section.texts("number_prefix"), self.field(&section, "column"), section.texts("in")) {
            (Some(prefixes), None, None) => Some(CancellationMark::NumberPrefix(prefixes)),
            (None, Some(field), Some(values)) => Some(CancellationMark::Column { field, values }),
            _ => {
                section.problem("number_prefix", "missing", "either number_prefix, or column and in, is required");
                None
            }
        };
        let guests = section.one_of("without_customer", &[("reject", false), ("guest", true)]).unwrap_or(false);
        section.one_of("charges", &[("refund", ())]);
        section.finish();
        Some(CancellationRule { mark: mark?, guests })
    }

    pub(super) fn return_list(&self, section: Reader<'_>) -> Option<ReturnList> {
        let order = self.required(&section, "order");
        let when = section.table("when").and_then(|when| {
            let (column, values) = (self.required(&when, "column"), when.texts("in"));
            if !when.has("in") {
                when.missing("in");
            }
            when.finish();
            column.zip(values)
        });
        let return_after = duration(&section, "return_after").unwrap_or_default();
        section.finish();
        Some(ReturnList { order: order?, when, return_after })
    }

    pub(super) fn payment(&self, section: Reader<'_>) -> Option<PaymentRule> {
        let boxed = |key| self.field(&section, key).map(Box::new);
        let assume = section.one_of("assume", &[("paid", true), ("open", false)]);
        let (amount, tender) = (boxed("amount"), boxed("tender"));
        let (number, installments) = (boxed("number"), boxed("installments"));
        let rule = match (assume, amount) {
            (Some(_), Some(_)) => {
                section.problem("assume", "ambiguous", "assume and amount exclude each other");
                None
            }
            (Some(true), None) => Some(PaymentRule::Paid),
            (Some(false), None) => Some(PaymentRule::Open),
            (None, Some(amount)) => Some(PaymentRule::Listed { amount, tender, number, installments }),
            (None, None) => {
                section.problem("amount", "missing", "either amount or assume is required");
                None
            }
        };
        section.finish();
        rule
    }
}
