//! Texts that cannot be kept: PostgreSQL stores no NUL, so no rule lets one through, whichever the database; and what stays in
//! the log for ever is a word, not free text that could name a person.

use crate::access::change::ChangeUser;
use crate::access::invite::InviteUser;
use crate::catalog::item::ItemFacts;
use crate::catalog::location::LocationFacts;
use crate::command::{Command, Stop};
use crate::customer::PutCustomer;
use crate::order::place::PlaceOrder;
use crate::payment::outcome::GatewayOutcome;
use crate::personal::{Address, Party};
use crate::refusal::Problem;
use crate::system::SystemRefusal;
use crate::webhook::EndpointFacts;
use crate::webhook::url::EndpointUrl;

/// Whether the databases can keep a text.
pub fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// What a text that is not one is told.
pub const WORD_FORM: &str = "must be 1 to 64 letters from a to z, digits, dots, dashes and underscores";

/// Whether a text is short and machine-readable, so that it may stay in the log: 1 to 64 ASCII letters, digits, `_`, `-` and
/// `.`. Codes of other systems and numbers of documents, such as `RET-04` and `C536379`, are words too.
pub fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// What is seen of the texts of a command.
#[derive(Default)]
struct Texts {
    /// Those that cannot be stored, by their paths.
    problems: Vec<Problem>,
    bytes: usize,
}

impl Texts {
    fn one(&mut self, path: &str, text: &str) {
        self.at(&|| path.to_owned(), text);
    }

    fn maybe(&mut self, path: &str, text: Option<&String>) {
        text.into_iter().for_each(|text| self.one(path, text));
    }

    /// A reason or an owner, which stays in the log.
    fn word(&mut self, path: &str, text: &str) {
        self.bytes += text.len();
        if !is_word(text) {
            self.problems.push(Problem::new(path, "word", WORD_FORM));
        }
    }

    fn maybe_word(&mut self, path: &str, text: Option<&String>) {
        text.into_iter().for_each(|text| self.word(path, text));
    }

    /// A text of one of several; its path is made only where it is needed.
    fn nth(&mut self, list: &str, n: usize, field: &str, text: Option<&String>) {
        text.into_iter().for_each(|text| self.at(&|| format!("{list}[{n}].{field}"), text));
    }

    fn at(&mut self, path: &dyn Fn() -> String, text: &str) {
        self.bytes += text.len();
        if !is_storable(text) {
            self.problems.push(Problem::new(path(), "characters", "must not contain the character U+0000"));
        }
    }

    fn party(&mut self, party: &Party) {
        let Party { name, company, email, phone } = party;
        for (path, text) in [("name", name), ("company", company), ("email", email), ("phone", phone)] {
            self.at(&|| format!("customer.{path}"), text.as_deref().unwrap_or_default());
        }
    }

    fn address(&mut self, address: &Address) {
        let Address { name, company, line1, line2, city, region, postal_code, country, phone } = address;
        self.one("ship_to.country", country);
        let fields = [
            ("name", name),
            ("company", company),
            ("line1", line1),
            ("line2", line2),
            ("city", city),
            ("region", region),
            ("postal_code", postal_code),
            ("phone", phone),
        ];
        for (path, text) in fields {
            self.at(&|| format!("ship_to.{path}"), text.as_deref().unwrap_or_default());
        }
    }

    fn user(&mut self, party: &Party) {
        self.maybe("name", party.name.as_ref());
        self.maybe("email", party.email.as_ref());
    }

    fn endpoint(&mut self, facts: &EndpointFacts, url: Option<&EndpointUrl>) {
        self.one("name", &facts.name);
        self.maybe("url", url.map(|url| &url.0));
        for (n, kind) in facts.kinds.0.iter().enumerate() {
            self.at(&|| format!("kinds[{n}]"), kind);
        }
    }

