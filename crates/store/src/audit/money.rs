//! An order's money, added up from the postings.

use super::report::Findings;
use crate::tables::MoneyPostingRecord;
use std::collections::BTreeMap;
use waybill_domain::money::Currency;
use waybill_domain::order::OrderHead;
use waybill_domain::payment::Payment;

/// Debits less credits, by kind of account.
#[derive(Debug, Default)]
pub(super) struct Money {
    receivable: i64,
    deposits: i64,
    /// Bank, cash and what gateways owe.
    money: i64,
    /// Of `money`, by the order's payment.
    by_payment: BTreeMap<u32, i64>,
    /// Revenue, discounts, tax, shipping and fees.
    billed: i64,
    /// Accounts that no rule posts to yet.
    other: BTreeMap<String, i64>,
    foreign: Option<Currency>,
    currency: Option<Currency>,
}

impl Money {
    pub(super) fn add(&mut self, row: &MoneyPostingRecord) {
        self.post(&row.debit, row.payment, row.amount.0);
        self.post(&row.credit, row.payment, -row.amount.0);
        if *self.currency.get_or_insert(row.currency) != row.currency {
            self.foreign = Some(row.currency);
        }
    }

    fn post(&mut self, account: &str, payment: u32, amount: i64) {
        match account {
            "receivable" => self.receivable += amount,
            "deposits" => self.deposits += amount,
            "revenue" | "discounts" | "tax" | "shipping" | "fees" => self.billed += amount,
            "bank" | "cash" => self.money(payment, amount),
            clearing if clearing.starts_with("clearing:") => self.money(payment, amount),
            other => *self.other.entry(other.to_owned()).or_default() += amount,
        }
    }

    fn money(&mut self, payment: u32, amount: i64) {
        self.money += amount;
        *self.by_payment.entry(payment).or_default() += amount;
    }

    /// Compares the balances with the columns of the order and its payments.
    pub(super) fn compare(&self, head: &OrderHead, payments: &[Payment], findings: &mut Findings) {
        let kept = head.received.0 - head.refunded.0 - head.charged_back.0;
        let balances = [
            ("receivable", self.receivable, "recognized - applied", head.recognized.0 - head.applied.0),
            ("deposits", -self.deposits, "deposit", head.deposit.0),
            ("bank, cash and clearing", self.money, "received - refunded - charged_back", kept),
            ("revenue, discounts, tax, shipping and fees", -self.billed, "recognized", head.recognized.0),
        ];
        for (accounts, expected, columns, found) in balances {
            if expected != found {
                let key = format!("{} {columns}", head.id);
                findings.add("order.money", "orders", key, format!("{expected}, the balance of {accounts}"), found);
            }
        }
        for payment in payments {
            let expected = self.by_payment.get(&payment.number).copied().unwrap_or(0);
            let found = payment.received.0 - payment.refunded.0 - payment.charged_back.0;
            let key = || format!("{} received - refunded - charged_back", payment.id());
            findings.equal("payment.money", "payments", key, expected, found);
        }
        for (account, balance) in self.other.iter().filter(|(_, balance)| **balance != 0) {
            let key = format!("{} {account}", head.id);
            findings.add("order.money", "money_postings", key, "no postings to this account", balance);
        }
        if let Some(currency) = self.foreign.or(self.currency.filter(|currency| *currency != head.currency)) {
            findings.add("order.currency", "money_postings", head.id, head.currency, currency);
        }
    }
}
