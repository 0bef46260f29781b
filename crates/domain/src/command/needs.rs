//! The records a command needs before it can be decided.

use super::Command;
use crate::access::invite::email_of;
use crate::catalog::Catalog;
use crate::footprint::Footprint;
use crate::world::World;

impl Command {
    /// The records needed first. An item whose SKU is not cached is asked for before its levels can be.
    pub fn footprint(&self, catalog: &Catalog, needs: &mut Footprint) {
        if crate::text::check(self).is_err() {
            // It will be refused, and a database cannot even be asked about such a text.
            return;
        }
        needs.orders.extend(self.order());
        needs.webhook_endpoints.extend(self.webhook_endpoint());
        needs.users.extend(self.user());
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
            Self::AddCustomerNote(command) => {
                needs.customer_codes.push(command.code.clone());
                needs.users.extend(&command.mentions);
            }
            Self::AddNote(command) => needs.users.extend(&command.mentions),
            Self::RevokeApiKey(command) => needs.api_keys.push(command.key_id),
            Self::InviteUser(command) => needs.user_emails.push(email_of(&command.party)),
            Self::ChangeUser(command) => {
                needs.user_emails.extend(command.party.as_ref().map(email_of));
                needs.owners = true;
            }
            Self::ArchiveUser(_) => needs.owners = true,
            Self::BindIdentity(command) => needs.user_identities.push(command.identity),
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
            | Self::AcceptInvitation(_)
            | Self::SetPassword(_)
            | Self::EnrollTotp(_)
            | Self::ConfirmTotp(_)
            | Self::RemoveTotp(_)
            | Self::RemoveIdentity(_)
            | Self::EndSessions(_)
            | Self::OfferLink(_)
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
            | Self::HandOverHold(_)
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
            | Self::HandOverFulfillmentOrder(_)
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
}
