//! When an order ships, arrives, is paid and ends.

use super::classify::Classifier;
use super::records::{Order, Payment};
use crate::map::PaymentRule;
use waybill_domain::time::Timestamp;

impl Classifier<'_> {
    /// The times of the order's life, from the file or the lead times; a time before the step it follows is moved up.
    pub(super) fn life(&self, order: &mut Order) {
        let lead = &self.map.lead;
        let later = |at: Timestamp, by: jiff::SignedDuration| at.plus_seconds(by.as_secs());
        if !order.lines.is_empty() && !order.held {
            let by_lead = lead.ship_after.filter(|_| !order.head.cancelled).map(|by| later(order.placed_at, by));
            order.shipped_at = order.head.shipped_at.or(by_lead).map(|at| at.max(order.placed_at));
            order.delivered_at = order.shipped_at.and_then(|shipped| {
                let by_lead = lead.deliver_after.map(|by| later(shipped, by));
                order.head.delivered_at.or(by_lead).map(|at| at.max(shipped))
            });
        }
        let known = order.last_known();
        if order.head.cancelled {
            match order.shipped_at {
                Some(_) => order.returned_at = lead.return_after.map(|by| later(known, by)),
                None => {
                    let by_lead = lead.cancel_after.map(|by| later(known, by));
                    order.cancelled_at = order.head.cancelled_at.or(by_lead).map(|at| at.max(order.placed_at));
                }
            }
        } else if self.returned.contains(&order.number) && order.shipped_at.is_some() {
            let after = self.map.return_list.as_ref().map(|list| list.return_after).unwrap_or_default();
            order.returned_at = Some(later(known, after));
        }
        let total = order.total();
        let at = order.head.approved_at.unwrap_or(order.placed_at).max(order.placed_at);
        order.payments = match self.map.payment {
            PaymentRule::Paid if total > 0 => {
                vec![Payment { at: order.placed_at, minor: total, cash: false, reference: None }]
            }
            PaymentRule::Paid | PaymentRule::Open => Vec::new(),
            // Cancelled and never approved: nothing was ever captured.
            PaymentRule::Listed { .. } if order.head.cancelled && order.head.approved_at.is_none() => Vec::new(),
            PaymentRule::Listed { .. } => {
                let listed = std::mem::take(&mut order.head.payments).into_iter();
                listed
                    .map(|one| Payment { at, minor: one.minor, cash: one.cash, reference: Some(one.reference) })
                    .collect()
            }
        };
        order.kept = order.payments.iter().map(|payment| payment.minor).sum();
    }
}
