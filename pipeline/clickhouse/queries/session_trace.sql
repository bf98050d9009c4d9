-- title: Everything one session did
-- description: The events of one session in order. Take session_id from another answer.
-- param: session_id String = 1
SELECT e.event_time AS event_time, e.kind AS kind, e.role AS role, e.database AS database, e.client AS client, e.command AS command, e.outcome AS outcome, e.rows AS rows, e.sqlstate AS sqlstate, e.signals AS signals, s.normalized AS statement, e.record_id AS record_id
FROM v_events AS e LEFT ANY JOIN v_statements AS s ON s.fingerprint = e.fingerprint
WHERE e.session_id = {session_id:String}
ORDER BY event_time, e.offset, e.event_index
LIMIT 5000
