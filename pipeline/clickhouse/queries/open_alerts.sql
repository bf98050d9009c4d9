-- title: Open alerts
-- description: What was found and nobody has closed yet, the severest first.
SELECT severity, detected_at, rule, title, cluster, database, role, client, events, summary, reason, sent_to, waiting_for, failed_at, id
FROM v_alerts
WHERE state = 'open'
ORDER BY indexOf(['critical', 'error', 'warning', 'info'], toString(severity)), detected_at DESC
LIMIT 500
