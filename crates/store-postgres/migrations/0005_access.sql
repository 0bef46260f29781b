CREATE TABLE users (
    id uuid NOT NULL,
    invited_at bigint NOT NULL,
    party_id uuid NOT NULL,
    email_digest bytea,
    role text COLLATE "C" NOT NULL,
    channels text COLLATE "C" NOT NULL,
    locations text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    joined_at bigint,
    password_hash text COLLATE "C",
    password_set_at bigint,
    totp_secret bytea,
    totp_confirmed_at bigint,
    epoch bigint NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    happened_at bigint NOT NULL,
    CONSTRAINT users_key PRIMARY KEY (id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX users_email ON users (email_digest) WHERE email_digest IS NOT NULL;

CREATE TABLE sessions (
    token_hash bytea NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    epoch bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    CONSTRAINT sessions_key PRIMARY KEY (token_hash)
) WITH (fillfactor = 85);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE sign_in_links (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT sign_in_links_key PRIMARY KEY (token_hash)
);
CREATE INDEX sign_in_links_user ON sign_in_links (user_id);
CREATE INDEX sign_in_links_expiry ON sign_in_links (expires_at);

CREATE TABLE totp_uses (
    user_id uuid NOT NULL,
    step bigint NOT NULL,
    CONSTRAINT totp_uses_key PRIMARY KEY (user_id)
) WITH (fillfactor = 85);

CREATE INDEX events_of_users ON events (actor, position) WHERE actor >= 'usr_' AND actor < 'usr`';
