-- title: Largest reads
-- description: Single statements that returned the most rows, beside the most that the same role got from one statement in all the time before.
-- param: hours UInt32 = 24
-- param: min_rows UInt64 = 1000
WITH (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AS since
SELECT e.event_time AS event_time, e.cluster AS cluster, e.database AS database, e.role AS role, e.client AS client, e.tables_read AS tables, e.rows AS rows_read,
    h.most AS most_before, s.normalized AS statement, e.record_id AS record_id
FROM (SELECT * FROM v_events WHERE event_time >= since AND rows >= {min_rows:UInt64} AND notEmpty(tables_read) AND NOT repeat) AS e
LEFT JOIN (SELECT cluster, database, role, max(rows) AS most FROM v_events WHERE event_time < since AND notEmpty(tables_read) GROUP BY cluster, database, role) AS h
    ON h.cluster = e.cluster AND h.database = e.database AND h.role = e.role
LEFT ANY JOIN v_statements AS s ON s.fingerprint = e.fingerprint
ORDER BY rows_read DESC
LIMIT 100
