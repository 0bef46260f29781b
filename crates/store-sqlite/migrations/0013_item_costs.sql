-- What a base unit of an item costs the shop, in millionths of its currency.
ALTER TABLE items ADD COLUMN unit_cost INTEGER;
ALTER TABLE items ADD COLUMN cost_currency TEXT;
