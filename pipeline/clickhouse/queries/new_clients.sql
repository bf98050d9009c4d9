-- title: Roles seen from a new address or program
-- description: Pairs of role and client, or role and application, that appear in the window and never before it. A role without any history is left out.
-- param: hours UInt32 = 24
WITH (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AS since
SELECT cluster, role, what, value, min(event_time) AS first_seen, count() AS events
FROM
(
    SELECT cluster, role, event_time, pair.1 AS what, pair.2 AS value
    FROM v_events ARRAY JOIN [('client', toString(client)), ('application', toString(application))] AS pair
    WHERE role != '' AND pair.2 != '' AND kind NOT IN ('login_failure')
)
GROUP BY cluster, role, what, value
HAVING first_seen >= since AND (cluster, role) IN (SELECT cluster, role FROM events WHERE event_time < since)
ORDER BY first_seen DESC
LIMIT 200
