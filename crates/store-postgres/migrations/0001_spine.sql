CREATE TABLE store_state (
    id bigint NOT NULL,
    min_writer bigint NOT NULL,
    settings bigint NOT NULL,
    catalog bigint NOT NULL,
    CONSTRAINT store_state_key PRIMARY KEY (id)
) WITH (fillfactor = 85);

CREATE TABLE receipt_turn (
    id bigint NOT NULL,
    generation bigint NOT NULL,
    since bigint NOT NULL,
    CONSTRAINT receipt_turn_key PRIMARY KEY (id)
) WITH (fillfactor = 85);

CREATE TABLE log_head (
    id bigint NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT log_head_key PRIMARY KEY (id)
) WITH (fillfactor = 85);

CREATE TABLE number_blocks (
    name text COLLATE "C" NOT NULL,
    next bigint NOT NULL,
    CONSTRAINT number_blocks_key PRIMARY KEY (name)
) WITH (fillfactor = 85);

CREATE TABLE leases (
    name text COLLATE "C" NOT NULL,
    holder uuid NOT NULL,
    until bigint NOT NULL,
    CONSTRAINT leases_key PRIMARY KEY (name)
) WITH (fillfactor = 85);

CREATE TABLE cursors (
    name text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT cursors_key PRIMARY KEY (name)
) WITH (fillfactor = 85);

CREATE TABLE receipts_0 (
    key uuid NOT NULL,
    body_hash uuid NOT NULL,
    position bigint NOT NULL,
    receipt text COLLATE "C" NOT NULL,
    CONSTRAINT receipts_0_key PRIMARY KEY (key)
);

CREATE TABLE receipts_1 (
    key uuid NOT NULL,
    body_hash uuid NOT NULL,
    position bigint NOT NULL,
    receipt text COLLATE "C" NOT NULL,
    CONSTRAINT receipts_1_key PRIMARY KEY (key)
);

CREATE TABLE settings (
    id uuid NOT NULL,
    settings text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT settings_key PRIMARY KEY (id)
) WITH (fillfactor = 85);

