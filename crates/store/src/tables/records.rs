//! The records that the rules change.

use crate::record;
use waybill_domain::access::User;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::item::Item;
use waybill_domain::catalog::location::Location;
use waybill_domain::customer::Customer;
use waybill_domain::fulfillment::FulfillmentOrder;
use waybill_domain::order::*;
use waybill_domain::payment::*;
use waybill_domain::returns::{Return, ReturnLine};
use waybill_domain::shipping::{Parcel, ParcelLine, Shipment, TrackingEvent};
use waybill_domain::stock::document::StockDocument;
use waybill_domain::stock::level::StockLevel;
use waybill_domain::stock::reservation::Reservation;
use waybill_domain::stock::transfer::{TransferHead, TransferLine};
use waybill_domain::system::{ApiKey, SettingsRecord};
use waybill_domain::webhook::{WebhookEndpoint, WebhookReplay};

record!(
    Channel, "channels", key: ["id"],
    indexes: [{ "channels_code", ["code"], unique: true }],
    fixed: { id }, fields: { code, name, ship_on_pending, auto_release, archived, chain }
);

record!(
    Location, "locations", key: ["id"],
    indexes: [{ "locations_code", ["code"], unique: true }],
    fixed: { id },
    fields: { code, name, country, zone, latitude_e4, longitude_e4, preference, archived, chain }
);

record!(
    Item, "items", key: ["id"],
    indexes: [{ "items_sku", ["sku"], unique: true }, { "items_gtin", ["gtin"], unique: false, only: "gtin IS NOT NULL" }],
    fixed: { id },
    fields: { sku, name, gtin, supply, unit, precision, weight_g, length_mm, width_mm, height_mm, archived, chain, cost }
);

record!(
    Customer, "customers", key: ["id"],
    indexes: [{ "customers_code", ["code"], unique: true }],
    fixed: { id, code }, fields: { party_id, tier, archived, chain, notes }
);

record!(
    ApiKey, "api_keys", key: ["id"],
    indexes: [{ "api_keys_secret_hash", ["secret_hash"], unique: true }],
    fixed: { id, name, secret_hash, permissions, channels, locations, created_at }, fields: { revoked_at, chain }
);

record!(
    WebhookEndpoint, "webhook_endpoints", key: ["id"],
    fixed: { id, begins_after, created_at },
    fields: {
        name, url, kinds, origins, ordered, state, disabled_because, disabled_at, enabled_at, secret, previous_secret,
        previous_until, replays, chain
    }
);

record!(
    WebhookReplay, "webhook_replays", key: ["endpoint_id", "number"], parent: ("webhook_endpoints", "endpoint_id"),
    fixed: { endpoint_id, number, position, onward, asked_at }, fields: { }
);

record!(
    User, "users", key: ["id"],
    indexes: [
        { "users_email", ["email_digest"], unique: true, only: "email_digest IS NOT NULL" },
        { "users_identity", ["identity_digest"], unique: true, only: "identity_digest IS NOT NULL" }
    ],
    fixed: { id, invited_at },
    fields: {
        party_id, email_digest, role, channels, locations, state, joined_at, password_hash, password_set_at, totp_secret,
        totp_confirmed_at, epoch, chain, identity_digest, identity_bound_at
    }
);

record!(SettingsRecord, "settings", key: ["id"], fixed: { id }, fields: { settings, chain });

record!(
    StockLevel, "stock_levels", key: ["item_id", "location_id", "lot_id"],
    indexes: [{ "stock_levels_location", ["location_id", "item_id", "lot_id"], unique: false }],
    checks: [
        ("stock_levels_available_not_negative", "available >= 0"),
        ("stock_levels_reserved_not_negative", "reserved >= 0"),
        ("stock_levels_allocated_not_negative", "allocated >= 0"),
        ("stock_levels_picked_not_negative", "picked >= 0"),
        ("stock_levels_packed_not_negative", "packed >= 0"),
        ("stock_levels_other_not_negative", "quality_control >= 0 AND damaged >= 0 AND quarantined >= 0 AND in_transit >= 0")
    ],
    fixed: { key }, fields: { balances, postings, last_position, last_number }
);

