-- Notes that name somebody who has not read them yet.
CREATE TABLE unread_mentions (
    user_id uuid NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT unread_mentions_key PRIMARY KEY (user_id, position)
);
