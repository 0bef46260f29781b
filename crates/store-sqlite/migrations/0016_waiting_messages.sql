-- Orders whose customer wrote and was not answered yet; of messages from now on.
CREATE TABLE waiting_messages (
    order_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    since INTEGER NOT NULL,
    CONSTRAINT waiting_messages_key PRIMARY KEY (order_id)
) STRICT, WITHOUT ROWID;
