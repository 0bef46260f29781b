//! Everything that can be asked of Waybill, whatever the door.

use crate::actor::{Actor, Permission};
use crate::attempt::Attempt;
use crate::catalog::Catalog;
use crate::catalog::channel::{ArchiveChannel, PutChannel};
use crate::catalog::item::{ArchiveItem, PutItem};
use crate::catalog::location::{ArchiveLocation, PutLocation};
use crate::customer::{ArchiveCustomer, PutCustomer};
use crate::event::Event;
use crate::footprint::Footprint;
use crate::fulfillment::pack::Pack;
use crate::fulfillment::pick::Pick;
use crate::fulfillment::ship::Ship;
use crate::fulfillment::supplier::ShipFromSupplier;
use crate::ids::{ChannelId, LocationId, OrderId, ReservationId, WebhookEndpointId};
use crate::order::allocate::AllocateOrder;
use crate::order::cancel::{CancelLine, CancelOrder};
use crate::order::charge::AddCharge;
use crate::order::complete::CompleteOrder;
use crate::order::confirm::ConfirmOrder;
use crate::order::hold::{ApplyHold, RejectHold, ReleaseHeldStock, ReleaseHold};
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
use crate::system::{ApiKeyCreated, ChangeSettings, CreateApiKey, RevokeApiKey, SystemRefusal};
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

/// What an actor must hold for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub permission: Permission,
    /// The channel of the order concerned.
    pub channel: Option<ChannelId>,
    /// The locations concerned, where the command names them.
    pub locations: Vec<LocationId>,
}

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
    ApplyHold(ApplyHold) = "hold.apply", OrdersWrite;
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
    Pick(Pick) = "fulfillment.pick", FulfillmentWrite;
    Pack(Pack) = "fulfillment.pack", FulfillmentWrite;
    Ship(Ship) = "fulfillment.ship", FulfillmentWrite;
    ShipFromSupplier(ShipFromSupplier) = "fulfillment.ship_from_supplier", FulfillmentWrite;
    RecordTracking(RecordTracking) = "shipment.track", FulfillmentWrite;
    ReceiveReturn(ReceiveReturn) = "return.receive", ReturnsWrite;
}

