//! Everything that can be asked of Waybill, whatever the door.

mod about;
mod needs;
mod permit;

pub use permit::Requirement;

use crate::access::UserRefusal;
use crate::access::archive::ArchiveUser;
use crate::access::change::ChangeUser;
use crate::access::identity::{BindIdentity, RemoveIdentity};
use crate::access::invite::{AcceptInvitation, InviteUser};
use crate::access::password::SetPassword;
use crate::access::sessions::{EndSessions, OfferLink};
use crate::access::totp::{ConfirmTotp, EnrollTotp, RemoveTotp};
use crate::actor::Permission;
use crate::attempt::Attempt;
use crate::catalog::channel::{ArchiveChannel, PutChannel};
use crate::catalog::item::{ArchiveItem, PutItem};
use crate::catalog::location::{ArchiveLocation, PutLocation};
use crate::customer::note::AddCustomerNote;
use crate::customer::{ArchiveCustomer, PutCustomer};
use crate::event::Event;
use crate::footprint::Footprint;
use crate::fulfillment::hand_over::HandOverFulfillmentOrder;
use crate::fulfillment::pack::Pack;
use crate::fulfillment::pick::Pick;
use crate::fulfillment::ship::Ship;
use crate::fulfillment::supplier::ShipFromSupplier;
use crate::order::allocate::AllocateOrder;
use crate::order::cancel::{CancelLine, CancelOrder};
use crate::order::charge::AddCharge;
use crate::order::complete::CompleteOrder;
use crate::order::confirm::ConfirmOrder;
use crate::order::hold::{ApplyHold, HandOverHold, RejectHold, ReleaseHeldStock, ReleaseHold};
use crate::order::note::AddNote;
use crate::order::place::{PlaceOrder, SubmitOrder};
use crate::order::release::ReleaseOrder;
use crate::order::reservation::ExpireOrderReservation;
use crate::payment::authorization::{AuthorizePayment, ExpireAuthorization, RenewAuthorization, VoidPayment};
use crate::payment::capture::{CaptureDue, CapturePayment};
use crate::payment::outcome::RecordOutcome;
use crate::payment::receive::RecordPayment;
use crate::payment::refund::GrantRefund;
use crate::personal::PersonalRows;
use crate::refusal::Refusal;
use crate::returns::receive::ReceiveReturn;
use crate::shipping::track::RecordTracking;
use crate::stock::adjust::AdjustStock;
use crate::stock::receive::ReceiveStock;
use crate::stock::reservation::{ExpireReservation, ReleaseReservation, ReserveStock};
use crate::stock::transfer::{ReceiveTransfer, SendTransfer};
use crate::system::{ChangeSettings, CreateApiKey, RevokeApiKey};
use crate::webhook::WebhookRefusal;
use crate::webhook::manage::*;
use crate::webhook::replay::ReplayWebhook;
use crate::webhook::secret::RotateWebhookSecret;
use crate::world::World;

/// Why a decision made no events.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The rules say no.
    Refused(Box<Refusal>),
    /// The decision needs records that are not in the World; it runs again with them.
    Needs(Box<Footprint>),
}

/// What a decision makes: events, or the reason for none.
pub type Outcome = Result<Vec<Event>, Stop>;

macro_rules! commands {
    ($($variant:ident($type:ty) = $operation:literal, $permission:ident;)+) => {
        /// A request to change something.
        // The largest is also by far the most common; a box would cost an allocation for every order.
        #[allow(clippy::large_enum_variant)]
        #[derive(Clone, Debug)]
        pub enum Command { $($variant($type),)+ }

        $(impl From<$type> for Command {
            fn from(command: $type) -> Self {
                Self::$variant(command)
            }
        })+

        impl Command {
            /// Every operation with the permission it needs.
            pub const OPERATIONS: &'static [(&'static str, Permission)] = &[$(($operation, Permission::$permission)),+];

            /// Stable name of the operation; part of the idempotency key.
            pub const fn operation(&self) -> &'static str {
                match self { $(Self::$variant(_) => $operation,)+ }
            }

            pub const fn permission(&self) -> Permission {
                match self { $(Self::$variant(_) => Permission::$permission,)+ }
            }
        }
    };
}

