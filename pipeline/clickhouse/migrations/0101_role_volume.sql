-- How much each role does, in buckets of five minutes of event time. A bucket is always computed anew from all its
-- de-duplicated events and replaces what was there.
CREATE TABLE IF NOT EXISTS {{local "role_volume"}} {{on_cluster}}
(
    cluster      LowCardinality(String),
    database     LowCardinality(String),
    role         LowCardinality(String),
    bucket       DateTime('UTC'),
    events       UInt64,
    rows_read    UInt64,
    rows_written UInt64,
    rows_max     UInt64,
    errors       UInt64,
    tables       AggregateFunction(uniq, String),
    shapes       AggregateFunction(uniq, String),
    clients      AggregateFunction(uniq, String),
    updated_at   DateTime64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "updated_at"}}
PARTITION BY toYYYYMM(bucket)
ORDER BY (cluster, role, database, bucket)
SETTINGS {{durable}};

{{distributed "role_volume" "cityHash64(cluster, role)"}}
