//! From the text of a mapping to [`Map`], section by section.

use super::fields::Fields;
use super::files::{check_files, file, format};
use super::reader::{Problems, Reader};
use super::rules::{DEFAULT_UNPRICED, charge_code, lead_times, reason, unpriced};
use super::*;
use crate::error::MapError;
use crate::source::country;
use toml::Table;

pub fn map(text: &str) -> Result<Map, MapError> {
    let table: Table = toml::from_str(text).map_err(|error| MapError::Syntax(error.to_string()))?;
    let problems = Problems::default();
    let root = Reader::new("", &table, &problems);
    let map = sections(&root);
    root.finish();
    let problems = problems.into_vec();
    match map {
        Some(map) if problems.is_empty() => Ok(map),
        _ => Err(MapError::Invalid(problems)),
    }
}

/// None only where a problem was noted.
fn sections(root: &Reader<'_>) -> Option<Map> {
    let format = root.table("format").map_or_else(Format::default, |section| format(section, &Format::default()));
    let files: Vec<FileSpec> = root.tables("file").into_iter().map(|section| file(section, &format)).collect();
    check_files(root, &files);
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let lines = files.iter().find(|file| file.role == Role::Lines).map_or("lines", |file| file.name.as_str());
    let fields = Fields { files: &names, lines };

    let head = section(root, "map").map(|section| head(&section));
    let order = section(root, "order").and_then(|section| fields.order(section));
    let line = section(root, "line").and_then(|section| fields.line(section));
    let charge_codes = root.tables("charge_code").into_iter().filter_map(charge_code).collect();
    let charge_columns =
        root.tables("charge_column").into_iter().filter_map(|section| fields.charge_column(section)).collect();
    let cancellation = root.table("cancellation").and_then(|section| fields.cancellation(section));
    let unpriced = root.table("unpriced").map_or(DEFAULT_UNPRICED, unpriced);
    let adjustment_reasons = root.tables("adjustment_reason").into_iter().filter_map(reason).collect();
    let return_list = root.table("return_list").and_then(|section| fields.return_list(section));
    let lead = root.table("lifecycle").map_or_else(LeadTimes::default, lead_times);
    let payment = root.table("payment").map_or(Some(PaymentRule::Open), |section| fields.payment(section));
    let value_maps = root.table("value_map").map_or_else(BTreeMap::new, value_maps);
    let (head, order, line, payment) = (head?, order?, line?, payment?);
    let map = Map {
        name: head.name,
        currency: head.currency?,
        zone: head.zone?,
        zone_name: head.zone_name,
        channel: head.channel,
        location: head.location,
        country: head.country,
        files,
        order,
        line,
        charge_codes,
        charge_columns,
        cancellation,
        unpriced,
        adjustment_reasons,
        return_list,
        lead,
        payment,
        value_maps,
    };
    check_value_maps(root, &map);
    Some(map)
}

/// A required section.
fn section<'a>(root: &Reader<'a>, key: &str) -> Option<Reader<'a>> {
    if !root.has(key) {
        root.missing(key);
    }
    root.table(key)
}

struct Head {
    name: String,
    currency: Option<Currency>,
    zone: Option<TimeZone>,
    zone_name: String,
    channel: String,
    location: String,
    country: String,
}

fn head(section: &Reader<'_>) -> Head {
    let name = section.required_text("name").to_owned();
    if name.len() > 40 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        section.problem("name", "format", "must be 1 to 40 letters, digits, hyphens, underscores or dots");
    }
    let currency = section.required_text("currency");
    let currency = currency.parse().inspect_err(|message| section.problem("currency", "currency", message)).ok();
    let zone_name = section.required_text("time_zone").to_owned();
    let zone = zone(section, "time_zone", &zone_name);
    let country = section.text("country").unwrap_or("ZZ").to_owned();
    if country != "ZZ" && country::code(&country) != Some(country.as_str()) {
        section.problem("country", "country", "must be two capital letters (ISO 3166-1), such as IE");
    }
    let head = Head {
        channel: section.text("channel").unwrap_or(&name).to_owned(),
        location: section.text("location").unwrap_or("MAIN").to_owned(),
        name,
        currency,
        zone,
        zone_name,
        country,
    };
    unknown_keys(section, &["name", "currency", "time_zone", "channel", "location", "country"]);
    head
}

/// For sections that are only lent.
fn unknown_keys(section: &Reader<'_>, known: &[&str]) {
    for (key, _) in section.entries() {
        if !known.contains(&key) {
            section.problem(key, "unknown_key", "is not a key of this section");
        }
    }
}

pub(super) fn zone(section: &Reader<'_>, key: &str, name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok();
    if zone.is_none() && !name.is_empty() {
        section.problem(key, "unknown_zone", "must be an IANA time zone, such as Europe/Dublin");
    }
    zone
}

fn value_maps(section: Reader<'_>) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut maps = BTreeMap::new();
    for (name, value) in section.entries() {
        let texts = value.as_table().and_then(|table| {
            table
                .iter()
                .map(|(from, to)| Some((from.clone(), to.as_str()?.to_owned())))
                .collect::<Option<BTreeMap<_, _>>>()
        });
        match texts {
            Some(texts) => {
                maps.insert(name.to_owned(), texts);
            }
            None => section.problem(name, "type", "must be a table of texts"),
        }
    }
    maps
}

/// Every value map and file that a field names exists.
fn check_value_maps(root: &Reader<'_>, map: &Map) {
    let known = |name: &str| map.value_maps.contains_key(name);
    for (path, field) in map.fields() {
        if field.map.as_deref().is_some_and(|name| !known(name)) {
            root.problem(&path, "unknown_map", "names a value map that is not there");
        }
    }
    if matches!(map.payment, PaymentRule::Listed { .. }) && !map.files.iter().any(|file| file.role == Role::Payments) {
        root.problem("payment", "missing_file", "needs a file with the role payments");
    }
    if map.return_list.is_some() && !map.files.iter().any(|file| file.role == Role::Returns) {
        root.problem("return_list", "missing_file", "needs a file with the role returns");
    }
}

impl Map {
    /// Every field with its path, for checks.
    fn fields(&self) -> Vec<(String, &Field)> {
        let order = &self.order;
        let mut fields = vec![("order.number", &order.number), ("order.placed_at", &order.placed_at)];
        let optional = [
            ("order.customer", &order.customer),
            ("order.customer_name", &order.customer_name),
            ("order.customer_email", &order.customer_email),
            ("order.status", &order.status),
            ("order.service", &order.service),
            ("order.carrier", &order.carrier),
            ("order.currency", &order.currency),
            ("order.channel", &order.channel),
            ("order.location", &order.location),
            ("order.ship_to.state", &order.ship_to.state),
            ("order.ship_to.country", &order.ship_to.country),
            ("line.description", &self.line.description),
            ("line.location", &self.line.location),
        ];
        fields.extend(optional.into_iter().filter_map(|(path, field)| Some((path, field.as_ref()?))));
        fields.push(("line.sku", &self.line.sku));
        if let PaymentRule::Listed { tender: Some(tender), .. } = &self.payment {
            fields.push(("payment.tender", tender));
        }
        fields.into_iter().map(|(path, field)| (path.to_owned(), field)).collect()
    }
}
