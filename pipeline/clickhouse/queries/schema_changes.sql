-- title: Changes of the schema
-- description: Tables, functions, triggers and extensions created, altered or dropped, and tables emptied.
-- param: hours UInt32 = 168
SELECT event_time, cluster, database, role, client, statement_kind, tables_written, object_name, signals, outcome, record_id
FROM v_events
WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AND NOT repeat
    AND (class = 'DDL' OR hasAny(signals, ['schema_create', 'schema_alter', 'schema_drop', 'truncate', 'extension_create', 'untrusted_language', 'udf_load', 'trigger_create', 'function_create']))
ORDER BY event_time DESC
LIMIT 500
