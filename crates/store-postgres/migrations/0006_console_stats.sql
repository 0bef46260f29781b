CREATE INDEX orders_wanted ON orders (id, requested_by) WHERE requested_by IS NOT NULL AND ended_at IS NULL AND fulfillment_status <> 'fulfilled';
CREATE INDEX orders_unfulfilled ON orders (id) WHERE confirmed_at IS NOT NULL AND ended_at IS NULL AND fulfillment_status = 'unfulfilled';
CREATE INDEX orders_moving ON orders (id) WHERE delivery_status = 'in_transit';
CREATE INDEX orders_exception ON orders (id) WHERE delivery_status = 'exception' AND ended_at IS NULL;
CREATE INDEX orders_payment_trouble ON orders (payment_status, id) WHERE payment_status IN ('failed', 'unknown') AND lifecycle IN ('placed', 'confirmed');
CREATE INDEX holds_active ON holds (kind, applied_at) WHERE state = 'active';

CREATE TABLE stats_sales (
    grain bigint NOT NULL,
    began_at bigint NOT NULL,
    channel_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    orders bigint NOT NULL,
    ordered bigint NOT NULL,
    lines bigint NOT NULL,
    short_lines bigint NOT NULL,
    cancelled bigint NOT NULL,
    cancelled_amount bigint NOT NULL,
    revenue bigint NOT NULL,
    CONSTRAINT stats_sales_key PRIMARY KEY (grain, began_at, channel_id, currency)
) WITH (fillfactor = 85);

CREATE TABLE stats_counts (
    grain bigint NOT NULL,
    began_at bigint NOT NULL,
    what text COLLATE "C" NOT NULL,
    channel_id uuid NOT NULL,
    total bigint NOT NULL,
    CONSTRAINT stats_counts_key PRIMARY KEY (grain, began_at, what, channel_id)
) WITH (fillfactor = 85);

CREATE TABLE stats_times (
    began_at bigint NOT NULL,
    stage text COLLATE "C" NOT NULL,
    channel_id uuid NOT NULL,
    location_id uuid NOT NULL,
    total bigint NOT NULL,
    seconds bigint NOT NULL,
    b00 bigint NOT NULL,
    b01 bigint NOT NULL,
    b02 bigint NOT NULL,
    b03 bigint NOT NULL,
    b04 bigint NOT NULL,
    b05 bigint NOT NULL,
    b06 bigint NOT NULL,
    b07 bigint NOT NULL,
    b08 bigint NOT NULL,
    b09 bigint NOT NULL,
    b10 bigint NOT NULL,
    b11 bigint NOT NULL,
    b12 bigint NOT NULL,
    b13 bigint NOT NULL,
    b14 bigint NOT NULL,
    b15 bigint NOT NULL,
    b16 bigint NOT NULL,
    b17 bigint NOT NULL,
    b18 bigint NOT NULL,
    b19 bigint NOT NULL,
    b20 bigint NOT NULL,
    b21 bigint NOT NULL,
    b22 bigint NOT NULL,
    b23 bigint NOT NULL,
    b24 bigint NOT NULL,
    b25 bigint NOT NULL,
    b26 bigint NOT NULL,
    b27 bigint NOT NULL,
    b28 bigint NOT NULL,
    b29 bigint NOT NULL,
    b30 bigint NOT NULL,
    b31 bigint NOT NULL,
    b32 bigint NOT NULL,
    b33 bigint NOT NULL,
    b34 bigint NOT NULL,
    b35 bigint NOT NULL,
    b36 bigint NOT NULL,
    b37 bigint NOT NULL,
    b38 bigint NOT NULL,
    b39 bigint NOT NULL,
    b40 bigint NOT NULL,
    b41 bigint NOT NULL,
    b42 bigint NOT NULL,
    b43 bigint NOT NULL,
    b44 bigint NOT NULL,
    b45 bigint NOT NULL,
    b46 bigint NOT NULL,
    b47 bigint NOT NULL,
    CONSTRAINT stats_times_key PRIMARY KEY (began_at, stage, channel_id, location_id)
) WITH (fillfactor = 85);

CREATE TABLE stats_promises (
    due_on text COLLATE "C" NOT NULL,
    channel_id uuid NOT NULL,
    due bigint NOT NULL,
    cancelled bigint NOT NULL,
    on_time bigint NOT NULL,
    in_full bigint NOT NULL,
    kept bigint NOT NULL,
    CONSTRAINT stats_promises_key PRIMARY KEY (due_on, channel_id)
) WITH (fillfactor = 85);

CREATE TABLE stats_open_promises (
    order_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    due_on text COLLATE "C" NOT NULL,
    outstanding bigint NOT NULL,
    delivered bigint NOT NULL,
    is_cut boolean NOT NULL,
    is_late boolean NOT NULL,
    CONSTRAINT stats_open_promises_key PRIMARY KEY (order_id)
) WITH (fillfactor = 85);

CREATE TABLE stats_items (
    grain bigint NOT NULL,
    began_at bigint NOT NULL,
    item_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    lines bigint NOT NULL,
    units bigint NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT stats_items_key PRIMARY KEY (grain, began_at, item_id, channel_id, currency)
) WITH (fillfactor = 85);

CREATE TABLE stats_stock (
    location_id uuid NOT NULL,
    precision bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    CONSTRAINT stats_stock_key PRIMARY KEY (location_id, precision, account)
) WITH (fillfactor = 85);
