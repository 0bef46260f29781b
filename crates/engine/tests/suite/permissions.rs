//! Every command submitted by somebody who may not: without its permission, and from a foreign channel or location.

use crate::shop::{Shop, on_both, quiet};
use std::collections::BTreeSet;
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::access::Access;
use waybill_domain::access::archive::ArchiveUser;
use waybill_domain::access::change::ChangeUser;
use waybill_domain::access::identity::{BindIdentity, IdentityDigest, RemoveIdentity};
use waybill_domain::access::invite::{AcceptInvitation, InviteUser};
use waybill_domain::access::password::{PasswordHash, SetPassword};
use waybill_domain::access::role::Role;
use waybill_domain::access::sessions::{EndSessions, OfferLink};
use waybill_domain::access::totp::{ConfirmTotp, EnrollTotp, RemoveTotp, TotpSecret};
use waybill_domain::actor::{Actor, Door, Permission, Principal, Scope};
use waybill_domain::catalog::channel::{ArchiveChannel, ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ArchiveItem, ItemFacts, PutItem, Supply};
use waybill_domain::catalog::location::{ArchiveLocation, LocationFacts, PutLocation};
use waybill_domain::command::Command;
use waybill_domain::customer::note::AddCustomerNote;
use waybill_domain::customer::{ArchiveCustomer, PutCustomer, Tier};
use waybill_domain::fulfillment::hand_over::HandOverFulfillmentOrder;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::fulfillment::supplier::ShipFromSupplier;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::hold::{ApplyHold, HandOverHold, RejectHold, ReleaseHeldStock, ReleaseHold};
use waybill_domain::order::note::AddNote;
use waybill_domain::order::place::SubmitOrder;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::reservation::ExpireOrderReservation;
use waybill_domain::order::{ChargeKind, HoldKind, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::authorization::{AuthorizePayment, ExpireAuthorization, RenewAuthorization, VoidPayment};
use waybill_domain::payment::capture::{CaptureDue, CapturePayment};
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::PersonalText;
use waybill_domain::personal::{Party, Personal, PersonalParty};
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::ReceiveReturn;
use waybill_domain::settings::Settings;
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::stock::adjust::{AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::reservation::{ExpireReservation, ReleaseReservation, ReserveStock};
use waybill_domain::stock::transfer::{ReceiveTransfer, SendLine, SendTransfer};
use waybill_domain::system::{ChangeSettings, CreateApiKey, RevokeApiKey};
use waybill_domain::webhook::manage::*;
use waybill_domain::webhook::replay::ReplayWebhook;
use waybill_domain::webhook::secret::RotateWebhookSecret;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_domain::webhook::{DisabledReason, EndpointFacts};
use waybill_engine::{Submission, SubmitError};

/// A command about things that exist, and what it is answered from outside their scope. `None` where no scope decides.
struct Case {
    command: Command,
    from_foreign_channel: Option<&'static str>,
    from_foreign_location: Option<&'static str>,
}

fn case(command: impl Into<Command>, channel: Option<&'static str>, location: Option<&'static str>) -> Case {
    Case { command: command.into(), from_foreign_channel: channel, from_foreign_location: location }
}

const ORDER: Option<&str> = Some("order.unknown");
const WORK: Option<&str> = Some("fulfillment.unknown");
/// What all channels and locations share is not changed by those who see some of them.
const WHOLE: Option<&str> = Some("system.not_permitted");
const LOCATION: Option<&str> = Some("stock.unknown_location");

impl Shop {
    async fn order_on_its_way(&self) -> OrderId {
        self.receive(self.dublin, "MUG-1", 20).await;
        let order = self.must(self.order(&[("MUG-1", 4, 1999)], self.terms())).await;
        let order_id = order.subject.unwrap().order_id().unwrap();
        self.must(ReleaseOrder { order_id }).await;
        let fulfillment_order_id = FulfillmentOrderId::new(order_id, 1);
        self.must(Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }).await;
        self.must(Pack { fulfillment_order_id, lines: vec![], weight_g: None }).await;
        self.must(Ship { fulfillment_order_id, carrier: None, service: None, parcels: vec![] }).await;
        order_id
    }

    fn reserve(&self) -> ReserveStock {
        ReserveStock {
            channel_id: None,
            sku: "MUG-1".into(),
            location_id: self.dublin,
            lot_id: LotId::NIL,
            quantity: Quantity(1),
            seconds: 600,
        }
    }

    fn transfer(&self) -> SendTransfer {
        let line = SendLine { sku: "MUG-1".into(), lot_id: LotId::NIL, quantity: Quantity(1) };
        SendTransfer { from_location_id: self.dublin, to_location_id: self.lyon, lines: vec![line] }
    }

    async fn made(&self, command: impl Into<Command>) -> Id {
        self.must(command).await.subject.unwrap().id
    }

    /// One of each command. Those that take away what others need come last.
    async fn cases(&self) -> Vec<Case> {
        let order_id = self.order_on_its_way().await;
        let fulfillment_order_id = FulfillmentOrderId::new(order_id, 1);
        let payment_id = PaymentId::new(order_id, 1);
        let hold_id = HoldId::new(order_id, 1);
        let reservation_id = ReservationId(self.made(self.reserve()).await);
        let transfer_id = TransferId(self.made(self.transfer()).await);
        let key = |name: &str, secret: u8| CreateApiKey {
            name: name.into(),
            secret_hash: [secret; 32],
            permissions: vec![Permission::OrdersRead],
            channels: Scope::ALL,
            locations: Scope::ALL,
        };
        let key_id = ApiKeyId(self.made(key("till", 1)).await);
        let facts = || EndpointFacts {
            name: "till".into(),
            kinds: waybill_domain::webhook::kinds::EventKinds(vec!["order.*".into()]),
            origins: vec![waybill_domain::attempt::Origin::Live],
            ordered: false,
        };
        let secret = self.engine.signing_secret();
        let url = || EndpointUrl("https://hooks.example/till".into());
        let create = CreateWebhookEndpoint { facts: facts(), url: url(), secret: secret.clone(), head: 1 };
        let endpoint_id = WebhookEndpointId(self.made(create.clone()).await);
        let person = |email: &str| -> PersonalParty {
            let value = Party { name: Some("Ada".into()), email: Some(email.into()), ..Party::default() };
            Personal { id: self.engine.ids().nth(1), value }
        };
        let access = || Access::everywhere(Role::Viewer);
        let invite = |email: &str| InviteUser { party: person(email), access: access() };
        let user_id = UserId(self.made(invite("ada@example.com")).await);
        let totp = || TotpSecret(vec![1; 20]);
        let reason = || "customer".to_owned();
        let text = |value: &str| PersonalText { id: self.engine.ids().nth(1), value: value.into() };
        let lines = || vec![ReceiveLine { sku: "MUG-1".into(), lot_id: LotId::NIL, quantity: Quantity(1) }];
        let item = ItemFacts {
            sku: "MUG-2".into(),
            name: "Mug".into(),
            gtin: None,
            supply: Supply::Stock,
            unit: "each".into(),
            precision: 0,
            weight_g: None,
            length_mm: None,
            width_mm: None,
            height_mm: None,
            cost: None,
        };
        let location = LocationFacts {
            code: "DUB".into(),
            name: "Dublin".into(),
            country: "IE".into(),
            zone: "Europe/Dublin".into(),
            latitude_e4: None,
            longitude_e4: None,
            preference: 0,
        };
        let channel =
            ChannelFacts { code: "web".into(), name: "Shop".into(), ship_on_pending: false, auto_release: false };
        vec![
            case(self.order(&[("MUG-1", 1, 1999)], self.terms()), Some("order.invalid"), None),
            case(SubmitOrder { order_id }, ORDER, None),
            case(ConfirmOrder { order_id }, ORDER, None),
            case(AllocateOrder { order_id }, ORDER, None),
            case(ReleaseOrder { order_id }, ORDER, None),
            case(
                CancelLine { line_id: LineId::new(order_id, 1), quantity: None, reason: reason(), refund: true },
                ORDER,
                None,
            ),
            case(CancelOrder { order_id, reason: reason() }, ORDER, None),
            case(
                AddCharge { order_id, kind: ChargeKind::Fee, amount: Minor(1), tax: Minor(0), label: None },
                ORDER,
                None,
            ),
            case(CompleteOrder { order_id }, ORDER, None),
            case(ExpireOrderReservation { order_id }, ORDER, None),
            case(
                ApplyHold {
                    order_id,
                    kind: HoldKind::Manual,
                    steps: vec![Step::Complete],
                    line: None,
                    reason: reason(),
                    note: None,
                    owner: None,
                    due_at: None,
                },
                ORDER,
                None,
            ),
            case(AddNote { order_id, note: text("call back"), mentions: Vec::new() }, ORDER, None),
            case(HandOverHold { hold_id, owner: Some("review".into()) }, ORDER, None),
            case(ReleaseHold { hold_id, reason: None }, ORDER, None),
            case(RejectHold { hold_id, reason: None }, ORDER, None),
            case(ReleaseHeldStock { order_id }, ORDER, None),
            case(
                AuthorizePayment { order_id, gateway: "simulator".into(), token: text("sim_ok"), amount: None },
                ORDER,
                None,
            ),
            case(RenewAuthorization { payment_id }, ORDER, None),
            case(VoidPayment { payment_id }, ORDER, None),
            case(ExpireAuthorization { payment_id }, ORDER, None),
            case(CapturePayment { payment_id, amount: None }, ORDER, None),
            case(CaptureDue { order_id }, ORDER, None),
            case(
                RecordPayment { order_id, method: PaymentMethod::Transfer, amount: Minor(1), reference: None },
                ORDER,
                None,
            ),
            case(
                RecordOutcome { transaction_id: TransactionId::new(order_id, 1), outcome: GatewayOutcome::Unknown },
                ORDER,
                None,
            ),
            case(GrantRefund { order_id, amount: Minor(1), reason: reason() }, ORDER, None),
            case(HandOverFulfillmentOrder { fulfillment_order_id, from: None, assignee: None }, WORK, WORK),
            case(Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }, WORK, WORK),
            case(Pack { fulfillment_order_id, lines: vec![], weight_g: None }, WORK, WORK),
            case(Ship { fulfillment_order_id, carrier: None, service: None, parcels: vec![] }, WORK, WORK),
            case(ShipFromSupplier { order_id, lines: vec![] }, ORDER, None),
            case(
                RecordTracking {
                    parcel_id: ParcelId::new(order_id, 1),
                    status: TrackingStatus::InTransit,
                    occurred_at: self.engine.now(),
                    carrier_event: None,
                    raw: None,
                },
                ORDER,
                ORDER,
            ),
            case(
                ReceiveReturn { order_id, location_id: self.dublin, lines: vec![], credit: None, refund: false },
                ORDER,
                ORDER,
            ),
            case(
                ReceiveStock {
                    location_id: self.dublin,
                    state: StockAccount::Available,
                    reference: None,
                    lines: lines(),
                },
                None,
                LOCATION,
            ),
            case(
                AdjustStock { location_id: self.dublin, reason: AdjustReason::Count, reference: None, lines: vec![] },
                None,
                LOCATION,
            ),
            case(self.transfer(), None, LOCATION),
            case(ReceiveTransfer { transfer_id, lines: vec![] }, None, Some("stock.unknown_transfer")),
            case(self.reserve(), None, LOCATION),
            case(ExpireReservation { reservation_id }, None, Some("stock.unknown_reservation")),
            case(ReleaseReservation { reservation_id }, None, Some("stock.unknown_reservation")),
            case(PutCustomer { code: "ada".into(), party: None, tier: Tier::Standard }, None, None),
            case(AddCustomerNote { code: "ada".into(), note: text("pays late"), mentions: Vec::new() }, None, None),
            case(ArchiveCustomer { code: "ada".into() }, None, None),
            case(PutItem { facts: item }, WHOLE, WHOLE),
            case(ArchiveItem { sku: "MUG-2".into() }, WHOLE, WHOLE),
            case(PutLocation { facts: location }, WHOLE, WHOLE),
            case(ArchiveLocation { code: "LYS".into() }, WHOLE, WHOLE),
            case(PutChannel { facts: channel }, WHOLE, WHOLE),
            case(ArchiveChannel { code: "web".into() }, WHOLE, WHOLE),
            case(ChangeSettings { settings: Settings::default() }, WHOLE, WHOLE),
            // Whoever has a scope hands out no keys.
            case(key("second", 2), Some("system.not_permitted"), Some("system.not_permitted")),
            case(RevokeApiKey { key_id }, WHOLE, WHOLE),
            // What an endpoint is sent is of all channels and locations.
            case(create, WHOLE, WHOLE),
            case(ChangeWebhookEndpoint { endpoint_id, facts: facts(), url: None }, WHOLE, WHOLE),
            case(RotateWebhookSecret { endpoint_id, secret, overlap_s: 60 }, WHOLE, WHOLE),
            case(ReplayWebhook { endpoint_id, position: 1, onward: true, head: 1 }, WHOLE, WHOLE),
            case(DisableWebhookEndpoint { endpoint_id, reason: DisabledReason::Requested }, WHOLE, WHOLE),
            case(EnableWebhookEndpoint { endpoint_id }, WHOLE, WHOLE),
            case(ArchiveWebhookEndpoint { endpoint_id }, WHOLE, WHOLE),
            // Somebody else's account: who may change it may give it any scope.
            case(invite("ben@example.com"), WHOLE, WHOLE),
            case(AcceptInvitation { user_id, password_hash: None }, WHOLE, WHOLE),
            case(ChangeUser { user_id, party: None, access: access() }, WHOLE, WHOLE),
            case(SetPassword { user_id, password_hash: PasswordHash("$h$".into()) }, WHOLE, WHOLE),
            case(EnrollTotp { user_id, secret: totp() }, WHOLE, WHOLE),
            case(ConfirmTotp { user_id, secret: totp() }, WHOLE, WHOLE),
            case(RemoveTotp { user_id }, WHOLE, WHOLE),
            case(BindIdentity { user_id, identity: IdentityDigest([1; 32]) }, WHOLE, WHOLE),
            case(RemoveIdentity { user_id }, WHOLE, WHOLE),
            case(EndSessions { user_id }, WHOLE, WHOLE),
            case(OfferLink { user_id }, WHOLE, WHOLE),
            case(ArchiveUser { user_id }, WHOLE, WHOLE),
        ]
    }

    async fn code(&self, case: &Case, actor: &Arc<Actor>) -> Option<String> {
        let submission = Submission::new(case.command.clone(), actor.clone(), self.engine.ids());
        match self.engine.submit(submission).await {
            Ok(_) => None,
            Err(SubmitError::Refused { refusal, .. }) => Some(refusal.code),
            Err(other) => panic!("{}: {other}", case.command.operation()),
        }
    }

    async fn position(&self) -> i64 {
        self.one("SELECT position FROM log_head", &[]).await
    }
}

