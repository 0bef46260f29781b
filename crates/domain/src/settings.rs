//! What a business may tune without changing a rule.

use crate::order::Order;
use crate::payment::PaymentMethod;
use crate::refusal::Problem;
use crate::system::appearance::Appearance;
use crate::system::reasons::Reasons;
use serde::{Deserialize, Serialize};

/// The settings of a store. Kept as one record; every process decides on the version the batch read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long stock is kept for an order whose card payment is under way, in seconds (60 to 86,400).
    pub card_reservation_s: i64,
    /// How long stock is kept for an order that waits for a bank transfer, in seconds (1 hour to 60 days).
    pub transfer_reservation_s: i64,
    /// Authorizations are renewed this long before they expire, in seconds (1 hour to 7 days).
    pub renew_before_s: i64,
    /// How the shop looks where people see it.
    #[serde(skip_serializing_if = "Appearance::is_default")]
    pub appearance: Appearance,
    /// What people choose from when they act.
    #[serde(skip_serializing_if = "Reasons::is_default")]
    pub reasons: Reasons,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            card_reservation_s: 15 * 60,
            transfer_reservation_s: 7 * 86_400,
            renew_before_s: 86_400,
            appearance: Appearance::default(),
            reasons: Reasons::default(),
        }
    }
}

impl Settings {
    /// How long an unpaid order keeps its stock.
    pub fn reservation_seconds(&self, order: &Order) -> i64 {
        let card = order.payments.iter().any(|payment| payment.method == PaymentMethod::Card);
        if card { self.card_reservation_s } else { self.transfer_reservation_s }
    }

    pub fn problems(&self) -> Vec<Problem> {
        let ranges = [
            ("card_reservation_s", self.card_reservation_s, 60..=86_400),
            ("transfer_reservation_s", self.transfer_reservation_s, 3_600..=60 * 86_400),
            ("renew_before_s", self.renew_before_s, 3_600..=7 * 86_400),
        ];
        ranges
            .into_iter()
            .filter(|(_, value, range)| !range.contains(value))
            .map(|(path, _, range)| {
                Problem::new(path, "out_of_range", format!("must be {} to {}", range.start(), range.end()))
            })
            .chain(self.appearance.problems())
            .chain(self.reasons.problems())
            .collect()
    }
}
