-- title: Failed logins by client
-- description: Which addresses were refused, how often, and which names they tried. Many names from one address is a password spray, many tries on one name a brute force.
-- param: hours UInt32 = 24
SELECT client, count() AS failures, uniqExact(role) AS roles, arraySlice(arraySort(groupUniqArray(role)), 1, 10) AS roles_tried,
    uniqExact(database) AS databases, min(event_time) AS first, max(event_time) AS last
FROM v_failed_logins
WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32})
GROUP BY client
ORDER BY failures DESC, client
LIMIT 100
