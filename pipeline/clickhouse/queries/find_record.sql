-- title: Where a record came from
-- description: The source, stream and position of one record id: what is needed to fetch the untouched original from the archive.
-- param: record_id String = 00000000000000000000000000000000
SELECT record_id, event_index, source, stream, offset, lines, bytes, format, event_time, time_certainty, ingested_at, batch_id, kind, cluster, database, role, client, fingerprint
FROM v_events
WHERE record_id = toFixedString({record_id:String}, 32)
ORDER BY event_index
