-- How much each role does, by minute of event time: as role_volume, for what is new and for short spikes. Small granules,
-- since what is read are the last minutes of each role. It is forgotten a fortnight after it was last computed.
CREATE TABLE IF NOT EXISTS {{local "role_minute"}} {{on_cluster}}
(
    cluster      LowCardinality(String),
    database     LowCardinality(String),
    role         LowCardinality(String),
    minute       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    events       UInt64 CODEC(ZSTD(1)),
    rows_read    UInt64 CODEC(ZSTD(1)),
    rows_written UInt64 CODEC(ZSTD(1)),
    rows_max     UInt64 CODEC(ZSTD(1)),
    errors       UInt64 CODEC(ZSTD(1)),
    tables       AggregateFunction(uniq, String),
    updated_at   DateTime64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "updated_at"}}
PARTITION BY toYYYYMM(minute)
ORDER BY (cluster, role, database, minute)
TTL toDateTime(updated_at) + INTERVAL 15 DAY
SETTINGS index_granularity = 128, {{durable}};

{{distributed "role_minute" "cityHash64(cluster, role)"}}
