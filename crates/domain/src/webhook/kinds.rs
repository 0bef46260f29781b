//! Which kinds of events somebody wants: exact names, and prefixes such as `order.*`.

use crate::event::Event;
use serde::{Deserialize, Serialize};

/// A choice of kinds of events. Without any entry it is all of them, those of later versions included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventKinds(pub Vec<String>);

impl EventKinds {
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// The kinds of this version that are chosen; empty for all.
    pub fn known(&self) -> Vec<String> {
        let kinds = Event::KINDS.iter().map(|(kind, _)| *kind);
        kinds.filter(|kind| self.0.iter().any(|entry| chooses(entry, kind))).map(str::to_owned).collect()
    }

    /// Entries that choose nothing, by their places.
    pub fn pointless(&self) -> impl Iterator<Item = (usize, &str)> {
        let chooses_any = |entry: &str| Event::KINDS.iter().any(|(kind, _)| chooses(entry, kind));
        self.0.iter().map(String::as_str).enumerate().filter(move |(_, entry)| !chooses_any(entry))
    }
}

fn chooses(entry: &str, kind: &str) -> bool {
    match entry.strip_suffix(".*") {
        Some(noun) => kind.strip_prefix(noun).is_some_and(|rest| rest.starts_with('.')),
        None => entry == kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_chooses_the_kinds_of_its_noun_and_no_others() {
        let kinds = |entries: &[&str]| EventKinds(entries.iter().map(|entry| (*entry).to_owned()).collect());
        assert_eq!(kinds(&["parcel.*", "order.placed"]).known(), ["order.placed", "parcel.packed", "parcel.unpacked"]);
        // `order.*` is not `order_line.*`, and a bare star is no entry.
        for pointless in ["ord.*", "order", "*", ".*", "order.", "order.*.*", "Order.placed"] {
            assert_eq!(kinds(&["order.placed", pointless]).pointless().collect::<Vec<_>>(), [(1, pointless)]);
        }
        assert!(kinds(&["fulfillment.*"]).known().is_empty(), "fulfillment_order is another noun");
    }
}
