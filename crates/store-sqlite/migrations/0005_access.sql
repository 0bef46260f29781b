CREATE TABLE users (
    id BLOB NOT NULL,
    invited_at INTEGER NOT NULL,
    party_id BLOB NOT NULL,
    email_digest BLOB,
    role TEXT NOT NULL,
    channels TEXT NOT NULL,
    locations TEXT NOT NULL,
    state TEXT NOT NULL,
    joined_at INTEGER,
    password_hash TEXT,
    password_set_at INTEGER,
    totp_secret BLOB,
    totp_confirmed_at INTEGER,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    CONSTRAINT users_key PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_email ON users (email_digest) WHERE email_digest IS NOT NULL;

CREATE TABLE sessions (
    token_hash BLOB NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    CONSTRAINT sessions_key PRIMARY KEY (token_hash)
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE sign_in_links (
    token_hash BLOB NOT NULL,
    user_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT sign_in_links_key PRIMARY KEY (token_hash)
) STRICT;
CREATE INDEX sign_in_links_user ON sign_in_links (user_id);
CREATE INDEX sign_in_links_expiry ON sign_in_links (expires_at);

CREATE TABLE totp_uses (
    user_id BLOB NOT NULL,
    step INTEGER NOT NULL,
    CONSTRAINT totp_uses_key PRIMARY KEY (user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_of_users ON events (actor, position) WHERE actor >= 'usr_' AND actor < 'usr`';
