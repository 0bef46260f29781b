CREATE TABLE preferences (
    principal TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT preferences_key PRIMARY KEY (principal, name)
) STRICT, WITHOUT ROWID;
