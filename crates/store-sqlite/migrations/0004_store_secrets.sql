CREATE TABLE store_secrets (
    name TEXT NOT NULL,
    secret BLOB NOT NULL,
    CONSTRAINT store_secrets_key PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;
