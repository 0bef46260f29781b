CREATE INDEX orders_wanted ON orders (id, requested_by) WHERE requested_by IS NOT NULL AND ended_at IS NULL AND fulfillment_status <> 'fulfilled';
CREATE INDEX orders_unfulfilled ON orders (id) WHERE confirmed_at IS NOT NULL AND ended_at IS NULL AND fulfillment_status = 'unfulfilled';
CREATE INDEX orders_moving ON orders (id) WHERE delivery_status = 'in_transit';
CREATE INDEX orders_exception ON orders (id) WHERE delivery_status = 'exception' AND ended_at IS NULL;
CREATE INDEX orders_payment_trouble ON orders (payment_status, id) WHERE payment_status IN ('failed', 'unknown') AND lifecycle IN ('placed', 'confirmed');
CREATE INDEX holds_active ON holds (kind, applied_at) WHERE state = 'active';

CREATE TABLE stats_sales (
    grain INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    channel_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    orders INTEGER NOT NULL,
    ordered INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    short_lines INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    cancelled_amount INTEGER NOT NULL,
    revenue INTEGER NOT NULL,
    CONSTRAINT stats_sales_key PRIMARY KEY (grain, began_at, channel_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_counts (
    grain INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    what TEXT NOT NULL,
    channel_id BLOB NOT NULL,
    total INTEGER NOT NULL,
    CONSTRAINT stats_counts_key PRIMARY KEY (grain, began_at, what, channel_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_times (
    began_at INTEGER NOT NULL,
    stage TEXT NOT NULL,
    channel_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    total INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    b00 INTEGER NOT NULL,
    b01 INTEGER NOT NULL,
    b02 INTEGER NOT NULL,
    b03 INTEGER NOT NULL,
    b04 INTEGER NOT NULL,
    b05 INTEGER NOT NULL,
    b06 INTEGER NOT NULL,
    b07 INTEGER NOT NULL,
    b08 INTEGER NOT NULL,
    b09 INTEGER NOT NULL,
    b10 INTEGER NOT NULL,
    b11 INTEGER NOT NULL,
    b12 INTEGER NOT NULL,
    b13 INTEGER NOT NULL,
    b14 INTEGER NOT NULL,
    b15 INTEGER NOT NULL,
    b16 INTEGER NOT NULL,
    b17 INTEGER NOT NULL,
    b18 INTEGER NOT NULL,
    b19 INTEGER NOT NULL,
    b20 INTEGER NOT NULL,
    b21 INTEGER NOT NULL,
    b22 INTEGER NOT NULL,
    b23 INTEGER NOT NULL,
    b24 INTEGER NOT NULL,
    b25 INTEGER NOT NULL,
    b26 INTEGER NOT NULL,
    b27 INTEGER NOT NULL,
    b28 INTEGER NOT NULL,
    b29 INTEGER NOT NULL,
    b30 INTEGER NOT NULL,
    b31 INTEGER NOT NULL,
    b32 INTEGER NOT NULL,
    b33 INTEGER NOT NULL,
    b34 INTEGER NOT NULL,
    b35 INTEGER NOT NULL,
    b36 INTEGER NOT NULL,
    b37 INTEGER NOT NULL,
    b38 INTEGER NOT NULL,
    b39 INTEGER NOT NULL,
    b40 INTEGER NOT NULL,
    b41 INTEGER NOT NULL,
    b42 INTEGER NOT NULL,
    b43 INTEGER NOT NULL,
    b44 INTEGER NOT NULL,
    b45 INTEGER NOT NULL,
    b46 INTEGER NOT NULL,
    b47 INTEGER NOT NULL,
    CONSTRAINT stats_times_key PRIMARY KEY (began_at, stage, channel_id, location_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_promises (
    due_on TEXT NOT NULL,
    channel_id BLOB NOT NULL,
    due INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    on_time INTEGER NOT NULL,
    in_full INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    CONSTRAINT stats_promises_key PRIMARY KEY (due_on, channel_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_open_promises (
    order_id BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    due_on TEXT NOT NULL,
    outstanding INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    is_cut INTEGER NOT NULL,
    is_late INTEGER NOT NULL,
    CONSTRAINT stats_open_promises_key PRIMARY KEY (order_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_items (
    grain INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    lines INTEGER NOT NULL,
    units INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    CONSTRAINT stats_items_key PRIMARY KEY (grain, began_at, item_id, channel_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_stock (
    location_id BLOB NOT NULL,
    precision INTEGER NOT NULL,
    account TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    CONSTRAINT stats_stock_key PRIMARY KEY (location_id, precision, account)
) STRICT, WITHOUT ROWID;
