//! Placing orders: the body, and how it becomes a command.

use crate::forms::Written;
use crate::json::{self, Country, Decimal, Long, Name, OneOf, Short, Text, body};
use crate::problem::Problem;
use waybill_domain::ids::{IdSource, ReservationId};
use waybill_domain::money::{Currency, Minor, UnitPrice};
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::{ChargeKind, Destination};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::personal::{Address, Party, Personal};
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal;
use waybill_domain::time::Date;

type CurrencyCode = Written<Currency>;
type Day = Written<Date>;
type Method = OneOf<PaymentMethod>;
type KindOfCharge = OneOf<ChargeKind>;
type CountryCode = Country;
type Reserved = Written<ReservationId>;

body! {
    /// An order as a channel sends it.
    pub struct PlaceOrderBody {
        /// The channel's code.
        channel: Short,
        /// The channel's own number of the order; unique within the channel.
        external_ref: Option<Name>,
        /// ISO 4217.
        currency: CurrencyCode,
        customer: Option<CustomerBody>,
        ship_to: Option<AddressBody>,
        lines: Option<Vec<LineBody>>,
        /// What was reserved for the cart: the lines take from these first, and what they do not want goes back.
        reservations: Option<Vec<Reserved>>,
        /// Postage, fees and discounts of the order as a whole.
        charges: Option<Vec<ChargeBody>>,
        /// How it is paid; `payments` where several instruments pay together.
        payment: Option<PaymentBody>,
        payments: Option<Vec<PaymentBody>>,
        /// The day it is wanted, at the destination.
        requested_by: Option<Day>,
        /// What the carrier should know.
        instructions: Option<Long>,
        /// The customer's own order number.
        po_number: Option<Short>,
        /// Only keep it; `submit` places it.
        draft: Option<bool>,
    }

    /// Who orders.
    pub struct CustomerBody {
        /// The code of a known customer.
        code: Option<Short>,
        name: Option<Name>,
        company: Option<Name>,
        email: Option<Name>,
        phone: Option<Short>,
    }

    /// Where it goes.
    pub struct AddressBody {
        name: Option<Name>,
        company: Option<Name>,
        line1: Option<Name>,
        line2: Option<Name>,
        city: Option<Name>,
        region: Option<Name>,
        postal_code: Option<Short>,
        /// ISO 3166-1 alpha-2, capital letters.
        country: CountryCode,
        phone: Option<Short>,
        /// Degrees; kept to a tenth of a degree, to choose a near location.
        latitude: Option<f64>,
        longitude: Option<f64>,
    }

    /// One item at one price.
    pub struct LineBody {
        sku: Short,
        /// In the item's base unit at its precision.
        quantity: i64,
        /// The price of one base unit in minor units; or `unit_price`.
        unit_price_minor: Option<i64>,
        /// The price of one base unit in major units, to a millionth: `0.0425`.
        unit_price: Option<Decimal>,
        /// Off the whole line.
        discount_minor: Option<i64>,
        /// On top of the whole line.
        tax_minor: Option<i64>,
        note: Option<Long>,
    }

    /// A charge beside the lines.
    pub struct ChargeBody {
        kind: KindOfCharge,
        /// 0 or less for a discount, 0 or more for every other kind.
        amount_minor: i64,
        tax_minor: Option<i64>,
        /// A code of the source, such as POST.
        label: Option<Short>,
    }

    /// An instrument that pays.
    pub struct PaymentBody {
        method: Method,
        /// The gateway's token for the card.
        token: Option<Name>,
        /// Which gateway; `simulator` when not said.
        gateway: Option<Short>,
        /// Everything not paid by the others when not said.
        amount_minor: Option<i64>,
    }
}

pub const GATEWAY_DEFAULT: &str = "simulator";

/// A coordinate in tenths of a degree.
fn tenths(degrees: Option<f64>, max: f64, path: &str, problems: &mut Vec<refusal::Problem>) -> Option<i64> {
    let degrees = degrees?;
    if degrees.abs() > max {
        problems.push(refusal::Problem::new(path, "out_of_range", format!("must be -{max} to {max} degrees")));
        return None;
    }
    Some((degrees * 10.0).round() as i64)
}

fn unit_price(line: &LineBody, currency: Currency, n: usize, problems: &mut Vec<refusal::Problem>) -> UnitPrice {
    let path = |field: &str| format!("lines[{n}].{field}");
    let mut problem = |field: &str, code: &str, message: &str| {
        problems.push(refusal::Problem::new(path(field), code, message));
        UnitPrice::default()
    };
    match (line.unit_price_minor, &line.unit_price) {
        (Some(minor), None) => UnitPrice::from_minor(Minor(minor), currency)
            .unwrap_or_else(|| problem("unit_price_minor", "out_of_range", "must be 0 to 10,000,000,000 major units")),
        (None, Some(text)) => json::unit_price(text, &path("unit_price")).unwrap_or_else(|found| {
            problems.push(found);
            UnitPrice::default()
        }),
        (Some(_), Some(_)) => {
            problem("unit_price", "ambiguous", "only one of unit_price and unit_price_minor may be sent")
        }
        (None, None) => problem("unit_price_minor", "missing", "is required, or unit_price"),
    }
}

