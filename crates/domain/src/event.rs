//! Everything that can happen, and what it posts.
//!
//! An event belongs to one aggregate and changes only its records; stock and money change through its postings.

use crate::access::events::*;
use crate::catalog::channel::{ChannelArchived, ChannelSet};
use crate::catalog::item::{ItemArchived, ItemSet};
use crate::catalog::location::{LocationArchived, LocationSet};
use crate::customer::note::CustomerNoteAdded;
use crate::customer::{CustomerArchived, CustomerSet};
use crate::fulfillment::events::*;
use crate::ids::Id;
use crate::ledger::{Holder, MoneyAccount, MoneyPosting, StockAccount, StockKey, StockPosting};
use crate::order::events::*;
use crate::payment::events::*;
use crate::payment::receive::account;
use crate::quantity::Quantity;
use crate::returns::events::ReturnReceived;
use crate::shipping::events::ShipmentTracked;
use crate::stock::events::*;
use crate::system::{ApiKeyCreated, ApiKeyRevoked, SettingsChanged, SettingsRecord};
use crate::webhook::events::*;
use serde::Serialize;

codes! {
    /// Kinds of root record that events belong to.
    pub enum AggregateKind {
        Order = "order",
        Item = "item",
        Location = "location",
        Channel = "channel",
        Customer = "customer",
        StockDocument = "stock_document",
        Transfer = "transfer",
        Reservation = "reservation",
        ApiKey = "api_key",
        Settings = "settings",
        WebhookEndpoint = "webhook_endpoint",
        User = "user",
    }
}

/// A root record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Aggregate {
    pub kind: AggregateKind,
    pub id: Id,
}

/// Its id, as it is shown.
impl std::fmt::Display for Aggregate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use crate::ids::*;
        let id = self.id;
        match self.kind {
            AggregateKind::Order => OrderId(id).fmt(f),
            AggregateKind::Item => ItemId(id).fmt(f),
            AggregateKind::Location => LocationId(id).fmt(f),
            AggregateKind::Channel => ChannelId(id).fmt(f),
            AggregateKind::Customer => CustomerId(id).fmt(f),
            AggregateKind::StockDocument => StockDocumentId(id).fmt(f),
            AggregateKind::Transfer => TransferId(id).fmt(f),
            AggregateKind::Reservation => ReservationId(id).fmt(f),
            AggregateKind::ApiKey => ApiKeyId(id).fmt(f),
            AggregateKind::Settings => f.write_str("settings"),
            AggregateKind::WebhookEndpoint => WebhookEndpointId(id).fmt(f),
            AggregateKind::User => UserId(id).fmt(f),
        }
    }
}

macro_rules! events {
    ($($variant:ident($type:ty) = $kind:literal v $version:literal of $aggregate:ident($id:ident);)+) => {
        /// Something that happened.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Event { $($variant($type)),+ }

        impl Event {
            /// Every kind of event, with its present version.
            pub const KINDS: &'static [(&'static str, i64)] = &[$(($kind, $version)),+];

            /// The stable name, `noun.verb_past`.
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind),+ }
            }

            /// The version of the payload's shape.
            pub const fn version(&self) -> i64 {
                match self { $(Self::$variant(_) => $version),+ }
            }

            pub fn aggregate(&self) -> Aggregate {
                match self { $(Self::$variant(event) => Aggregate {
                    kind: AggregateKind::$aggregate,
                    id: events!(@id $id event),
                }),+ }
            }

            /// Reads a stored event back.
            ///
            /// # Errors
            /// When the kind or version is not known, or the payload does not fit it.
            pub fn decode(kind: &str, version: i64, payload: &str) -> Result<Self, String> {
                match (kind, version) {
                    $(($kind, $version) => serde_json::from_str(payload).map(Self::$variant).map_err(|error| format!("{kind}: {error}")),)+
                    _ => Err(format!("an event {kind} of version {version} is not known")),
                }
            }
        }
    };
    (@id settings $event:ident) => { { let _ = $event; SettingsRecord::ID } };
    (@id $id:ident $event:ident) => { $event.$id.0 };
}

