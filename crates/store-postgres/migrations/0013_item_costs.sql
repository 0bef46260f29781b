-- What a base unit of an item costs the shop, in millionths of its currency.
ALTER TABLE items ADD COLUMN unit_cost bigint;
ALTER TABLE items ADD COLUMN cost_currency text;
