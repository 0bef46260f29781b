CREATE TABLE order_words (
    word TEXT NOT NULL,
    order_id BLOB NOT NULL,
    CONSTRAINT order_words_key PRIMARY KEY (word, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_words_order ON order_words (order_id);

CREATE TABLE customer_words (
    word TEXT NOT NULL,
    customer_id BLOB NOT NULL,
    CONSTRAINT customer_words_key PRIMARY KEY (word, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_words_customer ON customer_words (customer_id);
