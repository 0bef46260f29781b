//! How values of the domain lie in a column.

use crate::error::StoreError;
use crate::value::{Column, ColumnKind, Sink, Source, Take};
use crate::{code_columns, value};
use waybill_domain::Code;
use waybill_domain::access::UserState;
use waybill_domain::access::role::Role;
use waybill_domain::actor::Permission;
use waybill_domain::attempt::Origin;
use waybill_domain::catalog::item::Supply;
use waybill_domain::customer::Tier;
use waybill_domain::event::AggregateKind;
use waybill_domain::fulfillment::FulfillmentState;
use waybill_domain::ledger::StockAccount;
use waybill_domain::order::*;
use waybill_domain::payment::*;
use waybill_domain::shipping::{ParcelState, TrackingStatus};
use waybill_domain::stock::document::StockDocumentKind;
use waybill_domain::stock::reservation::ReservationState;
use waybill_domain::stock::transfer::TransferState;
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::{DeliveryOutcome, EndpointState};

code_columns!(
    AggregateKind,
    ChargeKind,
    DeliveryOutcome,
    DeliveryStatus,
    EndpointState,
    FulfillmentState,
    FulfillmentStatus,
    HoldKind,
    HoldState,
    Lifecycle,
    Origin,
    ParcelState,
    PaymentMethod,
    PaymentState,
    PaymentStatus,
    RefundState,
    ReservationState,
    ReturnStatus,
    StockAccount,
    StockDocumentKind,
    Role,
    Supply,
    Tier,
    TrackingStatus,
    TransactionKind,
    TransactionState,
    TransferState,
    UserState,
);

impl Column for OrderNumber {
    const KIND: ColumnKind = ColumnKind::Int;
    fn bind(&self, sink: &mut dyn Sink) {
        sink.int(Some(self.0));
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        row.take().map(OrderNumber)
    }
}

impl Column for Steps {
    const KIND: ColumnKind = ColumnKind::Int;
    fn bind(&self, sink: &mut dyn Sink) {
        sink.int(Some(self.0));
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        row.take().map(Steps)
    }
}

/// Several of a kind, as words separated by spaces.
macro_rules! word_columns {
    ($($kind:ty),+) => { $(impl Column for Vec<$kind> {
        const KIND: ColumnKind = ColumnKind::Text;
        fn bind(&self, sink: &mut dyn Sink) {
            let words: Vec<&str> = self.iter().map(|one| one.code()).collect();
            sink.text(Some(&words.join(" ")));
        }
        fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
            let words: String = row.take()?;
            words.split_whitespace().map(value::code_from).collect()
        }
    })+ };
}

// A key's permissions, and the origins that somebody takes.
word_columns!(Permission, Origin);

/// Entries of a filter, separated by spaces.
impl Column for EventKinds {
    const KIND: ColumnKind = ColumnKind::Text;
    fn bind(&self, sink: &mut dyn Sink) {
        sink.text(Some(&self.0.join(" ")));
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        let words: String = row.take()?;
        Ok(Self(words.split_whitespace().map(str::to_owned).collect()))
    }
}
