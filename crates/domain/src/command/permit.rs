//! Who may ask for a command.

use super::{Command, Stop};
use crate::access::role::Role;
use crate::actor::{Actor, Permission, Principal};
use crate::fulfillment::hand_over::HandOverFulfillmentOrder;
use crate::fulfillment::pack::Pack;
use crate::fulfillment::pick::Pick;
use crate::fulfillment::ship::Ship;
use crate::ids::{ChannelId, LocationId, ReservationId};
use crate::stock::reservation::{ExpireReservation, ReleaseReservation};
use crate::system::SystemRefusal;
use crate::world::World;

/// What an actor must hold for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub permission: Permission,
    /// The channel of the order concerned.
    pub channel: Option<ChannelId>,
    /// The locations concerned, where the command names them.
    pub locations: Vec<LocationId>,
}

impl Command {
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
            Self::HandOverFulfillmentOrder(command) => {
                locations.extend(world.work_location(command.fulfillment_order_id));
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
        if self.is_ones_own(actor) {
            return Ok(());
        }
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
        // Nor do they touch those who may more.
        let ranks = self.roles(world).into_iter().flatten().flat_map(Role::permissions);
        if let Some(permission) = ranks.into_iter().find(|permission| !actor.may(*permission)) {
            return Err(SystemRefusal::NotPermitted { permission }.into());
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

    /// Whether somebody asks for what concerns nobody but themselves: how they sign in.
    fn is_ones_own(&self, actor: &Actor) -> bool {
        let own = matches!(
            self,
            Self::AcceptInvitation(_)
                | Self::SetPassword(_)
                | Self::EnrollTotp(_)
                | Self::ConfirmTotp(_)
                | Self::RemoveTotp(_)
                | Self::BindIdentity(_)
                | Self::EndSessions(_)
        );
        own && self.user().is_some_and(|user_id| actor.principal == Principal::User(user_id))
    }

    /// The role of the user that the command is about, and the role that it gives.
    fn roles(&self, world: &World) -> [Option<Role>; 2] {
        let given = match self {
            Self::InviteUser(command) => Some(command.access.role),
            Self::ChangeUser(command) => Some(command.access.role),
            _ => None,
        };
        [self.user().and_then(|id| world.user(id)).map(|user| user.role), given]
    }

    /// What every channel and location shares is changed by those alone who see all of them.
    const fn is_for_the_whole_business(&self) -> bool {
        match self.permission() {
            Permission::CatalogWrite
            | Permission::KeysWrite
            | Permission::SettingsWrite
            | Permission::WebhooksWrite
            | Permission::UsersWrite => true,
            // Customers belong to no channel, and yet each channel brings its own: a shop whose key is for one channel must
            // be able to make the customer whose order it places. The permission alone guards them.
            Permission::CustomersWrite => false,
            Permission::StockWrite
            | Permission::OrdersWrite
            | Permission::HoldsRelease
            | Permission::PaymentsWrite
            | Permission::FulfillmentWrite
            | Permission::ReturnsWrite => false,
            // What only reads; no command asks for these.
            Permission::CatalogRead
            | Permission::CustomersRead
            | Permission::StockRead
            | Permission::OrdersRead
            | Permission::EventsRead
            | Permission::WebhooksRead
            | Permission::UsersRead
            | Permission::AuditRead => false,
        }
    }

    /// The refusal for an object that the actor cannot see.
    fn unknown(&self, world: &World, actor: &Actor) -> Stop {
        use crate::catalog::CatalogRefusal;
        use crate::fulfillment::FulfillmentRefusal;
        use crate::order::OrderRefusal;
        use crate::stock::StockRefusal;
        match self {
            Self::HandOverFulfillmentOrder(HandOverFulfillmentOrder { fulfillment_order_id, .. })
            | Self::Pick(Pick { fulfillment_order_id, .. })
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
}
