-- Whose the work of a location is; NULL for nobody's.
ALTER TABLE fulfillment_orders ADD COLUMN assignee TEXT;
CREATE INDEX fulfillment_orders_assignee ON fulfillment_orders (assignee, priority, order_id) WHERE assignee IS NOT NULL AND state IN ('open', 'in_progress');
