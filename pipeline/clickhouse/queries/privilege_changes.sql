-- title: Changes of privileges and roles
-- description: Every grant, revoke, change of role, password or owner, with who did it and how it ended.
-- param: hours UInt32 = 168
SELECT p.event_time AS event_time, p.cluster AS cluster, p.database AS database, p.role AS role, p.client AS client, p.outcome AS outcome, p.signals AS signals, s.normalized AS statement, p.record_id AS record_id
FROM v_privilege_changes AS p LEFT ANY JOIN v_statements AS s ON s.fingerprint = p.fingerprint
WHERE p.event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32})
ORDER BY event_time DESC
LIMIT 500
