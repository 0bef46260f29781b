//! The shop that the rows are played in, and every name they use.

pub use crate::shop::{Shop, blank_order};
pub use std::collections::BTreeSet;
pub use std::sync::Arc;
pub use waybill_domain::access::archive::ArchiveUser;
pub use waybill_domain::access::change::ChangeUser;
pub use waybill_domain::access::email::EmailDigest;
pub use waybill_domain::access::identity::{BindIdentity, IdentityDigest, RemoveIdentity};
pub use waybill_domain::access::invite::{AcceptInvitation, InviteUser};
pub use waybill_domain::access::password::{PasswordHash, SetPassword};
pub use waybill_domain::access::role::Role;
pub use waybill_domain::access::sessions::{EndSessions, OfferLink};
pub use waybill_domain::access::totp::{ConfirmTotp, EnrollTotp, RemoveTotp, TotpSecret};
pub use waybill_domain::access::{Access, User, UserState};
pub use waybill_domain::actor::{Actor, Door, Permission, Principal, Scope};
pub use waybill_domain::attempt::Origin;
pub use waybill_domain::catalog::channel::{ArchiveChannel, ChannelFacts, PutChannel};
pub use waybill_domain::catalog::item::{ArchiveItem, ItemFacts, PutItem, Supply};
pub use waybill_domain::catalog::location::{ArchiveLocation, PutLocation};
pub use waybill_domain::command::{Command, Stop};
pub use waybill_domain::customer::note::AddCustomerNote;
pub use waybill_domain::customer::{PutCustomer, Tier};
pub use waybill_domain::event::Event;
pub use waybill_domain::footprint::Footprint;
pub use waybill_domain::fulfillment::events::ShortReason;
pub use waybill_domain::fulfillment::hand_over::HandOverFulfillmentOrder;
pub use waybill_domain::fulfillment::pack::Pack;
pub use waybill_domain::fulfillment::pick::{LinePicked, LineShort, Pick};
pub use waybill_domain::fulfillment::ship::{Ship, ShipParcel};
pub use waybill_domain::fulfillment::supplier::ShipFromSupplier;
pub use waybill_domain::ids::*;
pub use waybill_domain::ledger::StockAccount;
pub use waybill_domain::money::{Minor, UnitPrice};
pub use waybill_domain::order::allocate::AllocateOrder;
pub use waybill_domain::order::cancel::{CancelLine, CancelOrder};
pub use waybill_domain::order::complete::CompleteOrder;
pub use waybill_domain::order::confirm::ConfirmOrder;
pub use waybill_domain::order::hold::{ApplyHold, HandOverHold, RejectHold, ReleaseHeldStock, ReleaseHold};
pub use waybill_domain::order::note::AddNote;
pub use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder, SubmitOrder};
pub use waybill_domain::order::release::ReleaseOrder;
pub use waybill_domain::order::reservation::ExpireOrderReservation;
pub use waybill_domain::order::{ChargeKind, HoldKind, Step};
pub use waybill_domain::payment::PaymentMethod;
pub use waybill_domain::payment::authorization::{
    AuthorizePayment, ExpireAuthorization, RenewAuthorization, VoidPayment,
};
pub use waybill_domain::payment::capture::{CaptureDue, CapturePayment};
pub use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
pub use waybill_domain::payment::receive::RecordPayment;
pub use waybill_domain::payment::refund::GrantRefund;
pub use waybill_domain::personal::{Address, Party, Personal, PersonalParty, PersonalText};
pub use waybill_domain::quantity::Quantity;
pub use waybill_domain::refusal::Refusal;
pub use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
pub use waybill_domain::rows::Tracked;
pub use waybill_domain::settings::Settings;
pub use waybill_domain::shipping::TrackingStatus;
pub use waybill_domain::shipping::track::RecordTracking;
pub use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
pub use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
pub use waybill_domain::stock::reservation::{ExpireReservation, ReleaseReservation, ReserveStock};
pub use waybill_domain::stock::transfer::{ReceiveTransfer, ReceiveTransferLine, SendLine, SendTransfer};
pub use waybill_domain::system::{ChangeSettings, RevokeApiKey};
pub use waybill_domain::webhook::kinds::EventKinds;
pub use waybill_domain::webhook::manage::*;
pub use waybill_domain::webhook::replay::ReplayWebhook;
pub use waybill_domain::webhook::secret::{RotateWebhookSecret, SigningSecret};
pub use waybill_domain::webhook::url::EndpointUrl;
pub use waybill_domain::webhook::{DisabledReason, EndpointFacts};
pub use waybill_domain::world::World;

