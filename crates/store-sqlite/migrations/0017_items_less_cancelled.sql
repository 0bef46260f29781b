-- Items count what was ordered less what was cancelled: the sums are made anew from the first event.
DELETE FROM stats_sales;
DELETE FROM stats_counts;
DELETE FROM stats_times;
DELETE FROM stats_promises;
DELETE FROM stats_open_promises;
DELETE FROM stats_items;
DELETE FROM stats_stock;
DELETE FROM cursors WHERE name = 'stats';
