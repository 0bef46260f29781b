-- How many notes were written about a customer.
ALTER TABLE customers ADD COLUMN notes INTEGER NOT NULL DEFAULT 0;
