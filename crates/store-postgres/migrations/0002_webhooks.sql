CREATE TABLE webhook_endpoints (
    id uuid NOT NULL,
    begins_after bigint NOT NULL,
    created_at bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    url text COLLATE "C" NOT NULL,
    kinds text COLLATE "C" NOT NULL,
    origins text COLLATE "C" NOT NULL,
    ordered boolean NOT NULL,
    state text COLLATE "C" NOT NULL,
    disabled_because text COLLATE "C",
    disabled_at bigint,
    enabled_at bigint NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until bigint,
    replays bigint NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT webhook_endpoints_key PRIMARY KEY (id)
) WITH (fillfactor = 85);

CREATE TABLE webhook_replays (
    endpoint_id uuid NOT NULL,
    number bigint NOT NULL,
    position bigint NOT NULL,
    onward boolean NOT NULL,
    asked_at bigint NOT NULL,
    CONSTRAINT webhook_replays_key PRIMARY KEY (endpoint_id, number),
    CONSTRAINT webhook_replays_parent FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints
);

CREATE TABLE webhook_cursors (
    endpoint_id uuid NOT NULL,
    position bigint NOT NULL,
    replays_taken bigint NOT NULL,
    resumed_at bigint NOT NULL,
    failing_since bigint,
    failures bigint NOT NULL,
    delivered_at bigint,
    CONSTRAINT webhook_cursors_key PRIMARY KEY (endpoint_id)
) WITH (fillfactor = 85);

CREATE TABLE webhook_retries (
    endpoint_id uuid NOT NULL,
    position bigint NOT NULL,
    asked boolean NOT NULL,
    attempts bigint NOT NULL,
    due_at bigint NOT NULL,
    since bigint NOT NULL,
    CONSTRAINT webhook_retries_key PRIMARY KEY (endpoint_id, position)
) WITH (fillfactor = 85);
CREATE INDEX webhook_retries_due ON webhook_retries (endpoint_id, due_at);

CREATE TABLE webhook_attempts (
    endpoint_id uuid NOT NULL,
    id uuid NOT NULL,
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    number bigint NOT NULL,
    began_at bigint NOT NULL,
    latency_ms bigint NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    status bigint,
    answer text COLLATE "C",
    again_at bigint,
    CONSTRAINT webhook_attempts_key PRIMARY KEY (endpoint_id, id)
);
