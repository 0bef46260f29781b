CREATE TABLE store_state (
    id INTEGER NOT NULL,
    min_writer INTEGER NOT NULL,
    settings INTEGER NOT NULL,
    catalog INTEGER NOT NULL,
    CONSTRAINT store_state_key PRIMARY KEY (id)
) STRICT;

CREATE TABLE receipt_turn (
    id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    since INTEGER NOT NULL,
    CONSTRAINT receipt_turn_key PRIMARY KEY (id)
) STRICT;

CREATE TABLE log_head (
    id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT log_head_key PRIMARY KEY (id)
) STRICT;

CREATE TABLE number_blocks (
    name TEXT NOT NULL,
    next INTEGER NOT NULL,
    CONSTRAINT number_blocks_key PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    name TEXT NOT NULL,
    holder BLOB NOT NULL,
    until INTEGER NOT NULL,
    CONSTRAINT leases_key PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT cursors_key PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts_0 (
    key BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    position INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    CONSTRAINT receipts_0_key PRIMARY KEY (key)
) STRICT;

CREATE TABLE receipts_1 (
    key BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    position INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    CONSTRAINT receipts_1_key PRIMARY KEY (key)
) STRICT;

CREATE TABLE settings (
    id BLOB NOT NULL,
    settings TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT settings_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    permissions TEXT NOT NULL,
    channels TEXT NOT NULL,
    locations TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT api_keys_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_secret_hash ON api_keys (secret_hash);

CREATE TABLE channels (
    id BLOB NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    ship_on_pending INTEGER NOT NULL,
    auto_release INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT channels_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX channels_code ON channels (code);

CREATE TABLE locations (
    id BLOB NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    country TEXT NOT NULL,
    zone TEXT NOT NULL,
    latitude_e4 INTEGER,
    longitude_e4 INTEGER,
    preference INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT locations_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX locations_code ON locations (code);

CREATE TABLE items (
    id BLOB NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    gtin TEXT,
    supply TEXT NOT NULL,
    unit TEXT NOT NULL,
    precision INTEGER NOT NULL,
    weight_g INTEGER,
    length_mm INTEGER,
    width_mm INTEGER,
    height_mm INTEGER,
    archived INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT items_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX items_sku ON items (sku);
CREATE INDEX items_gtin ON items (gtin) WHERE gtin IS NOT NULL;

CREATE TABLE customers (
    id BLOB NOT NULL,
    code TEXT NOT NULL,
    party_id BLOB,
    tier TEXT NOT NULL,
    archived INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT customers_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX customers_code ON customers (code);

CREATE TABLE parties (
    id BLOB NOT NULL,
    name TEXT,
    company TEXT,
    email TEXT,
    phone TEXT,
    CONSTRAINT parties_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE addresses (
    id BLOB NOT NULL,
    name TEXT,
    company TEXT,
    line1 TEXT,
    line2 TEXT,
    city TEXT,
    region TEXT,
    postal_code TEXT,
    country TEXT,
    phone TEXT,
    CONSTRAINT addresses_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE texts (
    id BLOB NOT NULL,
    body TEXT,
    CONSTRAINT texts_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_levels (
    item_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    available INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    allocated INTEGER NOT NULL,
    picked INTEGER NOT NULL,
    packed INTEGER NOT NULL,
    quality_control INTEGER NOT NULL,
    damaged INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    in_transit INTEGER NOT NULL,
    postings INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    CONSTRAINT stock_levels_key PRIMARY KEY (item_id, location_id, lot_id),
    CONSTRAINT stock_levels_available_not_negative CHECK (available >= 0),
    CONSTRAINT stock_levels_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT stock_levels_allocated_not_negative CHECK (allocated >= 0),
    CONSTRAINT stock_levels_picked_not_negative CHECK (picked >= 0),
    CONSTRAINT stock_levels_packed_not_negative CHECK (packed >= 0),
    CONSTRAINT stock_levels_other_not_negative CHECK (quality_control >= 0 AND damaged >= 0 AND quarantined >= 0 AND in_transit >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_levels_location ON stock_levels (location_id, item_id, lot_id);

CREATE TABLE stock_documents (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    location_id BLOB NOT NULL,
    reference TEXT,
    booked_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT stock_documents_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
    id BLOB NOT NULL,
    channel_id BLOB,
    item_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    quantity INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT reservations_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_due ON reservations (expires_at) WHERE state = 'active';

CREATE TABLE transfers (
    id BLOB NOT NULL,
    from_location_id BLOB NOT NULL,
    to_location_id BLOB NOT NULL,
    sent_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT transfers_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfer_lines (
    transfer_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    sent INTEGER NOT NULL,
    received INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    CONSTRAINT transfer_lines_key PRIMARY KEY (transfer_id, number),
    CONSTRAINT transfer_lines_parent FOREIGN KEY (transfer_id) REFERENCES transfers
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    id BLOB NOT NULL,
    number INTEGER NOT NULL,
    channel_id BLOB NOT NULL,
    external_ref TEXT,
    customer_id BLOB,
    party_id BLOB,
    ship_to BLOB,
    instructions BLOB,
    po_number TEXT,
    currency TEXT NOT NULL,
    country TEXT,
    latitude_e1 INTEGER,
    longitude_e1 INTEGER,
    requested_by TEXT,
    origin TEXT NOT NULL,
    priority INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    lifecycle TEXT NOT NULL,
    payment_status TEXT NOT NULL,
    fulfillment_status TEXT NOT NULL,
    delivery_status TEXT NOT NULL,
    return_status TEXT NOT NULL,
    holds_active INTEGER NOT NULL,
    hold_due_at INTEGER,
    reserved_until INTEGER,
    authorization_due_at INTEGER,
    to_fill INTEGER NOT NULL,
    to_release INTEGER NOT NULL,
    to_capture INTEGER NOT NULL,
    to_complete INTEGER NOT NULL,
    confirmed_at INTEGER,
    ended_at INTEGER,
    goods INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    charges INTEGER NOT NULL,
    recognized INTEGER NOT NULL,
    received INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    charged_back INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    deposit INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT orders_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE UNIQUE INDEX orders_external_ref ON orders (channel_id, external_ref) WHERE external_ref IS NOT NULL;
CREATE INDEX orders_customer ON orders (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX orders_lifecycle ON orders (lifecycle, id);
CREATE INDEX orders_to_fill ON orders (priority, id) WHERE to_fill;
CREATE INDEX orders_to_release ON orders (channel_id, priority, id) WHERE to_release;
CREATE INDEX orders_to_capture ON orders (id) WHERE to_capture;
CREATE INDEX orders_to_complete ON orders (id) WHERE to_complete;
CREATE INDEX orders_held ON orders (lifecycle, hold_due_at) WHERE holds_active > 0;
CREATE INDEX orders_on_hold ON orders (id) WHERE holds_active > 0;
CREATE INDEX orders_reserved ON orders (lifecycle, reserved_until) WHERE reserved_until IS NOT NULL;
CREATE INDEX orders_authorized ON orders (authorization_due_at) WHERE authorization_due_at IS NOT NULL;

CREATE TABLE order_lines (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    sku TEXT NOT NULL,
    supply TEXT NOT NULL,
    precision INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    ordered INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    note BLOB,
    cancelled INTEGER NOT NULL,
    open INTEGER NOT NULL,
    backordered INTEGER NOT NULL,
    at_supplier INTEGER NOT NULL,
    served INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    allocated INTEGER NOT NULL,
    picked INTEGER NOT NULL,
    packed INTEGER NOT NULL,
    shipped INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    backordered_at INTEGER,
    expected_on TEXT,
    CONSTRAINT order_lines_key PRIMARY KEY (order_id, number),
    CONSTRAINT order_lines_parent FOREIGN KEY (order_id) REFERENCES orders,
    CONSTRAINT order_lines_conserved CHECK (ordered = cancelled + open + backordered + at_supplier + reserved + allocated + picked + packed + shipped),
    CONSTRAINT order_lines_delivered CHECK (delivered + lost <= shipped),
    CONSTRAINT order_lines_returned CHECK (returned <= shipped)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_lines_backordered ON order_lines (item_id, backordered_at) WHERE backordered > 0;

CREATE TABLE order_charges (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    label TEXT,
    billed INTEGER NOT NULL,
    billed_tax INTEGER NOT NULL,
    CONSTRAINT order_charges_key PRIMARY KEY (order_id, number),
    CONSTRAINT order_charges_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE allocations (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    location_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    fulfillment_order INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    allocated INTEGER NOT NULL,
    picked INTEGER NOT NULL,
    packed INTEGER NOT NULL,
    shipped INTEGER NOT NULL,
    CONSTRAINT allocations_key PRIMARY KEY (order_id, number),
    CONSTRAINT allocations_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    steps INTEGER NOT NULL,
    line INTEGER NOT NULL,
    payment INTEGER NOT NULL,
    reason TEXT NOT NULL,
    note BLOB,
    owner TEXT,
    due_at INTEGER,
    applied_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    ended_at INTEGER,
    CONSTRAINT holds_key PRIMARY KEY (order_id, number),
    CONSTRAINT holds_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    method TEXT NOT NULL,
    gateway TEXT,
    token BLOB,
    amount INTEGER NOT NULL,
    state TEXT NOT NULL,
    authorized INTEGER NOT NULL,
    expires_at INTEGER,
    renew_at INTEGER,
    received INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    charged_back INTEGER NOT NULL,
    in_cash INTEGER NOT NULL,
    reference TEXT,
    CONSTRAINT payments_key PRIMARY KEY (order_id, number),
    CONSTRAINT payments_parent FOREIGN KEY (order_id) REFERENCES orders,
    CONSTRAINT payments_refunded CHECK (refunded + charged_back <= received)
) STRICT, WITHOUT ROWID;

CREATE TABLE payment_transactions (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    payment INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    refund INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    resolved_at INTEGER,
    reference TEXT,
    code TEXT,
    CONSTRAINT payment_transactions_key PRIMARY KEY (order_id, number),
    CONSTRAINT payment_transactions_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_transactions_open ON payment_transactions (requested_at) WHERE state IN ('pending', 'unknown');

CREATE TABLE refunds (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    payment INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    credited INTEGER NOT NULL,
    reason TEXT NOT NULL,
    return_number INTEGER NOT NULL,
    granted_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    ended_at INTEGER,
    CONSTRAINT refunds_key PRIMARY KEY (order_id, number),
    CONSTRAINT refunds_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE fulfillment_orders (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    location_id BLOB NOT NULL,
    released_at INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT fulfillment_orders_key PRIMARY KEY (order_id, number),
    CONSTRAINT fulfillment_orders_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;
CREATE INDEX fulfillment_orders_queue ON fulfillment_orders (location_id, priority, order_id) WHERE state IN ('open', 'in_progress');

CREATE TABLE parcels (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    fulfillment_order INTEGER NOT NULL,
    location_id BLOB NOT NULL,
    weight_g INTEGER,
    packed_at INTEGER NOT NULL,
    shipment INTEGER NOT NULL,
    tracking_number TEXT,
    state TEXT NOT NULL,
    tracked_at INTEGER,
    ended_at INTEGER,
    CONSTRAINT parcels_key PRIMARY KEY (order_id, number),
    CONSTRAINT parcels_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;
CREATE INDEX parcels_tracking ON parcels (tracking_number, order_id, number) WHERE tracking_number IS NOT NULL;

CREATE TABLE parcel_lines (
    order_id BLOB NOT NULL,
    parcel INTEGER NOT NULL,
    line INTEGER NOT NULL,
    lot_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    quantity INTEGER NOT NULL,
    CONSTRAINT parcel_lines_key PRIMARY KEY (order_id, parcel, line, lot_id),
    CONSTRAINT parcel_lines_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE shipments (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    fulfillment_order INTEGER NOT NULL,
    location_id BLOB NOT NULL,
    carrier TEXT,
    service TEXT,
    shipped_at INTEGER NOT NULL,
    CONSTRAINT shipments_key PRIMARY KEY (order_id, number),
    CONSTRAINT shipments_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE tracking_events (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    parcel INTEGER NOT NULL,
    status TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    digest BLOB NOT NULL,
    raw BLOB,
    CONSTRAINT tracking_events_key PRIMARY KEY (order_id, number),
    CONSTRAINT tracking_events_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tracking_events_once ON tracking_events (order_id, digest);

CREATE TABLE returns (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    location_id BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    CONSTRAINT returns_key PRIMARY KEY (order_id, number),
    CONSTRAINT returns_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE return_lines (
    order_id BLOB NOT NULL,
    return_number INTEGER NOT NULL,
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    state TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT return_lines_key PRIMARY KEY (order_id, return_number, number),
    CONSTRAINT return_lines_parent FOREIGN KEY (order_id) REFERENCES orders
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    position INTEGER NOT NULL,
    id BLOB NOT NULL,
    aggregate_kind TEXT NOT NULL,
    aggregate_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    actor TEXT NOT NULL,
    origin TEXT NOT NULL,
    cause BLOB,
    happened_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    payload TEXT NOT NULL,
    hash BLOB NOT NULL,
    CONSTRAINT events_key PRIMARY KEY (position)
) STRICT;
CREATE UNIQUE INDEX events_aggregate ON events (aggregate_id, sequence);

CREATE TABLE stock_postings (
    position INTEGER NOT NULL,
    number INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    from_account TEXT NOT NULL,
    to_account TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    holder_id BLOB,
    line INTEGER,
    previous_position INTEGER NOT NULL,
    previous_number INTEGER NOT NULL,
    CONSTRAINT stock_postings_key PRIMARY KEY (position, number),
    CONSTRAINT stock_postings_quantity CHECK (quantity > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE money_postings (
    position INTEGER NOT NULL,
    number INTEGER NOT NULL,
    currency TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount INTEGER NOT NULL,
    order_id BLOB NOT NULL,
    payment INTEGER NOT NULL,
    CONSTRAINT money_postings_key PRIMARY KEY (position, number),
    CONSTRAINT money_postings_amount CHECK (amount > 0)
) STRICT, WITHOUT ROWID;

INSERT INTO log_head (id, position) VALUES (1, 0);
INSERT INTO store_state (id, min_writer, settings, catalog) VALUES (1, 1, 0, 0);
INSERT INTO receipt_turn (id, generation, since) VALUES (1, 0, 0);
