//! Webhook endpoints. Nothing is sent to them here: what is proven is what is kept of them.

use super::Desk;
use waybill_domain::Code;
use waybill_domain::attempt::Origin;
use waybill_domain::command::Command;
use waybill_domain::ids::{Id, WebhookEndpointId};
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::manage::{
    ArchiveWebhookEndpoint, ChangeWebhookEndpoint, CreateWebhookEndpoint, DisableWebhookEndpoint, EnableWebhookEndpoint,
};
use waybill_domain::webhook::replay::ReplayWebhook;
use waybill_domain::webhook::secret::{RotateWebhookSecret, SigningSecret};
use waybill_domain::webhook::url::EndpointUrl;
use waybill_domain::webhook::{DisabledReason, EndpointFacts};

fn facts(desk: &mut Desk<'_>) -> EndpointFacts {
    let kinds = ["order.*", "shipment.shipped", "no.such_kind"];
    let kinds = if desk.dice.chance(30) { vec![desk.any(&kinds).to_owned()] } else { Vec::new() };
    EndpointFacts {
        name: format!("name {}", desk.number % 7),
        kinds: EventKinds(kinds),
        origins: vec![Origin::Live],
        ordered: desk.dice.chance(50),
    }
}

fn url(desk: &mut Desk<'_>) -> EndpointUrl {
    EndpointUrl(if desk.dice.chance(90) { "https://shop.example/hooks".into() } else { "gopher://shop.example".into() })
}

/// Of the right length most of the time, and of no meaning.
fn secret(desk: &mut Desk<'_>) -> SigningSecret {
    let length = if desk.dice.chance(90) { 32 } else { 5 };
    SigningSecret(desk.number.to_be_bytes().iter().copied().cycle().take(length).collect())
}

/// A change of a webhook endpoint; one that is not there now and then.
pub fn webhooks(desk: &mut Desk<'_>) -> Command {
    let known = desk.dice.pick(&desk.books.webhook_endpoints).copied();
    let endpoint_id = known.filter(|_| desk.dice.chance(90)).unwrap_or(WebhookEndpointId(Id(6)));
    // The door's, which reads it before; behind or ahead of the log it must do no harm.
    let head = desk.dice.between(0, 1_000);
    match desk.dice.below(9) {
        0 | 1 => CreateWebhookEndpoint { facts: facts(desk), url: url(desk), secret: secret(desk), head }.into(),
        2 => {
            let url = desk.dice.chance(50).then(|| url(desk));
            ChangeWebhookEndpoint { endpoint_id, facts: facts(desk), url }.into()
        }
        3 => EnableWebhookEndpoint { endpoint_id }.into(),
        4 => {
            let reason = *desk.dice.pick(<DisabledReason as Code>::ALL).unwrap_or(&DisabledReason::Requested);
            DisableWebhookEndpoint { endpoint_id, reason }.into()
        }
        5 => ArchiveWebhookEndpoint { endpoint_id }.into(),
        6 => {
            let overlap_s = if desk.dice.chance(90) { desk.dice.between(0, 86_400) } else { -1 };
            RotateWebhookSecret { endpoint_id, secret: secret(desk), overlap_s }.into()
        }
        _ => {
            let (position, onward) = (desk.dice.between(1, 1_200), desk.dice.chance(50));
            ReplayWebhook { endpoint_id, position, onward, head }.into()
        }
    }
}
