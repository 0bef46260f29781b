-- Tries to sign in that failed, by the hour.
CREATE TABLE failed_sign_ins (
    hour INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    wrong TEXT NOT NULL,
    address TEXT NOT NULL,
    tries INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    CONSTRAINT failed_sign_ins_key PRIMARY KEY (hour, user_id, wrong, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX failed_sign_ins_user ON failed_sign_ins (user_id, hour, wrong, address);
