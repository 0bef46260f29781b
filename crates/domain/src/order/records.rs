//! The records of an order and what can be read off them.

use super::OrderNumber;
use crate::catalog::item::Supply;
use crate::chain::Chain;
use crate::fulfillment::FulfillmentOrder;
use crate::ids::*;
use crate::ledger::{StockAccount, StockKey};
use crate::money::{Currency, Minor, UnitPrice};
use crate::payment::{Payment, PaymentTransaction, Refund};
use crate::quantity::Quantity;
use crate::returns::{Return, ReturnLine};
use crate::rows::{Rows, Tracked};
use crate::shipping::{Parcel, ParcelLine, Shipment, TrackingEvent};
use crate::time::{Date, Timestamp};

codes! {
    /// The one stored status; everything else about an order's progress is derived.
    pub enum Lifecycle {
        Draft = "draft",
        Placed = "placed",
        Confirmed = "confirmed",
        Completed = "completed",
        Cancelled = "cancelled",
    }

    pub enum PaymentStatus {
        None = "none",
        Pending = "pending",
        Authorized = "authorized",
        PartiallyAuthorized = "partially_authorized",
        PartiallyPaid = "partially_paid",
        Paid = "paid",
        Overpaid = "overpaid",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Failed = "failed",
        Unknown = "unknown",
    }

    pub enum FulfillmentStatus {
        Unfulfilled = "unfulfilled",
        Backordered = "backordered",
        InProgress = "in_progress",
        PartiallyFulfilled = "partially_fulfilled",
        Fulfilled = "fulfilled",
    }

    pub enum DeliveryStatus {
        None = "none",
        InTransit = "in_transit",
        PartiallyDelivered = "partially_delivered",
        Delivered = "delivered",
        Exception = "exception",
    }

    pub enum ReturnStatus {
        None = "none",
        Requested = "requested",
        InProgress = "in_progress",
        PartiallyReturned = "partially_returned",
        Returned = "returned",
    }

    /// A step of an order's way that a hold can block.
    pub enum Step {
        Allocate = "allocate",
        Confirm = "confirm",
        Release = "release",
        Pick = "pick",
        Pack = "pack",
        Ship = "ship",
        Capture = "capture",
        Complete = "complete",
    }

    pub enum HoldKind {
        Manual = "manual",
        Fraud = "fraud",
        Credit = "credit",
        Address = "address",
        Payment = "payment",
        PaymentExpired = "payment_expired",
        Stock = "stock",
        Price = "price",
        Customer = "customer",
    }

    pub enum HoldState {
        Active = "active",
        Released = "released",
        Rejected = "rejected",
    }

    /// What a charge beside the lines is for.
    pub enum ChargeKind {
        Shipping = "shipping",
        Fee = "fee",
        Surcharge = "surcharge",
        /// A discount on the order as a whole; its amount is below zero.
        Discount = "discount",
    }
}

/// The steps a hold blocks, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Steps(pub i64);

impl Steps {
    pub fn of(steps: &[Step]) -> Self {
        Self(steps.iter().fold(0, |set, step| set | 1 << *step as i64))
    }

    pub const fn contains(self, step: Step) -> bool {
        self.0 & 1 << step as i64 != 0
    }

    pub fn list(self) -> Vec<Step> {
        <Step as crate::Code>::ALL.iter().copied().filter(|step| self.contains(*step)).collect()
    }
}

/// Where an order goes, without saying whose door it is: country, and a point rounded to a tenth of a degree (11 km).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Destination {
    /// ISO 3166-1 alpha-2; None where nothing is shipped.
    pub country: Option<String>,
    /// Degrees times 10.
    pub latitude_e1: Option<i64>,
    pub longitude_e1: Option<i64>,
}

/// The root row of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderHead {
    pub id: OrderId,
    pub number: OrderNumber,
    pub channel_id: ChannelId,
    pub external_ref: Option<String>,
    pub customer_id: Option<CustomerId>,
    pub party_id: Option<PartyId>,
    pub ship_to: Option<AddressId>,
    pub instructions: Option<TextId>,
    pub po_number: Option<String>,
    pub currency: Currency,
    pub country: Option<String>,
    pub latitude_e1: Option<i64>,
    pub longitude_e1: Option<i64>,
    pub requested_by: Option<Date>,
    pub origin: crate::attempt::Origin,
    pub placed_at: Timestamp,
    /// Higher goes first in every queue; see [`super::priority`].
    pub priority: i64,
    pub lifecycle: Lifecycle,
    pub payment_status: PaymentStatus,
    pub fulfillment_status: FulfillmentStatus,
    pub delivery_status: DeliveryStatus,
    pub return_status: ReturnStatus,
    /// How many holds are active.
    pub holds_active: i64,
    /// When the earliest active hold falls due.
    pub hold_due_at: Option<Timestamp>,
    /// Reserved stock goes back at this moment unless the payment succeeds.
    pub reserved_until: Option<Timestamp>,
    /// When the first authorization that still holds money is to be renewed or has expired; None while a call to a gateway
    /// is under way.
    pub authorization_due_at: Option<Timestamp>,
    /// What the system does next by itself, as far as the order alone can say; see [`super::to_do`].
    pub to_fill: bool,
    pub to_release: bool,
    pub to_capture: bool,
    pub to_complete: bool,
    pub confirmed_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// What the order costs as it stands, cancelled units left out.
    pub goods: Minor,
    pub tax: Minor,
    pub charges: Minor,
    /// Billed so far for what shipped, less what was credited.
    pub recognized: Minor,
    /// Money in, out and where it stands; `received - refunded - charged_back = applied + deposit`.
    pub received: Minor,
    pub refunded: Minor,
    pub charged_back: Minor,
    pub applied: Minor,
    pub deposit: Minor,
    pub chain: Chain,
}

