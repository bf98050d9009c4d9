-- title: Statements never seen before
-- description: Shapes of statement that a role with a history ran in the window for the first time.
-- param: hours UInt32 = 24
WITH (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AS since
SELECT t.cluster AS cluster, t.database AS database, t.role AS role, t.first_seen AS first_seen, t.events AS events, t.fingerprint AS fingerprint, t.signals AS signals, t.normalized AS statement
FROM v_top_fingerprints AS t
WHERE first_seen >= since AND (t.cluster, t.role) IN (SELECT cluster, role FROM events WHERE event_time < since)
ORDER BY first_seen DESC
LIMIT 200
