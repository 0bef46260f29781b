-- The queue of active holds, by what is due first.
CREATE INDEX holds_due ON holds (due_at, order_id, number) WHERE state = 'active';
