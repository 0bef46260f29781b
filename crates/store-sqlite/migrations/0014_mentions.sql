-- Notes that name somebody who has not read them yet.
CREATE TABLE unread_mentions (
    user_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT unread_mentions_key PRIMARY KEY (user_id, position)
) STRICT, WITHOUT ROWID;
