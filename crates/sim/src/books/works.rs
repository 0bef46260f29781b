//! Whose the work of the locations is, as the auditor knows it from what clients asked for and were told.

use std::collections::BTreeMap;
use waybill_domain::ids::FulfillmentOrderId;
use waybill_store::{Row, StoreError};

/// From whom to whom; None for nobody.
type HandedOver = (Option<String>, Option<String>);

/// What was acknowledged about each fulfillment order, by the version of the order that it made.
#[derive(Debug, Default)]
pub struct WorkBooks(BTreeMap<FulfillmentOrderId, BTreeMap<i64, HandedOver>>);

impl WorkBooks {
    pub fn handed_over(&mut self, id: FulfillmentOrderId, version: i64, from: Option<String>, to: Option<String>) {
        self.0.entry(id).or_default().insert(version, (from, to));
    }

    /// What is wrong: work that was taken from somebody whom the taker did not name, and work that is not with whom it
    /// was given to last.
    pub fn wrong(&self, rows: Vec<Row>) -> Result<Vec<String>, StoreError> {
        let mut wrong = Vec::new();
        let mut last: BTreeMap<FulfillmentOrderId, String> = BTreeMap::new();
        for (id, history) in &self.0 {
            let mut now: Option<&String> = None;
            for (version, (from, to)) in history {
                if from.as_ref() != now {
                    wrong.push(format!("version {version} took {id} from {from:?}, and {now:?} had it"));
                }
                now = to.as_ref();
            }
            last.extend(now.map(|now| (*id, now.clone())));
        }
        let mut found = BTreeMap::new();
        for mut row in rows {
            let id = FulfillmentOrderId::new(row.take()?, row.take()?);
            found.insert(id, row.take::<String>()?);
        }
        if last != found {
            wrong.push(format!("assignees: clients were told {last:?}, the rows say {found:?}"));
        }
        Ok(wrong)
    }
}
