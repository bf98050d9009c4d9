-- title: Files and programs reached from SQL
-- description: Statements that read or write the server's files, run programs, or read the tables that hold credentials.
-- param: hours UInt32 = 720
SELECT e.event_time AS event_time, e.cluster AS cluster, e.database AS database, e.role AS role, e.client AS client, e.signals AS signals, e.outcome AS outcome, s.normalized AS statement, e.record_id AS record_id
FROM v_events AS e LEFT ANY JOIN v_statements AS s ON s.fingerprint = e.fingerprint
WHERE e.event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AND NOT e.repeat
    AND hasAny(e.signals, ['file_read', 'file_write', 'program_execution', 'large_object_file', 'credential_table_read', 'out_of_band'])
ORDER BY event_time DESC
LIMIT 500
