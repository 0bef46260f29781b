-- How and from where people signed in, and when they signed out.
ALTER TABLE sessions ADD COLUMN began_by text NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN with_code boolean NOT NULL DEFAULT false;
ALTER TABLE sessions ADD COLUMN address text;
ALTER TABLE sessions ADD COLUMN ended_at bigint;
CREATE UNIQUE INDEX sessions_id ON sessions (id);
