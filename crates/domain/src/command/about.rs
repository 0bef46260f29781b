//! What a command is about.

use super::Command;
use crate::ids::{OrderId, UserId, WebhookEndpointId};

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
            Self::AddNote(command) => Some(command.order_id),
            Self::ApplyHold(command) => Some(command.order_id),
            Self::HandOverHold(command) => Some(command.hold_id.order_id),
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
            | Self::InviteUser(_)
            | Self::AcceptInvitation(_)
            | Self::ChangeUser(_)
            | Self::ArchiveUser(_)
            | Self::SetPassword(_)
            | Self::EnrollTotp(_)
            | Self::ConfirmTotp(_)
            | Self::RemoveTotp(_)
            | Self::EndSessions(_)
            | Self::OfferLink(_)
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

    /// The user the command is about, where it names one that exists.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::AcceptInvitation(command) => Some(command.user_id),
            Self::ChangeUser(command) => Some(command.user_id),
            Self::ArchiveUser(command) => Some(command.user_id),
            Self::SetPassword(command) => Some(command.user_id),
            Self::EnrollTotp(command) => Some(command.user_id),
            Self::ConfirmTotp(command) => Some(command.user_id),
            Self::RemoveTotp(command) => Some(command.user_id),
            Self::EndSessions(command) => Some(command.user_id),
            Self::OfferLink(command) => Some(command.user_id),
            _ => None,
        }
    }

    /// Whether the sender may say which version it means: of the order, the endpoint or the user that the command is about.
    pub const fn has_version(&self) -> bool {
        self.order().is_some() || self.webhook_endpoint().is_some() || self.user().is_some()
    }
}
