//! How each event changes the records of its aggregate.

use super::World;
use crate::access::{User, UserState};
use crate::attempt::Origin;
use crate::catalog::channel::Channel;
use crate::catalog::item::Item;
use crate::catalog::location::Location;
use crate::chain::Chain;
use crate::customer::Customer;
use crate::event::Event;
use crate::ids::*;
use crate::order::{HoldState, Lifecycle, Order};
use crate::rows::{Rows, Tracked};
use crate::stock::document::{StockDocument, StockDocumentKind};
use crate::stock::reservation::{Reservation, ReservationState};
use crate::stock::transfer::{Transfer, TransferHead, TransferLine, TransferState};
use crate::system::ApiKey;
use crate::webhook::{EndpointState, WebhookEndpoint, WebhookReplay};

impl World {
    pub(super) fn fold(&mut self, event: &Event, origin: Origin) {
        match event {
            Event::ItemCreated(set) => {
                self.catalog.put_item(Tracked::new(Item::from_set(set)));
                self.levels.entry(set.item).or_default();
                self.changed_items.push(set.item);
            }
            Event::ItemChanged(set) => {
                if let Some(item) = self.catalog.item_mut(set.item) {
                    *item = Item { chain: item.chain, ..Item::from_set(set) };
                }
                self.changed_items.push(set.item);
            }
            Event::ItemArchived(event) => {
                self.catalog.item_mut(event.item).into_iter().for_each(|item| item.archived = true);
                self.changed_items.push(event.item);
            }
            Event::LocationCreated(set) => {
                self.catalog.put_location(Tracked::new(Location::from_set(set)));
                self.changed_locations.push(set.location);
            }
            Event::LocationChanged(set) => {
                if let Some(location) = self.catalog.location_mut(set.location) {
                    *location = Location { chain: location.chain, ..Location::from_set(set) };
                }
                self.changed_locations.push(set.location);
            }
            Event::LocationArchived(event) => {
                self.catalog.location_mut(event.location).into_iter().for_each(|location| location.archived = true);
                self.changed_locations.push(event.location);
            }
            Event::ChannelCreated(set) => {
                self.catalog.put_channel(Tracked::new(Channel::from_set(set)));
                self.changed_channels.push(set.channel);
            }
            Event::ChannelChanged(set) => {
                if let Some(channel) = self.catalog.channel_mut(set.channel) {
                    *channel = Channel { chain: channel.chain, ..Channel::from_set(set) };
                }
                self.changed_channels.push(set.channel);
            }
            Event::ChannelArchived(event) => {
                self.catalog.channel_mut(event.channel).into_iter().for_each(|channel| channel.archived = true);
                self.changed_channels.push(event.channel);
            }
            Event::CustomerCreated(set) => {
                self.customer_codes.insert(set.code.clone(), set.customer);
                self.customers.insert(set.customer, Tracked::new(Customer::from_set(set)));
            }
            Event::CustomerChanged(set) => {
                if let Some(customer) = self.customers.get_mut(&set.customer) {
                    let (chain, notes) = (customer.chain, customer.notes);
                    *customer.edit() = Customer { chain, notes, ..Customer::from_set(set) };
                }
            }
            Event::CustomerArchived(event) => {
                self.customers
                    .get_mut(&event.customer)
                    .into_iter()
                    .for_each(|customer| customer.edit().archived = true);
            }
            Event::CustomerNoteAdded(event) => {
                self.customers.get_mut(&event.customer).into_iter().for_each(|customer| customer.edit().notes += 1);
            }
            Event::ApiKeyCreated(event) => {
                self.api_keys.insert(
                    event.key,
                    Tracked::new(ApiKey {
                        id: event.key,
                        name: event.name.clone(),
                        secret_hash: event.secret_hash,
                        permissions: event.permissions.clone(),
                        channels: event.channels.clone(),
                        locations: event.locations.clone(),
                        created_at: event.at,
                        revoked_at: None,
                        chain: Chain::default(),
                    }),
                );
            }
            Event::ApiKeyRevoked(event) => {
                self.api_keys.get_mut(&event.key).into_iter().for_each(|key| key.edit().revoked_at = Some(event.at));
            }
            Event::SettingsChanged(event) => {
                self.settings = event.settings.clone();
                self.settings_changed = true;
            }
            Event::WebhookEndpointCreated(event) => {
                self.webhook_endpoints.insert(event.endpoint, Tracked::new(WebhookEndpoint::from_created(event)));
            }
            Event::WebhookEndpointChanged(event) => {
                self.edit_endpoint(event.endpoint, |endpoint| endpoint.apply_changed(event));
            }
            Event::WebhookSecretRotated(event) => self.edit_endpoint(event.endpoint, |endpoint| {
                let before = std::mem::replace(&mut endpoint.secret, event.secret.clone());
                endpoint.previous_secret = event.previous_until.map(|_| before);
                endpoint.previous_until = event.previous_until;
            }),
            Event::WebhookEndpointEnabled(event) => self.edit_endpoint(event.endpoint, |endpoint| {
                endpoint.state = EndpointState::Enabled;
                (endpoint.disabled_because, endpoint.disabled_at) = (None, None);
                endpoint.enabled_at = event.at;
            }),
            Event::WebhookEndpointDisabled(event) => self.edit_endpoint(event.endpoint, |endpoint| {
                endpoint.state = EndpointState::Disabled;
                (endpoint.disabled_because, endpoint.disabled_at) = (Some(event.reason), Some(event.at));
            }),
            Event::WebhookEndpointArchived(event) => {
                self.edit_endpoint(event.endpoint, WebhookEndpoint::apply_archived);
            }
            Event::WebhookReplayRequested(event) => {
                self.edit_endpoint(event.endpoint, |endpoint| endpoint.replays = event.replay);
                self.webhook_replays.add(WebhookReplay {
                    endpoint_id: event.endpoint,
                    number: event.replay,
                    position: event.position,
                    onward: event.onward,
                    asked_at: event.at,
                });
            }
            Event::UserInvited(event) => {
                let user = User::from_invited(event);
                self.user_emails.extend(user.email_digest.map(|digest| (digest, Some(user.id))));
                self.users.insert(user.id, Tracked::new(user));
            }
            Event::UserJoined(event) => self.edit_user(event.user, |user| {
                user.state = UserState::Active;
                user.joined_at = Some(event.at);
                if event.with_password {
                    user.apply_password(event.password_hash.as_ref(), event.at);
                }
            }),
            Event::UserChanged(event) => self.edit_user(event.user, |user| user.apply_changed(event)),
            Event::UserArchived(event) => self.edit_user(event.user, User::apply_archived),
            Event::UserPasswordSet(event) => {
                self.edit_user(event.user, |user| user.apply_password(event.password_hash.as_ref(), event.at));
            }
            Event::UserTotpEnrolled(event) => {
                self.edit_user(event.user, |user| user.apply_totp(event.secret.clone()));
            }
            Event::UserTotpConfirmed(event) => {
                self.edit_user(event.user, |user| user.apply_totp_confirmed(event.at));
            }
            Event::UserTotpRemoved(event) => self.edit_user(event.user, |user| user.apply_totp(None)),
            Event::UserIdentityBound(event) => {
                self.edit_user(event.user, |user| user.apply_identity(event.identity_digest, Some(event.at)));
            }
            Event::UserIdentityRemoved(event) => self.edit_user(event.user, |user| user.apply_identity(None, None)),
            Event::UserSessionsEnded(event) => self.edit_user(event.user, |user| user.epoch += 1),
            // Whoever uses the link changes something; the offer alone changes nothing.
            Event::UserLinkOffered(_) => {}
            Event::StockReceived(event) => {
                self.document(event.document, StockDocumentKind::Receipt, event.location, &event.reference, event.at)
            }
            Event::StockAdjusted(event) => {
                self.document(event.document, StockDocumentKind::Adjustment, event.location, &event.reference, event.at)
            }
            Event::TransferSent(event) => {
                let mut lines = Rows::default();
                for line in &event.lines {
                    lines.add(TransferLine {
                        transfer_id: event.transfer,
                        number: line.line,
                        item_id: line.item,
                        lot_id: line.lot,
                        sent: line.quantity,
                        received: crate::quantity::Quantity::ZERO,
                        lost: crate::quantity::Quantity::ZERO,
                    });
                }
                let head = Tracked::new(TransferHead {
                    id: event.transfer,
                    from_location_id: event.from,
                    to_location_id: event.to,
                    state: TransferState::Open,
                    sent_at: event.at,
                    chain: Chain::default(),
                });
                self.transfers.insert(event.transfer, Transfer { head, lines });
            }
            Event::TransferReceived(event) => {
                if let Some(transfer) = self.transfers.get_mut(&event.transfer) {
                    for (moved, lost) in
                        event.lines.iter().map(|line| (line, false)).chain(event.lost.iter().map(|line| (line, true)))
                    {
                        if let Some(line) = transfer.lines.edit_where(|line| line.number == moved.line) {
                            *(if lost { &mut line.lost } else { &mut line.received }) += moved.quantity;
                        }
                    }
                    transfer.head.edit().state = if event.done { TransferState::Done } else { TransferState::Partial };
                }
            }
            Event::ReservationCreated(event) => {
                self.reservations.insert(
                    event.reservation,
                    Tracked::new(Reservation {
                        id: event.reservation,
                        channel_id: event.channel,
                        item_id: event.item,
                        location_id: event.location,
                        lot_id: event.lot,
                        quantity: event.quantity,
                        state: ReservationState::Active,
                        expires_at: event.expires_at,
                        chain: Chain::default(),
                    }),
                );
            }
            Event::ReservationReleased(event) => self.end_reservation(event.reservation, ReservationState::Released),
            Event::ReservationExpired(event) => self.end_reservation(event.reservation, ReservationState::Expired),
            Event::ReservationConverted(event) => self.end_reservation(event.reservation, ReservationState::Converted),
            Event::OrderDrafted(event) => self.place(event, Lifecycle::Draft, origin),
            Event::OrderPlaced(event) => self.place(event, Lifecycle::Placed, origin),
            Event::OrderSubmitted(event) => self.edit_order(event.order, |order| order.apply_submitted(event)),
            Event::OrderConfirmed(event) => self.edit_order(event.order, |order| order.apply_confirmed(event)),
            Event::OrderCompleted(event) => self.edit_order(event.order, |order| order.apply_completed(event)),
            Event::OrderCancelled(event) => self.edit_order(event.order, |order| order.apply_cancelled(event)),
            Event::LinesCancelled(event) => self.edit_order(event.order, |order| order.apply_lines_cancelled(event)),
            Event::ChargeAdded(event) => self.edit_order(event.order, |order| order.apply_charge_added(event)),
            Event::HoldApplied(event) => self.edit_order(event.order, |order| order.apply_hold(event)),
            Event::HoldReleased(event) => {
                self.edit_order(event.order, |order| order.apply_hold_ended(event, HoldState::Released));
            }
            Event::HoldRejected(event) => {
                self.edit_order(event.order, |order| order.apply_hold_ended(event, HoldState::Rejected));
            }
            Event::HoldHandedOver(event) => self.edit_order(event.order, |order| order.apply_hold_handed_over(event)),
            // A reason and a note: kept in the log, they change no record.
            Event::RoutingDecided(_) | Event::NoteAdded(_) => {}
            Event::AllocationMade(event) => self.edit_order(event.order, |order| order.apply_allocation_made(event)),
            Event::AllocationReleased(event) => {
                self.edit_order(event.order, |order| order.apply_allocation_released(event));
            }
            Event::AllocationHardened(event) => self.edit_order(event.order, |order| order.apply_hardened(event)),
            Event::BackorderOpened(event) => self.edit_order(event.order, |order| order.apply_backorder_opened(event)),
            Event::FulfillmentReleased(event) => self.edit_order(event.order, |order| order.apply_released(event)),
            Event::FulfillmentHandedOver(event) => self.edit_order(event.order, |order| order.apply_handed_over(event)),
            Event::PickCompleted(event) => self.edit_order(event.order, |order| order.apply_picked(event)),
            Event::PickShort(event) => self.edit_order(event.order, |order| order.apply_short(event)),
            Event::ParcelPacked(event) => self.edit_order(event.order, |order| order.apply_packed(event)),
            Event::ParcelUnpacked(event) => self.edit_order(event.order, |order| order.apply_unpacked(event)),
            Event::ShipmentShipped(event) => self.edit_order(event.order, |order| order.apply_shipped(event)),
            Event::SupplierShipped(event) => self.edit_order(event.order, |order| order.apply_supplier_shipped(event)),
            Event::ShipmentTracked(event)
            | Event::ShipmentDelivered(event)
            | Event::ShipmentException(event)
            | Event::ShipmentLost(event) => self.edit_order(event.order, |order| order.apply_tracked(event)),
            Event::PaymentAdded(event) => self.edit_order(event.order, |order| order.apply_payment_added(event)),
            Event::PaymentRequested(event) => {
                self.edit_order(event.order, |order| order.apply_payment_requested(event));
            }
            Event::PaymentAuthorized(event) => {
                self.edit_order(event.order, |order| order.apply_payment_authorized(event));
            }
            Event::PaymentCaptured(event) | Event::PaymentReceived(event) => {
                self.edit_order(event.order, |order| order.apply_money_received(event));
            }
            Event::PaymentVoided(event) | Event::PaymentExpired(event) => {
                self.edit_order(event.order, |order| order.apply_authorization_ended(event));
            }
            Event::PaymentFailed(event) => self.edit_order(event.order, |order| order.apply_payment_failed(event)),
            Event::PaymentUnknown(event) => self.edit_order(event.order, |order| order.apply_payment_unknown(event)),
            // The outcome itself is the next event.
            Event::PaymentResolved(_) => {}
            Event::RefundGranted(event) => self.edit_order(event.order, |order| order.apply_refund_granted(event)),
            Event::RefundSucceeded(event) => self.edit_order(event.order, |order| order.apply_refund_succeeded(event)),
            Event::ReturnReceived(event) => self.edit_order(event.order, |order| order.apply_return_received(event)),
        }
    }

