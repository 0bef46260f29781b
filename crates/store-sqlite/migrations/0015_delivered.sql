-- When parcels arrived, for the list of what was delivered on a day.
CREATE INDEX parcels_delivered ON parcels (ended_at, order_id) WHERE state = 'delivered';
