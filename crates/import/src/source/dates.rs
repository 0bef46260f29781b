//! Local dates and times to moments.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use waybill_domain::time::Timestamp;

/// Reads one field's dates; remembers the last one, because rows of an order repeat it.
#[derive(Clone, Debug)]
pub struct DateReader {
    /// None tries ISO 8601.
    format: Option<String>,
    time: Time,
    zone: TimeZone,
    last: Option<(String, Timestamp)>,
}

impl DateReader {
    pub const fn new(format: Option<String>, time: Time, zone: TimeZone) -> Self {
        Self { format, time, zone, last: None }
    }

    /// The moment (UTC) that the text names. An hour that occurs twice is its first pass, one that is skipped moves
    /// forward.
    pub fn moment(&mut self, text: &str) -> Option<Timestamp> {
        if let Some((last, at)) = &self.last
            && last == text
        {
            return Some(*at);
        }
        let at = match self.local(text)? {
            Local::Moment(at) => at,
            Local::Civil(local) => self.zone.to_ambiguous_timestamp(local).compatible().ok()?,
        };
        let at = Timestamp(at.as_microsecond());
        self.last = Some((text.to_owned(), at));
        Some(at)
    }

    /// The day that the text names.
    pub fn day(&self, text: &str) -> Option<Date> {
        match self.local(text)? {
            Local::Moment(at) => Some(self.zone.to_datetime(at).date()),
            Local::Civil(local) => Some(local.date()),
        }
    }

    fn local(&self, text: &str) -> Option<Local> {
        let text = text.trim();
        let Some(format) = &self.format else {
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                return Some(Local::Moment(at));
            }
            let local = if text.len() > 10 { text.parse().ok() } else { None };
            return self.civil(local, text.parse().ok());
        };
        let parsed = jiff::fmt::strtime::parse(format, text).ok()?;
        // A format without an hour says nothing about the time of day.
        let local = parsed.hour().and_then(|_| parsed.to_datetime().ok());
        self.civil(local, parsed.to_date().ok())
    }

    fn civil(&self, local: Option<DateTime>, day: Option<Date>) -> Option<Local> {
        local.or_else(|| day.map(|day| day.to_datetime(self.time))).map(Local::Civil)
    }
}

enum Local {
    Moment(jiff::Timestamp),
    Civil(DateTime),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands in a field, and whatever a mapping says about how to read it.
        #[test]
        fn any_text_is_no_date_or_a_moment_that_is_read_again(
            text in prop_oneof![any::<String>(), "[0-9]{1,5}[-./][0-9]{1,2}[-./][0-9]{1,4}([T ][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2})?(Z|\\[[A-Z]{0,5}\\])?)?"],
            format in prop_oneof![Just(None), "(%[a-zA-Z%][-./ :]?){0,6}".prop_map(Some), any::<String>().prop_map(Some)],
            zone in prop_oneof![Just("UTC"), Just("Europe/Dublin"), Just("Pacific/Apia"), Just("America/Sao_Paulo")],
            hour in 0..24_i8,
        ) {
            let zone = TimeZone::get(zone).unwrap();
            let mut reader = DateReader::new(format, Time::constant(0, 0, 0, 0).with().hour(hour).build().unwrap(), zone.clone());
            let (moment, day) = (reader.moment(&text), reader.day(&text));
            prop_assert!(day.is_some() || moment.is_none());
            if let Some(at) = moment {
                let mut iso = DateReader::new(None, Time::midnight(), zone);
                prop_assert_eq!(iso.moment(&at.to_rfc3339()), Some(at));
                prop_assert_eq!(reader.moment(&text), Some(at), "remembered");
            }
        }
    }

    fn reader(format: &str, hour: i8, zone: &str) -> DateReader {
        DateReader::new(Some(format.to_owned()), Time::constant(hour, 0, 0, 0), TimeZone::get(zone).unwrap())
    }

    #[test]
    fn local_times_become_moments() {
        // Offsets from the IANA database, worked by hand: London +0 in December and +1 in June, New York -4 in June.
        let cases = [
            ("%Y-%m-%d %H:%M", "2010-12-01 08:26", "Europe/London", "2010-12-01T08:26:00Z"),
            ("%Y-%m-%d %H:%M", "2011-06-01 08:26", "Europe/London", "2011-06-01T07:26:00Z"),
            ("%Y-%m-%d", "2016-06-11", "America/New_York", "2016-06-11T13:00:00Z"),
            ("%Y-%m-%d %H:%M:%S.%f", "1996-07-04 00:00:00.000", "America/Los_Angeles", "1996-07-04T07:00:00Z"),
            // The hour from 1 to 2 occurs twice: the first pass is still summer time.
            ("%Y-%m-%d %H:%M", "2011-10-30 01:30", "Europe/London", "2011-10-30T00:30:00Z"),
            // The hour from 1 to 2 does not occur: it moves forward to 2:30 summer time.
            ("%Y-%m-%d %H:%M", "2011-03-27 01:30", "Europe/London", "2011-03-27T01:30:00Z"),
        ];
        for (format, text, zone, expected) in cases {
            let at = reader(format, 9, zone).moment(text).unwrap();
            assert_eq!(at.to_rfc3339(), expected, "{text}");
        }
        assert_eq!(reader("%Y-%m-%d", 0, "UTC").moment("01.02.2020"), None);
        let midnight = reader("%Y-%m-%d 00:00:00", 0, "America/Sao_Paulo");
        assert_eq!(midnight.day("2017-10-15 00:00:00").unwrap().to_string(), "2017-10-15");
    }
}
