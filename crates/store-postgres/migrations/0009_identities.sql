-- Whom a provider of single sign-on says a user is.
ALTER TABLE users ADD COLUMN identity_digest bytea;
ALTER TABLE users ADD COLUMN identity_bound_at bigint;
CREATE UNIQUE INDEX users_identity ON users (identity_digest) WHERE identity_digest IS NOT NULL;
