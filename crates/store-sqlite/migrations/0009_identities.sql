-- Whom a provider of single sign-on says a user is.
ALTER TABLE users ADD COLUMN identity_digest BLOB;
ALTER TABLE users ADD COLUMN identity_bound_at INTEGER;
CREATE UNIQUE INDEX users_identity ON users (identity_digest) WHERE identity_digest IS NOT NULL;
