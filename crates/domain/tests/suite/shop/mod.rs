//! A shop in memory: commands are decided and applied on one World, and independent books are kept of what was posted.

use std::collections::BTreeMap;
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::attempt::{Attempt, Origin};
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ItemFacts, PutItem, Supply};
use waybill_domain::catalog::location::{LocationFacts, PutLocation};
use waybill_domain::chain::Chain;
use waybill_domain::command::{Command, Stop};
use waybill_domain::event::Event;
use waybill_domain::ids::*;
use waybill_domain::ledger::{StockAccount, StockKey};
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::costs::{costs, line_due};
use waybill_domain::order::place::PlaceOrder;
use waybill_domain::order::{Destination, Lifecycle, Order, OrderNumber};
use waybill_domain::refusal::Refusal;
use waybill_domain::stock::reservation::ReservationState;
use waybill_domain::time::Timestamp;
use waybill_domain::world::World;

pub struct Shop {
    pub world: World,
    pub now: Timestamp,
    /// Of what is asked next.
    pub origin: Origin,
    /// The version of the order that the next command is meant for.
    pub expected_version: Option<i64>,
    pub locations: Vec<LocationId>,
    pub orders: Vec<OrderId>,
    pub events: Vec<Event>,
    next: u128,
    actor: Arc<Actor>,
    /// Balances added up from postings alone.
    stock: BTreeMap<(StockKey, StockAccount), i64>,
    /// Per order and account, debits minus credits, from money postings alone.
    money: BTreeMap<(OrderId, String), i64>,
}

pub const SKUS: [&str; 4] = ["MUG", "PEN", "GIFT-WRAP", "ENGRAVING"];

impl Shop {
    pub fn open() -> Self {
        let mut shop = Self {
            world: World::default(),
            now: Timestamp(1_700_000_000_000_000),
            origin: Origin::Live,
            expected_version: None,
            locations: Vec::new(),
            orders: Vec::new(),
            events: Vec::new(),
            next: 1,
            actor: Arc::new(Actor::system("test", Door::Command)),
            stock: BTreeMap::new(),
            money: BTreeMap::new(),
        };
        let facts =
            ChannelFacts { code: "web".into(), name: "Web".into(), ship_on_pending: false, auto_release: false };
        shop.run(PutChannel { facts }).unwrap();
        for (code, country, latitude, longitude) in
            [("DUB", "IE", 533_000, -62_000), ("LYS", "FR", 457_000, 48_000), ("BCN", "ES", 413_000, 21_000)]
        {
            let facts = LocationFacts {
                code: code.into(),
                name: code.into(),
                country: country.into(),
                zone: "Europe/Paris".into(),
                latitude_e4: Some(latitude),
                longitude_e4: Some(longitude),
                preference: 0,
            };
            let events = shop.run(PutLocation { facts }).unwrap();
            shop.locations.push(LocationId(events[0].aggregate().id));
        }
        let supplies = [Supply::Stock, Supply::Stock, Supply::Untracked, Supply::Service];
        for (sku, supply) in SKUS.into_iter().zip(supplies) {
            let facts = ItemFacts {
                sku: sku.into(),
                name: sku.into(),
                gtin: None,
                supply,
                unit: "each".into(),
                precision: 0,
                weight_g: None,
                length_mm: None,
                width_mm: None,
                height_mm: None,
                cost: None,
            };
            shop.run(PutItem { facts }).unwrap();
        }
        shop
    }

    pub fn ids(&mut self) -> IdSource {
        self.next += 1;
        IdSource::new(Id(self.next << 16))
    }

    pub fn attempt(&mut self) -> Attempt {
        Attempt {
            key: String::new(),
            body_hash: [0; 16],
            actor: self.actor.clone(),
            origin: self.origin,
            expected_version: self.expected_version.take(),
            cause: None,
            now: self.now,
            recorded_at: self.now,
            ids: self.ids(),
            order_number: Some(OrderNumber(self.next as i64)),
        }
    }

    /// Decides and applies; a refusal leaves no trace.
    pub fn run(&mut self, command: impl Into<Command>) -> Result<Vec<Event>, Box<Refusal>> {
        let command = command.into();
        let attempt = self.attempt();
        let events = match command.decide(&self.world, &attempt) {
            Ok(events) => events,
            Err(Stop::Refused(refusal)) => return Err(refusal),
            Err(Stop::Needs(needs)) => panic!("everything is in memory, yet {needs:?} is missing"),
        };
        for event in &events {
            let read = Event::decode(event.kind(), event.version(), &event.encode()).expect("an event reads back");
            let has_secret = matches!(
                event,
                Event::ApiKeyCreated(_)
                    | Event::WebhookEndpointCreated(_)
                    | Event::WebhookEndpointChanged(_)
                    | Event::WebhookSecretRotated(_)
                    | Event::UserInvited(_)
                    | Event::UserJoined(_)
                    | Event::UserChanged(_)
                    | Event::UserPasswordSet(_)
                    | Event::UserTotpEnrolled(_)
                    | Event::UserIdentityBound(_)
            );
            if !has_secret {
                assert_eq!(&read, event, "an event reads back as it was");
            }
            let chain = self.world.chain(event.aggregate());
            let postings = event.postings();
            for posting in &postings {
                *self.stock.entry((posting.key, posting.from)).or_default() -= posting.quantity.0;
                *self.stock.entry((posting.key, posting.to)).or_default() += posting.quantity.0;
                let held = posting.from.needs_holder() || posting.to.needs_holder();
                assert_eq!(held, posting.holder.is_some(), "{posting}: held stock names its holder");
            }
            for posting in event.money_postings() {
                *self.money.entry((posting.order_id, posting.debit.code().into())).or_default() += posting.amount.0;
                *self.money.entry((posting.order_id, posting.credit.code().into())).or_default() -= posting.amount.0;
            }
            let next = Chain { sequence: chain.sequence + 1, hash: chain.hash, happened_at: self.now };
            self.world.apply(event, &postings, next, self.origin);
            if let Event::OrderPlaced(placed) | Event::OrderDrafted(placed) = event {
                self.orders.push(placed.order);
            }
        }
        self.world.settle();
        self.events.extend(events.iter().cloned());
        Ok(events)
    }

