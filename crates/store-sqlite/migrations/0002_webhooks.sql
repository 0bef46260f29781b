CREATE TABLE webhook_endpoints (
    id BLOB NOT NULL,
    begins_after INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    origins TEXT NOT NULL,
    ordered INTEGER NOT NULL,
    state TEXT NOT NULL,
    disabled_because TEXT,
    disabled_at INTEGER,
    enabled_at INTEGER NOT NULL,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until INTEGER,
    replays INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT webhook_endpoints_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_replays (
    endpoint_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    onward INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    CONSTRAINT webhook_replays_key PRIMARY KEY (endpoint_id, number),
    CONSTRAINT webhook_replays_parent FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_cursors (
    endpoint_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    replays_taken INTEGER NOT NULL,
    resumed_at INTEGER NOT NULL,
    failing_since INTEGER,
    failures INTEGER NOT NULL,
    delivered_at INTEGER,
    CONSTRAINT webhook_cursors_key PRIMARY KEY (endpoint_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_retries (
    endpoint_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    CONSTRAINT webhook_retries_key PRIMARY KEY (endpoint_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_retries_due ON webhook_retries (endpoint_id, due_at);

CREATE TABLE webhook_attempts (
    endpoint_id BLOB NOT NULL,
    id BLOB NOT NULL,
    position INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    answer TEXT,
    again_at INTEGER,
    CONSTRAINT webhook_attempts_key PRIMARY KEY (endpoint_id, id)
) STRICT, WITHOUT ROWID;
