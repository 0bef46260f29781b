//! The balance of one stock key in every state.

use crate::ledger::{StockAccount, StockKey};
use crate::quantity::Quantity;

/// What one key holds, per state, and where its latest posting stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLevel {
    pub key: StockKey,
    /// Indexed by [`StockAccount::state_index`].
    pub balances: [Quantity; 9],
    /// How many postings made these balances.
    pub postings: i64,
    /// Position and number of the latest posting; postings of a key form a list from here backwards, so that a
    /// key's history needs no index of its own.
    pub last_position: i64,
    pub last_number: i64,
}

impl StockLevel {
    pub const fn empty(key: StockKey) -> Self {
        Self { key, balances: [Quantity::ZERO; 9], postings: 0, last_position: 0, last_number: 0 }
    }

    pub fn balance(&self, state: StockAccount) -> Quantity {
        state.state_index().map_or(Quantity::ZERO, |index| self.balances[index])
    }

    pub fn available(&self) -> Quantity {
        self.balances[0]
    }

    /// Everything physically here.
    pub fn on_hand(&self) -> Quantity {
        self.balances[..8].iter().copied().sum()
    }

    /// Moves a posting's quantity; the rules made sure that no state goes below zero.
    pub fn post(&mut self, from: StockAccount, to: StockAccount, quantity: Quantity) {
        if let Some(index) = from.state_index() {
            self.balances[index] -= quantity;
            debug_assert!(self.balances[index] >= Quantity::ZERO, "{from} of {:?} below zero", self.key);
        }
        if let Some(index) = to.state_index() {
            self.balances[index] += quantity;
        }
        self.postings += 1;
    }
}
