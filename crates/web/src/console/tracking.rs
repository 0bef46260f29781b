//! Where a carrier shows what became of a parcel.

use super::orders::percent;

/// How a carrier's name begins, and the address before the tracking number.
const CARRIERS: &[(&str, &str)] = &[
    ("an post", "https://www.anpost.com/Post-Parcels/Track/History?item="),
    ("dhl", "https://www.dhl.com/global-en/home/tracking.html?tracking-id="),
    ("dpd", "https://tracking.dpd.de/status/en_US/parcel/"),
    ("fedex", "https://www.fedex.com/fedextrack/?trknbr="),
    ("gls", "https://gls-group.com/track/"),
    ("royal mail", "https://www.royalmail.com/track-your-item#/tracking-results/"),
    ("ups", "https://www.ups.com/track?tracknum="),
    ("usps", "https://tools.usps.com/go/TrackConfirmAction?tLabels="),
];

/// The page of a parcel at its carrier; None for a carrier that is not known here.
pub fn page(carrier: &str, number: &str) -> Option<String> {
    let carrier = carrier.trim().to_lowercase();
    let is_it = |name: &str| {
        carrier.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
    };
    let (_, address) = CARRIERS.iter().find(|(name, _)| is_it(name))?;
    Some(format!("{address}{}", percent(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_carrier_has_a_page_and_a_number_is_only_a_number() {
        assert_eq!(page("UPS Ground", "1Z 9"), Some("https://www.ups.com/track?tracknum=1Z%209".to_owned()));
        assert_eq!(
            page("dhl", "\"><script>"),
            Some("https://www.dhl.com/global-en/home/tracking.html?tracking-id=%22%3E%3Cscript%3E".to_owned())
        );
        assert_eq!((page("Upside Couriers", "1"), page("", "1")), (None, None));
    }
}
