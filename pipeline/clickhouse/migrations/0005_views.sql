-- What analysts ask. Every view reads with FINAL, so that a replayed record counts once.

CREATE OR REPLACE VIEW v_events {{on_cluster}} AS
SELECT * EXCEPT (statement_text) FROM events FINAL;

CREATE OR REPLACE VIEW v_statements {{on_cluster}} AS
SELECT
    fingerprint,
    engine,
    fingerprint_version,
    min(s.normalized)                                AS normalized,
    arraySort(groupUniqArrayArray(s.kinds))          AS kinds,
    arraySort(groupUniqArrayArray(s.tables))         AS tables,
    arraySort(groupUniqArrayArray(s.functions))      AS functions,
    arraySort(groupUniqArrayArray(s.signals))        AS signals,
    arraySort(groupUniqArrayArray(s.signal_details)) AS signal_details,
    max(s.lexical)                                   AS lexical,
    min(s.first_seen)                                AS first_seen,
    max(s.last_seen)                                 AS last_seen
FROM statements AS s
GROUP BY fingerprint, engine, fingerprint_version;

CREATE OR REPLACE VIEW v_logins {{on_cluster}} AS
SELECT event_time, cluster, database, role, client, client_port, application, os_user, tls, auth_method, session_id, record_id
FROM events FINAL
WHERE kind = 'connect' AND outcome != 'failure' AND NOT repeat;

CREATE OR REPLACE VIEW v_failed_logins {{on_cluster}} AS
SELECT event_time, cluster, database, role, client, client_port, application, os_user, auth_method, sqlstate, error_code, message, record_id
FROM events FINAL
WHERE kind = 'login_failure' AND NOT repeat;

CREATE OR REPLACE VIEW v_privilege_changes {{on_cluster}} AS
SELECT event_time, cluster, database, role, client, application, statement_kind, object_type, object_name, signals, outcome, fingerprint, record_id
FROM events FINAL
WHERE NOT repeat AND (class = 'ROLE' OR hasAny(signals, ['grant', 'grant_superuser', 'grant_all', 'grant_public', 'grant_with_option', 'revoke',
    'role_create', 'role_alter', 'role_drop', 'role_password', 'set_role', 'security_definer', 'owner_change', 'rls_disabled']));

CREATE OR REPLACE VIEW v_errors {{on_cluster}} AS
SELECT event_time, cluster, database, role, client, application, kind, severity, sqlstate, error_code, message, statement_kind, fingerprint, record_id
FROM events FINAL
WHERE NOT repeat AND (outcome = 'failure' OR kind IN ('error', 'login_failure'));

CREATE OR REPLACE VIEW v_role_activity_hourly {{on_cluster}} AS
SELECT
    toStartOfHour(event_time)                                   AS hour,
    cluster,
    database,
    role,
    countIf(kind = 'statement')                                 AS statements,
    countIf(kind = 'connect' AND outcome != 'failure')          AS logins,
    countIf(kind = 'login_failure')                             AS failed_logins,
    countIf(outcome = 'failure')                                AS failures,
    sum(coalesce(rows, 0))                                      AS rows_total,
    uniqExactIf(fingerprint, fingerprint != '')                 AS fingerprints,
    length(groupUniqArrayArray(tables))                         AS tables_touched,
    uniqExact(client)                                           AS clients,
    countIf(suspicious)                                         AS suspicious_events
FROM events FINAL
WHERE NOT repeat
GROUP BY hour, cluster, database, role;

CREATE OR REPLACE VIEW v_top_fingerprints {{on_cluster}} AS
SELECT e.cluster AS cluster, e.database AS database, e.role AS role, e.fingerprint AS fingerprint,
    e.events AS events, e.failures AS failures, e.rows_total AS rows_total, e.duration_us AS duration_us,
    e.first_seen AS first_seen, e.last_seen AS last_seen, s.normalized AS normalized, s.kinds AS kinds, s.tables AS tables, s.signals AS signals
FROM
(
    SELECT cluster, database, role, fingerprint, any(engine) AS eng, max(fingerprint_version) AS ver,
        count() AS events, countIf(outcome = 'failure') AS failures, sum(coalesce(rows, 0)) AS rows_total,
        sum(coalesce(duration_us, 0)) AS duration_us, min(event_time) AS first_seen, max(event_time) AS last_seen
    FROM events FINAL
    WHERE fingerprint != '' AND NOT repeat
    GROUP BY cluster, database, role, fingerprint
) AS e
LEFT ANY JOIN v_statements AS s ON s.fingerprint = e.fingerprint AND s.engine = e.eng AND s.fingerprint_version = e.ver;

CREATE OR REPLACE VIEW v_alerts {{on_cluster}} AS
SELECT a.detected_at AS detected_at, a.severity AS severity, a.rule AS rule, a.title AS title, a.cluster AS cluster, a.database AS database,
    a.role AS role, a.client AS client, a.application AS application, a.summary AS summary, a.reason AS reason, a.response AS response,
    a.events AS events, a.first_seen AS first_seen, a.last_seen AS last_seen, a.signals AS signals, a.attack AS attack,
    a.evidence.normalized AS statements, a.query AS query, if(st.state = '', 'open', st.state) AS state, st.note AS note,
    d.sent AS sent_to, d.waiting AS waiting_for, d.failed AS failed_at, a.id AS id
FROM (SELECT * FROM alerts FINAL) AS a
LEFT JOIN (SELECT * FROM alert_states FINAL) AS st ON st.alert_id = a.id
LEFT JOIN
(
    SELECT alert_id, groupArrayIf(sink, state = 'sent') AS sent, groupArrayIf(sink, state = 'pending') AS waiting, groupArrayIf(sink, state = 'failed') AS failed
    FROM (SELECT * FROM deliveries FINAL ORDER BY sink)
    GROUP BY alert_id
) AS d ON d.alert_id = a.id;

-- Lines in = events + unparsed + skipped, by source, as the ledger has it: unaccounted must be 0. A replayed line counts each time it came.
CREATE OR REPLACE VIEW v_coverage {{on_cluster}} AS
SELECT
    source,
    countIf(NOT adopted)                                    AS batches,
    min(b.arrived_at)                                       AS first_arrival,
    max(b.arrived_at)                                       AS last_arrival,
    sum(b.lines_in)                                         AS lines,
    sum(b.lines_events) + sum(b.lines_reparsed)             AS lines_in_events,
    sum(b.lines_unparsed) - sum(b.lines_reparsed)           AS lines_in_unparsed,
    sum(b.lines_skipped)                                    AS lines_left_out,
    toInt64(lines) - toInt64(lines_in_events) - toInt64(lines_in_unparsed) - toInt64(lines_left_out) AS unaccounted,
    sum(b.bytes_in)                                         AS bytes
FROM batches AS b FINAL
GROUP BY source;

-- The latest event's time, but never the future's (a log line can claim any date): the saved queries count back from here, so that they
-- answer on old logs as on live ones.
CREATE OR REPLACE VIEW v_clock {{on_cluster}} AS
SELECT least(max(event_time), now64(6, 'UTC')) AS latest FROM events;
