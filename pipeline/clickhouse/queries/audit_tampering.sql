-- title: Attempts to change or stop auditing
-- description: Statements that touch the audit settings, logging or preloaded libraries, whether they succeeded or not.
-- param: hours UInt32 = 720
SELECT e.event_time AS event_time, e.cluster AS cluster, e.database AS database, e.role AS role, e.client AS client, e.signals AS signals, e.outcome AS outcome, s.normalized AS statement, e.record_id AS record_id
FROM v_events AS e LEFT ANY JOIN v_statements AS s ON s.fingerprint = e.fingerprint
WHERE e.event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32})
    AND hasAny(e.signals, ['audit_disable', 'audit_change', 'parameter_change', 'preload_change', 'log_change'])
ORDER BY event_time DESC
LIMIT 500