record!(
    StockDocument, "stock_documents", key: ["id"],
    fixed: { id, kind, location_id, reference, booked_at }, fields: { chain }
);

record!(
    Reservation, "reservations", key: ["id"],
    indexes: [{ "reservations_due", ["expires_at"], unique: false, only: "state = 'active'" }],
    fixed: { id, channel_id, item_id, location_id, lot_id, quantity, expires_at }, fields: { state, chain }
);

record!(
    TransferHead, "transfers", key: ["id"],
    fixed: { id, from_location_id, to_location_id, sent_at }, fields: { state, chain }
);

record!(
    TransferLine, "transfer_lines", key: ["transfer_id", "number"], parent: ("transfers", "transfer_id"),
    fixed: { transfer_id, number, item_id, lot_id, sent }, fields: { received, lost }
);

record!(
    OrderHead, "orders", key: ["id"],
    indexes: [
        { "orders_number", ["number"], unique: true },
        { "orders_external_ref", ["channel_id", "external_ref"], unique: true, only: "external_ref IS NOT NULL" },
        { "orders_customer", ["customer_id", "id"], unique: false, only: "customer_id IS NOT NULL" },
        { "orders_lifecycle", ["lifecycle", "id"], unique: false },
        { "orders_to_fill", ["priority", "id"], unique: false, only: "to_fill" },
        { "orders_to_release", ["channel_id", "priority", "id"], unique: false, only: "to_release" },
        { "orders_to_capture", ["id"], unique: false, only: "to_capture" },
        { "orders_to_complete", ["id"], unique: false, only: "to_complete" },
        { "orders_held", ["lifecycle", "hold_due_at"], unique: false, only: "holds_active > 0" },
        { "orders_on_hold", ["id"], unique: false, only: "holds_active > 0" },
        { "orders_reserved", ["lifecycle", "reserved_until"], unique: false, only: "reserved_until IS NOT NULL" },
        { "orders_authorized", ["authorization_due_at"], unique: false, only: "authorization_due_at IS NOT NULL" },
        // Of orders that have not ended; said without their lifecycle, whose own index a planner would take instead.
        {
            "orders_wanted", ["id", "requested_by"], unique: false,
            only: "requested_by IS NOT NULL AND ended_at IS NULL AND fulfillment_status <> 'fulfilled'"
        },
        {
            "orders_unfulfilled", ["id"], unique: false,
            only: "confirmed_at IS NOT NULL AND ended_at IS NULL AND fulfillment_status = 'unfulfilled'"
        },
        { "orders_moving", ["id"], unique: false, only: "delivery_status = 'in_transit'" },
        { "orders_exception", ["id"], unique: false, only: "delivery_status = 'exception' AND ended_at IS NULL" },
        {
            "orders_payment_trouble", ["payment_status", "id"], unique: false,
            only: "payment_status IN ('failed', 'unknown') AND lifecycle IN ('placed', 'confirmed')"
        }
    ],
    fixed: {
        id, number, channel_id, external_ref, customer_id, party_id, ship_to, instructions, po_number, currency,
        country, latitude_e1, longitude_e1, requested_by, origin, priority
    },
    fields: {
        placed_at, lifecycle, payment_status, fulfillment_status, delivery_status, return_status, holds_active,
        hold_due_at, reserved_until, authorization_due_at, to_fill, to_release, to_capture, to_complete, confirmed_at, ended_at, goods, tax, charges, recognized,
        received, refunded, charged_back, applied, deposit, chain
    }
);