commands! {
    PutItem(PutItem) = "item.put", CatalogWrite;
    ArchiveItem(ArchiveItem) = "item.archive", CatalogWrite;
    PutLocation(PutLocation) = "location.put", CatalogWrite;
    ArchiveLocation(ArchiveLocation) = "location.archive", CatalogWrite;
    PutChannel(PutChannel) = "channel.put", CatalogWrite;
    ArchiveChannel(ArchiveChannel) = "channel.archive", CatalogWrite;
    PutCustomer(PutCustomer) = "customer.put", CustomersWrite;
    ArchiveCustomer(ArchiveCustomer) = "customer.archive", CustomersWrite;
    AddCustomerNote(AddCustomerNote) = "customer.add_note", CustomersWrite;
    CreateApiKey(CreateApiKey) = "api_key.create", KeysWrite;
    RevokeApiKey(RevokeApiKey) = "api_key.revoke", KeysWrite;
    ChangeSettings(ChangeSettings) = "settings.change", SettingsWrite;
    CreateWebhookEndpoint(CreateWebhookEndpoint) = "webhook_endpoint.create", WebhooksWrite;
    ChangeWebhookEndpoint(ChangeWebhookEndpoint) = "webhook_endpoint.change", WebhooksWrite;
    RotateWebhookSecret(RotateWebhookSecret) = "webhook_endpoint.rotate_secret", WebhooksWrite;
    EnableWebhookEndpoint(EnableWebhookEndpoint) = "webhook_endpoint.enable", WebhooksWrite;
    DisableWebhookEndpoint(DisableWebhookEndpoint) = "webhook_endpoint.disable", WebhooksWrite;
    ArchiveWebhookEndpoint(ArchiveWebhookEndpoint) = "webhook_endpoint.archive", WebhooksWrite;
    ReplayWebhook(ReplayWebhook) = "webhook_endpoint.replay", WebhooksWrite;
    InviteUser(InviteUser) = "user.invite", UsersWrite;
    AcceptInvitation(AcceptInvitation) = "user.accept_invitation", UsersWrite;
    ChangeUser(ChangeUser) = "user.change", UsersWrite;
    ArchiveUser(ArchiveUser) = "user.archive", UsersWrite;
    SetPassword(SetPassword) = "user.set_password", UsersWrite;
    EnrollTotp(EnrollTotp) = "user.enroll_totp", UsersWrite;
    ConfirmTotp(ConfirmTotp) = "user.confirm_totp", UsersWrite;
    RemoveTotp(RemoveTotp) = "user.remove_totp", UsersWrite;
    BindIdentity(BindIdentity) = "user.bind_identity", UsersWrite;
    RemoveIdentity(RemoveIdentity) = "user.remove_identity", UsersWrite;
    EndSessions(EndSessions) = "user.end_sessions", UsersWrite;
    OfferLink(OfferLink) = "user.offer_link", UsersWrite;
    ReceiveStock(ReceiveStock) = "stock.receive", StockWrite;
    AdjustStock(AdjustStock) = "stock.adjust", StockWrite;
    SendTransfer(SendTransfer) = "transfer.send", StockWrite;
    ReceiveTransfer(ReceiveTransfer) = "transfer.receive", StockWrite;
    ReserveStock(ReserveStock) = "reservation.create", StockWrite;
    ReleaseReservation(ReleaseReservation) = "reservation.release", StockWrite;
    ExpireReservation(ExpireReservation) = "reservation.expire", StockWrite;
    PlaceOrder(PlaceOrder) = "order.place", OrdersWrite;
    SubmitOrder(SubmitOrder) = "order.submit", OrdersWrite;
    ConfirmOrder(ConfirmOrder) = "order.confirm", OrdersWrite;
    AllocateOrder(AllocateOrder) = "order.allocate", OrdersWrite;
    ReleaseOrder(ReleaseOrder) = "order.release", OrdersWrite;
    CancelLine(CancelLine) = "order.cancel_line", OrdersWrite;
    CancelOrder(CancelOrder) = "order.cancel", OrdersWrite;
    AddCharge(AddCharge) = "order.add_charge", OrdersWrite;
    CompleteOrder(CompleteOrder) = "order.complete", OrdersWrite;
    ExpireOrderReservation(ExpireOrderReservation) = "order.expire_reservation", OrdersWrite;
    AddNote(AddNote) = "order.add_note", OrdersWrite;
    ApplyHold(ApplyHold) = "hold.apply", OrdersWrite;
    HandOverHold(HandOverHold) = "hold.hand_over", OrdersWrite;
    ReleaseHold(ReleaseHold) = "hold.release", HoldsRelease;
    RejectHold(RejectHold) = "hold.reject", HoldsRelease;
    ReleaseHeldStock(ReleaseHeldStock) = "hold.release_stock", OrdersWrite;
    AuthorizePayment(AuthorizePayment) = "payment.authorize", PaymentsWrite;
    RenewAuthorization(RenewAuthorization) = "payment.renew", PaymentsWrite;
    VoidPayment(VoidPayment) = "payment.void", PaymentsWrite;
    ExpireAuthorization(ExpireAuthorization) = "payment.expire", PaymentsWrite;
    CapturePayment(CapturePayment) = "payment.capture", PaymentsWrite;
    CaptureDue(CaptureDue) = "payment.capture_due", PaymentsWrite;
    RecordPayment(RecordPayment) = "payment.record", PaymentsWrite;
    RecordOutcome(RecordOutcome) = "payment.record_outcome", PaymentsWrite;
    GrantRefund(GrantRefund) = "refund.grant", PaymentsWrite;
    HandOverFulfillmentOrder(HandOverFulfillmentOrder) = "fulfillment.hand_over", FulfillmentWrite;
    Pick(Pick) = "fulfillment.pick", FulfillmentWrite;
    Pack(Pack) = "fulfillment.pack", FulfillmentWrite;
    Ship(Ship) = "fulfillment.ship", FulfillmentWrite;
    ShipFromSupplier(ShipFromSupplier) = "fulfillment.ship_from_supplier", FulfillmentWrite;
    RecordTracking(RecordTracking) = "shipment.track", FulfillmentWrite;
    ReceiveReturn(ReceiveReturn) = "return.receive", ReturnsWrite;
}

