//! The description of every table: the records of the domain, the log, and the store's own affairs.

mod columns;
mod deliveries;
mod house;
mod log;
mod personal;
mod records;
mod sign_in;
mod stats;

pub use deliveries::*;
pub use house::*;
pub use log::*;
pub use personal::*;
pub use sign_in::*;
pub use stats::*;

use crate::record::{Record, Table};
use waybill_domain::access::User;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::item::Item;
use waybill_domain::catalog::location::Location;
use waybill_domain::customer::Customer;
use waybill_domain::fulfillment::FulfillmentOrder;
use waybill_domain::order::*;
use waybill_domain::payment::*;
use waybill_domain::returns::{Return, ReturnLine};
use waybill_domain::shipping::{Parcel, ParcelLine, Shipment, TrackingEvent};
use waybill_domain::stock::document::StockDocument;
use waybill_domain::stock::level::StockLevel;
use waybill_domain::stock::reservation::Reservation;
use waybill_domain::stock::transfer::{TransferHead, TransferLine};
use waybill_domain::system::{ApiKey, SettingsRecord};
use waybill_domain::webhook::{WebhookEndpoint, WebhookReplay};

/// Every table, parents before children.
pub fn tables() -> Vec<&'static Table> {
    vec![
        StoreState::table(),
        ReceiptTurn::table(),
        LogHead::table(),
        NumberBlock::table(),
        Lease::table(),
        StoreSecret::table(),
        Preference::table(),
        UnreadMention::table(),
        WaitingMessage::table(),
        Cursor::table(),
        ReceiptRecord::table(),
        OtherReceiptRecord::table(),
        SettingsRecord::table(),
        ApiKey::table(),
        WebhookEndpoint::table(),
        WebhookReplay::table(),
        WebhookCursor::table(),
        WebhookRetry::table(),
        WebhookAttempt::table(),
        User::table(),
        Session::table(),
        SignInLink::table(),
        TotpUse::table(),
        FailedSignIns::table(),
        Channel::table(),
        Location::table(),
        Item::table(),
        Customer::table(),
        PartyRow::table(),
        AddressRow::table(),
        TextRow::table(),
        OrderWord::table(),
        CustomerWord::table(),
        StockLevel::table(),
        StockDocument::table(),
        Reservation::table(),
        TransferHead::table(),
        TransferLine::table(),
        OrderHead::table(),
        OrderLine::table(),
        Charge::table(),
        Allocation::table(),
        Hold::table(),
        Payment::table(),
        PaymentTransaction::table(),
        Refund::table(),
        FulfillmentOrder::table(),
        Parcel::table(),
        ParcelLine::table(),
        Shipment::table(),
        TrackingEvent::table(),
        Return::table(),
        ReturnLine::table(),
        EventRecord::table(),
        StockPostingRecord::table(),
        MoneyPostingRecord::table(),
        SalesSum::table(),
        CountSum::table(),
        TimeSum::table(),
        PromiseSum::table(),
        OpenPromise::table(),
        ItemSum::table(),
        StockSum::table(),
    ]
}
