-- How and from where people signed in, and when they signed out.
ALTER TABLE sessions ADD COLUMN began_by TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN with_code INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN ended_at INTEGER;
CREATE UNIQUE INDEX sessions_id ON sessions (id);
