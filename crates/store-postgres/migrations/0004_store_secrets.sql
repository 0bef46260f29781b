CREATE TABLE store_secrets (
    name text COLLATE "C" NOT NULL,
    secret bytea NOT NULL,
    CONSTRAINT store_secrets_key PRIMARY KEY (name)
);
