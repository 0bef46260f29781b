//! An order as the API shows it.

mod render;

pub use render::{lot, parcel_view, party_view};

use serde::Serialize;
use utoipa::ToSchema;

/// An order with everything in its scope. Amounts are minor units of `currency`, quantities base units at the item's
/// precision.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderView {
    pub id: String,
    pub number: String,
    pub external_ref: Option<String>,
    pub channel: String,
    pub origin: String,
    pub lifecycle: String,
    pub payment_status: String,
    pub fulfillment_status: String,
    pub delivery_status: String,
    pub return_status: String,
    pub currency: String,
    pub customer: Option<PartyView>,
    pub ship_to: Option<AddressView>,
    pub instructions: Option<String>,
    pub po_number: Option<String>,
    /// The day it is wanted, at the destination.
    pub requested_by: Option<String>,
    pub placed_at: String,
    pub confirmed_at: Option<String>,
    pub ended_at: Option<String>,
    /// When reserved stock goes back unless the payment succeeds.
    pub reserved_until: Option<String>,
    /// Higher goes first.
    pub priority: i64,
    pub holds: Vec<HoldView>,
    pub lines: Vec<LineView>,
    pub charges: Vec<ChargeView>,
    pub totals: TotalsView,
    pub payments: Vec<PaymentView>,
    pub refunds: Vec<RefundView>,
    pub allocations: Vec<AllocationView>,
    pub fulfillment_orders: Vec<OrderWorkView>,
    pub parcels: Vec<ParcelView>,
    pub shipments: Vec<ShipmentView>,
    pub returns: Vec<ReturnView>,
    /// Rises with every event; the ETag.
    pub version: i64,
    /// The log position of the latest event.
    pub position: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Party)]
pub struct PartyView {
    /// The customer's code, of a known customer.
    pub code: Option<String>,
    pub name: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Address)]
pub struct AddressView {
    pub name: Option<String>,
    pub company: Option<String>,
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldView {
    pub id: String,
    pub kind: String,
    /// The steps it blocks.
    pub steps: Vec<String>,
    /// The line it is about; null for the whole order.
    pub line: Option<u32>,
    pub reason: String,
    pub note: Option<String>,
    pub owner: Option<String>,
    pub due_at: Option<String>,
    pub applied_at: String,
    pub state: String,
    pub ended_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Line)]
pub struct LineView {
    pub id: String,
    pub number: u32,
    pub sku: String,
    pub supply: String,
    /// Decimals of the unit that quantities carry.
    pub precision: u32,
    /// In major units, exactly.
    pub unit_price: String,
    pub ordered: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    pub total_minor: i64,
    pub note: Option<String>,
    pub cancelled: i64,
    pub open: i64,
    pub backordered: i64,
    pub at_supplier: i64,
    pub reserved: i64,
    pub allocated: i64,
    pub picked: i64,
    pub packed: i64,
    pub shipped: i64,
    pub delivered: i64,
    pub lost: i64,
    pub returned: i64,
    pub expected_on: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Charge)]
pub struct ChargeView {
    pub number: u32,
    pub kind: String,
    pub amount_minor: i64,
    pub tax_minor: i64,
    pub label: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Totals)]
pub struct TotalsView {
    pub goods_minor: i64,
    pub tax_minor: i64,
    pub charges_minor: i64,
    pub total_minor: i64,
    /// Billed for what shipped, less what was credited.
    pub billed_minor: i64,
    pub received_minor: i64,
    pub refunded_minor: i64,
    pub currency: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentView {
    pub id: String,
    pub method: String,
    pub gateway: Option<String>,
    pub state: String,
    pub amount_minor: i64,
    pub authorized_minor: i64,
    pub received_minor: i64,
    pub refunded_minor: i64,
    pub expires_at: Option<String>,
    pub reference: Option<String>,
    pub transactions: Vec<TransactionView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentTransaction)]
pub struct TransactionView {
    pub id: String,
    pub kind: String,
    pub amount_minor: i64,
    pub state: String,
    /// The gateway's reason for a failure.
    pub code: Option<String>,
    pub reference: Option<String>,
    pub requested_at: String,
    pub resolved_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView {
    pub id: String,
    pub payment_id: String,
    pub amount_minor: i64,
    pub reason: String,
    /// The return it belongs to.
    pub return_id: Option<String>,
    pub state: String,
    pub granted_at: String,
    pub ended_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub struct AllocationView {
    pub line: u32,
    pub location: String,
    pub lot_id: Option<String>,
    pub fulfillment_order_id: Option<String>,
    pub reserved: i64,
    pub allocated: i64,
    pub picked: i64,
    pub packed: i64,
    pub shipped: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderFulfillmentOrder)]
pub struct OrderWorkView {
    pub id: String,
    pub location: String,
    pub state: String,
    /// Whose it is: a role, a queue or the id of a principal; nobody's when null.
    pub assignee: Option<String>,
    pub released_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Parcel)]
pub struct ParcelView {
    pub id: String,
    pub fulfillment_order_id: String,
    pub location: String,
    pub state: String,
    pub tracking_number: Option<String>,
    pub shipment_id: Option<String>,
    pub weight_g: Option<i64>,
    pub packed_at: String,
    pub ended_at: Option<String>,
    pub lines: Vec<ParcelLineView>,
    pub tracking: Vec<TrackingView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ParcelLine)]
pub struct ParcelLineView {
    pub line: u32,
    pub lot_id: Option<String>,
    pub quantity: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tracking)]
pub struct TrackingView {
    pub status: String,
    pub occurred_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shipment)]
pub struct ShipmentView {
    pub id: String,
    pub fulfillment_order_id: String,
    pub location: String,
    pub carrier: Option<String>,
    pub service: Option<String>,
    pub shipped_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Return)]
pub struct ReturnView {
    pub id: String,
    pub location: String,
    pub received_at: String,
    pub credit_minor: i64,
    pub lines: Vec<ReturnLineView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReturnLine)]
pub struct ReturnLineView {
    pub line: u32,
    pub quantity: i64,
    /// Where the units went.
    pub state: String,
    pub reason: String,
}
