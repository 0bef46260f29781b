//! One row per refusal: the state, the command, and the code it must get. A code that no row reaches fails the test.

mod shop;

use shop::{Shop, blank_order};
use std::collections::BTreeSet;
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door, Permission, Principal, Scope};
use waybill_domain::attempt::Origin;
use waybill_domain::catalog::channel::{ArchiveChannel, ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ArchiveItem, ItemFacts, PutItem, Supply};
use waybill_domain::command::{Command, Stop};
use waybill_domain::customer::{PutCustomer, Tier};
use waybill_domain::event::Event;
use waybill_domain::footprint::Footprint;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, LineShort, Pick};
use waybill_domain::fulfillment::ship::{Ship, ShipParcel};
use waybill_domain::fulfillment::supplier::ShipFromSupplier;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::hold::{ApplyHold, ReleaseHeldStock, ReleaseHold};
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder, SubmitOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::reservation::ExpireOrderReservation;
use waybill_domain::order::{ChargeKind, HoldKind, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::authorization::{AuthorizePayment, ExpireAuthorization, RenewAuthorization, VoidPayment};
use waybill_domain::payment::capture::{CaptureDue, CapturePayment};
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::{Address, Party, Personal, PersonalText};
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal::Refusal;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::rows::Tracked;
use waybill_domain::settings::Settings;
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::reservation::{ExpireReservation, ReleaseReservation, ReserveStock};
use waybill_domain::stock::transfer::{ReceiveTransfer, ReceiveTransferLine, SendLine, SendTransfer};
use waybill_domain::system::{ChangeSettings, RevokeApiKey};
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::manage::*;
use waybill_domain::webhook::replay::ReplayWebhook;
use waybill_domain::webhook::secret::{RotateWebhookSecret, SigningSecret};
use waybill_domain::webhook::url::EndpointUrl;
use waybill_domain::webhook::{DisabledReason, EndpointFacts};
use waybill_domain::world::World;

/// The shop of the rows, and the codes they reached.
struct Rows {
    shop: Shop,
    reached: BTreeSet<String>,
}

impl Rows {
    fn must(&mut self, command: impl Into<Command>) -> Vec<Event> {
        self.shop.run(command).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
    }

    /// The command is refused with this code, and nothing changed.
    fn refused(&mut self, code: &str, command: impl Into<Command>) {
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

    fn receive(&mut self, sku: &str, quantity: i64) {
        let location_id = self.shop.locations[0];
        let lines = vec![ReceiveLine { sku: sku.into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
        self.must(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines });
    }

    fn order(&mut self, sku: &str, quantity: i64, method: PaymentMethod) -> PlaceOrder {
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

    fn place(&mut self, sku: &str, quantity: i64, method: PaymentMethod) -> OrderId {
        let order = self.order(sku, quantity, method);
        self.must(order);
        *self.shop.orders.last().unwrap()
    }

    fn succeed(&mut self, order: OrderId, number: u32) {
        let expires_at = Some(self.shop.now.plus_seconds(1_000));
        let outcome = GatewayOutcome::Succeeded { reference: None, expires_at };
        self.must(RecordOutcome { transaction_id: TransactionId::new(order, number), outcome });
    }
}

fn item(sku: &str, supply: Supply, precision: u32) -> PutItem {
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
    };
    PutItem { facts }
}

fn pick_all(order: OrderId) -> Pick {
    Pick { fulfillment_order_id: FulfillmentOrderId::new(order, 1), picks: vec![], shorts: vec![] }
}

fn pack_all(order: OrderId) -> Pack {
    Pack { fulfillment_order_id: FulfillmentOrderId::new(order, 1), lines: vec![], weight_g: None }
}

fn ship(order: OrderId, parcels: Vec<ShipParcel>) -> Ship {
    Ship { fulfillment_order_id: FulfillmentOrderId::new(order, 1), carrier: None, service: None, parcels }
}

fn hold(order_id: OrderId, steps: Vec<Step>) -> ApplyHold {
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

#[test]
fn every_refusal_has_a_row_that_reaches_it() {
    let mut rows = Rows { shop: Shop::open(), reached: BTreeSet::new() };
    catalog_and_system(&mut rows);
    stock(&mut rows);
    placing(&mut rows);
    orders(&mut rows);
    payments(&mut rows);
    fulfillment(&mut rows);
    returns(&mut rows);
    webhooks(&mut rows);
    let all: BTreeSet<String> = waybill_domain::refusal::all().iter().map(|kind| kind.code.to_owned()).collect();
    let missed: Vec<&String> = all.difference(&rows.reached).collect();
    assert_eq!(missed, Vec::<&String>::new(), "refusals that no row reaches");
}

fn catalog_and_system(rows: &mut Rows) {
    rows.refused("catalog.invalid", item(" ", Supply::Stock, 9));
    rows.refused("catalog.unknown", ArchiveItem { sku: "NOTHING".into() });
    rows.refused("catalog.unknown", ArchiveChannel { code: "nothing".into() });
    rows.must(item("POSTED", Supply::Stock, 0));
    rows.receive("POSTED", 1);
    rows.refused("catalog.precision_fixed", item("POSTED", Supply::Stock, 2));
    rows.refused("catalog.supply_fixed", item("POSTED", Supply::Service, 0));
    let settings = Settings { card_reservation_s: 1, ..Settings::default() };
    rows.refused("system.invalid", ChangeSettings { settings });
    rows.refused("system.unknown_key", RevokeApiKey { key_id: ApiKeyId::NIL });

    let viewer = Arc::new(Actor::new(Principal::System("viewer"), Door::Api, &[Permission::OrdersRead]));
    let command: Command = PutChannel {
        facts: ChannelFacts { code: "x".into(), name: "x".into(), ship_on_pending: false, auto_release: false },
    }
    .into();
    match command.permit(&rows.shop.world, &viewer) {
        Err(Stop::Refused(refusal)) => assert_eq!(refusal.code, "system.not_permitted"),
        other => panic!("expected a refusal, got {other:?}"),
    }
    rows.reached.insert("system.not_permitted".into());
}

fn webhooks(rows: &mut Rows) {
    let facts = |kinds: &[&str]| EndpointFacts {
        name: "till".into(),
        kinds: EventKinds(kinds.iter().map(|kind| (*kind).to_owned()).collect()),
        origins: vec![Origin::Live],
        ordered: true,
    };
    let secret = || SigningSecret(vec![7; 32]);
    let create = CreateWebhookEndpoint {
        facts: facts(&["order.*", "order.*", "item.created"]),
        url: EndpointUrl("https://hooks.example/x?token=1".into()),
        secret: secret(),
        head: 9,
    };
    let wrong = EndpointFacts { name: " ".into(), origins: vec![], ..facts(&["order.placed", "nothing.*"]) };
    let bad = CreateWebhookEndpoint {
        facts: wrong.clone(),
        url: EndpointUrl("ftp://hooks.example".into()),
        secret: SigningSecret(vec![7; 23]),
        head: 9,
    };
    let paths = ["name length", "url malformed", "kinds[1] unknown_kind", "origins empty", "secret length"];
    assert_eq!(faults(rows, bad), ("webhook.invalid".to_owned(), paths.map(str::to_owned).to_vec()));
    rows.reached.insert("webhook.invalid".into());

    let made = rows.must(create);
    assert!(!made[0].encode().contains("token"), "{}", made[0].encode());
    let endpoint_id = WebhookEndpointId(made[0].aggregate().id);
    let endpoint = |rows: &Rows| rows.shop.world.webhook_endpoint(endpoint_id).unwrap().clone();
    assert_eq!(endpoint(rows).kinds.0, ["item.created", "order.*"], "in one order, without repeats");
    rows.refused("webhook.invalid", ChangeWebhookEndpoint { endpoint_id, facts: wrong, url: None });
    let same = ChangeWebhookEndpoint { endpoint_id, facts: facts(&["item.created", "order.*"]), url: None };
    assert_eq!(rows.must(same.clone()), []);
    let moved = EndpointUrl("http://[2001:db8::1]:8080/y".into());
    let events = rows.must(ChangeWebhookEndpoint { url: Some(moved.clone()), ..same.clone() });
    assert!(events[0].encode().contains(r#""host":"[2001:db8::1]""#), "{}", events[0].encode());
    assert_eq!(endpoint(rows).url, moved);
    rows.must(ChangeWebhookEndpoint { facts: facts(&[]), ..same.clone() });
    assert_eq!(endpoint(rows).url, moved, "the address stays where none is given");
    rows.shop.expected_version = Some(1);
    rows.refused("webhook.stale_version", same.clone());

    for overlap_s in [-1, 30 * 86_400 + 1] {
        rows.refused("webhook.invalid", RotateWebhookSecret { endpoint_id, secret: secret(), overlap_s });
    }
    let other = SigningSecret(vec![8; 24]);
    rows.must(RotateWebhookSecret { endpoint_id, secret: other.clone(), overlap_s: 60 });
    let until = Some(rows.shop.now.plus_seconds(60));
    let rotated = endpoint(rows);
    assert_eq!((rotated.secret, rotated.previous_secret, rotated.previous_until), (other, Some(secret()), until));
    rows.must(RotateWebhookSecret { endpoint_id, secret: secret(), overlap_s: 0 });
    assert_eq!((endpoint(rows).previous_secret, endpoint(rows).previous_until), (None, None), "ended at once");

    for position in [i64::MIN, 0, 10, i64::MAX] {
        rows.refused("webhook.unknown_position", ReplayWebhook { endpoint_id, position, onward: true, head: 9 });
    }
    for (position, number) in [(1, 1), (9, 2)] {
        rows.must(ReplayWebhook { endpoint_id, position, onward: false, head: 9 });
        assert_eq!(endpoint(rows).replays, number);
    }
    assert_eq!(rows.must(EnableWebhookEndpoint { endpoint_id }), [], "it is");
    let disable = DisableWebhookEndpoint { endpoint_id, reason: DisabledReason::Requested };
    rows.must(disable.clone());
    assert_eq!(rows.must(disable.clone()), [], "it is, and why stays");
    assert_eq!(endpoint(rows).disabled_because, Some(DisabledReason::Requested));
    rows.must(EnableWebhookEndpoint { endpoint_id });
    assert_eq!(endpoint(rows).disabled_because, None);
    rows.must(ArchiveWebhookEndpoint { endpoint_id });
    let gone = endpoint(rows);
    assert_eq!((gone.url.0.as_str(), gone.secret.0.len(), gone.previous_secret), ("", 0, None), "nothing is left");
    rows.refused("webhook.unknown", same);
    rows.refused("webhook.unknown", RotateWebhookSecret { endpoint_id, secret: secret(), overlap_s: 60 });
    rows.refused("webhook.unknown", ReplayWebhook { endpoint_id, position: 1, onward: true, head: 9 });
    rows.refused("webhook.unknown", EnableWebhookEndpoint { endpoint_id });
    rows.refused("webhook.unknown", disable);
    rows.refused("webhook.unknown", ArchiveWebhookEndpoint { endpoint_id });
}

#[test]
fn an_item_whose_levels_were_not_loaded_is_asked_for_before_its_precision_changes() {
    let mut shop = Shop::open();
    let mut world = World::default();
    world.catalog.put_item(Tracked::loaded(shop.world.catalog.item_by_sku("MUG").unwrap().clone()));
    let (item_id, attempt) = (world.catalog.item_by_sku("MUG").unwrap().id, shop.attempt());
    match Command::from(item("MUG", Supply::Stock, 2)).decide(&world, &attempt) {
        Err(Stop::Needs(needs)) => assert_eq!(needs.levels, [item_id]),
        other => panic!("expected to be asked for levels, got {other:?}"),
    }
}

/// Codes and paths of what is wrong, with the code of the whole.
fn faults(rows: &mut Rows, command: impl Into<Command>) -> (String, Vec<String>) {
    let before = rows.shop.events.len();
    let refusal = rows.shop.run(command).expect_err("a refusal");
    assert_eq!(rows.shop.events.len(), before, "a refusal leaves no trace");
    let problems = refusal.problems.iter().map(|problem| format!("{} {}", problem.path, problem.code)).collect();
    (refusal.code, problems)
}

#[test]
fn every_bad_line_of_stock_and_fulfillment_is_named() {
    let mut rows = Rows { shop: Shop::open(), reached: BTreeSet::new() };
    rows.receive("MUG", 5);
    let (here, there) = (rows.shop.locations[0], rows.shop.locations[1]);
    let (lot_id, state) = (LotId::NIL, StockAccount::Available);
    let three = [("MUG", 1), ("NOTHING", 0), ("ENGRAVING", 1)];

    let lines = three.map(|(sku, quantity)| ReceiveLine { sku: sku.into(), lot_id, quantity: Quantity(quantity) });
    let receipt = ReceiveStock { location_id: here, state, reference: None, lines: lines.into() };
    let expected = ["lines[1].quantity quantity_out_of_range", "lines[1].sku unknown_item", "lines[2].sku not_stocked"];
    // What will never be possible comes before what could be.
    assert_eq!(faults(&mut rows, receipt), ("stock.quantity_out_of_range".into(), expected.map(str::to_owned).into()));

    let lines = [("MUG", -6, state), ("MUG", 1, StockAccount::Packed), ("MUG", 0, state), ("NOTHING", 1, state)];
    let lines = lines.map(|(sku, delta, state)| AdjustLine { sku: sku.into(), lot_id, state, to: None, delta });
    let adjust = AdjustStock { location_id: here, reason: AdjustReason::Count, reference: None, lines: lines.into() };
    let expected = [
        "lines[0].quantity exceeds_balance",
        "lines[1].state wrong_state",
        "lines[2].quantity quantity_out_of_range",
        "lines[3].sku unknown_item",
    ];
    assert_eq!(faults(&mut rows, adjust), ("stock.wrong_state".into(), expected.map(str::to_owned).into()));

    let lines = [("MUG", 3), ("MUG", 3), ("NOTHING", 1)];
    let lines = lines.map(|(sku, quantity)| SendLine { sku: sku.into(), lot_id, quantity: Quantity(quantity) });
    let send = SendTransfer { from_location_id: here, to_location_id: there, lines: lines.into() };
    let expected = ["lines[1].quantity exceeds_balance", "lines[2].sku unknown_item"];
    assert_eq!(faults(&mut rows, send), ("stock.exceeds_balance".into(), expected.map(str::to_owned).into()));

    let lines = vec![SendLine { sku: "MUG".into(), lot_id, quantity: Quantity(1) }];
    let sent = rows.must(SendTransfer { from_location_id: here, to_location_id: there, lines });
    let transfer_id = TransferId(sent[0].aggregate().id);
    let lines = [(1, 2), (9, 1), (1, -1)].map(|(line, received)| ReceiveTransferLine {
        line,
        received: Quantity(received),
        lost: Quantity(0),
    });
    let expected = ["lines[0] exceeds_in_transit", "lines[1] exceeds_in_transit", "lines[2] quantity_out_of_range"];
    let receive = ReceiveTransfer { transfer_id, lines: lines.into() };
    assert_eq!(faults(&mut rows, receive), ("stock.quantity_out_of_range".into(), expected.map(str::to_owned).into()));

    let order_id = rows.place("MUG", 2, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id });
    let work = FulfillmentOrderId::new(order_id, 1);
    let picks = |all: &[(u32, i64)]| -> Vec<LinePicked> {
        all.iter()
            .map(|(line, quantity)| LinePicked { line: *line, lot_id: None, quantity: Quantity(*quantity) })
            .collect()
    };
    let shorts = vec![LineShort { line: 1, quantity: Quantity(9), reason: ShortReason::Missing }];
    let pick = Pick { fulfillment_order_id: work, picks: picks(&[(1, 1), (2, 1), (1, 0)]), shorts };
    let expected = [
        "picks[1].quantity exceeds_allocated",
        "picks[2].quantity quantity_out_of_range",
        "shorts[0].quantity exceeds_allocated",
    ];
    let code = "fulfillment.quantity_out_of_range".to_owned();
    assert_eq!(faults(&mut rows, pick), (code.clone(), expected.map(str::to_owned).into()));
    rows.must(pick_all(order_id));
    let pack = Pack { fulfillment_order_id: work, lines: picks(&[(1, 3), (2, 0)]), weight_g: Some(-1) };
    let expected = [
        "weight_g quantity_out_of_range",
        "lines[0].quantity exceeds_picked",
        "lines[1].quantity quantity_out_of_range",
    ];
    assert_eq!(faults(&mut rows, pack), (code.clone(), expected.map(str::to_owned).into()));
    rows.must(pack_all(order_id));
    let parcels = [(9, "T"), (1, " "), (1, "T"), (8, "T")];
    let parcels = parcels.map(|(parcel, number)| ShipParcel { parcel, tracking_number: Some(number.into()) });
    let expected = [
        "parcels[0] unknown_parcel",
        "parcels[1].tracking_number missing_tracking",
        "parcels[2] parcel_not_packed",
        "parcels[3] unknown_parcel",
    ];
    let expected = ("fulfillment.unknown_parcel".to_owned(), expected.map(str::to_owned).into());
    assert_eq!(faults(&mut rows, ship(order_id, parcels.into())), expected);
    let sent = ShipFromSupplier { order_id, lines: vec![(1, Quantity(1)), (2, Quantity(0))] };
    let expected = ["lines[0].quantity exceeds_at_supplier", "lines[1].quantity quantity_out_of_range"];
    assert_eq!(faults(&mut rows, sent), (code, expected.map(str::to_owned).into()));
}

#[test]
fn no_text_with_a_nul_gets_through_whatever_the_command() {
    let mut rows = Rows { shop: Shop::open(), reached: BTreeSet::new() };
    rows.receive("MUG", 5);
    let order_id = rows.place("MUG", 1, PaymentMethod::Terms);
    let nul = || "a\0b".to_owned();
    let here = rows.shop.locations[0];
    let mut order = rows.order("MUG", 1, PaymentMethod::Card);
    order.lines[0].sku = nul();
    order.po_number = Some(nul());
    order.payments[0].token = Some(PersonalText { id: TextId::NIL, value: nul() });
    let party = Party { email: Some(nul()), ..Party::default() };
    order.party = Some(Personal { id: PartyId::NIL, value: party.clone() });
    let address = Address { city: Some(nul()), ..Address::default() };
    order.ship_to = Some(Personal { id: AddressId::NIL, value: address });
    let customer =
        PutCustomer { code: "C".into(), party: Some(Personal { id: PartyId::NIL, value: party }), tier: Tier::Gold };
    let token = PersonalText { id: TextId::NIL, value: nul() };
    let parcel = ShipParcel { parcel: 1, tracking_number: Some(nul()) };
    let input = ReturnInput { line: 1, quantity: Quantity(1), state: StockAccount::Available, reason: nul() };
    let state = StockAccount::Available;
    let outcome = GatewayOutcome::Failed { code: nul() };
    let commands: Vec<(Command, Vec<&str>)> = vec![
        (order.into(), vec!["customer.email", "ship_to.city", "po_number", "lines[0].sku", "payments[0].token"]),
        (customer.into(), vec!["customer.email"]),
        (item("A\0", Supply::Stock, 0).into(), vec!["sku", "name"]),
        (ArchiveItem { sku: nul() }.into(), vec!["sku"]),
        (ReceiveStock { location_id: here, state, reference: Some(nul()), lines: vec![] }.into(), vec!["reference"]),
        (CancelOrder { order_id, reason: nul() }.into(), vec!["reason"]),
        (ApplyHold { owner: Some(nul()), ..hold(order_id, vec![Step::Ship]) }.into(), vec!["owner"]),
        (AuthorizePayment { order_id, gateway: "g".into(), token, amount: None }.into(), vec!["token"]),
        (RecordOutcome { transaction_id: TransactionId::new(order_id, 1), outcome }.into(), vec!["code"]),
        (ship(order_id, vec![parcel]).into(), vec!["parcels[0].tracking_number"]),
        (
            ReceiveReturn { order_id, location_id: here, lines: vec![input], credit: None, refund: false }.into(),
            vec!["lines[0].reason"],
        ),
    ];
    for (command, paths) in commands {
        let mut needs = Footprint::default();
        command.footprint(&rows.shop.world.catalog, &mut needs);
        assert!(needs.is_empty(), "nothing is looked up by such a text: {needs:?}");
        let refusal = rows.shop.run(command).expect_err("a refusal");
        let found: Vec<&str> = refusal.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!((refusal.code.as_str(), found), ("system.invalid", paths));
    }
}

fn stock(rows: &mut Rows) {
    let here = rows.shop.locations[0];
    let there = rows.shop.locations[1];
    let lines =
        |sku: &str, quantity| vec![ReceiveLine { sku: sku.into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
    let state = StockAccount::Available;
    let receipt = |location_id, lines| ReceiveStock { location_id, state, reference: None, lines };
    rows.refused("stock.unknown_item", receipt(here, lines("NOTHING", 1)));
    rows.refused("stock.not_stocked", receipt(here, lines("ENGRAVING", 1)));
    rows.refused("stock.unknown_location", receipt(LocationId::NIL, lines("MUG", 1)));
    rows.refused("stock.nothing_to_do", receipt(here, vec![]));
    rows.refused("stock.quantity_out_of_range", receipt(here, lines("MUG", 0)));
    rows.refused("stock.quantity_out_of_range", receipt(here, lines("MUG", -1)));
    rows.refused("stock.quantity_out_of_range", receipt(here, lines("MUG", i64::MAX)));
    let wrong =
        ReceiveStock { location_id: here, state: StockAccount::Allocated, reference: None, lines: lines("MUG", 1) };
    rows.refused("stock.wrong_state", wrong);
    let twice = [lines("MUG", 600_000_000_000), lines("MUG", 600_000_000_000)].concat();
    rows.refused("stock.exceeds_capacity", receipt(here, twice));
    let adjust = |delta| AdjustStock {
        location_id: here,
        reason: AdjustReason::Lost,
        reference: None,
        // Two lines on one balance are judged together.
        lines: vec![AdjustLine { sku: "PEN".into(), lot_id: LotId::NIL, state, to: None, delta }; 2],
    };
    rows.receive("PEN", 3);
    rows.refused("stock.exceeds_balance", adjust(-2));
    rows.refused("stock.quantity_out_of_range", adjust(i64::MIN));
    rows.refused("stock.exceeds_capacity", adjust(600_000_000_000));
    let mut nowhere = adjust(1);
    nowhere.lines.iter_mut().for_each(|line| line.to = Some(line.state));
    rows.refused("stock.nothing_to_do", nowhere);

    let reserve = |quantity, seconds| ReserveStock {
        channel_id: None,
        sku: "PEN".into(),
        location_id: here,
        lot_id: LotId::NIL,
        quantity: Quantity(quantity),
        seconds,
    };
    rows.refused("stock.expiry_out_of_range", reserve(1, 0));
    rows.refused("stock.exceeds_balance", reserve(4, 60));
    let made = rows.must(reserve(1, 60));
    let reservation_id = ReservationId(made[0].aggregate().id);
    rows.refused("stock.not_yet_expired", ExpireReservation { reservation_id });
    rows.must(ReleaseReservation { reservation_id });
    rows.refused("stock.reservation_ended", ReleaseReservation { reservation_id });
    rows.refused("stock.unknown_reservation", ReleaseReservation { reservation_id: ReservationId::NIL });

    let send = |to, quantity| SendTransfer {
        from_location_id: here,
        to_location_id: to,
        lines: vec![SendLine { sku: "PEN".into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }],
    };
    rows.refused("stock.same_location", send(here, 1));
    rows.refused("stock.exceeds_balance", send(there, 4));
    let made = rows.must(send(there, 2));
    let transfer_id = TransferId(made[0].aggregate().id);
    let take = |transfer_id, received| ReceiveTransfer {
        transfer_id,
        lines: vec![ReceiveTransferLine { line: 1, received: Quantity(received), lost: Quantity(0) }],
    };
    rows.refused("stock.unknown_transfer", take(TransferId::NIL, 1));
    rows.refused("stock.exceeds_in_transit", take(transfer_id, 3));
    rows.must(take(transfer_id, 2));
    rows.refused("stock.transfer_closed", take(transfer_id, 1));
}

fn placing(rows: &mut Rows) {
    let mut order = rows.order("NOTHING", 0, PaymentMethod::Card);
    order.channel = "nowhere".into();
    order.customer = Some("nobody".into());
    order.payments[0].token = None;
    let before = rows.shop.events.len();
    let refusal = rows.shop.run(order).expect_err("an order with problems");
    let paths: Vec<&str> = refusal.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["channel", "customer.code", "lines[0].sku", "lines[0].quantity", "payments[0].token"]);
    assert_eq!((refusal.code.as_str(), rows.shop.events.len()), ("order.invalid", before));
    rows.reached.insert("order.invalid".into());
    for (quantity, price, discount) in
        [(i64::MAX, 1, 0), (1, -1, 0), (1, i64::MAX, 0), (1_000_000_000_000, 10_000_000_000_000_000, 0), (1, 1, 500)]
    {
        let mut order = rows.order("MUG", quantity, PaymentMethod::Terms);
        order.lines[0].unit_price = UnitPrice(price);
        order.lines[0].discount = Minor(discount);
        rows.refused("order.invalid", order);
    }
    totals(rows);
    let mut first = rows.order("MUG", 1, PaymentMethod::Terms);
    first.external_ref = Some("1001".into());
    rows.must(first.clone());
    rows.refused("order.duplicate_external_ref", first);

    rows.receive("PEN", 1);
    rows.receive("MUG", 1);
    let here = rows.shop.locations[0];
    let made = rows.must(ReserveStock {
        channel_id: None,
        sku: "PEN".into(),
        location_id: here,
        lot_id: LotId::NIL,
        quantity: Quantity(1),
        seconds: 60,
    });
    let reservation_id = ReservationId(made[0].aggregate().id);
    let mut with = |sku: &str, reservation: ReservationId| PlaceOrder {
        reservations: vec![reservation],
        ..rows.order(sku, 1, PaymentMethod::Terms)
    };
    let (unknown, other) = (with("MUG", ReservationId::NIL), with("MUG", reservation_id));
    let (taken, again) = (with("PEN", reservation_id), with("PEN", reservation_id));
    rows.refused("order.unknown_reservation", unknown);
    rows.refused("order.reservation_not_wanted", other);
    rows.must(taken);
    rows.refused("order.reservation_ended", again);
}

/// A mug costs 10.00.
fn totals(rows: &mut Rows) {
    let mut with = |charges: &[(ChargeKind, i64, i64)]| PlaceOrder {
        charges: charges
            .iter()
            .map(|(kind, amount, tax)| ChargeInput {
                kind: *kind,
                amount: Minor(*amount),
                tax: Minor(*tax),
                label: None,
            })
            .collect(),
        ..rows.order("MUG", 1, PaymentMethod::Terms)
    };
    use ChargeKind::{Discount, Fee, Shipping, Surcharge};
    let fits = [with(&[(Discount, -1_000, 0)]), with(&[(Discount, -1_499, 0), (Shipping, 499, 0), (Fee, 0, 0)])];
    let signs = [
        with(&[(Discount, 1, 0)]),
        with(&[(Discount, -1, 1)]),
        with(&[(Shipping, -1, 0)]),
        with(&[(Fee, -1, 0)]),
        with(&[(Surcharge, 1, -1)]),
    ];
    let below = [with(&[(Discount, -1_001, 0)]), with(&[(Discount, -1_000, -1)])];
    let fits_again = with(&[]);
    let both = with(&[(Shipping, 499, 0), (Fee, -1, 0), (Discount, 2, 0), (Discount, -1_501, 0)]);
    let mut unreadable = with(&[(Fee, -1, 0)]);
    unreadable.lines[0].quantity = Quantity(0);
    signs.clone().into_iter().for_each(|order| rows.refused("order.charge_wrong_sign", order));
    below.clone().into_iter().for_each(|order| rows.refused("order.total_below_zero", order));
    let paths = |refusal: &Refusal| -> Vec<String> {
        refusal.problems.iter().map(|problem| format!("{} {}", problem.path, problem.code)).collect()
    };
    let refusal = rows.shop.run(both).expect_err("all of it at once");
    let expected = [
        "charges[1].amount_minor charge_wrong_sign",
        "charges[2].amount_minor charge_wrong_sign",
        "totals total_below_zero",
    ];
    // 10.00 + 4.99 - 0.01 + 0.02 - 15.01 = -0.01
    assert_eq!(
        (paths(&refusal), refusal.code.as_str()),
        (expected.map(str::to_owned).to_vec(), "order.charge_wrong_sign")
    );
    let refusal = rows.shop.run(unreadable).expect_err("with what else is wrong");
    let expected = ["lines[0].quantity out_of_range", "charges[0].amount_minor charge_wrong_sign"];
    assert_eq!(paths(&refusal), expected);
    for order in fits {
        let placed = rows.must(order)[0].aggregate().id;
        assert_eq!(rows.shop.order(OrderId(placed)).head.total(), Minor(0), "nothing is a price");
    }
    // History has credit documents, but no discount that costs something.
    rows.shop.origin = Origin::Import;
    signs[2..].iter().chain(&below).for_each(|order| drop(rows.must(order.clone())));
    rows.refused("order.charge_wrong_sign", signs[0].clone());
    let placed = rows.must(fits_again)[0].aggregate();
    let (order_id, now) = (OrderId(placed.id), rows.shop.now);
    // Time may stand still, but not run backwards.
    rows.must(hold(order_id, vec![Step::Ship]));
    rows.shop.now = now.plus_seconds(-1);
    rows.refused("system.before_latest_event", hold(order_id, vec![Step::Ship]));
    for origin in [Origin::Simulation, Origin::Live] {
        rows.shop.origin = origin;
        let outcome = rows.shop.run(hold(order_id, vec![Step::Ship]));
        assert_eq!(outcome.is_ok(), origin == Origin::Live, "clocks of machines differ by moments");
    }
    rows.shop.now = now;
    rows.shop.origin = Origin::Live;
}

fn orders(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 4, PaymentMethod::Terms);
    let line_id = LineId::new(order_id, 1);
    let reason = || "changed".to_owned();
    rows.refused("order.unknown", ReleaseOrder { order_id: OrderId::NIL });
    let cancel = |line_id, quantity: Option<i64>| CancelLine {
        line_id,
        quantity: quantity.map(Quantity),
        reason: reason(),
        refund: true,
    };
    rows.refused("order.unknown_line", cancel(LineId::new(order_id, 9), None));
    rows.refused("order.exceeds_open_quantity", cancel(line_id, Some(5)));
    rows.refused("order.quantity_out_of_range", cancel(line_id, Some(0)));
    rows.shop.expected_version = Some(1);
    rows.refused("order.stale_version", cancel(line_id, Some(1)));
    rows.refused("order.wrong_lifecycle", SubmitOrder { order_id });
    rows.refused("order.nothing_to_allocate", AllocateOrder { order_id });
    rows.refused("order.nothing_reserved", ReleaseHeldStock { order_id });
    rows.refused("order.no_steps_blocked", hold(order_id, vec![]));
    rows.must(hold(order_id, vec![Step::Release]));
    rows.refused("order.held", ReleaseOrder { order_id });
    let hold_id = HoldId::new(order_id, 1);
    rows.refused("order.unknown_hold", ReleaseHold { hold_id: HoldId::new(order_id, 9), reason: None });
    rows.must(ReleaseHold { hold_id, reason: None });
    rows.refused("order.hold_ended", ReleaseHold { hold_id, reason: None });
    rows.refused("order.not_finished", CompleteOrder { order_id });
    rows.must(ReleaseOrder { order_id });
    rows.refused("order.nothing_to_release", ReleaseOrder { order_id });
    rows.must(pick_all(order_id));
    rows.must(pack_all(order_id));
    rows.must(ship(order_id, vec![]));
    let give_up = |order_id| CancelOrder { order_id, reason: reason() };
    rows.refused("order.shipped_already", give_up(order_id));

    let unpaid = rows.place("MUG", 1, PaymentMethod::Transfer);
    rows.refused("order.not_paid", ConfirmOrder { order_id: unpaid });
    rows.refused("order.not_yet_expired", ExpireOrderReservation { order_id: unpaid });
    rows.must(give_up(unpaid));
    rows.refused("order.nothing_to_cancel", give_up(unpaid));
}

fn payments(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 2, PaymentMethod::Card);
    let payment_id = PaymentId::new(order_id, 1);
    let transaction_id = TransactionId::new(order_id, 1);
    let outcome = || GatewayOutcome::Failed { code: "late".into() };
    let unknown = TransactionId::new(OrderId::NIL, 1);
    rows.refused("payment.unknown_transaction", RecordOutcome { transaction_id: unknown, outcome: outcome() });
    rows.refused("payment.in_flight", VoidPayment { payment_id });
    rows.succeed(order_id, 1);
    rows.refused("payment.already_resolved", RecordOutcome { transaction_id, outcome: outcome() });
    rows.refused("payment.unknown", VoidPayment { payment_id: PaymentId::new(order_id, 9) });
    let capture = |amount: Option<i64>| CapturePayment { payment_id, amount: amount.map(Minor) };
    rows.refused("payment.amount_out_of_range", capture(Some(0)));
    rows.refused("payment.exceeds_authorized", capture(Some(2_001)));
    rows.refused("payment.not_yet_expired", ExpireAuthorization { payment_id });
    rows.refused("payment.not_due_for_renewal", RenewAuthorization { payment_id });
    rows.refused("payment.nothing_due", CaptureDue { order_id });
    let expiring = rows.place("MUG", 1, PaymentMethod::Card);
    rows.succeed(expiring, 1);
    rows.shop.now = rows.shop.now.plus_seconds(900);
    let renewal = || RenewAuthorization { payment_id: PaymentId::new(expiring, 1) };
    rows.must(renewal());
    let no = GatewayOutcome::Failed { code: "card_declined".into() };
    rows.must(RecordOutcome { transaction_id: TransactionId::new(expiring, 2), outcome: no });
    rows.refused("payment.renewal_failed", renewal());
    let refund = |amount| GrantRefund { order_id, amount: Minor(amount), reason: "goodwill".into() };
    rows.refused("payment.exceeds_received", refund(1));
    rows.must(capture(None));
    rows.succeed(order_id, 2);
    rows.refused("payment.exceeds_received", refund(2_001));
    rows.refused("payment.nothing_authorized", VoidPayment { payment_id });
    let record = |order_id, method, amount| RecordPayment { order_id, method, amount: Minor(amount), reference: None };
    rows.refused("payment.wrong_method", record(order_id, PaymentMethod::Card, 1));
    rows.refused("payment.amount_out_of_range", record(order_id, PaymentMethod::Cash, i64::MAX));
    let ended = rows.place("MUG", 1, PaymentMethod::Transfer);
    rows.must(CancelOrder { order_id: ended, reason: "no".into() });
    rows.refused("payment.order_ended", record(ended, PaymentMethod::Cash, 1));
    let token = PersonalText { id: rows.shop.ids().nth(1), value: "t".into() };
    let authorize = AuthorizePayment { order_id: ended, gateway: "sim".into(), token, amount: None };
    rows.refused("payment.order_ended", authorize);
}

fn fulfillment(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 3, PaymentMethod::Card);
    rows.succeed(order_id, 1);
    rows.must(ReleaseOrder { order_id });
    let work = FulfillmentOrderId::new(order_id, 1);
    let unknown = FulfillmentOrderId::new(order_id, 9);
    let picks = |quantity| vec![LinePicked { line: 1, lot_id: None, quantity: Quantity(quantity) }];
    let pick = |fulfillment_order_id, picks| Pick { fulfillment_order_id, picks, shorts: vec![] };
    rows.refused("fulfillment.unknown", pick(unknown, vec![]));
    rows.refused("fulfillment.exceeds_allocated", pick(work, picks(4)));
    rows.refused("fulfillment.quantity_out_of_range", pick(work, picks(0)));
    let shorts = vec![LineShort { line: 1, quantity: Quantity(4), reason: ShortReason::Missing }];
    rows.refused("fulfillment.exceeds_allocated", Pick { fulfillment_order_id: work, picks: vec![], shorts });
    rows.refused("fulfillment.nothing_named", pack_all(order_id));
    rows.refused("fulfillment.nothing_named", ship(order_id, vec![]));
    rows.must(pick(work, vec![]));
    rows.refused("fulfillment.exceeds_picked", Pack { fulfillment_order_id: work, lines: picks(4), weight_g: None });
    rows.must(pack_all(order_id));
    let parcel = |parcel, tracking: &str| ShipParcel { parcel, tracking_number: Some(tracking.to_owned()) };
    rows.refused("fulfillment.unknown_parcel", ship(order_id, vec![parcel(9, "T")]));
    rows.refused("fulfillment.missing_tracking", ship(order_id, vec![parcel(1, " ")]));
    rows.refused("fulfillment.capture_pending", ship(order_id, vec![parcel(1, "T")]));
    let parcel_id = ParcelId::new(order_id, 1);
    let track = |parcel_id, occurred_at| RecordTracking {
        parcel_id,
        status: TrackingStatus::InTransit,
        occurred_at,
        carrier_event: None,
        raw: None,
    };
    let now = rows.shop.now;
    rows.refused("shipping.not_shipped", track(parcel_id, now));
    rows.refused("shipping.unknown_parcel", track(ParcelId::new(order_id, 9), now));
    rows.succeed(order_id, 2);
    rows.must(ship(order_id, vec![parcel(1, "T")]));
    rows.refused("fulfillment.parcel_not_packed", ship(order_id, vec![parcel(1, "T")]));
    rows.refused("shipping.from_the_future", track(parcel_id, now.plus_seconds(90_000)));
    rows.reached.insert("shipping.unknown_tracking".into()); // A door's: it looks the number up before a command is made.

    let declined = rows.place("MUG", 1, PaymentMethod::Card);
    rows.succeed(declined, 1);
    rows.must(ReleaseOrder { order_id: declined });
    rows.must(pick_all(declined));
    rows.must(pack_all(declined));
    let failed = GatewayOutcome::Failed { code: "insufficient_funds".into() };
    rows.must(RecordOutcome { transaction_id: TransactionId::new(declined, 2), outcome: failed });
    rows.refused("order.held", ship(declined, vec![]));
    let hold_id = HoldId::new(declined, 1);
    rows.must(ReleaseHold { hold_id, reason: None });
    rows.refused("fulfillment.not_paid", ship(declined, vec![]));

    rows.must(item("DROP", Supply::Dropship, 0));
    let dropped = rows.place("DROP", 2, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id: dropped });
    let sent = |quantity| ShipFromSupplier { order_id: dropped, lines: vec![(1, Quantity(quantity))] };
    rows.refused("fulfillment.exceeds_at_supplier", sent(3));
    rows.must(sent(2));
}

fn returns(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 2, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id });
    rows.must(pick_all(order_id));
    rows.must(pack_all(order_id));
    rows.must(ship(order_id, vec![]));
    let location_id = rows.shop.locations[0];
    let input = |line, quantity, state| ReturnInput { line, quantity: Quantity(quantity), state, reason: "no".into() };
    let take = |location_id, lines, credit: Option<i64>| ReceiveReturn {
        order_id,
        location_id,
        lines,
        credit: credit.map(Minor),
        refund: false,
    };
    let available = StockAccount::Available;
    rows.refused("return.nothing_named", take(location_id, vec![], None));
    rows.refused("return.unknown_line", take(location_id, vec![input(9, 1, available)], None));
    rows.refused("return.quantity_out_of_range", take(location_id, vec![input(1, 0, available)], None));
    rows.refused("return.wrong_state", take(location_id, vec![input(1, 1, StockAccount::Picked)], None));
    rows.refused("return.unknown_location", take(LocationId::NIL, vec![input(1, 1, available)], None));
    // Twice the same line is judged together.
    let twice = vec![input(1, 2, available), input(1, 1, available)];
    rows.refused("return.exceeds_shipped", take(location_id, twice, None));
    rows.refused("return.credit_exceeds_billed", take(location_id, vec![input(1, 1, available)], Some(2_001)));
}

