-- title: Statements that look like injection
-- description: Shapes that by themselves are probable injections, with who sent them, how often, and how many failed.
-- param: hours UInt32 = 168
SELECT e.cluster AS cluster, e.database AS database, e.role AS role, e.client AS client, e.fingerprint AS fingerprint, e.events AS events, e.failures AS failures,
    e.first AS first, e.last AS last, e.found AS signals, e.top_score AS score, s.normalized AS statement
FROM
(
    SELECT cluster, database, role, client, fingerprint, count() AS events, countIf(outcome = 'failure') AS failures,
        min(event_time) AS first, max(event_time) AS last, arraySort(groupUniqArrayArray(signals)) AS found, max(score) AS top_score
    FROM v_events
    WHERE event_time >= (SELECT latest FROM v_clock) - toIntervalHour({hours:UInt32}) AND suspicious AND NOT repeat
    GROUP BY cluster, database, role, client, fingerprint
) AS e LEFT ANY JOIN v_statements AS s ON s.fingerprint = e.fingerprint
ORDER BY events DESC, fingerprint
LIMIT 200