events! {
    ItemCreated(ItemSet) = "item.created" v 1 of Item(item);
    ItemChanged(ItemSet) = "item.changed" v 1 of Item(item);
    ItemArchived(ItemArchived) = "item.archived" v 1 of Item(item);
    LocationCreated(LocationSet) = "location.created" v 1 of Location(location);
    LocationChanged(LocationSet) = "location.changed" v 1 of Location(location);
    LocationArchived(LocationArchived) = "location.archived" v 1 of Location(location);
    ChannelCreated(ChannelSet) = "channel.created" v 1 of Channel(channel);
    ChannelChanged(ChannelSet) = "channel.changed" v 1 of Channel(channel);
    ChannelArchived(ChannelArchived) = "channel.archived" v 1 of Channel(channel);
    CustomerCreated(CustomerSet) = "customer.created" v 1 of Customer(customer);
    CustomerChanged(CustomerSet) = "customer.changed" v 1 of Customer(customer);
    CustomerArchived(CustomerArchived) = "customer.archived" v 1 of Customer(customer);
    CustomerNoteAdded(CustomerNoteAdded) = "customer.note_added" v 1 of Customer(customer);
    ApiKeyCreated(ApiKeyCreated) = "api_key.created" v 1 of ApiKey(key);
    ApiKeyRevoked(ApiKeyRevoked) = "api_key.revoked" v 1 of ApiKey(key);
    SettingsChanged(SettingsChanged) = "settings.changed" v 1 of Settings(settings);
    WebhookEndpointCreated(WebhookEndpointCreated) = "webhook_endpoint.created" v 1 of WebhookEndpoint(endpoint);
    WebhookEndpointChanged(WebhookEndpointChanged) = "webhook_endpoint.changed" v 1 of WebhookEndpoint(endpoint);
    WebhookSecretRotated(WebhookSecretRotated) = "webhook_endpoint.secret_rotated" v 1 of WebhookEndpoint(endpoint);
    WebhookEndpointEnabled(WebhookEndpointEnabled) = "webhook_endpoint.enabled" v 1 of WebhookEndpoint(endpoint);
    WebhookEndpointDisabled(WebhookEndpointDisabled) = "webhook_endpoint.disabled" v 1 of WebhookEndpoint(endpoint);
    WebhookEndpointArchived(WebhookEndpointArchived) = "webhook_endpoint.archived" v 1 of WebhookEndpoint(endpoint);
    WebhookReplayRequested(WebhookReplayRequested) = "webhook_endpoint.replay_requested" v 1 of WebhookEndpoint(endpoint);
    UserInvited(UserInvited) = "user.invited" v 1 of User(user);
    UserJoined(UserJoined) = "user.joined" v 1 of User(user);
    UserChanged(UserChanged) = "user.changed" v 1 of User(user);
    UserArchived(UserArchived) = "user.archived" v 1 of User(user);
    UserPasswordSet(UserPasswordSet) = "user.password_set" v 1 of User(user);
    UserTotpEnrolled(UserTotpEnrolled) = "user.totp_enrolled" v 1 of User(user);
    UserTotpConfirmed(UserTotpConfirmed) = "user.totp_confirmed" v 1 of User(user);
    UserTotpRemoved(UserTotpRemoved) = "user.totp_removed" v 1 of User(user);
    UserIdentityBound(UserIdentityBound) = "user.identity_bound" v 1 of User(user);
    UserIdentityRemoved(UserIdentityRemoved) = "user.identity_removed" v 1 of User(user);
    UserSessionsEnded(UserSessionsEnded) = "user.sessions_ended" v 1 of User(user);
    UserLinkOffered(UserLinkOffered) = "user.link_offered" v 1 of User(user);
    StockReceived(StockReceived) = "stock.received" v 1 of StockDocument(document);
    StockAdjusted(StockAdjusted) = "stock.adjusted" v 1 of StockDocument(document);
    TransferSent(TransferSent) = "transfer.sent" v 1 of Transfer(transfer);
    TransferReceived(TransferReceived) = "transfer.received" v 1 of Transfer(transfer);
    ReservationCreated(ReservationCreated) = "reservation.created" v 1 of Reservation(reservation);
    ReservationReleased(ReservationEnded) = "reservation.released" v 1 of Reservation(reservation);
    ReservationExpired(ReservationEnded) = "reservation.expired" v 1 of Reservation(reservation);
    ReservationConverted(ReservationConverted) = "reservation.converted" v 1 of Reservation(reservation);
    OrderDrafted(OrderPlaced) = "order.drafted" v 1 of Order(order);
    OrderPlaced(OrderPlaced) = "order.placed" v 1 of Order(order);
    OrderSubmitted(OrderSubmitted) = "order.submitted" v 1 of Order(order);
    OrderConfirmed(OrderConfirmed) = "order.confirmed" v 1 of Order(order);
    OrderCompleted(OrderCompleted) = "order.completed" v 1 of Order(order);
    OrderCancelled(OrderCancelled) = "order.cancelled" v 1 of Order(order);
    LinesCancelled(LinesCancelled) = "order.lines_cancelled" v 1 of Order(order);
    ChargeAdded(ChargeAdded) = "order.charge_added" v 1 of Order(order);
    HoldApplied(HoldApplied) = "order.hold_applied" v 1 of Order(order);
    NoteAdded(NoteAdded) = "order.note_added" v 1 of Order(order);
    HoldHandedOver(HoldHandedOver) = "order.hold_handed_over" v 1 of Order(order);
    HoldReleased(HoldEnded) = "order.hold_released" v 1 of Order(order);
    HoldRejected(HoldEnded) = "order.hold_rejected" v 1 of Order(order);
    RoutingDecided(RoutingDecided) = "routing.decided" v 1 of Order(order);
    AllocationMade(AllocationMade) = "allocation.made" v 1 of Order(order);
    AllocationReleased(AllocationReleased) = "allocation.released" v 1 of Order(order);
    AllocationHardened(AllocationHardened) = "allocation.hardened" v 1 of Order(order);
    BackorderOpened(BackorderOpened) = "backorder.opened" v 1 of Order(order);
    FulfillmentReleased(FulfillmentReleased) = "fulfillment_order.released" v 1 of Order(order);
    FulfillmentHandedOver(FulfillmentHandedOver) = "fulfillment_order.handed_over" v 1 of Order(order);
    PickCompleted(PickCompleted) = "pick.completed" v 1 of Order(order);
    PickShort(PickShort) = "pick.short" v 1 of Order(order);
    ParcelPacked(ParcelPacked) = "parcel.packed" v 1 of Order(order);
    ParcelUnpacked(ParcelUnpacked) = "parcel.unpacked" v 1 of Order(order);
    ShipmentShipped(ShipmentShipped) = "shipment.shipped" v 1 of Order(order);
    SupplierShipped(SupplierShipped) = "supplier.shipped" v 1 of Order(order);
    ShipmentTracked(ShipmentTracked) = "shipment.tracked" v 1 of Order(order);
    ShipmentDelivered(ShipmentTracked) = "shipment.delivered" v 1 of Order(order);
    ShipmentException(ShipmentTracked) = "shipment.exception" v 1 of Order(order);
    ShipmentLost(ShipmentTracked) = "shipment.lost" v 1 of Order(order);
    PaymentAdded(PaymentAdded) = "payment.added" v 1 of Order(order);
    PaymentRequested(PaymentRequested) = "payment.requested" v 1 of Order(order);
    PaymentAuthorized(PaymentAuthorized) = "payment.authorized" v 1 of Order(order);
    PaymentCaptured(MoneyReceived) = "payment.captured" v 1 of Order(order);
    PaymentReceived(MoneyReceived) = "payment.received" v 1 of Order(order);
    PaymentVoided(AuthorizationEnded) = "payment.voided" v 1 of Order(order);
    PaymentExpired(AuthorizationEnded) = "payment.expired" v 1 of Order(order);
    PaymentFailed(PaymentFailed) = "payment.failed" v 1 of Order(order);
    PaymentUnknown(PaymentUnknown) = "payment.unknown" v 1 of Order(order);
    PaymentResolved(PaymentResolved) = "payment.resolved" v 1 of Order(order);
    RefundGranted(RefundGranted) = "refund.granted" v 1 of Order(order);
    RefundSucceeded(RefundSucceeded) = "refund.succeeded" v 1 of Order(order);
    ReturnReceived(ReturnReceived) = "return.received" v 1 of Order(order);
}

