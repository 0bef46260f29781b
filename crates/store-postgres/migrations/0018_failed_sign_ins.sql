-- Tries to sign in that failed, by the hour.
CREATE TABLE failed_sign_ins (
    hour bigint NOT NULL,
    user_id uuid NOT NULL,
    wrong text NOT NULL,
    address text NOT NULL,
    tries bigint NOT NULL,
    last_at bigint NOT NULL,
    CONSTRAINT failed_sign_ins_key PRIMARY KEY (hour, user_id, wrong, address)
);
CREATE INDEX failed_sign_ins_user ON failed_sign_ins (user_id, hour, wrong, address);
