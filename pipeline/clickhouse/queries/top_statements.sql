-- title: Most frequent statements by role
-- description: The shapes that make up a role's traffic, with rows, time and failures.
-- param: role String = postgres
SELECT cluster, database, fingerprint, events, failures, rows_total, duration_us, first_seen, last_seen, tables, normalized AS statement
FROM v_top_fingerprints
WHERE role = {role:String}
ORDER BY events DESC, fingerprint
LIMIT 100