impl OrderHead {
    /// What is to be paid in all.
    pub fn total(&self) -> Minor {
        self.goods + self.tax + self.charges
    }

    /// Billed and not yet paid; below zero when money is owed to the customer.
    pub fn receivable(&self) -> Minor {
        self.recognized - self.applied
    }

    /// Money received and not given back.
    pub fn kept(&self) -> Minor {
        self.received - self.refunded - self.charged_back
    }

    pub fn destination(&self) -> Destination {
        Destination { country: self.country.clone(), latitude_e1: self.latitude_e1, longitude_e1: self.longitude_e1 }
    }
}

/// A line: one item at one price.
///
/// Law: `ordered = cancelled + open + backordered + at_supplier + reserved + allocated + picked + packed + shipped`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    pub order_id: OrderId,
    pub number: u32,
    pub item_id: ItemId,
    /// As ordered; the item's may change later.
    pub sku: String,
    pub supply: Supply,
    pub precision: u32,
    pub unit_price: UnitPrice,
    pub ordered: Quantity,
    /// Of the whole line, already taken off `total`.
    pub discount: Minor,
    /// Tax of the whole line, on top of `total`.
    pub tax: Minor,
    /// `unit_price x ordered - discount`, rounded once.
    pub total: Minor,
    pub note: Option<TextId>,
    pub cancelled: Quantity,
    /// Wanted, not promised.
    pub open: Quantity,
    /// Judged unavailable.
    pub backordered: Quantity,
    pub at_supplier: Quantity,
    /// Shipped without an allocation: services, and what a supplier shipped.
    pub served: Quantity,
    /// Sums over the line's allocations, recomputed after every command.
    pub reserved: Quantity,
    pub allocated: Quantity,
    pub picked: Quantity,
    pub packed: Quantity,
    /// Allocations' shipped and `served`.
    pub shipped: Quantity,
    pub delivered: Quantity,
    pub lost: Quantity,
    pub returned: Quantity,
    pub backordered_at: Option<Timestamp>,
    pub expected_on: Option<Date>,
}

impl OrderLine {
    pub fn id(&self) -> LineId {
        LineId::new(self.order_id, self.number)
    }

    /// Not cancelled.
    pub fn wanted(&self) -> Quantity {
        self.ordered - self.cancelled
    }

    /// Neither cancelled nor shipped.
    pub fn unshipped(&self) -> Quantity {
        self.ordered - self.cancelled - self.shipped
    }
}

/// Postage, fees and order discounts, beside the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub order_id: OrderId,
    pub number: u32,
    pub kind: ChargeKind,
    /// Below zero for a discount.
    pub amount: Minor,
    pub tax: Minor,
    /// A code of the source, such as POST.
    pub label: Option<String>,
    /// Of `amount` and `tax`, what shipments have billed.
    pub billed: Minor,
    pub billed_tax: Minor,
}

/// Units of a line bound to stock of one key, per state. What is fulfilled without stock accounting (untracked items)
/// has allocations too, but no postings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    pub order_id: OrderId,
    pub number: u32,
    pub line: u32,
    pub location_id: LocationId,
    pub lot_id: LotId,
    pub item_id: ItemId,
    /// The fulfillment order that works on it; 0 before release.
    pub fulfillment_order: u32,
    pub reserved: Quantity,
    pub allocated: Quantity,
    pub picked: Quantity,
    pub packed: Quantity,
    pub shipped: Quantity,
}

impl Allocation {
    pub fn key(&self) -> StockKey {
        StockKey { item_id: self.item_id, location_id: self.location_id, lot_id: self.lot_id }
    }

    /// The quantity in one state; what the customer has is what shipped.
    pub fn quantity(&self, state: StockAccount) -> Quantity {
        match state {
            StockAccount::Reserved => self.reserved,
            StockAccount::Allocated => self.allocated,
            StockAccount::Picked => self.picked,
            StockAccount::Packed => self.packed,
            StockAccount::Customer => self.shipped,
            StockAccount::Available
            | StockAccount::QualityControl
            | StockAccount::Damaged
            | StockAccount::Quarantined
            | StockAccount::InTransit
            | StockAccount::Supplier
            | StockAccount::Loss
            | StockAccount::Gain
            | StockAccount::Transfer => Quantity::ZERO,
        }
    }

