-- What each role does by hour of the week, over the four weeks up to its cluster's latest bucket (of the past: a line can claim any date), as far as it was known.
-- Hours without activity count as zero; an hour of the week without any is not listed.
CREATE OR REPLACE VIEW v_role_rhythm {{on_cluster}} AS
SELECT
    cluster,
    database,
    role,
    metric,
    hour_of_week,
    any(weeks)                                                              AS weeks,
    arrayConcat(groupArray(value), arrayWithConstant(weeks - count(), 0))   AS hours,
    arrayReduce('quantileExact(0.05)', hours)                               AS p05,
    arrayReduce('quantileExact(0.5)', hours)                                AS median,
    arrayReduce('quantileExact(0.95)', hours)                               AS p95,
    arrayMax(hours)                                                         AS highest,
    any(last_week)                                                          AS level,
    any(trend)                                                              AS trend
FROM
(
    SELECT
        *,
        toUInt16((toUnixTimestamp(hour) / 3600 + 72) % 168)                                          AS hour_of_week,
        toUInt16((toUnixTimestamp(begin) / 3600 + 72) % 168)                                         AS first_of_week,
        toUInt32(dateDiff('hour', begin, latest) + 1)                                                AS span,
        intDiv(span - 1 - (hour_of_week + 168 - first_of_week) % 168, 168) + 1                       AS weeks,
        sumIf(value, hour > latest - INTERVAL 168 HOUR) OVER of                                      AS last_sum,
        sum(value) OVER of                                                                           AS all_sum,
        last_sum / least(span, 168)                                                                  AS last_week,
        if(span < 336 OR all_sum = last_sum, NULL, last_week * (span - 168) / (all_sum - last_sum))  AS trend
    FROM
    (
        SELECT cluster, database, role, hour, begin, latest, m.1 AS metric, m.2 AS value
        FROM
        (
            SELECT v.cluster AS cluster, v.database AS database, v.role AS role, toStartOfHour(v.bucket) AS hour,
                any(e.begin) AS begin, any(e.latest) AS latest,
                arrayJoin([('events', toFloat64(sum(v.events))), ('rows_read', toFloat64(sum(v.rows_read))), ('rows_written', toFloat64(sum(v.rows_written))),
                    ('rows_max', toFloat64(max(v.rows_max))), ('errors', toFloat64(sum(v.errors))), ('tables', toFloat64(uniqMerge(v.tables))),
                    ('shapes', toFloat64(uniqMerge(v.shapes))), ('clients', toFloat64(uniqMerge(v.clients)))]) AS m
            FROM role_volume AS v FINAL
            INNER JOIN
            (
                SELECT r.cluster AS cluster, r.database AS database, r.role AS role, toStartOfHour(any(c.latest)) AS latest,
                    greatest(toStartOfHour(min(r.bucket)), latest - INTERVAL 671 HOUR) AS begin
                FROM role_volume AS r
                INNER JOIN (SELECT cluster, least(max(bucket), now('UTC')) AS latest FROM role_volume GROUP BY cluster) AS c ON c.cluster = r.cluster
                GROUP BY cluster, database, role
            ) AS e ON e.cluster = v.cluster AND e.database = v.database AND e.role = v.role
            WHERE v.bucket >= e.begin AND v.bucket < e.latest + INTERVAL 1 HOUR
            GROUP BY cluster, database, role, hour
        )
        WHERE m.2 > 0
    )
    WINDOW of AS (PARTITION BY cluster, database, role, metric)
)
GROUP BY cluster, database, role, metric, hour_of_week;