impl Command {
    /// The personal data the command brings.
    pub fn personal(&self) -> PersonalRows {
        let mut rows = PersonalRows::default();
        match self {
            Self::PlaceOrder(command) => {
                rows.party(command.party.as_ref());
                rows.address(command.ship_to.as_ref());
                rows.text(command.instructions.as_ref());
                command.lines.iter().for_each(|line| rows.text(line.note.as_ref()));
                command.payments.iter().for_each(|payment| rows.text(payment.token.as_ref()));
            }
            Self::PutCustomer(command) => rows.party(command.party.as_ref()),
            Self::AddCustomerNote(command) => rows.text(Some(&command.note)),
            Self::InviteUser(command) => rows.party(Some(&command.party)),
            Self::ChangeUser(command) => rows.party(command.party.as_ref()),
            Self::AddNote(command) => rows.text(Some(&command.note)),
            Self::ApplyHold(command) => rows.text(command.note.as_ref()),
            Self::AuthorizePayment(command) => rows.text(Some(&command.token)),
            Self::RecordTracking(command) => rows.text(command.raw.as_ref()),
            _ => {}
        }
        rows
    }

    /// Decides the command on what is true in the World.
    pub fn decide(&self, world: &World, attempt: &Attempt) -> Outcome {
        crate::text::check(self)?;
        if let Some(order) = self.order().and_then(|order_id| world.order(order_id)) {
            attempt.expects(order)?;
        }
        if let Some(endpoint) = self.webhook_endpoint().and_then(|id| world.webhook_endpoint(id)) {
            let (endpoint_id, found) = (endpoint.id, endpoint.chain.sequence);
            if let Some(expected) = attempt.expected_version.filter(|expected| *expected != found) {
                return Err(WebhookRefusal::StaleVersion { endpoint_id, expected, found }.into());
            }
        }
        if let Some(user) = self.user().and_then(|id| world.user(id)) {
            let (user_id, found) = (user.id, user.chain.sequence);
            if let Some(expected) = attempt.expected_version.filter(|expected| *expected != found) {
                return Err(UserRefusal::StaleVersion { user_id, expected, found }.into());
            }
        }
        let events = self.judge(world, attempt)?;
        attempt.follows(world, &events)?;
        Ok(events)
    }