impl PlaceOrderBody {
    /// The command, with ids for the personal data it brings.
    ///
    /// # Errors
    /// Every problem that can be seen without the store.
    pub fn into_command(self, ids: IdSource, is_gateway: impl Fn(&str) -> bool) -> Result<PlaceOrder, Problem> {
        let mut problems = Vec::new();
        let mut minted = 0;
        let mut next = || {
            minted += 1;
            minted
        };
        let currency = self.currency.0;
        let (code, party) = match self.customer {
            None => (None, None),
            Some(customer) => (customer.code.map(|code| code.0), {
                let text = |text: Option<Text<200>>| text.map(|text| text.0);
                let party = Party {
                    name: text(customer.name),
                    company: text(customer.company),
                    email: text(customer.email),
                    phone: customer.phone.map(|phone| phone.0),
                };
                (party != Party::default()).then(|| Personal { id: ids.nth(next()), value: party })
            }),
        };
        let mut destination = Destination::default();
        let ship_to = self.ship_to.map(|address| {
            if !waybill_domain::catalog::location::is_country_code(&address.country.0) {
                let message = "must be two capital letters (ISO 3166-1), such as IE";
                problems.push(refusal::Problem::new("ship_to.country", "country", message));
            }
            destination = Destination {
                country: Some(address.country.0.clone()),
                latitude_e1: tenths(address.latitude, 90.0, "ship_to.latitude", &mut problems),
                longitude_e1: tenths(address.longitude, 180.0, "ship_to.longitude", &mut problems),
            };
            let text = |text: Option<Text<200>>| text.map(|text| text.0);
            let short = |text: Option<Short>| text.map(|text| text.0);
            let value = Address {
                name: text(address.name),
                company: text(address.company),
                line1: text(address.line1),
                line2: text(address.line2),
                city: text(address.city),
                region: text(address.region),
                postal_code: short(address.postal_code),
                country: address.country.0,
                phone: short(address.phone),
            };
            Personal { id: ids.nth(next()), value }
        });
        let instructions = self.instructions.map(|text| Personal { id: ids.nth(next()), value: text.0 });
        let mut lines = Vec::new();
        for (n, line) in self.lines.unwrap_or_default().into_iter().enumerate() {
            lines.push(LineInput {
                unit_price: unit_price(&line, currency, n, &mut problems),
                sku: line.sku.0,
                quantity: Quantity(line.quantity),
                discount: Minor(line.discount_minor.unwrap_or(0)),
                tax: Minor(line.tax_minor.unwrap_or(0)),
                note: line.note.map(|note| Personal { id: ids.nth(next()), value: note.0 }),
            });
        }
        let charges = self.charges.unwrap_or_default().into_iter().map(|charge| ChargeInput {
            kind: charge.kind.0,
            amount: Minor(charge.amount_minor),
            tax: Minor(charge.tax_minor.unwrap_or(0)),
            label: charge.label.map(|label| label.0),
        });
        let charges = charges.collect();
        if self.payment.is_some() && self.payments.is_some() {
            let message = "only one of payment and payments may be sent";
            problems.push(refusal::Problem::new("payment", "ambiguous", message));
        }
        let one = self.payment.is_some();
        let payments = self.payment.map(|payment| vec![payment]).or(self.payments).unwrap_or_default();
        if payments.len() > 20 {
            problems.push(refusal::Problem::new("payments", "too_many", "an order has at most 20 payments"));
        }
        let payments = payments.into_iter().enumerate().map(|(n, payment)| {
            let card = payment.method.0 == PaymentMethod::Card;
            let gateway = card.then(|| payment.gateway.map_or_else(|| GATEWAY_DEFAULT.to_owned(), |name| name.0));
            if let Some(gateway) = &gateway
                && !is_gateway(gateway)
            {
                let path = if one { "payment.gateway".to_owned() } else { format!("payments[{n}].gateway") };
                problems.push(refusal::Problem::new(path, "unknown_gateway", "is not a gateway of this server"));
            }
            PaymentInput {
                method: payment.method.0,
                gateway,
                token: payment.token.map(|token| Personal { id: ids.nth(next()), value: token.0 }),
                amount: payment.amount_minor.map(Minor),
            }
        });
        let payments = payments.collect();
        if !problems.is_empty() {
            return Err(Problem::invalid(problems));
        }
        let reservations = self.reservations.unwrap_or_default().into_iter().map(|id| id.0).collect();
        Ok(PlaceOrder {
            draft: self.draft.unwrap_or(false),
            channel: self.channel.0,
            external_ref: self.external_ref.map(|text| text.0),
            currency,
            customer: code,
            party,
            ship_to,
            destination,
            instructions,
            po_number: self.po_number.map(|text| text.0),
            requested_by: self.requested_by.map(|day| day.0),
            lines,
            charges,
            payments,
            reservations,
        })
    }
}
