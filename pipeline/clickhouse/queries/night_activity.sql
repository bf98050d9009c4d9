-- title: Activity at unusual hours
-- description: Statements and logins by roles between two hours of the day (UTC; from 22 to 5 wraps midnight).
-- param: from_hour UInt8 = 22
-- param: to_hour UInt8 = 5
-- param: hours UInt32 = 168
SELECT toDate(event_time) AS day, cluster, database, role, client, count() AS events, min(event_time) AS first, max(event_time) AS last
FROM v_events
WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AND role != ''
    AND if({from_hour:UInt8} <= {to_hour:UInt8}, toHour(event_time) BETWEEN {from_hour:UInt8} AND {to_hour:UInt8},
        toHour(event_time) >= {from_hour:UInt8} OR toHour(event_time) <= {to_hour:UInt8})
GROUP BY day, cluster, database, role, client
ORDER BY day DESC, events DESC
LIMIT 500
