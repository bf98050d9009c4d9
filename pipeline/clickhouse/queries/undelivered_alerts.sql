-- title: Alerts not delivered
-- description: Deliveries that wait or were given up, with the last error.
SELECT d.alert_id AS alert_id, a.severity AS severity, a.summary AS summary, d.sink AS sink, d.state AS state, d.attempts AS attempts, d.detail AS last_error, d.next_at AS next_try, d.at AS changed
FROM (SELECT * FROM deliveries FINAL) AS d LEFT JOIN (SELECT * FROM alerts FINAL) AS a ON a.id = d.alert_id
WHERE d.state != 'sent'
ORDER BY changed DESC
LIMIT 500