    fn document(
        &mut self,
        id: StockDocumentId,
        kind: StockDocumentKind,
        location_id: LocationId,
        reference: &Option<String>,
        booked_at: crate::time::Timestamp,
    ) {
        let reference = reference.clone();
        let document = StockDocument { id, kind, location_id, reference, booked_at, chain: Chain::default() };
        self.documents.insert(id, Tracked::new(document));
    }

    fn edit_endpoint(&mut self, id: WebhookEndpointId, change: impl FnOnce(&mut WebhookEndpoint)) {
        if let Some(endpoint) = self.webhook_endpoints.get_mut(&id) {
            change(endpoint.edit());
        }
    }

    /// Changes a user, and who is found by which email with it.
    fn edit_user(&mut self, id: UserId, change: impl FnOnce(&mut User)) {
        let Some(user) = self.users.get_mut(&id) else { return };
        let (email, identity) = (user.email_digest, user.identity_digest);
        let user = user.edit();
        change(user);
        if user.email_digest != email {
            self.user_emails.extend(email.map(|digest| (digest, None)));
            self.user_emails.extend(user.email_digest.map(|digest| (digest, Some(id))));
        }
        if user.identity_digest != identity {
            self.user_identities.extend(identity.map(|digest| (digest, None)));
            self.user_identities.extend(user.identity_digest.map(|digest| (digest, Some(id))));
        }
    }

    fn end_reservation(&mut self, id: ReservationId, state: ReservationState) {
        self.reservations.get_mut(&id).into_iter().for_each(|reservation| reservation.edit().state = state);
    }

    /// Changes an order, whose axes are recomputed at the end of the command.
    pub fn edit_order(&mut self, id: OrderId, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.orders.get_mut(&id).and_then(Option::as_mut) {
            change(order);
            self.unsettled.insert(id);
        }
    }

    fn place(&mut self, event: &crate::order::events::OrderPlaced, lifecycle: Lifecycle, origin: Origin) {
        let order = Order::from_placed(event, lifecycle, origin);
        if let Some(external_ref) = &event.external_ref {
            self.external_refs.insert((event.channel, external_ref.clone()), event.order);
        }
        self.orders.insert(event.order, Some(order));
        self.unsettled.insert(event.order);
    }
}
