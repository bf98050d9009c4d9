-- title: Errors by role
-- description: Which roles meet which errors. A burst of syntax errors (42601, 1064) or missing columns (42703, 1054) from an application is what probing for injection looks like; 42501 and 1142 are refused accesses.
-- param: hours UInt32 = 24
SELECT cluster, database, role, if(sqlstate != '', toString(sqlstate), toString(error_code)) AS code, count() AS errors, uniqExact(client) AS clients,
    uniqExact(fingerprint) AS statements, min(event_time) AS first, max(event_time) AS last, any(message) AS example
FROM v_errors
WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32})
GROUP BY cluster, database, role, code
ORDER BY errors DESC, role, code
LIMIT 200