/// The shop of the rows, and the codes they reached.
pub struct Rows {
    pub shop: Shop,
    pub reached: BTreeSet<String>,
}

impl Rows {
    pub fn open() -> Self {
        Self { shop: Shop::open(), reached: BTreeSet::new() }
    }

    pub fn must(&mut self, command: impl Into<Command>) -> Vec<Event> {
        self.shop.run(command).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
    }

    /// The command is refused with this code, and nothing changed.
    pub fn refused(&mut self, code: &str, command: impl Into<Command>) {
        let before = self.shop.events.len();
        match self.shop.run(command) {
            Err(refusal) => {
                assert_eq!(refusal.code, code, "{refusal}");
                assert!(!refusal.message.contains('{') && !refusal.next_step.is_empty(), "{refusal}");
            }
            Ok(events) => panic!("expected {code}, got {events:?}"),
        }
        assert_eq!(self.shop.events.len(), before, "a refusal leaves no trace");
        self.shop.check();
        self.reached.insert(code.to_owned());
    }

    pub fn receive(&mut self, sku: &str, quantity: i64) {
        let location_id = self.shop.locations[0];
        let lines = vec![ReceiveLine { sku: sku.into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
        self.must(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines });
    }

    pub fn order(&mut self, sku: &str, quantity: i64, method: PaymentMethod) -> PlaceOrder {
        let token = PersonalText { id: self.shop.ids().nth(1), value: "t".into() };
        PlaceOrder {
            lines: vec![LineInput {
                sku: sku.into(),
                quantity: Quantity(quantity),
                unit_price: UnitPrice(10_000_000),
                discount: Minor(0),
                tax: Minor(0),
                note: None,
            }],
            payments: vec![PaymentInput { method, gateway: Some("sim".into()), token: Some(token), amount: None }],
            ..blank_order()
        }
    }

    pub fn place(&mut self, sku: &str, quantity: i64, method: PaymentMethod) -> OrderId {
        let order = self.order(sku, quantity, method);
        self.must(order);
        *self.shop.orders.last().unwrap()
    }

    pub fn succeed(&mut self, order: OrderId, number: u32) {
        let expires_at = Some(self.shop.now.plus_seconds(1_000));
        let outcome = GatewayOutcome::Succeeded { reference: None, expires_at };
        self.must(RecordOutcome { transaction_id: TransactionId::new(order, number), outcome });
    }
}

pub fn item(sku: &str, supply: Supply, precision: u32) -> PutItem {
    let facts = ItemFacts {
        sku: sku.into(),
        name: sku.into(),
        gtin: None,
        supply,
        unit: "each".into(),
        precision,
        weight_g: None,
        length_mm: None,
        width_mm: None,
        height_mm: None,
        cost: None,
    };
    PutItem { facts }
}

pub fn pick_all(order: OrderId) -> Pick {
    Pick { fulfillment_order_id: FulfillmentOrderId::new(order, 1), picks: vec![], shorts: vec![] }
}

pub fn pack_all(order: OrderId) -> Pack {
    Pack { fulfillment_order_id: FulfillmentOrderId::new(order, 1), lines: vec![], weight_g: None }
}

pub fn ship(order: OrderId, parcels: Vec<ShipParcel>) -> Ship {
    Ship { fulfillment_order_id: FulfillmentOrderId::new(order, 1), carrier: None, service: None, parcels }
}

pub fn hold(order_id: OrderId, steps: Vec<Step>) -> ApplyHold {
    ApplyHold {
        order_id,
        kind: HoldKind::Manual,
        steps,
        line: None,
        reason: "check".into(),
        note: None,
        owner: None,
        due_at: None,
    }
}

/// Codes and paths of what is wrong, with the code of the whole.
pub fn faults(rows: &mut Rows, command: impl Into<Command>) -> (String, Vec<String>) {
    let before = rows.shop.events.len();
    let refusal = rows.shop.run(command).expect_err("a refusal");
    assert_eq!(rows.shop.events.len(), before, "a refusal leaves no trace");
    let problems = refusal.problems.iter().map(|problem| format!("{} {}", problem.path, problem.code)).collect();
    (refusal.code, problems)
}
