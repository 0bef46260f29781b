//! What a command is about.

use super::Command;
use crate::ids::{OrderId, UserId, WebhookEndpointId};

/// What a command names that exists, of the things whose version a sender may have seen.
enum About {
    Order(OrderId),
    WebhookEndpoint(WebhookEndpointId),
    User(UserId),
    Nothing,
}

impl Command {
    const fn about(&self) -> About {
        match self {
            Self::SubmitOrder(command) => About::Order(command.order_id),
            Self::ConfirmOrder(command) => About::Order(command.order_id),
            Self::AllocateOrder(command) => About::Order(command.order_id),
            Self::ReleaseOrder(command) => About::Order(command.order_id),
            Self::CancelLine(command) => About::Order(command.line_id.order_id),
            Self::CancelOrder(command) => About::Order(command.order_id),
            Self::AddCharge(command) => About::Order(command.order_id),
            Self::CompleteOrder(command) => About::Order(command.order_id),
            Self::ExpireOrderReservation(command) => About::Order(command.order_id),
            Self::AddNote(command) => About::Order(command.order_id),
            Self::ApplyHold(command) => About::Order(command.order_id),
            Self::HandOverHold(command) => About::Order(command.hold_id.order_id),
            Self::ReleaseHold(command) => About::Order(command.hold_id.order_id),
            Self::RejectHold(command) => About::Order(command.hold_id.order_id),
            Self::ReleaseHeldStock(command) => About::Order(command.order_id),
            Self::AuthorizePayment(command) => About::Order(command.order_id),
            Self::RenewAuthorization(command) => About::Order(command.payment_id.order_id),
            Self::VoidPayment(command) => About::Order(command.payment_id.order_id),
            Self::ExpireAuthorization(command) => About::Order(command.payment_id.order_id),
            Self::CapturePayment(command) => About::Order(command.payment_id.order_id),
            Self::CaptureDue(command) => About::Order(command.order_id),
            Self::RecordPayment(command) => About::Order(command.order_id),
            Self::RecordOutcome(command) => About::Order(command.transaction_id.order_id),
            Self::GrantRefund(command) => About::Order(command.order_id),
            Self::HandOverFulfillmentOrder(command) => About::Order(command.fulfillment_order_id.order_id),
            Self::Pick(command) => About::Order(command.fulfillment_order_id.order_id),
            Self::Pack(command) => About::Order(command.fulfillment_order_id.order_id),
            Self::Ship(command) => About::Order(command.fulfillment_order_id.order_id),
            Self::ShipFromSupplier(command) => About::Order(command.order_id),
            Self::RecordTracking(command) => About::Order(command.parcel_id.order_id),
            Self::ReceiveReturn(command) => About::Order(command.order_id),
            Self::ChangeWebhookEndpoint(command) => About::WebhookEndpoint(command.endpoint_id),
            Self::RotateWebhookSecret(command) => About::WebhookEndpoint(command.endpoint_id),
            Self::EnableWebhookEndpoint(command) => About::WebhookEndpoint(command.endpoint_id),
            Self::DisableWebhookEndpoint(command) => About::WebhookEndpoint(command.endpoint_id),
            Self::ArchiveWebhookEndpoint(command) => About::WebhookEndpoint(command.endpoint_id),
            Self::ReplayWebhook(command) => About::WebhookEndpoint(command.endpoint_id),
            Self::AcceptInvitation(command) => About::User(command.user_id),
            Self::ChangeUser(command) => About::User(command.user_id),
            Self::ArchiveUser(command) => About::User(command.user_id),
            Self::SetPassword(command) => About::User(command.user_id),
            Self::EnrollTotp(command) => About::User(command.user_id),
            Self::ConfirmTotp(command) => About::User(command.user_id),
            Self::RemoveTotp(command) => About::User(command.user_id),
            Self::BindIdentity(command) => About::User(command.user_id),
            Self::RemoveIdentity(command) => About::User(command.user_id),
            Self::EndSessions(command) => About::User(command.user_id),
            Self::OfferLink(command) => About::User(command.user_id),
            Self::PutItem(_)
            | Self::ArchiveItem(_)
            | Self::PutLocation(_)
            | Self::ArchiveLocation(_)
            | Self::PutChannel(_)
            | Self::ArchiveChannel(_)
            | Self::PutCustomer(_)
            | Self::ArchiveCustomer(_)
            | Self::AddCustomerNote(_)
            | Self::CreateApiKey(_)
            | Self::RevokeApiKey(_)
            | Self::ChangeSettings(_)
            | Self::CreateWebhookEndpoint(_)
            | Self::InviteUser(_)
            | Self::ReceiveStock(_)
            | Self::AdjustStock(_)
            | Self::SendTransfer(_)
            | Self::ReceiveTransfer(_)
            | Self::ReserveStock(_)
            | Self::ReleaseReservation(_)
            | Self::ExpireReservation(_)
            | Self::PlaceOrder(_) => About::Nothing,
        }
    }

    /// The order the command is about, where it names one that exists.
    pub const fn order(&self) -> Option<OrderId> {
        match self.about() {
            About::Order(id) => Some(id),
            About::WebhookEndpoint(_) | About::User(_) | About::Nothing => None,
        }
    }

    /// The webhook endpoint the command is about, where it names one that exists.
    pub const fn webhook_endpoint(&self) -> Option<WebhookEndpointId> {
        match self.about() {
            About::WebhookEndpoint(id) => Some(id),
            About::Order(_) | About::User(_) | About::Nothing => None,
        }
    }

    /// The user the command is about, where it names one that exists.
    pub const fn user(&self) -> Option<UserId> {
        match self.about() {
            About::User(id) => Some(id),
            About::Order(_) | About::WebhookEndpoint(_) | About::Nothing => None,
        }
    }

    /// Whether the sender may say which version it means: of the order, the endpoint or the user that the command is about.
    pub const fn has_version(&self) -> bool {
        match self.about() {
            About::Order(_) | About::WebhookEndpoint(_) | About::User(_) => true,
            About::Nothing => false,
        }
    }
}
