-- title: How far behind is each source
-- description: Between what the database wrote, what was stored, and what was judged by detection.
SELECT b.source AS source, max(b.max_event_time) AS newest_event, max(b.committed_at) AS last_commit, dateDiff('second', newest_event, last_commit) AS seconds_from_event_to_store,
    countIf(j.batch_id = '') AS batches_not_judged, minIf(b.committed_at, j.batch_id = '') AS oldest_not_judged
FROM (SELECT * FROM batches FINAL WHERE committed_at >= now() - toIntervalDay(7)) AS b
LEFT JOIN (SELECT batch_id, committed_at FROM detect_batches FINAL) AS j ON j.batch_id = b.batch_id AND j.committed_at = b.committed_at
GROUP BY source
ORDER BY source