impl Command {
    /// The order the command is about, where it names one that exists.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::SubmitOrder(command) => Some(command.order_id),
            Self::ConfirmOrder(command) => Some(command.order_id),
            Self::AllocateOrder(command) => Some(command.order_id),
            Self::ReleaseOrder(command) => Some(command.order_id),
            Self::CancelLine(command) => Some(command.line_id.order_id),
            Self::CancelOrder(command) => Some(command.order_id),
            Self::AddCharge(command) => Some(command.order_id),
            Self::CompleteOrder(command) => Some(command.order_id),
            Self::ExpireOrderReservation(command) => Some(command.order_id),
            Self::ApplyHold(command) => Some(command.order_id),
            Self::ReleaseHold(command) => Some(command.hold_id.order_id),
            Self::RejectHold(command) => Some(command.hold_id.order_id),
            Self::ReleaseHeldStock(command) => Some(command.order_id),
            Self::AuthorizePayment(command) => Some(command.order_id),
            Self::RenewAuthorization(command) => Some(command.payment_id.order_id),
            Self::VoidPayment(command) => Some(command.payment_id.order_id),
            Self::ExpireAuthorization(command) => Some(command.payment_id.order_id),
            Self::CapturePayment(command) => Some(command.payment_id.order_id),
            Self::CaptureDue(command) => Some(command.order_id),
            Self::RecordPayment(command) => Some(command.order_id),
            Self::RecordOutcome(command) => Some(command.transaction_id.order_id),
            Self::GrantRefund(command) => Some(command.order_id),
            Self::Pick(command) => Some(command.fulfillment_order_id.order_id),
            Self::Pack(command) => Some(command.fulfillment_order_id.order_id),
            Self::Ship(command) => Some(command.fulfillment_order_id.order_id),
            Self::ShipFromSupplier(command) => Some(command.order_id),
            Self::RecordTracking(command) => Some(command.parcel_id.order_id),
            Self::ReceiveReturn(command) => Some(command.order_id),
            Self::PutItem(_)
            | Self::ArchiveItem(_)
            | Self::PutLocation(_)
            | Self::ArchiveLocation(_)
            | Self::PutChannel(_)
            | Self::ArchiveChannel(_)
            | Self::PutCustomer(_)
            | Self::ArchiveCustomer(_)
            | Self::CreateApiKey(_)
            | Self::RevokeApiKey(_)
            | Self::ChangeSettings(_)
            | Self::CreateWebhookEndpoint(_)
            | Self::ChangeWebhookEndpoint(_)
            | Self::RotateWebhookSecret(_)
            | Self::EnableWebhookEndpoint(_)
            | Self::DisableWebhookEndpoint(_)
            | Self::ArchiveWebhookEndpoint(_)
            | Self::ReplayWebhook(_)
            | Self::ReceiveStock(_)
            | Self::AdjustStock(_)
            | Self::SendTransfer(_)
            | Self::ReceiveTransfer(_)
            | Self::ReserveStock(_)
            | Self::ReleaseReservation(_)
            | Self::ExpireReservation(_)
            | Self::PlaceOrder(_) => None,
        }
    }

    /// The webhook endpoint the command is about, where it names one that exists.
    pub const fn webhook_endpoint(&self) -> Option<WebhookEndpointId> {
        match self {
            Self::ChangeWebhookEndpoint(command) => Some(command.endpoint_id),
            Self::RotateWebhookSecret(command) => Some(command.endpoint_id),
            Self::EnableWebhookEndpoint(command) => Some(command.endpoint_id),
            Self::DisableWebhookEndpoint(command) => Some(command.endpoint_id),
            Self::ArchiveWebhookEndpoint(command) => Some(command.endpoint_id),
            Self::ReplayWebhook(command) => Some(command.endpoint_id),
            _ => None,
        }
    }

    /// Whether the sender may say which version it means: of the order or the endpoint that the command is about.
    pub const fn has_version(&self) -> bool {
        self.order().is_some() || self.webhook_endpoint().is_some()
    }

    /// The records needed first. An item whose SKU is not cached is asked for before its levels can be.
    pub fn footprint(&self, catalog: &Catalog, needs: &mut Footprint) {
        if crate::text::check(self).is_err() {
            // It will be refused, and a database cannot even be asked about such a text.
            return;
        }
        needs.orders.extend(self.order());
        needs.webhook_endpoints.extend(self.webhook_endpoint());
        let mut levels = |skus: &mut dyn Iterator<Item = &String>| {
            for sku in skus {
                match catalog.item_by_sku(sku) {
                    Some(item) => needs.levels.push(item.id),
                    None => needs.skus.push(sku.clone()),
                }
            }
        };
        match self {
            Self::PutItem(command) => {
                levels(&mut std::iter::once(&command.facts.sku));
                needs.catalog = true;
            }
            Self::ArchiveItem(command) => {
                levels(&mut std::iter::once(&command.sku));
                needs.catalog = true;
            }
            Self::PutLocation(_)
            | Self::ArchiveLocation(_)
            | Self::PutChannel(_)
            | Self::ArchiveChannel(_)
            | Self::ChangeSettings(_) => needs.catalog = true,
            Self::PutCustomer(command) => needs.customer_codes.push(command.code.clone()),
            Self::ArchiveCustomer(command) => needs.customer_codes.push(command.code.clone()),
            Self::RevokeApiKey(command) => needs.api_keys.push(command.key_id),
            Self::ReceiveStock(command) => levels(&mut command.lines.iter().map(|line| &line.sku)),
            Self::AdjustStock(command) => levels(&mut command.lines.iter().map(|line| &line.sku)),
            Self::SendTransfer(command) => levels(&mut command.lines.iter().map(|line| &line.sku)),
            Self::ReceiveTransfer(command) => needs.transfers.push(command.transfer_id),
            Self::ReserveStock(command) => levels(&mut std::iter::once(&command.sku)),
            Self::ReleaseReservation(command) => needs.reservations.push(command.reservation_id),
            Self::ExpireReservation(command) => needs.reservations.push(command.reservation_id),
            Self::PlaceOrder(command) => {
                needs.reservations.extend(&command.reservations);
                levels(&mut command.lines.iter().map(|line| &line.sku));
                needs.customer_codes.extend(command.customer.clone());
                if let (Some(channel), Some(external_ref)) =
                    (catalog.channel_by_code(&command.channel), &command.external_ref)
                {
                    needs.external_refs.push((channel.id, external_ref.clone()));
                }
            }
            Self::CreateApiKey(_)
            | Self::CreateWebhookEndpoint(_)
            | Self::ChangeWebhookEndpoint(_)
            | Self::RotateWebhookSecret(_)
            | Self::EnableWebhookEndpoint(_)
            | Self::DisableWebhookEndpoint(_)
            | Self::ArchiveWebhookEndpoint(_)
            | Self::ReplayWebhook(_)
            | Self::SubmitOrder(_)
            | Self::ConfirmOrder(_)
            | Self::AllocateOrder(_)
            | Self::ReleaseOrder(_)
            | Self::CancelLine(_)
            | Self::CancelOrder(_)
            | Self::AddCharge(_)
            | Self::CompleteOrder(_)
            | Self::ExpireOrderReservation(_)
            | Self::ApplyHold(_)
            | Self::ReleaseHold(_)
            | Self::RejectHold(_)
            | Self::ReleaseHeldStock(_)
            | Self::AuthorizePayment(_)
            | Self::RenewAuthorization(_)
            | Self::VoidPayment(_)
            | Self::ExpireAuthorization(_)
            | Self::CapturePayment(_)
            | Self::CaptureDue(_)
            | Self::RecordPayment(_)
            | Self::RecordOutcome(_)
            | Self::GrantRefund(_)
            | Self::Pick(_)
            | Self::Pack(_)
            | Self::Ship(_)
            | Self::ShipFromSupplier(_)
            | Self::RecordTracking(_)
            | Self::ReceiveReturn(_) => {}
        }
    }

    /// Items whose stock the command will likely move, known once its order is loaded. A guess that saves a round; what
    /// it leaves out is asked for when the decision's postings are known.
    pub fn moved_items(&self, world: &World, needs: &mut Footprint) {
        let moves = matches!(
            self,
            Self::SubmitOrder(_)
                | Self::AllocateOrder(_)
                | Self::CancelLine(_)
                | Self::CancelOrder(_)
                | Self::ExpireOrderReservation(_)
                | Self::RejectHold(_)
                | Self::ReleaseHeldStock(_)
                | Self::RecordOutcome(_)
                | Self::Pick(_)
                | Self::Pack(_)
                | Self::Ship(_)
                | Self::ReceiveReturn(_)
        );
        let Some(order) = self.order().filter(|_| moves).and_then(|id| world.order(id)) else {
            return;
        };
        // An outcome moves stock only while the order waits for it.
        if matches!(self, Self::RecordOutcome(_)) && order.head.lifecycle != crate::order::Lifecycle::Placed {
            return;
        }
        let counted = order.lines.iter().filter(|line| line.supply == crate::catalog::item::Supply::Stock);
        needs.levels.extend(counted.map(|line| line.item_id));
    }

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
            Self::ApplyHold(command) => rows.text(command.note.as_ref()),
            Self::AuthorizePayment(command) => rows.text(Some(&command.token)),
            Self::RecordTracking(command) => rows.text(command.raw.as_ref()),
            _ => {}
        }
        rows
    }

    /// What the actor must hold; channel and locations as they are in the World.
    pub fn requires(&self, world: &World) -> Requirement {
        let order = self.order().and_then(|id| world.order(id));
        let mut channel = order.map(|order| order.head.channel_id);
        let mut locations = Vec::new();
        match self {
            Self::PlaceOrder(command) => {
                channel = world.catalog.channel_by_code(&command.channel).map(|channel| channel.id);
                let reserved = command.reservations.iter().filter_map(|id| world.reservation(*id));
                locations.extend(reserved.map(|reservation| reservation.location_id));
            }
            Self::Pick(command) => locations.extend(world.work_location(command.fulfillment_order_id)),
            Self::Pack(command) => locations.extend(world.work_location(command.fulfillment_order_id)),
            Self::Ship(command) => locations.extend(world.work_location(command.fulfillment_order_id)),
            Self::ReceiveStock(command) => locations.push(command.location_id),
            Self::AdjustStock(command) => locations.push(command.location_id),
            Self::ReserveStock(command) => {
                channel = command.channel_id;
                locations.push(command.location_id);
            }
            Self::SendTransfer(command) => locations.extend([command.from_location_id, command.to_location_id]),
            Self::ReceiveTransfer(command) => {
                let transfer = world.transfer(command.transfer_id);
                locations.extend(transfer.map(|transfer| transfer.head.to_location_id));
            }
            Self::ReceiveReturn(command) => locations.push(command.location_id),
            Self::ReleaseReservation(ReleaseReservation { reservation_id })
            | Self::ExpireReservation(ExpireReservation { reservation_id }) => {
                let reservation = world.reservation(*reservation_id);
                channel = reservation.and_then(|one| one.channel_id);
                locations.extend(reservation.map(|one| one.location_id));
            }
            Self::RecordTracking(command) => {
                let order = world.order(command.parcel_id.order_id);
                let parcel = order.and_then(|order| order.parcel(command.parcel_id.number));
                locations.extend(parcel.map(|parcel| parcel.location_id));
            }
            _ => {}
        }
        Requirement { permission: self.permission(), channel, locations }
    }

    /// Whether the actor may; an object outside its scope is as unknown to it as one that does not exist.
    pub fn permit(&self, world: &World, actor: &Actor) -> Result<(), Stop> {
        let requirement = self.requires(world);
        if !actor.may(requirement.permission) {
            return Err(SystemRefusal::NotPermitted { permission: requirement.permission }.into());
        }
        // Nobody hands out more than they hold.
        if let Self::CreateApiKey(key) = self
            && let Some(permission) = key.permissions.iter().find(|permission| !actor.may(**permission))
        {
            return Err(SystemRefusal::NotPermitted { permission: *permission }.into());
        }
        // An endpoint shows what it is sent to whoever made it.
        let sends =
            matches!(self, Self::CreateWebhookEndpoint(_) | Self::ChangeWebhookEndpoint(_) | Self::ReplayWebhook(_));
        if sends && !actor.may(Permission::EventsRead) {
            return Err(SystemRefusal::NotPermitted { permission: Permission::EventsRead }.into());
        }
        if actor.is_unscoped() {
            return Ok(());
        }
        if self.is_for_the_whole_business() {
            return Err(SystemRefusal::NotPermitted { permission: requirement.permission }.into());
        }
        let channel = requirement.channel.is_none_or(|channel| actor.channels.contains(&channel));
        let locations = requirement.locations.iter().all(|location| actor.locations.contains(location));
        if channel && locations { Ok(()) } else { Err(self.unknown(world, actor)) }
    }

    /// What every channel and location shares is changed by those alone who see all of them.
    const fn is_for_the_whole_business(&self) -> bool {
        matches!(
            self,
            Self::PutItem(_)
                | Self::ArchiveItem(_)
                | Self::PutLocation(_)
                | Self::ArchiveLocation(_)
                | Self::PutChannel(_)
                | Self::ArchiveChannel(_)
                | Self::ChangeSettings(_)
                | Self::CreateApiKey(_)
                | Self::RevokeApiKey(_)
                | Self::CreateWebhookEndpoint(_)
                | Self::ChangeWebhookEndpoint(_)
                | Self::RotateWebhookSecret(_)
                | Self::EnableWebhookEndpoint(_)
                | Self::DisableWebhookEndpoint(_)
                | Self::ArchiveWebhookEndpoint(_)
                | Self::ReplayWebhook(_)
        )
    }

    /// The refusal for an object that the actor cannot see.
    fn unknown(&self, world: &World, actor: &Actor) -> Stop {
        use crate::catalog::CatalogRefusal;
        use crate::fulfillment::FulfillmentRefusal;
        use crate::order::OrderRefusal;
        use crate::stock::StockRefusal;
        match self {
            Self::Pick(Pick { fulfillment_order_id, .. })
            | Self::Pack(Pack { fulfillment_order_id, .. })
            | Self::Ship(Ship { fulfillment_order_id, .. }) => {
                FulfillmentRefusal::Unknown { fulfillment_order_id: *fulfillment_order_id }.into()
            }
            Self::PlaceOrder(command) => {
                let foreign = |id: &&ReservationId| {
                    world.reservation(**id).is_some_and(|one| !actor.locations.contains(&one.location_id))
                };
                let channel = self.requires(world).channel.is_none_or(|channel| actor.channels.contains(&channel));
                match command.reservations.iter().find(foreign) {
                    Some(id) if channel => OrderRefusal::UnknownReservation { reservation_id: *id }.into(),
                    Some(_) | None => {
                        let message = format!("no channel has the code {}", command.channel);
                        let problem = crate::refusal::Problem::new("channel", "unknown_channel", message);
                        OrderRefusal::Invalid { problems: vec![problem] }.into()
                    }
                }
            }
            Self::ReleaseReservation(ReleaseReservation { reservation_id })
            | Self::ExpireReservation(ExpireReservation { reservation_id }) => {
                StockRefusal::UnknownReservation { reservation_id: *reservation_id }.into()
            }
            Self::ReceiveTransfer(command) => StockRefusal::UnknownTransfer { transfer_id: command.transfer_id }.into(),
            _ => match self.order() {
                Some(order_id) => OrderRefusal::Unknown { order_id }.into(),
                None => {
                    let required = self.requires(world);
                    let foreign = required.locations.iter().find(|location| !actor.locations.contains(location));
                    match (foreign, required.channel) {
                        (None, Some(channel)) => {
                            CatalogRefusal::Unknown { kind: "channel".into(), code: channel.to_string() }.into()
                        }
                        (foreign, _) => {
                            let location = foreign.map(ToString::to_string).unwrap_or_default();
                            StockRefusal::UnknownLocation { location }.into()
                        }
                    }
                }
            },
        }
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
            Self::ApplyHold(command) => crate::order::hold::apply_hold(world, command, attempt),
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

    /// Fills in what an event does not carry in its text: a key's secret hash never enters the log.
    pub fn complete(&self, event: &mut Event) {
        if let (Self::CreateApiKey(command), Event::ApiKeyCreated(ApiKeyCreated { secret_hash, .. })) = (self, event) {
            *secret_hash = command.secret_hash;
        }
    }
}
