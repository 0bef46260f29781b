//! Stock and money as double-entry ledgers: the accounts and the postings between them.
//!
//! A posting is immutable and moves a quantity or an amount from one account to another; balances are sums of
//! postings. [`crate::event::Event::postings`] and [`crate::event::Event::money_postings`] are the only makers.

use crate::Code;
use crate::ids::{Id, ItemId, LocationId, LotId, OrderId};
use crate::money::Minor;
use crate::quantity::Quantity;
use std::borrow::Cow;

/// What a stock balance is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StockKey {
    pub item_id: ItemId,
    pub location_id: LocationId,
    /// Nil where the item is not tracked by lot.
    pub lot_id: LotId,
}

codes! {
    /// Where a unit of stock is, in the books of one key. States partition what is on hand; the rest is outside.
    pub enum StockAccount {
        Available = "available",
        /// Promised, with an expiry.
        Reserved = "reserved",
        /// Bound to a line of an order.
        Allocated = "allocated",
        Picked = "picked",
        Packed = "packed",
        QualityControl = "quality_control",
        Damaged = "damaged",
        Quarantined = "quarantined",
        /// On its way to this location; not on hand.
        InTransit = "in_transit",
        /// External: who it came from.
        Supplier = "supplier",
        /// External: who has it now.
        Customer = "customer",
        /// External: written off.
        Loss = "loss",
        /// External: found.
        Gain = "gain",
        /// External: the other side of a transfer between two keys.
        Transfer = "transfer",
    }
}

impl StockAccount {
    /// The accounts that hold a balance in a stock level.
    pub const STATES: [Self; 9] = [
        Self::Available,
        Self::Reserved,
        Self::Allocated,
        Self::Picked,
        Self::Packed,
        Self::QualityControl,
        Self::Damaged,
        Self::Quarantined,
        Self::InTransit,
    ];

    /// Index into a level's balances; None for an external account.
    pub const fn state_index(self) -> Option<usize> {
        let index = self as usize;
        if index < Self::STATES.len() { Some(index) } else { None }
    }

    /// Postings into or out of these name the allocation (or reservation) they belong to.
    pub const fn needs_holder(self) -> bool {
        matches!(self, Self::Reserved | Self::Allocated | Self::Picked | Self::Packed)
    }
}

/// Whose reserved, allocated, picked or packed units a posting moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holder {
    /// An order's or a reservation's id.
    pub id: Id,
    /// The line of the order; 0 for a reservation.
    pub line: u32,
}

/// One movement of stock within a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockPosting {
    pub key: StockKey,
    pub from: StockAccount,
    pub to: StockAccount,
    /// Positive.
    pub quantity: Quantity,
    pub holder: Option<Holder>,
}

/// An account of the money ledger. Debits minus credits is its balance; receivable, clearing, bank and cash are assets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MoneyAccount {
    Receivable,
    /// Money before goods.
    Deposits,
    /// What a gateway owes us.
    Clearing(String),
    Bank,
    Cash,
    Revenue,
    Discounts,
    Tax,
    Shipping,
    Fees,
    StoreCredit,
    Chargebacks,
    Rounding,
}

impl MoneyAccount {
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Clearing(gateway) => return Cow::Owned(format!("clearing:{gateway}")),
            Self::Receivable => "receivable",
            Self::Deposits => "deposits",
            Self::Bank => "bank",
            Self::Cash => "cash",
            Self::Revenue => "revenue",
            Self::Discounts => "discounts",
            Self::Tax => "tax",
            Self::Shipping => "shipping",
            Self::Fees => "fees",
            Self::StoreCredit => "store_credit",
            Self::Chargebacks => "chargebacks",
            Self::Rounding => "rounding",
        })
    }
}

/// One movement of money in an order's currency: debit one account, credit another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyPosting {
    pub order_id: OrderId,
    /// The payment it belongs to; 0 where none does.
    pub payment: u32,
    pub debit: MoneyAccount,
    pub credit: MoneyAccount,
    /// Positive.
    pub amount: Minor,
}

impl MoneyPosting {
    /// A posting of `amount`; a negative amount posts the other way round, zero posts nothing.
    pub fn signed(
        order_id: OrderId,
        payment: u32,
        debit: MoneyAccount,
        credit: MoneyAccount,
        amount: Minor,
    ) -> Option<Self> {
        match amount.0 {
            0 => None,
            1.. => Some(Self { order_id, payment, debit, credit, amount }),
            _ => Some(Self { order_id, payment, debit: credit, credit: debit, amount: -amount }),
        }
    }
}

impl std::fmt::Display for StockPosting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} -> {}", self.quantity, self.from.code(), self.to.code())
    }
}
