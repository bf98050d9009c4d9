-- title: Portrait of a role
-- description: What one role does, hour by hour: statements, logins, failures, rows, distinct shapes and clients.
-- param: role String = postgres
-- param: hours UInt32 = 168
SELECT hour, cluster, database, statements, logins, failed_logins, failures, rows_total, fingerprints, tables_touched, clients, suspicious_events
FROM v_role_activity_hourly
WHERE role = {role:String} AND hour >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32})
ORDER BY hour DESC, cluster, database
LIMIT 1000