record!(
    OrderLine, "order_lines", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{ "order_lines_backordered", ["item_id", "backordered_at"], unique: false, only: "backordered > 0" }],
    checks: [
        (
            "order_lines_conserved",
            "ordered = cancelled + open + backordered + at_supplier + reserved + allocated + picked + packed + shipped"
        ),
        ("order_lines_delivered", "delivered + lost <= shipped"),
        ("order_lines_returned", "returned <= shipped")
    ],
    fixed: { order_id, number, item_id, sku, supply, precision, unit_price, ordered, discount, tax, total, note },
    fields: {
        cancelled, open, backordered, at_supplier, served, reserved, allocated, picked, packed, shipped, delivered, lost,
        returned, backordered_at, expected_on
    }
);

record!(
    Charge, "order_charges", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, kind, amount, tax, label }, fields: { billed, billed_tax }
);

record!(
    Allocation, "allocations", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, line, location_id, lot_id, item_id },
    fields: { fulfillment_order, reserved, allocated, picked, packed, shipped }
);

record!(
    Hold, "holds", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [
        { "holds_active", ["kind", "applied_at"], unique: false, only: "state = 'active'" },
        { "holds_due", ["due_at", "order_id", "number"], unique: false, only: "state = 'active'" }
    ],
    fixed: { order_id, number, kind, steps, line, payment, reason, note },
    fields: { owner, due_at, applied_at, state, ended_at }
);

record!(
    Payment, "payments", key: ["order_id", "number"], parent: ("orders", "order_id"),
    checks: [("payments_refunded", "refunded + charged_back <= received")],
    fixed: { order_id, number, method, gateway, token },
    fields: { amount, state, authorized, expires_at, renew_at, received, refunded, charged_back, in_cash, reference }
);

record!(
    PaymentTransaction, "payment_transactions", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{ "payment_transactions_open", ["requested_at"], unique: false, only: "state IN ('pending', 'unknown')" }],
    fixed: { order_id, number, payment, kind, amount, refund, requested_at },
    fields: { state, resolved_at, reference, code }
);

record!(
    Refund, "refunds", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, payment, amount, credited, reason, return_number, granted_at }, fields: { state, ended_at }
);

record!(
    FulfillmentOrder, "fulfillment_orders", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [
        {
            "fulfillment_orders_queue", ["location_id", "priority", "order_id"], unique: false,
            only: "state IN ('open', 'in_progress')"
        },
        {
            "fulfillment_orders_assignee", ["assignee", "priority", "order_id"], unique: false,
            only: "assignee IS NOT NULL AND state IN ('open', 'in_progress')"
        }
    ],
    fixed: { order_id, number, location_id, released_at, priority }, fields: { state, assignee }
);

record!(
    Parcel, "parcels", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [
        {
            "parcels_tracking", ["tracking_number", "order_id", "number"], unique: false,
            only: "tracking_number IS NOT NULL"
        },
        { "parcels_delivered", ["ended_at", "order_id"], unique: false, only: "state = 'delivered'" }
    ],
    fixed: { order_id, number, fulfillment_order, location_id, weight_g, packed_at },
    fields: { shipment, tracking_number, state, tracked_at, ended_at }
);

record!(
    ParcelLine, "parcel_lines", key: ["order_id", "parcel", "line", "lot_id"], parent: ("orders", "order_id"),
    fixed: { order_id, parcel, line, lot_id, item_id, quantity }, fields: { }
);

record!(
    Shipment, "shipments", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, fulfillment_order, location_id, carrier, service, shipped_at }, fields: { }
);

record!(
    TrackingEvent, "tracking_events", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{ "tracking_events_once", ["order_id", "digest"], unique: true }],
    fixed: { order_id, number, parcel, status, occurred_at, digest, raw }, fields: { }
);

record!(
    Return, "returns", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, location_id, received_at, credit }, fields: { }
);

record!(
    ReturnLine, "return_lines", key: ["order_id", "return_number", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, return_number, number, line, item_id, lot_id, state, quantity, reason }, fields: { }
);
