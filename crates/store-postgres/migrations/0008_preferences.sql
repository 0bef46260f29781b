CREATE TABLE preferences (
    principal text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    CONSTRAINT preferences_key PRIMARY KEY (principal, name)
);