    pub fn order(&self, id: OrderId) -> &Order {
        self.world.order(id).expect("an order")
    }

    /// The latest `count` reservations, newest first.
    pub fn reservations(&self, count: usize) -> Vec<ReservationId> {
        let mut ids: Vec<ReservationId> = self.world.reservations().map(|one| one.id).collect();
        ids.sort_unstable();
        ids.into_iter().rev().take(count).collect()
    }

    fn posted(&self, order: OrderId, account: &str) -> i64 {
        self.money.get(&(order, account.to_owned())).copied().unwrap_or_default()
    }

    /// Every law of the vocabulary, from books that share nothing with the rules.
    pub fn check(&self) {
        let mut held: BTreeMap<(StockKey, StockAccount), i64> = BTreeMap::new();
        let states = [StockAccount::Reserved, StockAccount::Allocated, StockAccount::Picked, StockAccount::Packed];
        for order in self.world.orders() {
            assert_eq!(order.broken_laws(), Vec::<String>::new(), "{}", order.head.id);
            for allocation in &order.allocations {
                let counted = order.line(allocation.line).is_some_and(|line| line.supply == Supply::Stock);
                for state in states {
                    assert!(allocation.quantity(state).0 >= 0);
                    if counted {
                        *held.entry((allocation.key(), state)).or_default() += allocation.quantity(state).0;
                    }
                }
            }
            self.check_money(order);
            self.check_costs(order);
        }
        for one in self.world.reservations().filter(|one| one.state == ReservationState::Active) {
            let key = StockKey { item_id: one.item_id, location_id: one.location_id, lot_id: one.lot_id };
            *held.entry((key, StockAccount::Reserved)).or_default() += one.quantity.0;
        }
        for level in self.world.levels() {
            for state in StockAccount::STATES {
                let balance = level.balance(state).0;
                let posted = self.stock.get(&(level.key, state)).copied().unwrap_or_default();
                assert_eq!(balance, posted, "{state} of {:?}", level.key);
                assert!(balance >= 0, "{state} below zero");
                if states.contains(&state) {
                    let held = held.get(&(level.key, state)).copied().unwrap_or_default();
                    assert_eq!(held, balance, "allocations of {state} at {:?}", level.key);
                }
            }
        }
    }

    fn check_money(&self, order: &Order) {
        let (head, id) = (&*order.head, order.head.id);
        assert_eq!(self.posted(id, "receivable"), head.receivable().0, "{id} receivable");
        assert_eq!(self.posted(id, "deposits"), -head.deposit.0, "{id} deposits");
        let kept = self.posted(id, "bank") + self.posted(id, "cash") + self.posted(id, "clearing:sim");
        assert_eq!(kept, head.kept().0, "{id} money kept");
        let income: i64 =
            ["revenue", "discounts", "tax", "shipping", "fees"].iter().map(|account| self.posted(id, account)).sum();
        assert_eq!(-income, head.recognized.0, "{id} recognized");
        for payment in &order.payments {
            assert!(payment.refunded + payment.charged_back <= payment.received);
        }
    }

    /// The parts that are shown make up the total, and what is left to receive is that less what was credited and kept.
    fn check_costs(&self, order: &Order) {
        let (head, id) = (&*order.head, order.head.id);
        let parts = costs(head, &order.lines, &order.charges);
        let charges: Minor = parts.charges.iter().map(|(_, _, amount)| *amount).sum();
        assert_eq!(parts.goods + charges + parts.tax, head.total(), "{id} parts");
        let lines: Minor = order.lines.iter().map(line_due).map(|due| due.revenue - due.discounts).sum();
        assert_eq!(lines, parts.goods, "{id} lines");
        let credits = self.events.iter().filter_map(|event| match event {
            Event::ReturnReceived(one) if one.order == id => Some(one.credit.total()),
            Event::RefundGranted(one) if one.order == id => Some(one.credit.total()),
            _ => None,
        });
        let credited: Minor = credits.sum();
        let owed = order.owed();
        assert_eq!((owed.credited, owed.left), (credited, head.total() - credited - head.kept()), "{id} owed");
        if matches!(head.lifecycle, Lifecycle::Completed | Lifecycle::Cancelled) {
            // Nothing more is billed: what is left is what the books call receivable, less deposits.
            assert_eq!(owed.left, head.receivable() - head.deposit, "{id} left after the end");
        }
    }
}

/// An order of nothing, in euros through the web channel, for a test to fill in.
pub fn blank_order() -> PlaceOrder {
    PlaceOrder {
        draft: false,
        channel: "web".into(),
        external_ref: None,
        currency: Currency::EUR,
        customer: None,
        party: None,
        ship_to: None,
        destination: Destination::default(),
        instructions: None,
        po_number: None,
        requested_by: None,
        lines: vec![],
        charges: vec![],
        payments: vec![],
        reservations: vec![],
    }
}
