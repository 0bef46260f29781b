-- Orders whose customer wrote and was not answered yet; of messages from now on.
CREATE TABLE waiting_messages (
    order_id uuid NOT NULL,
    position bigint NOT NULL,
    since bigint NOT NULL,
    CONSTRAINT waiting_messages_key PRIMARY KEY (order_id)
);