#[test]
fn what_is_outside_an_actors_scope_is_unknown_to_it() {
    let mut rows = Rows { shop: Shop::open(), reached: BTreeSet::new() };
    rows.receive("MUG", 5);
    let order_id = rows.place("MUG", 1, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id });
    let mut foreign_channel = Actor::system("foreign", Door::Api);
    foreign_channel.channels = Scope::Only(vec![ChannelId::NIL]);
    let mut foreign_location = Actor::system("foreign", Door::Api);
    foreign_location.locations = Scope::Only(vec![rows.shop.locations[1]]);
    let code = |command: Command, actor: &Actor| match command.permit(&rows.shop.world, actor) {
        Ok(()) => "permitted".to_owned(),
        Err(Stop::Refused(refusal)) => refusal.code,
        Err(Stop::Needs(needs)) => panic!("needs {needs:?}"),
    };
    assert_eq!(code(ReleaseOrder { order_id }.into(), &foreign_channel), "order.unknown");
    assert_eq!(code(pick_all(order_id).into(), &foreign_channel), "fulfillment.unknown");
    assert_eq!(code(pick_all(order_id).into(), &foreign_location), "fulfillment.unknown");
    assert_eq!(code(CompleteOrder { order_id }.into(), &foreign_location), "permitted");

    let [here, there] = [rows.shop.locations[0], rows.shop.locations[1]];
    let send = |from_location_id, to_location_id| -> Command {
        let lines = vec![SendLine { sku: "MUG".into(), lot_id: LotId::NIL, quantity: Quantity(1) }];
        SendTransfer { from_location_id, to_location_id, lines }.into()
    };
    let named = |command: Command| match command.permit(&rows.shop.world, &foreign_location) {
        Err(Stop::Refused(refusal)) => (refusal.code, refusal.facts["location"].as_str().map(str::to_owned)),
        other => panic!("expected a refusal, got {other:?}"),
    };
    let hidden = ("stock.unknown_location".to_owned(), Some(here.to_string()));
    assert_eq!((named(send(here, there)), named(send(there, here))), (hidden.clone(), hidden), "both ends");
    let channel = rows.shop.world.catalog.channel_by_code("web").unwrap().id;
    let keep = |location_id, channel_id| ReserveStock {
        channel_id,
        sku: "MUG".into(),
        location_id,
        lot_id: LotId::NIL,
        quantity: Quantity(1),
        seconds: 60,
    };
    assert_eq!(code(keep(here, None).into(), &foreign_location), "stock.unknown_location");
    assert_eq!(code(keep(there, None).into(), &foreign_location), "permitted");
    assert_eq!(code(keep(here, Some(channel)).into(), &foreign_channel), "catalog.unknown");
    assert_eq!(code(keep(here, None).into(), &foreign_channel), "permitted");
    let made = rows.must(keep(here, Some(channel)));
    let reservation_id = ReservationId(made[0].aggregate().id);
    for actor in [&foreign_location, &foreign_channel] {
        for command in [ReleaseReservation { reservation_id }.into(), ExpireReservation { reservation_id }.into()] {
            let refusal = match Command::permit(&command, &rows.shop.world, actor) {
                Err(Stop::Refused(refusal)) => refusal.code,
                other => panic!("expected a refusal, got {other:?}"),
            };
            assert_eq!(refusal, "stock.unknown_reservation");
        }
    }
}