    fn judge(&self, world: &World, attempt: &Attempt) -> Outcome {
        match self {
            Self::PutItem(command) => crate::catalog::item::put_item(world, command, attempt),
            Self::ArchiveItem(command) => crate::catalog::item::archive_item(world, command),
            Self::PutLocation(command) => crate::catalog::location::put_location(world, command, attempt),
            Self::ArchiveLocation(command) => crate::catalog::location::archive_location(world, command),
            Self::PutChannel(command) => crate::catalog::channel::put_channel(world, command, attempt),
            Self::ArchiveChannel(command) => crate::catalog::channel::archive_channel(world, command),
            Self::PutCustomer(command) => crate::customer::put_customer(world, command, attempt),
            Self::ArchiveCustomer(command) => crate::customer::archive_customer(world, command),
            Self::AddCustomerNote(command) => crate::customer::note::add_note(world, command, attempt),
            Self::CreateApiKey(command) => crate::system::create_api_key(world, command, attempt),
            Self::RevokeApiKey(command) => crate::system::revoke_api_key(world, command, attempt),
            Self::ChangeSettings(command) => crate::system::change_settings(world, command),
            Self::CreateWebhookEndpoint(command) => crate::webhook::manage::create(world, command, attempt),
            Self::ChangeWebhookEndpoint(command) => crate::webhook::manage::change(world, command),
            Self::RotateWebhookSecret(command) => crate::webhook::secret::rotate(world, command, attempt),
            Self::EnableWebhookEndpoint(command) => crate::webhook::manage::enable(world, command, attempt),
            Self::DisableWebhookEndpoint(command) => crate::webhook::manage::disable(world, command, attempt),
            Self::ArchiveWebhookEndpoint(command) => crate::webhook::manage::archive(world, command),
            Self::ReplayWebhook(command) => crate::webhook::replay::replay(world, command, attempt),
            Self::InviteUser(command) => crate::access::invite::invite(world, command, attempt),
            Self::AcceptInvitation(command) => crate::access::invite::accept(world, command, attempt),
            Self::ChangeUser(command) => crate::access::change::change(world, command),
            Self::ArchiveUser(command) => crate::access::archive::archive(world, command, attempt),
            Self::SetPassword(command) => crate::access::password::set_password(world, command, attempt),
            Self::EnrollTotp(command) => crate::access::totp::enroll(world, command, attempt),
            Self::ConfirmTotp(command) => crate::access::totp::confirm(world, command, attempt),
            Self::RemoveTotp(command) => crate::access::totp::remove(world, command, attempt),
            Self::BindIdentity(command) => crate::access::identity::bind(world, command, attempt),
            Self::RemoveIdentity(command) => crate::access::identity::remove(world, command, attempt),
            Self::EndSessions(command) => crate::access::sessions::end(world, command, attempt),
            Self::OfferLink(command) => crate::access::sessions::offer_link(world, command, attempt),
            Self::ReceiveStock(command) => crate::stock::receive::receive_stock(world, command, attempt),
            Self::AdjustStock(command) => crate::stock::adjust::adjust_stock(world, command, attempt),
            Self::SendTransfer(command) => crate::stock::transfer::send_transfer(world, command, attempt),
            Self::ReceiveTransfer(command) => crate::stock::transfer::receive_transfer(world, command),
            Self::ReserveStock(command) => crate::stock::reservation::reserve_stock(world, command, attempt),
            Self::ReleaseReservation(command) => crate::stock::reservation::release_reservation(world, command),
            Self::ExpireReservation(command) => crate::stock::reservation::expire_reservation(world, command, attempt),
            Self::PlaceOrder(command) => crate::order::place::place_order(world, command, attempt),
            Self::SubmitOrder(command) => crate::order::place::submit_order(world, command, attempt),
            Self::ConfirmOrder(command) => crate::order::confirm::confirm_order(world, command, attempt),
            Self::AllocateOrder(command) => crate::order::allocate::allocate_order(world, command, attempt),
            Self::ReleaseOrder(command) => crate::order::release::release_order(world, command, attempt),
            Self::CancelLine(command) => crate::order::cancel::cancel_line(world, command, attempt),
            Self::CancelOrder(command) => crate::order::cancel::cancel_order(world, command, attempt),
            Self::AddCharge(command) => crate::order::charge::add_charge(world, command, attempt),
            Self::CompleteOrder(command) => crate::order::complete::complete_order(world, command, attempt),
            Self::ExpireOrderReservation(command) => {
                crate::order::reservation::expire_order_reservation(world, command, attempt)
            }
            Self::AddNote(command) => crate::order::note::add_note(world, command, attempt),
            Self::ApplyHold(command) => crate::order::hold::apply_hold(world, command, attempt),
            Self::HandOverHold(command) => crate::order::hold::hand_over_hold(world, command, attempt),
            Self::ReleaseHold(command) => crate::order::hold::release_hold(world, command, attempt),
            Self::RejectHold(command) => crate::order::hold::reject_hold(world, command, attempt),
            Self::ReleaseHeldStock(command) => crate::order::hold::release_held_stock(world, command, attempt),
            Self::AuthorizePayment(command) => {
                crate::payment::authorization::authorize_payment(world, command, attempt)
            }
            Self::RenewAuthorization(command) => {
                crate::payment::authorization::renew_authorization(world, command, attempt)
            }
            Self::VoidPayment(command) => crate::payment::authorization::void_payment(world, command, attempt),
            Self::ExpireAuthorization(command) => {
                crate::payment::authorization::expire_authorization(world, command, attempt)
            }
            Self::CapturePayment(command) => crate::payment::capture::capture_payment(world, command, attempt),
            Self::CaptureDue(command) => crate::payment::capture::capture_due(world, command, attempt),
            Self::RecordPayment(command) => crate::payment::receive::record_payment(world, command, attempt),
            Self::RecordOutcome(command) => crate::payment::outcome::record_outcome(world, command, attempt),
            Self::GrantRefund(command) => crate::payment::refund::grant_refund(world, command, attempt),
            Self::HandOverFulfillmentOrder(command) => {
                crate::fulfillment::hand_over::hand_over_fulfillment_order(world, command, attempt)
            }
            Self::Pick(command) => crate::fulfillment::pick::pick(world, command, attempt),
            Self::Pack(command) => crate::fulfillment::pack::pack(world, command, attempt),
            Self::Ship(command) => crate::fulfillment::ship::ship(world, command, attempt),
            Self::ShipFromSupplier(command) => {
                crate::fulfillment::supplier::ship_from_supplier(world, command, attempt)
            }
            Self::RecordTracking(command) => crate::shipping::track::record_tracking(world, command, attempt),
            Self::ReceiveReturn(command) => crate::returns::receive::receive_return(world, command, attempt),
        }
    }
}
