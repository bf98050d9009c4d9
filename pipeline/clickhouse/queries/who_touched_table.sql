-- title: Who touched a table
-- description: Every role that read or changed one table (as schema.name), from where, with which statements.
-- param: table String = public.orders
-- param: hours UInt32 = 720
SELECT cluster, database, role, client, application, countIf(has(tables_written, {table:String})) AS writes, countIf(has(tables_read, {table:String})) AS reads,
    sum(coalesce(rows, 0)) AS rows_total, uniqExact(fingerprint) AS statements, min(event_time) AS first, max(event_time) AS last
FROM v_events
WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AND has(tables, {table:String}) AND NOT repeat
GROUP BY cluster, database, role, client, application
ORDER BY last DESC
LIMIT 200
