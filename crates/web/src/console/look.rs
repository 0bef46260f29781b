//! How whoever looks sees it: their time zone, and numbers, money and moments as they are written on pages.

use super::html::Html;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::tz::TimeZone;
use std::convert::Infallible;
use waybill_domain::money::{Currency, Minor, UnitPrice};
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};

/// The cookie in which a browser says its zone. It tells nothing that a browser does not tell anybody.
const ZONE_COOKIE: &str = "zone";

/// The eyes of whoever looks, at one moment.
#[derive(Clone, Debug)]
pub struct Look {
    zone: TimeZone,
    now: Timestamp,
}

/// A value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

impl FromRequestParts<crate::state::WebState> for Look {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &crate::state::WebState) -> Result<Self, Infallible> {
        let named = cookie(&parts.headers, ZONE_COOKIE).map(|name| name.replace("%2F", "/"));
        let zone = named.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC);
        Ok(Self { zone, now: state.engine().now() })
    }
}

impl Look {
    pub fn new(zone: TimeZone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }

    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn local(&self, at: Timestamp) -> jiff::Zoned {
        let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        at.to_zoned(self.zone.clone())
    }

    /// The day it is.
    pub fn today(&self) -> Date {
        self.local(self.now).date()
    }

    /// What the zone is called where people read it: `Los Angeles time`, `UTC`.
    pub fn zone_name(&self) -> String {
        let name = self.zone.iana_name().unwrap_or("UTC");
        name.rsplit_once('/').map_or_else(|| name.to_owned(), |(_, city)| format!("{} time", city.replace('_', " ")))
    }

    /// What the wall clock shows now, in seconds since 1970.
    pub fn local_seconds(&self) -> i64 {
        let local = self.local(self.now);
        local.timestamp().as_second() + i64::from(local.offset().seconds())
    }

    /// When a day begins.
    pub fn start_of(&self, day: Date) -> Timestamp {
        let start = day.to_zoned(self.zone.clone()).and_then(|zoned| zoned.start_of_day());
        start.map_or(self.now, |start| Timestamp(start.timestamp().as_microsecond()))
    }

    /// `Thursday, November 19`.
    pub fn long_day(day: Date) -> String {
        day.strftime("%A, %B %-d").to_string()
    }

    /// Date, minute and zone: what a moment says when one looks closer.
    pub fn exact(&self, at: Timestamp) -> String {
        self.local(at).strftime("%b %-d, %Y %-H:%M %Z").to_string()
    }

    /// `Nov 16` this year, else `Nov 16, 2025`.
    pub fn day(&self, day: Date) -> String {
        let format = if day.year() == self.today().year() { "%b %-d" } else { "%b %-d, %Y" };
        day.strftime(format).to_string()
    }

    /// Today `10:42`, else the day.
    pub fn moment(&self, at: Timestamp) -> Html {
        self.element(at, &self.short(at))
    }

    /// As [`Look::moment`], as a text.
    pub fn short(&self, at: Timestamp) -> String {
        let local = self.local(at);
        if local.date() == self.today() { local.strftime("%-H:%M").to_string() } else { self.day(local.date()) }
    }

    /// Only the minute, where the day stands above.
    pub fn minute(&self, at: Timestamp) -> Html {
        self.element(at, &self.local(at).strftime("%-H:%M").to_string())
    }

    /// The day of a moment.
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// `3 days ago`.
    pub fn ago(&self, at: Timestamp) -> Html {
        let seconds = self.now.seconds_since(at);
        let text = match seconds {
            ..60 => "just now".to_owned(),
            60..3_600 => plural(seconds / 60, "minute") + " ago",
            3_600..86_400 => plural(seconds / 3_600, "hour") + " ago",
            _ => plural(seconds / 86_400, "day") + " ago",
        };
        self.element(at, &text)
    }

    /// How long something has waited: `2 h 10 m`.
    pub fn age(&self, since: Timestamp) -> String {
        duration(self.now.seconds_since(since).max(0))
    }

    /// A sentence whose moments, which are in RFC 3339, are told as the viewer's.
    pub fn told(&self, sentence: &str) -> Html {
        let mut out = String::new();
        for (at, word) in sentence.split(' ').enumerate() {
            if at > 0 {
                out.push(' ');
            }
            let plain = word.trim_end_matches([',', '.', ';', ')']);
            match Timestamp::from_rfc3339(plain) {
                Some(moment) if plain.ends_with('Z') => {
                    let text = self.local(moment).strftime("%b %-d, %-H:%M").to_string();
                    out.push_str(&format!("{}{}", self.element(moment, &text), &word[plain.len()..]));
                }
                Some(_) | None => out.push_str(&Html::text(word).to_string()),
            }
        }
        Html::of(out)
    }

