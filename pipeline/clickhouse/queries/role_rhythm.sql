-- title: Rhythm of a role
-- description: What a role does by hour of the week over the last four weeks: usual, 95 % and highest, the level of the last week and its trend.
-- param: role String = postgres
-- param: metric String = events
SELECT cluster, database, ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][intDiv(hour_of_week, 24) + 1] AS day, hour_of_week % 24 AS hour_utc, weeks, p05, median, p95, highest, level, trend
FROM v_role_rhythm
WHERE role = {role:String} AND metric = {metric:String}
ORDER BY cluster, database, hour_of_week
LIMIT 1000