impl Event {
    /// The payload as stored: JSON with keys in declaration order, the same bytes every time.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What the event moves in the stock ledger. The only maker of stock postings.
    pub fn postings(&self) -> Vec<StockPosting> {
        use StockAccount::{
            Allocated, Available, Customer, InTransit, Loss, Packed, Picked, Reserved, Supplier, Transfer,
        };
        let mut out = Vec::new();
        match self {
            Self::StockReceived(event) => out.extend(event.lines.iter().map(|line| StockPosting {
                key: StockKey { item_id: line.item, location_id: event.location, lot_id: line.lot },
                from: Supplier,
                to: event.state,
                quantity: line.quantity,
                holder: None,
            })),
            Self::StockAdjusted(event) => out.extend(event.lines.iter().map(|line| StockPosting {
                key: StockKey { item_id: line.item, location_id: event.location, lot_id: line.lot },
                from: line.from,
                to: line.to,
                quantity: line.quantity,
                holder: None,
            })),
            Self::TransferSent(event) => {
                for line in &event.lines {
                    let post = |location_id, from, to| StockPosting {
                        key: StockKey { item_id: line.item, location_id, lot_id: line.lot },
                        from,
                        to,
                        quantity: line.quantity,
                        holder: None,
                    };
                    out.push(post(event.from, Available, Transfer));
                    out.push(post(event.to, Transfer, InTransit));
                }
            }
            Self::TransferReceived(event) => {
                let mut post = |lines: &[TransferLineMoved], to| {
                    out.extend(lines.iter().map(|line| StockPosting {
                        key: StockKey { item_id: line.item, location_id: event.to, lot_id: line.lot },
                        from: InTransit,
                        to,
                        quantity: line.quantity,
                        holder: None,
                    }));
                };
                post(&event.lines, Available);
                post(&event.lost, Loss);
            }
            Self::ReservationCreated(event) => out.push(StockPosting {
                key: StockKey { item_id: event.item, location_id: event.location, lot_id: event.lot },
                from: Available,
                to: Reserved,
                quantity: event.quantity,
                holder: Some(Holder { id: event.reservation.0, line: 0 }),
            }),
            Self::ReservationReleased(event) | Self::ReservationExpired(event) => out.push(StockPosting {
                key: StockKey { item_id: event.item, location_id: event.location, lot_id: event.lot },
                from: Reserved,
                to: Available,
                quantity: event.quantity,
                holder: Some(Holder { id: event.reservation.0, line: 0 }),
            }),
            // Its units are available for the moment between two events of one decision, so that each posting keeps one
            // holder, the aggregate of its event; the order's `allocation.made` takes them in the same commit.
            Self::ReservationConverted(event) => out.push(StockPosting {
                key: StockKey { item_id: event.item, location_id: event.location, lot_id: event.lot },
                from: Reserved,
                to: Available,
                quantity: event.quantity,
                holder: Some(Holder { id: event.reservation.0, line: 0 }),
            }),
            Self::AllocationMade(event) => held(event.order.0, &event.at, Available, event.to, &mut out),
            Self::AllocationHardened(event) => held(event.order.0, &event.at, Reserved, Allocated, &mut out),
            Self::AllocationReleased(event) => held(event.order.0, &event.at, event.from, Available, &mut out),
            Self::PickCompleted(event) => {
                moved(event.order.0, event.location, &event.lines, Allocated, Picked, &mut out);
            }
            Self::PickShort(event) => {
                moved(event.order.0, event.location, &event.lines, Allocated, event.reason.account(), &mut out);
            }
            Self::ParcelPacked(event) => moved(event.order.0, event.location, &event.lines, Picked, Packed, &mut out),
            Self::ParcelUnpacked(event) => {
                moved(event.order.0, event.location, &event.lines, Packed, Picked, &mut out);
            }
            Self::ShipmentShipped(event) => {
                moved(event.order.0, event.location, &event.lines, Packed, Customer, &mut out);
            }
            Self::ReturnReceived(event) => {
                for line in event.lines.iter().filter(|line| line.counted) {
                    let key = StockKey { item_id: line.item, location_id: event.location, lot_id: line.lot };
                    let post = |from, to| StockPosting { key, from, to, quantity: line.quantity, holder: None };
                    if line.state == Loss {
                        // Came back worthless: through the books all the same, so that the key's history shows it.
                        out.push(post(Customer, StockAccount::Damaged));
                        out.push(post(StockAccount::Damaged, Loss));
                    } else {
                        out.push(post(Customer, line.state));
                    }
                }
            }
            Self::ItemCreated(_)
            | Self::ItemChanged(_)
            | Self::ItemArchived(_)
            | Self::LocationCreated(_)
            | Self::LocationChanged(_)
            | Self::LocationArchived(_)
            | Self::ChannelCreated(_)
            | Self::ChannelChanged(_)
            | Self::ChannelArchived(_)
            | Self::CustomerCreated(_)
            | Self::CustomerChanged(_)
            | Self::CustomerArchived(_)
            | Self::CustomerNoteAdded(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyRevoked(_)
            | Self::SettingsChanged(_)
            | Self::WebhookEndpointCreated(_)
            | Self::WebhookEndpointChanged(_)
            | Self::WebhookSecretRotated(_)
            | Self::WebhookEndpointEnabled(_)
            | Self::WebhookEndpointDisabled(_)
            | Self::WebhookEndpointArchived(_)
            | Self::WebhookReplayRequested(_)
            | Self::UserInvited(_)
            | Self::UserJoined(_)
            | Self::UserChanged(_)
            | Self::UserArchived(_)
            | Self::UserPasswordSet(_)
            | Self::UserTotpEnrolled(_)
            | Self::UserTotpConfirmed(_)
            | Self::UserTotpRemoved(_)
            | Self::UserIdentityBound(_)
            | Self::UserIdentityRemoved(_)
            | Self::UserSessionsEnded(_)
            | Self::UserLinkOffered(_)
            | Self::OrderDrafted(_)
            | Self::OrderPlaced(_)
            | Self::OrderSubmitted(_)
            | Self::OrderConfirmed(_)
            | Self::OrderCompleted(_)
            | Self::OrderCancelled(_)
            | Self::LinesCancelled(_)
            | Self::ChargeAdded(_)
            | Self::NoteAdded(_)
            | Self::HoldApplied(_)
            | Self::HoldHandedOver(_)
            | Self::HoldReleased(_)
            | Self::HoldRejected(_)
            | Self::RoutingDecided(_)
            | Self::BackorderOpened(_)
            | Self::FulfillmentReleased(_)
            | Self::FulfillmentHandedOver(_)
            | Self::SupplierShipped(_)
            | Self::ShipmentTracked(_)
            | Self::ShipmentDelivered(_)
            | Self::ShipmentException(_)
            | Self::ShipmentLost(_)
            | Self::PaymentAdded(_)
            | Self::PaymentRequested(_)
            | Self::PaymentAuthorized(_)
            | Self::PaymentCaptured(_)
            | Self::PaymentReceived(_)
            | Self::PaymentVoided(_)
            | Self::PaymentExpired(_)
            | Self::PaymentFailed(_)
            | Self::PaymentUnknown(_)
            | Self::PaymentResolved(_)
            | Self::RefundGranted(_)
            | Self::RefundSucceeded(_) => {}
        }
        debug_assert!(out.iter().all(|posting| posting.quantity > Quantity::ZERO && posting.from != posting.to));
        out
    }

    /// What the event moves in the money ledger. The only maker of money postings.
    pub fn money_postings(&self) -> Vec<MoneyPosting> {
        use MoneyAccount::{Deposits, Receivable};
        let mut out = Vec::new();
        match self {
            Self::OrderCompleted(event) => event.bill.postings(event.order, &mut out),
            Self::FulfillmentReleased(event) => event.bill.postings(event.order, &mut out),
            Self::ShipmentShipped(event) => event.bill.postings(event.order, &mut out),
            Self::SupplierShipped(event) => event.bill.postings(event.order, &mut out),
            Self::PaymentCaptured(event) | Self::PaymentReceived(event) => {
                let into = account(event.method, event.gateway.as_deref());
                let deposited = event.amount - event.applied;
                let post =
                    |credit, amount| MoneyPosting::signed(event.order, event.payment, into.clone(), credit, amount);
                out.extend(post(Receivable, event.applied));
                out.extend(post(Deposits, deposited));
            }
            Self::RefundSucceeded(event) => {
                let from = account(event.method, event.gateway.as_deref());
                let post =
                    |debit, amount| MoneyPosting::signed(event.order, event.payment, debit, from.clone(), amount);
                out.extend(post(Receivable, event.credited));
                out.extend(post(Deposits, event.amount - event.credited));
            }
            Self::RefundGranted(event) => credit(event.order, &event.credit, &mut out),
            Self::ReturnReceived(event) => credit(event.order, &event.credit, &mut out),
            Self::ItemCreated(_)
            | Self::ItemChanged(_)
            | Self::ItemArchived(_)
            | Self::LocationCreated(_)
            | Self::LocationChanged(_)
            | Self::LocationArchived(_)
            | Self::ChannelCreated(_)
            | Self::ChannelChanged(_)
            | Self::ChannelArchived(_)
            | Self::CustomerCreated(_)
            | Self::CustomerChanged(_)
            | Self::CustomerArchived(_)
            | Self::CustomerNoteAdded(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyRevoked(_)
            | Self::SettingsChanged(_)
            | Self::WebhookEndpointCreated(_)
            | Self::WebhookEndpointChanged(_)
            | Self::WebhookSecretRotated(_)
            | Self::WebhookEndpointEnabled(_)
            | Self::WebhookEndpointDisabled(_)
            | Self::WebhookEndpointArchived(_)
            | Self::WebhookReplayRequested(_)
            | Self::UserInvited(_)
            | Self::UserJoined(_)
            | Self::UserChanged(_)
            | Self::UserArchived(_)
            | Self::UserPasswordSet(_)
            | Self::UserTotpEnrolled(_)
            | Self::UserTotpConfirmed(_)
            | Self::UserTotpRemoved(_)
            | Self::UserIdentityBound(_)
            | Self::UserIdentityRemoved(_)
            | Self::UserSessionsEnded(_)
            | Self::UserLinkOffered(_)
            | Self::StockReceived(_)
            | Self::StockAdjusted(_)
            | Self::TransferSent(_)
            | Self::TransferReceived(_)
            | Self::ReservationCreated(_)
            | Self::ReservationReleased(_)
            | Self::ReservationExpired(_)
            | Self::OrderDrafted(_)
            | Self::OrderPlaced(_)
            | Self::OrderSubmitted(_)
            | Self::OrderConfirmed(_)
            | Self::OrderCancelled(_)
            | Self::LinesCancelled(_)
            | Self::ChargeAdded(_)
            | Self::NoteAdded(_)
            | Self::HoldApplied(_)
            | Self::HoldHandedOver(_)
            | Self::HoldReleased(_)
            | Self::HoldRejected(_)
            | Self::RoutingDecided(_)
            | Self::AllocationMade(_)
            | Self::AllocationReleased(_)
            | Self::ReservationConverted(_)
            | Self::AllocationHardened(_)
            | Self::BackorderOpened(_)
            | Self::FulfillmentHandedOver(_)
            | Self::PickCompleted(_)
            | Self::PickShort(_)
            | Self::ParcelPacked(_)
            | Self::ParcelUnpacked(_)
            | Self::ShipmentTracked(_)
            | Self::ShipmentDelivered(_)
            | Self::ShipmentException(_)
            | Self::ShipmentLost(_)
            | Self::PaymentAdded(_)
            | Self::PaymentRequested(_)
            | Self::PaymentAuthorized(_)
            | Self::PaymentVoided(_)
            | Self::PaymentExpired(_)
            | Self::PaymentFailed(_)
            | Self::PaymentUnknown(_)
            | Self::PaymentResolved(_) => {}
        }
        out
    }
}

/// Postings of held units at several locations.
fn held(order: Id, at: &[AtLocation], from: StockAccount, to: StockAccount, out: &mut Vec<StockPosting>) {
    for place in at {
        moved(order, place.location, &place.lines, from, to, out);
    }
}

/// Postings of a line's units at one location; items that are not counted post nothing.
fn moved(
    order: Id,
    location_id: crate::ids::LocationId,
    lines: &[Moved],
    from: StockAccount,
    to: StockAccount,
    out: &mut Vec<StockPosting>,
) {
    out.extend(lines.iter().filter(|line| line.counted).map(|line| StockPosting {
        key: StockKey { item_id: line.item, location_id, lot_id: line.lot },
        from,
        to,
        quantity: line.quantity,
        holder: Some(Holder { id: order, line: line.line }),
    }));
}

/// Takes back what was billed: the bill's postings the other way round.
fn credit(order: crate::ids::OrderId, bill: &crate::order::money::Bill, out: &mut Vec<MoneyPosting>) {
    let mut forward = Vec::new();
    bill.postings(order, &mut forward);
    out.extend(forward.into_iter().map(|posting| MoneyPosting {
        debit: posting.credit,
        credit: posting.debit,
        ..posting
    }));
}
