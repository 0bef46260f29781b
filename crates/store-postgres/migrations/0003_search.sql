CREATE TABLE order_words (
    word text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    CONSTRAINT order_words_key PRIMARY KEY (word, order_id)
);
CREATE INDEX order_words_order ON order_words (order_id);

CREATE TABLE customer_words (
    word text COLLATE "C" NOT NULL,
    customer_id uuid NOT NULL,
    CONSTRAINT customer_words_key PRIMARY KEY (word, customer_id)
);
CREATE INDEX customer_words_customer ON customer_words (customer_id);
