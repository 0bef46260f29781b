-- How many notes were written about a customer.
ALTER TABLE customers ADD COLUMN notes bigint NOT NULL DEFAULT 0;