    fn order(&mut self, order: &PlaceOrder) {
        self.one("channel", &order.channel);
        self.maybe("external_ref", order.external_ref.as_ref());
        self.maybe("customer.code", order.customer.as_ref());
        order.party.iter().for_each(|party| self.party(&party.value));
        order.ship_to.iter().for_each(|address| self.address(&address.value));
        self.maybe("ship_to.country", order.destination.country.as_ref());
        self.maybe("instructions", order.instructions.as_ref().map(|text| &text.value));
        self.maybe("po_number", order.po_number.as_ref());
        for (n, line) in order.lines.iter().enumerate() {
            self.nth("lines", n, "sku", Some(&line.sku));
            self.nth("lines", n, "note", line.note.as_ref().map(|note| &note.value));
        }
        for (n, charge) in order.charges.iter().enumerate() {
            self.nth("charges", n, "label", charge.label.as_ref());
        }
        for (n, payment) in order.payments.iter().enumerate() {
            self.nth("payments", n, "gateway", payment.gateway.as_ref());
            self.nth("payments", n, "token", payment.token.as_ref().map(|token| &token.value));
        }
    }

    /// Every text that `command` brings.
    fn of(&mut self, command: &Command) {
        match command {
            Command::PutItem(command) => {
                let ItemFacts { sku, name, gtin, unit, .. } = &command.facts;
                self.one("sku", sku);
                self.one("name", name);
                self.one("unit", unit);
                self.maybe("gtin", gtin.as_ref());
            }
            Command::PutLocation(command) => {
                let LocationFacts { code, name, country, zone, .. } = &command.facts;
                for (path, text) in [("code", code), ("name", name), ("country", country), ("zone", zone)] {
                    self.one(path, text);
                }
            }
            Command::PutChannel(command) => {
                self.one("code", &command.facts.code);
                self.one("name", &command.facts.name);
            }
            Command::ArchiveItem(command) => self.one("sku", &command.sku),
            Command::ArchiveLocation(command) => self.one("code", &command.code),
            Command::ArchiveChannel(command) => self.one("code", &command.code),
            Command::PutCustomer(PutCustomer { code, party, .. }) => {
                self.one("code", code);
                party.iter().for_each(|party| self.party(&party.value));
            }
            Command::ArchiveCustomer(command) => self.one("code", &command.code),
            Command::AddCustomerNote(command) => {
                self.one("code", &command.code);
                self.one("text", &command.note.value);
            }
            Command::CreateApiKey(command) => self.one("name", &command.name),
            Command::CreateWebhookEndpoint(command) => self.endpoint(&command.facts, Some(&command.url)),
            Command::ChangeWebhookEndpoint(command) => self.endpoint(&command.facts, command.url.as_ref()),
            Command::InviteUser(InviteUser { party, .. }) => self.user(&party.value),
            Command::ChangeUser(ChangeUser { party, .. }) => party.iter().for_each(|party| self.user(&party.value)),
            Command::ReceiveStock(command) => {
                self.maybe("reference", command.reference.as_ref());
                let skus = command.lines.iter().map(|line| &line.sku);
                skus.enumerate().for_each(|(n, sku)| self.nth("lines", n, "sku", Some(sku)));
            }
            Command::AdjustStock(command) => {
                self.maybe("reference", command.reference.as_ref());
                let skus = command.lines.iter().map(|line| &line.sku);
                skus.enumerate().for_each(|(n, sku)| self.nth("lines", n, "sku", Some(sku)));
            }
            Command::SendTransfer(command) => {
                let skus = command.lines.iter().map(|line| &line.sku);
                skus.enumerate().for_each(|(n, sku)| self.nth("lines", n, "sku", Some(sku)));
            }
            Command::ReserveStock(command) => self.one("sku", &command.sku),
            Command::PlaceOrder(order) => self.order(order),
            Command::CancelLine(command) => self.word("reason", &command.reason),
            Command::CancelOrder(command) => self.word("reason", &command.reason),
            Command::AddCharge(command) => self.maybe("label", command.label.as_ref()),
            Command::ApplyHold(command) => {
                self.word("reason", &command.reason);
                self.maybe("note", command.note.as_ref().map(|note| &note.value));
                self.maybe_word("owner", command.owner.as_ref());
            }
            Command::HandOverHold(command) => self.maybe_word("owner", command.owner.as_ref()),
            Command::HandOverFulfillmentOrder(command) => {
                self.maybe("from", command.from.as_ref());
                self.maybe_word("assignee", command.assignee.as_ref());
            }
            Command::AddNote(command) => self.one("text", &command.note.value),
            Command::ReleaseHold(command) => self.maybe_word("reason", command.reason.as_ref()),
            Command::RejectHold(command) => self.maybe_word("reason", command.reason.as_ref()),
            Command::AuthorizePayment(command) => {
                self.one("gateway", &command.gateway);
                self.one("token", &command.token.value);
            }
            Command::RecordPayment(command) => self.maybe("reference", command.reference.as_ref()),
            Command::RecordOutcome(command) => match &command.outcome {
                GatewayOutcome::Succeeded { reference, .. } => self.maybe("reference", reference.as_ref()),
                GatewayOutcome::Failed { code } => self.one("code", code),
                GatewayOutcome::Unknown => {}
            },
            Command::GrantRefund(command) => self.word("reason", &command.reason),
            Command::Ship(command) => {
                self.maybe("carrier", command.carrier.as_ref());
                self.maybe("service", command.service.as_ref());
                for (n, parcel) in command.parcels.iter().enumerate() {
                    self.nth("parcels", n, "tracking_number", parcel.tracking_number.as_ref());
                }
            }
            Command::RecordTracking(command) => {
                self.maybe("carrier_event", command.carrier_event.as_ref());
                self.maybe("raw", command.raw.as_ref().map(|raw| &raw.value));
            }
            Command::ReceiveReturn(command) => {
                for (n, line) in command.lines.iter().enumerate() {
                    self.word(&format!("lines[{n}].reason"), &line.reason);
                }
            }
            Command::RevokeApiKey(_)
            | Command::ChangeSettings(_)
            | Command::RotateWebhookSecret(_)
            | Command::EnableWebhookEndpoint(_)
            | Command::DisableWebhookEndpoint(_)
            | Command::ArchiveWebhookEndpoint(_)
            | Command::ReplayWebhook(_)
            | Command::AcceptInvitation(_)
            | Command::ArchiveUser(_)
            | Command::SetPassword(_)
            | Command::EnrollTotp(_)
            | Command::ConfirmTotp(_)
            | Command::RemoveTotp(_)
            | Command::BindIdentity(_)
            | Command::RemoveIdentity(_)
            | Command::EndSessions(_)
            | Command::OfferLink(_)
            | Command::ReceiveTransfer(_)
            | Command::ReleaseReservation(_)
            | Command::ExpireReservation(_)
            | Command::SubmitOrder(_)
            | Command::ConfirmOrder(_)
            | Command::AllocateOrder(_)
            | Command::ReleaseOrder(_)
            | Command::CompleteOrder(_)
            | Command::ExpireOrderReservation(_)
            | Command::ReleaseHeldStock(_)
            | Command::RenewAuthorization(_)
            | Command::VoidPayment(_)
            | Command::ExpireAuthorization(_)
            | Command::CapturePayment(_)
            | Command::CaptureDue(_)
            | Command::Pick(_)
            | Command::Pack(_)
            | Command::ShipFromSupplier(_) => {}
        }
    }
}

/// The bytes of all texts that a command brings.
pub fn bytes(command: &Command) -> usize {
    let mut texts = Texts::default();
    texts.of(command);
    texts.bytes
}

/// Refuses a command that brings a text which cannot be stored, or free text for what has to be a word; every one is named.
pub(crate) fn check(command: &Command) -> Result<(), Stop> {
    let mut texts = Texts::default();
    texts.of(command);
    if texts.problems.is_empty() {
        return Ok(());
    }
    Err(SystemRefusal::Invalid { problems: texts.problems }.into())
}
