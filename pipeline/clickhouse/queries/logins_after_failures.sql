-- title: Logins that succeeded after failures
-- description: An address that was refused several times and then got in, as the same role, within an hour of the last refusal.
-- param: hours UInt32 = 168
-- param: failures UInt32 = 5
WITH
    failed AS (SELECT client, role, event_time FROM v_failed_logins
        WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32})),
    good AS (SELECT client, role, database, application, event_time FROM v_logins
        WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}))
SELECT good.event_time AS login, good.client AS client, good.role AS role, any(good.database) AS database, any(good.application) AS application,
    count() AS refused_before, max(failed.event_time) AS last_refused
FROM good INNER JOIN failed ON failed.client = good.client AND failed.role = good.role
WHERE failed.event_time < good.event_time AND failed.event_time >= good.event_time - toIntervalHour(1)
GROUP BY login, client, role
HAVING refused_before >= {failures:UInt32}
ORDER BY login DESC
LIMIT 100
