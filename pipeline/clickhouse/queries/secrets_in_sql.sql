-- title: Passwords sent in SQL text
-- description: Statements that carried a password in plain text: the log, and whoever reads it, has it. The text itself is not stored here.
-- param: hours UInt32 = 720
SELECT event_time, cluster, database, role, client, statement_kind, object_name, outcome, record_id
FROM v_events
WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AND has(signals, 'plaintext_password') AND NOT repeat
ORDER BY event_time DESC
LIMIT 500