CREATE TABLE api_keys (
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    permissions text COLLATE "C" NOT NULL,
    channels text COLLATE "C" NOT NULL,
    locations text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT api_keys_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX api_keys_secret_hash ON api_keys (secret_hash);

CREATE TABLE channels (
    id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    ship_on_pending boolean NOT NULL,
    auto_release boolean NOT NULL,
    archived boolean NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT channels_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX channels_code ON channels (code);

CREATE TABLE locations (
    id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    country text COLLATE "C" NOT NULL,
    zone text COLLATE "C" NOT NULL,
    latitude_e4 bigint,
    longitude_e4 bigint,
    preference bigint NOT NULL,
    archived boolean NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT locations_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX locations_code ON locations (code);

CREATE TABLE items (
    id uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    gtin text COLLATE "C",
    supply text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    precision bigint NOT NULL,
    weight_g bigint,
    length_mm bigint,
    width_mm bigint,
    height_mm bigint,
    archived boolean NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT items_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX items_sku ON items (sku);
CREATE INDEX items_gtin ON items (gtin) WHERE gtin IS NOT NULL;

CREATE TABLE customers (
    id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    party_id uuid,
    tier text COLLATE "C" NOT NULL,
    archived boolean NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT customers_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX customers_code ON customers (code);

CREATE TABLE parties (
    id uuid NOT NULL,
    name text COLLATE "C",
    company text COLLATE "C",
    email text COLLATE "C",
    phone text COLLATE "C",
    CONSTRAINT parties_key PRIMARY KEY (id)
);

CREATE TABLE addresses (
    id uuid NOT NULL,
    name text COLLATE "C",
    company text COLLATE "C",
    line1 text COLLATE "C",
    line2 text COLLATE "C",
    city text COLLATE "C",
    region text COLLATE "C",
    postal_code text COLLATE "C",
    country text COLLATE "C",
    phone text COLLATE "C",
    CONSTRAINT addresses_key PRIMARY KEY (id)
);

CREATE TABLE texts (
    id uuid NOT NULL,
    body text COLLATE "C",
    CONSTRAINT texts_key PRIMARY KEY (id)
);

CREATE TABLE stock_levels (
    item_id uuid NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    available bigint NOT NULL,
    reserved bigint NOT NULL,
    allocated bigint NOT NULL,
    picked bigint NOT NULL,
    packed bigint NOT NULL,
    quality_control bigint NOT NULL,
    damaged bigint NOT NULL,
    quarantined bigint NOT NULL,
    in_transit bigint NOT NULL,
    postings bigint NOT NULL,
    last_position bigint NOT NULL,
    last_number bigint NOT NULL,
    CONSTRAINT stock_levels_key PRIMARY KEY (item_id, location_id, lot_id),
    CONSTRAINT stock_levels_available_not_negative CHECK (available >= 0),
    CONSTRAINT stock_levels_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT stock_levels_allocated_not_negative CHECK (allocated >= 0),
    CONSTRAINT stock_levels_picked_not_negative CHECK (picked >= 0),
    CONSTRAINT stock_levels_packed_not_negative CHECK (packed >= 0),
    CONSTRAINT stock_levels_other_not_negative CHECK (quality_control >= 0 AND damaged >= 0 AND quarantined >= 0 AND in_transit >= 0)
) WITH (fillfactor = 85);
CREATE INDEX stock_levels_location ON stock_levels (location_id, item_id, lot_id);

CREATE TABLE stock_documents (
    id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    location_id uuid NOT NULL,
    reference text COLLATE "C",
    booked_at bigint NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT stock_documents_key PRIMARY KEY (id)
) WITH (fillfactor = 85);

CREATE TABLE reservations (
    id uuid NOT NULL,
    channel_id uuid,
    item_id uuid NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    quantity bigint NOT NULL,
    expires_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT reservations_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
CREATE INDEX reservations_due ON reservations (expires_at) WHERE state = 'active';

CREATE TABLE transfers (
    id uuid NOT NULL,
    from_location_id uuid NOT NULL,
    to_location_id uuid NOT NULL,
    sent_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT transfers_key PRIMARY KEY (id)
) WITH (fillfactor = 85);

CREATE TABLE transfer_lines (
    transfer_id uuid NOT NULL,
    number bigint NOT NULL,
    item_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    sent bigint NOT NULL,
    received bigint NOT NULL,
    lost bigint NOT NULL,
    CONSTRAINT transfer_lines_key PRIMARY KEY (transfer_id, number),
    CONSTRAINT transfer_lines_parent FOREIGN KEY (transfer_id) REFERENCES transfers
) WITH (fillfactor = 85);

CREATE TABLE orders (
    id uuid NOT NULL,
    number bigint NOT NULL,
    channel_id uuid NOT NULL,
    external_ref text COLLATE "C",
    customer_id uuid,
    party_id uuid,
    ship_to uuid,
    instructions uuid,
    po_number text COLLATE "C",
    currency text COLLATE "C" NOT NULL,
    country text COLLATE "C",
    latitude_e1 bigint,
    longitude_e1 bigint,
    requested_by text COLLATE "C",
    origin text COLLATE "C" NOT NULL,
    priority bigint NOT NULL,
    placed_at bigint NOT NULL,
    lifecycle text COLLATE "C" NOT NULL,
    payment_status text COLLATE "C" NOT NULL,
    fulfillment_status text COLLATE "C" NOT NULL,
    delivery_status text COLLATE "C" NOT NULL,
    return_status text COLLATE "C" NOT NULL,
    holds_active bigint NOT NULL,
    hold_due_at bigint,
    reserved_until bigint,
    authorization_due_at bigint,
    to_fill boolean NOT NULL,
    to_release boolean NOT NULL,
    to_capture boolean NOT NULL,
    to_complete boolean NOT NULL,
    confirmed_at bigint,
    ended_at bigint,
    goods bigint NOT NULL,
    tax bigint NOT NULL,
    charges bigint NOT NULL,
    recognized bigint NOT NULL,
    received bigint NOT NULL,
    refunded bigint NOT NULL,
    charged_back bigint NOT NULL,
    applied bigint NOT NULL,
    deposit bigint NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT orders_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
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
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    item_id uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    supply text COLLATE "C" NOT NULL,
    precision bigint NOT NULL,
    unit_price bigint NOT NULL,
    ordered bigint NOT NULL,
    discount bigint NOT NULL,
    tax bigint NOT NULL,
    total bigint NOT NULL,
    note uuid,
    cancelled bigint NOT NULL,
    open bigint NOT NULL,
    backordered bigint NOT NULL,
    at_supplier bigint NOT NULL,
    served bigint NOT NULL,
    reserved bigint NOT NULL,
    allocated bigint NOT NULL,
    picked bigint NOT NULL,
    packed bigint NOT NULL,
    shipped bigint NOT NULL,
    delivered bigint NOT NULL,
    lost bigint NOT NULL,
    returned bigint NOT NULL,
    backordered_at bigint,
    expected_on text COLLATE "C",
    CONSTRAINT order_lines_key PRIMARY KEY (order_id, number),
    CONSTRAINT order_lines_parent FOREIGN KEY (order_id) REFERENCES orders,
    CONSTRAINT order_lines_conserved CHECK (ordered = cancelled + open + backordered + at_supplier + reserved + allocated + picked + packed + shipped),
    CONSTRAINT order_lines_delivered CHECK (delivered + lost <= shipped),
    CONSTRAINT order_lines_returned CHECK (returned <= shipped)
) WITH (fillfactor = 85);
CREATE INDEX order_lines_backordered ON order_lines (item_id, backordered_at) WHERE backordered > 0;

CREATE TABLE order_charges (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    tax bigint NOT NULL,
    label text COLLATE "C",
    billed bigint NOT NULL,
    billed_tax bigint NOT NULL,
    CONSTRAINT order_charges_key PRIMARY KEY (order_id, number),
    CONSTRAINT order_charges_parent FOREIGN KEY (order_id) REFERENCES orders
) WITH (fillfactor = 85);

CREATE TABLE allocations (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    line bigint NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    item_id uuid NOT NULL,
    fulfillment_order bigint NOT NULL,
    reserved bigint NOT NULL,
    allocated bigint NOT NULL,
    picked bigint NOT NULL,
    packed bigint NOT NULL,
    shipped bigint NOT NULL,
    CONSTRAINT allocations_key PRIMARY KEY (order_id, number),
    CONSTRAINT allocations_parent FOREIGN KEY (order_id) REFERENCES orders
) WITH (fillfactor = 85);

CREATE TABLE holds (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    steps bigint NOT NULL,
    line bigint NOT NULL,
    payment bigint NOT NULL,
    reason text COLLATE "C" NOT NULL,
    note uuid,
    owner text COLLATE "C",
    due_at bigint,
    applied_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    ended_at bigint,
    CONSTRAINT holds_key PRIMARY KEY (order_id, number),
    CONSTRAINT holds_parent FOREIGN KEY (order_id) REFERENCES orders
) WITH (fillfactor = 85);

CREATE TABLE payments (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    method text COLLATE "C" NOT NULL,
    gateway text COLLATE "C",
    token uuid,
    amount bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    authorized bigint NOT NULL,
    expires_at bigint,
    renew_at bigint,
    received bigint NOT NULL,
    refunded bigint NOT NULL,
    charged_back bigint NOT NULL,
    in_cash bigint NOT NULL,
    reference text COLLATE "C",
    CONSTRAINT payments_key PRIMARY KEY (order_id, number),
    CONSTRAINT payments_parent FOREIGN KEY (order_id) REFERENCES orders,
    CONSTRAINT payments_refunded CHECK (refunded + charged_back <= received)
) WITH (fillfactor = 85);

CREATE TABLE payment_transactions (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    payment bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    refund bigint NOT NULL,
    requested_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    resolved_at bigint,
    reference text COLLATE "C",
    code text COLLATE "C",
    CONSTRAINT payment_transactions_key PRIMARY KEY (order_id, number),
    CONSTRAINT payment_transactions_parent FOREIGN KEY (order_id) REFERENCES orders
) WITH (fillfactor = 85);
CREATE INDEX payment_transactions_open ON payment_transactions (requested_at) WHERE state IN ('pending', 'unknown');

CREATE TABLE refunds (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    payment bigint NOT NULL,
    amount bigint NOT NULL,
    credited bigint NOT NULL,
    reason text COLLATE "C" NOT NULL,
    return_number bigint NOT NULL,
    granted_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    ended_at bigint,
    CONSTRAINT refunds_key PRIMARY KEY (order_id, number),
    CONSTRAINT refunds_parent FOREIGN KEY (order_id) REFERENCES orders
) WITH (fillfactor = 85);

CREATE TABLE fulfillment_orders (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    location_id uuid NOT NULL,
    released_at bigint NOT NULL,
    priority bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    CONSTRAINT fulfillment_orders_key PRIMARY KEY (order_id, number),
    CONSTRAINT fulfillment_orders_parent FOREIGN KEY (order_id) REFERENCES orders
) WITH (fillfactor = 85);
CREATE INDEX fulfillment_orders_queue ON fulfillment_orders (location_id, priority, order_id) WHERE state IN ('open', 'in_progress');

CREATE TABLE parcels (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    fulfillment_order bigint NOT NULL,
    location_id uuid NOT NULL,
    weight_g bigint,
    packed_at bigint NOT NULL,
    shipment bigint NOT NULL,
    tracking_number text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    tracked_at bigint,
    ended_at bigint,
    CONSTRAINT parcels_key PRIMARY KEY (order_id, number),
    CONSTRAINT parcels_parent FOREIGN KEY (order_id) REFERENCES orders
) WITH (fillfactor = 85);
CREATE INDEX parcels_tracking ON parcels (tracking_number, order_id, number) WHERE tracking_number IS NOT NULL;

CREATE TABLE parcel_lines (
    order_id uuid NOT NULL,
    parcel bigint NOT NULL,
    line bigint NOT NULL,
    lot_id uuid NOT NULL,
    item_id uuid NOT NULL,
    quantity bigint NOT NULL,
    CONSTRAINT parcel_lines_key PRIMARY KEY (order_id, parcel, line, lot_id),
    CONSTRAINT parcel_lines_parent FOREIGN KEY (order_id) REFERENCES orders
);

CREATE TABLE shipments (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    fulfillment_order bigint NOT NULL,
    location_id uuid NOT NULL,
    carrier text COLLATE "C",
    service text COLLATE "C",
    shipped_at bigint NOT NULL,
    CONSTRAINT shipments_key PRIMARY KEY (order_id, number),
    CONSTRAINT shipments_parent FOREIGN KEY (order_id) REFERENCES orders
);

CREATE TABLE tracking_events (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    parcel bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    occurred_at bigint NOT NULL,
    digest uuid NOT NULL,
    raw uuid,
    CONSTRAINT tracking_events_key PRIMARY KEY (order_id, number),
    CONSTRAINT tracking_events_parent FOREIGN KEY (order_id) REFERENCES orders
);
CREATE UNIQUE INDEX tracking_events_once ON tracking_events (order_id, digest);

CREATE TABLE returns (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    location_id uuid NOT NULL,
    received_at bigint NOT NULL,
    credit bigint NOT NULL,
    CONSTRAINT returns_key PRIMARY KEY (order_id, number),
    CONSTRAINT returns_parent FOREIGN KEY (order_id) REFERENCES orders
);

CREATE TABLE return_lines (
    order_id uuid NOT NULL,
    return_number bigint NOT NULL,
    number bigint NOT NULL,
    line bigint NOT NULL,
    item_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    state text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    reason text COLLATE "C" NOT NULL,
    CONSTRAINT return_lines_key PRIMARY KEY (order_id, return_number, number),
    CONSTRAINT return_lines_parent FOREIGN KEY (order_id) REFERENCES orders
);

CREATE TABLE events (
    position bigint NOT NULL,
    id uuid NOT NULL,
    aggregate_kind text COLLATE "C" NOT NULL,
    aggregate_id uuid NOT NULL,
    sequence bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    actor text COLLATE "C" NOT NULL,
    origin text COLLATE "C" NOT NULL,
    cause uuid,
    happened_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    payload text COLLATE "C" NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT events_key PRIMARY KEY (position)
);
CREATE UNIQUE INDEX events_aggregate ON events (aggregate_id, sequence);

CREATE TABLE stock_postings (
    position bigint NOT NULL,
    number bigint NOT NULL,
    item_id uuid NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    from_account text COLLATE "C" NOT NULL,
    to_account text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    holder_id uuid,
    line bigint,
    previous_position bigint NOT NULL,
    previous_number bigint NOT NULL,
    CONSTRAINT stock_postings_key PRIMARY KEY (position, number),
    CONSTRAINT stock_postings_quantity CHECK (quantity > 0)
);

CREATE TABLE money_postings (
    position bigint NOT NULL,
    number bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    debit text COLLATE "C" NOT NULL,
    credit text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    order_id uuid NOT NULL,
    payment bigint NOT NULL,
    CONSTRAINT money_postings_key PRIMARY KEY (position, number),
    CONSTRAINT money_postings_amount CHECK (amount > 0)
);

INSERT INTO log_head (id, position) VALUES (1, 0);
INSERT INTO store_state (id, min_writer, settings, catalog) VALUES (1, 1, 0, 0);
INSERT INTO receipt_turn (id, generation, since) VALUES (1, 0, 0);