    fn element(&self, at: Timestamp, text: &str) -> Html {
        let (machine, exact) = (at.to_rfc3339(), self.exact(at));
        Html::of(format!("<time datetime=\"{machine}\" title=\"{exact}\">{text}</time>"))
    }
}

/// `48 m`, `2 h 10 m`, `4 d`.
pub fn duration(seconds: i64) -> String {
    match seconds {
        ..60 => "under 1 m".to_owned(),
        60..3_600 => format!("{} m", seconds / 60),
        3_600..86_400 => format!("{} h {:02} m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// With a capital letter at its beginning.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `1 day`, `3 days`.
pub fn plural(count: i64, one: &str) -> String {
    format!("{} {one}{}", number(count), if count == 1 { "" } else { "s" })
}

/// Whoever did something, as far as the log tells: `Waybill, fill backorders`, or a key.
pub fn hands(actor: &str) -> String {
    match actor.strip_prefix("system:") {
        Some("owner") => "The owner".to_owned(),
        Some(worker) => format!("Waybill, {}", worker.replace('_', " ")),
        None if actor.starts_with("key_") => "An API key".to_owned(),
        None => actor.to_owned(),
    }
}

/// With its sign: `+24`, `−2`.
pub fn signed(change: i64, precision: u32) -> String {
    let units = quantity(Quantity(change.saturating_abs()), precision);
    match change {
        0 => "0".to_owned(),
        1.. => format!("+{units}"),
        _ => format!("−{units}"),
    }
}

/// Digits in groups of three, with a true minus sign.
pub fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 3);
    if number < 0 {
        out.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count that is exact up to a thousand: whoever counted stopped at 1,001.
pub fn count(count: i64) -> String {
    if count > 1_000 { "1,000+".to_owned() } else { number(count) }
}

/// With its minor digits and the currency's sign, or its code where it has no sign that is its own.
pub fn money(amount: Minor, currency: Currency) -> String {
    let exponent = currency.exponent();
    let scale = 10_u64.pow(exponent);
    let units = amount.0.unsigned_abs();
    let whole = number(i64::try_from(units / scale).unwrap_or(i64::MAX));
    let fraction = match exponent {
        0 => String::new(),
        digits => format!(".{:0>width$}", units % scale, width = digits as usize),
    };
    let minus = if amount.0 < 0 { "−" } else { "" };
    match currency.as_str() {
        "EUR" => format!("{minus}€{whole}{fraction}"),
        "USD" => format!("{minus}${whole}{fraction}"),
        "GBP" => format!("{minus}£{whole}{fraction}"),
        code => format!("{minus}{whole}{fraction} {code}"),
    }
}

/// In whole units, for a headline whose exact value stands elsewhere: half a unit and more counts as one.
pub fn money_whole(amount: Minor, currency: Currency) -> String {
    let scale = 10_i64.pow(currency.exponent());
    let whole = (amount.0.saturating_add(amount.0.signum() * scale / 2)) / scale;
    let exact = money(Minor(whole.saturating_mul(scale)), currency);
    match currency.exponent() {
        0 => exact,
        digits => exact.replace(&format!(".{}", "0".repeat(digits as usize)), ""),
    }
}

/// Tenths of a percent: 958 is `95.8 %`.
pub fn percent(tenths: i64) -> String {
    format!("{}.{}\u{2009}%", number(tenths / 10), (tenths % 10).abs())
}

/// A change in tenths, with its sign: `−0.8`.
pub fn signed_tenths(tenths: i64) -> String {
    let sign = match tenths {
        0 => "±",
        1.. => "+",
        _ => "−",
    };
    let tenths = tenths.abs();
    format!("{sign}{}.{}", number(tenths / 10), tenths % 10)
}

/// A change in tenths of a percent, with its sign: `+14.1 %`.
pub fn signed_percent(tenths: i64) -> String {
    format!("{}\u{2009}%", signed_tenths(tenths))
}

/// A price, with as many digits as it needs beyond the minor ones.
pub fn price(price: UnitPrice, currency: Currency) -> String {
    let micro = 1_000_000 / 10_i64.pow(currency.exponent().min(6));
    if price.0 % micro == 0 {
        return money(Minor(price.0 / micro), currency);
    }
    let text = format!("{}.{:06}", price.0 / 1_000_000, price.0 % 1_000_000);
    format!("{} {currency}", text.trim_end_matches('0'))
}

/// A price as it is typed, with the currency's minor digits at least: `24.50`.
pub fn typed_price(price: UnitPrice, currency: Currency) -> String {
    let mut text = price.to_decimal();
    let digits = currency.exponent() as usize;
    let there = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if there < digits {
        text.push_str(if there == 0 { "." } else { "" });
        text.push_str(&"0".repeat(digits - there));
    }
    text
}

/// A quantity at its item's precision: 1500 at precision 3 is `1.5`.
pub fn quantity(quantity: Quantity, precision: u32) -> String {
    if precision == 0 {
        return number(quantity.0);
    }
    let scale = 10_i64.pow(precision.min(9));
    let fraction = format!("{:0>width$}", (quantity.0 % scale).unsigned_abs(), width = precision as usize);
    let fraction = fraction.trim_end_matches('0');
    let whole = number(quantity.0 / scale);
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_to_the_minor_digit() {
        for (minor, code, text) in [
            (84_273, "USD", "$842.73"),
            (-2_000, "EUR", "−€20.00"),
            (5, "GBP", "£0.05"),
            (1_234_567, "JPY", "1,234,567 JPY"),
            (1_500, "KWD", "1.500 KWD"),
        ] {
            assert_eq!(money(Minor(minor), code.parse().unwrap()), text);
        }
    }

    #[test]
    fn a_sentence_tells_its_moments_as_the_viewers() {
        let at = Timestamp::from_rfc3339("2026-11-19T16:00:00Z").unwrap();
        let look = Look::new(TimeZone::get("America/New_York").unwrap(), at);
        let told = look.told("<Leave> by 2026-11-26T03:47:00Z, or 2026 T 1Z.").to_string();
        assert!(told.starts_with("&lt;Leave&gt; by <time datetime=\"2026-11-26T03:47:00Z\""), "{told}");
        assert!(told.ends_with(">Nov 25, 22:47</time>, or 2026 T 1Z."), "{told}");
    }

    #[test]
    fn prices_and_quantities_keep_what_they_need() {
        let eur = "EUR".parse().unwrap();
        assert_eq!(price(UnitPrice(19_990_000), eur), "€19.99");
        assert_eq!(price(UnitPrice(42_500), eur), "0.0425 EUR");
        for (micro, text) in [(24_500_000, "24.50"), (3_000_000, "3.00"), (19_990_000, "19.99"), (42_500, "0.0425")] {
            assert_eq!(typed_price(UnitPrice(micro), eur), text);
        }
        assert_eq!(typed_price(UnitPrice(1_200_000_000), "JPY".parse().unwrap()), "1200");
        assert_eq!(quantity(Quantity(1_500), 3), "1.5");
        assert_eq!(quantity(Quantity(2_000), 3), "2");
        assert_eq!(quantity(Quantity(12_000), 0), "12,000");
    }

    #[test]
    fn a_moment_is_told_in_the_zone_of_whoever_looks() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let now = Timestamp::from_rfc3339("2026-11-20T03:00:00Z").unwrap();
        let look = Look::new(zone, now);
        assert_eq!(look.today().to_string(), "2026-11-19");
        let at = |text: &str| look.moment(Timestamp::from_rfc3339(text).unwrap()).to_string();
        assert!(at("2026-11-19T18:42:00Z").contains(">10:42</time>"));
        assert!(at("2026-11-16T18:42:00Z").contains(">Nov 16</time>"));
        assert!(at("2025-11-16T18:42:00Z").contains(">Nov 16, 2025</time>"));
        assert!(at("2026-11-19T18:42:00Z").contains("title=\"Nov 19, 2026 10:42 PST\""));
        assert_eq!(look.start_of(look.today()).to_rfc3339(), "2026-11-19T08:00:00Z");
    }

    #[test]
    fn headlines_are_whole_and_changes_have_a_sign() {
        let eur = "EUR".parse().unwrap();
        assert_eq!(money_whole(Minor(2_140_849), eur), "€21,408");
        assert_eq!(money_whole(Minor(2_140_850), eur), "€21,409");
        assert_eq!(money_whole(Minor(-150), eur), "−€2");
        assert_eq!(money_whole(Minor(1_234), "JPY".parse().unwrap()), "1,234 JPY");
        assert_eq!([percent(958), signed_percent(-5)], ["95.8\u{2009}%", "−0.5\u{2009}%"]);
        assert_eq!([141, -8, 0].map(signed_tenths), ["+14.1", "−0.8", "±0.0"]);
    }

    #[test]
    fn ages_are_short() {
        for (seconds, text) in [(5, "under 1 m"), (2_880, "48 m"), (7_800, "2 h 10 m"), (345_600, "4 d")] {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(plural(1, "day"), "1 day");
        assert_eq!(plural(1_200, "unit"), "1,200 units");
    }
}