    pub(crate) fn add(&mut self, state: StockAccount, quantity: Quantity) {
        let place = match state {
            StockAccount::Reserved => &mut self.reserved,
            StockAccount::Allocated => &mut self.allocated,
            StockAccount::Picked => &mut self.picked,
            StockAccount::Packed => &mut self.packed,
            StockAccount::Customer => &mut self.shipped,
            StockAccount::Available
            | StockAccount::QualityControl
            | StockAccount::Damaged
            | StockAccount::Quarantined
            | StockAccount::InTransit
            | StockAccount::Supplier
            | StockAccount::Loss
            | StockAccount::Gain
            | StockAccount::Transfer => return,
        };
        *place += quantity;
    }
}

/// Blocks named steps until it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub order_id: OrderId,
    pub number: u32,
    pub kind: HoldKind,
    pub steps: Steps,
    /// The line it is about; 0 for the whole order.
    pub line: u32,
    /// The payment whose answer ends it; 0 for none.
    pub payment: u32,
    /// A short machine-readable reason, such as `card_declined`.
    pub reason: String,
    pub note: Option<TextId>,
    /// Who is to look at it: a role or a queue, not a person's name.
    pub owner: Option<String>,
    pub due_at: Option<Timestamp>,
    pub applied_at: Timestamp,
    pub state: HoldState,
    pub ended_at: Option<Timestamp>,
}

/// An order with everything in its scope.
#[derive(Clone, Debug)]
pub struct Order {
    pub head: Tracked<OrderHead>,
    pub lines: Rows<OrderLine>,
    pub charges: Rows<Charge>,
    pub allocations: Rows<Allocation>,
    pub holds: Rows<Hold>,
    pub payments: Rows<Payment>,
    pub transactions: Rows<PaymentTransaction>,
    pub refunds: Rows<Refund>,
    pub fulfillment_orders: Rows<FulfillmentOrder>,
    pub parcels: Rows<Parcel>,
    pub parcel_lines: Rows<ParcelLine>,
    pub shipments: Rows<Shipment>,
    pub tracking: Rows<TrackingEvent>,
    pub returns: Rows<Return>,
    pub return_lines: Rows<ReturnLine>,
}

impl Order {
    /// Every record here is in the store as it stands.
    pub(crate) fn written(&mut self) {
        self.head.written();
        self.lines.written();
        self.charges.written();
        self.allocations.written();
        self.holds.written();
        self.payments.written();
        self.transactions.written();
        self.refunds.written();
        self.fulfillment_orders.written();
        self.parcels.written();
        self.parcel_lines.written();
        self.shipments.written();
        self.tracking.written();
        self.returns.written();
        self.return_lines.written();
    }

    pub fn new(head: Tracked<OrderHead>) -> Self {
        Self {
            head,
            lines: Rows::default(),
            charges: Rows::default(),
            allocations: Rows::default(),
            holds: Rows::default(),
            payments: Rows::default(),
            transactions: Rows::default(),
            refunds: Rows::default(),
            fulfillment_orders: Rows::default(),
            parcels: Rows::default(),
            parcel_lines: Rows::default(),
            shipments: Rows::default(),
            tracking: Rows::default(),
            returns: Rows::default(),
            return_lines: Rows::default(),
        }
    }

    pub fn line(&self, number: u32) -> Option<&OrderLine> {
        self.lines.iter().find(|line| line.number == number)
    }

    pub fn allocations_of(&self, line: u32) -> impl Iterator<Item = &Allocation> {
        self.allocations.iter().filter(move |allocation| allocation.line == line)
    }

    /// Active holds that block `step` for the order as a whole, or for `line`.
    pub fn holds_blocking(&self, step: Step, line: Option<u32>) -> Vec<HoldId> {
        self.holds
            .iter()
            .filter(|hold| hold.state == HoldState::Active && hold.steps.contains(step))
            .filter(|hold| hold.line == 0 || Some(hold.line) == line)
            .map(|hold| HoldId::new(self.head.id, hold.number))
            .collect()
    }

    pub fn payment(&self, number: u32) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.number == number)
    }

    pub fn transaction(&self, number: u32) -> Option<&PaymentTransaction> {
        self.transactions.iter().find(|transaction| transaction.number == number)
    }

    pub fn parcel(&self, number: u32) -> Option<&Parcel> {
        self.parcels.iter().find(|parcel| parcel.number == number)
    }

    pub fn lines_of_parcel(&self, parcel: u32) -> impl Iterator<Item = &ParcelLine> {
        self.parcel_lines.iter().filter(move |line| line.parcel == parcel)
    }

    pub fn fulfillment_order(&self, number: u32) -> Option<&FulfillmentOrder> {
        self.fulfillment_orders.iter().find(|work| work.number == number)
    }
}