fn actor(permissions: &[Permission], channels: Scope<ChannelId>, locations: Scope<LocationId>) -> Arc<Actor> {
    let mut actor = Actor::new(Principal::System("someone"), Door::Api, permissions);
    (actor.channels, actor.locations) = (channels, locations);
    Arc::new(actor)
}

/// A command that asks for no permission, or not for the scope of what it touches, lets a clerk of one shop act in another.
#[test]
fn commands_are_for_those_who_may() {
    on_both(quiet(), |shop| async move {
        let cases = shop.cases().await;
        let tried: BTreeSet<_> = cases.iter().map(|case| case.command.operation()).collect();
        let all: BTreeSet<_> = Command::OPERATIONS.iter().map(|(operation, _)| *operation).collect();
        assert_eq!(tried, all, "each command has its case");

        let everything = <Permission as Code>::ALL;
        let before = shop.position().await;
        for case in &cases {
            let operation = case.command.operation();
            let needed = case.command.permission();
            let others: Vec<_> = everything.iter().copied().filter(|permission| *permission != needed).collect();
            let without = actor(&others, Scope::ALL, Scope::ALL);
            assert_eq!(
                shop.code(case, &without).await.as_deref(),
                Some("system.not_permitted"),
                "{operation} without {needed}"
            );
            let foreign_channel = actor(everything, Scope::Only(vec![ChannelId(Id(7))]), Scope::ALL);
            let foreign_location = actor(everything, Scope::ALL, Scope::Only(vec![LocationId(Id(7))]));
            for (expected, who) in
                [(case.from_foreign_channel, foreign_channel), (case.from_foreign_location, foreign_location)]
            {
                if let Some(expected) = expected {
                    assert_eq!(shop.code(case, &who).await.as_deref(), Some(expected), "{operation} from outside");
                }
            }
        }
        // Whoever may not read events has them sent nowhere.
        let others: Vec<_> = everything.iter().copied().filter(|one| *one != Permission::EventsRead).collect();
        let deaf = actor(&others, Scope::ALL, Scope::ALL);
        for case in cases.iter().filter(|case| case.command.permission() == Permission::WebhooksWrite) {
            let sends = matches!(
                case.command,
                Command::CreateWebhookEndpoint(_) | Command::ChangeWebhookEndpoint(_) | Command::ReplayWebhook(_)
            );
            if sends {
                assert_eq!(shop.code(case, &deaf).await.as_deref(), Some("system.not_permitted"));
            }
        }
        assert_eq!(shop.position().await, before, "nothing happened");

        // In their own scope they are answered by the rules: what was said above was said because of the scope.
        let channel_id = ChannelId(shop.one("SELECT id FROM channels", &[]).await);
        let own = actor(everything, Scope::Only(vec![channel_id]), Scope::Only(vec![shop.dublin, shop.lyon]));
        for case in &cases {
            let answer = shop.code(case, &own).await;
            let outside = [case.from_foreign_channel, case.from_foreign_location];
            let hidden = answer.is_some() && outside.contains(&answer.as_deref());
            let kind = case.command.operation().split('.').next();
            let is_shared = matches!(
                kind,
                Some("item" | "location" | "channel" | "settings" | "api_key" | "webhook_endpoint" | "user")
            );
            assert_eq!(hidden, is_shared, "{}: {answer:?}", case.command.operation());
        }
    });
}
