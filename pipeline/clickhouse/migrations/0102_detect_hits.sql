-- Which events matched which rule, by minute of event time: what thresholds, campaigns and evidence are computed from.
-- Every column outside the key is a state that stays the same when an event is counted twice.
CREATE TABLE IF NOT EXISTS {{local "detect_hits"}} {{on_cluster}}
(
    rule         LowCardinality(String),
    cluster      LowCardinality(String),
    database     LowCardinality(String),
    role         LowCardinality(String),
    client       String,
    application  String,
    bucket       DateTime('UTC'),
    fingerprint  String,
    outcome      LowCardinality(String),
    subject      String,
    first        SimpleAggregateFunction(min, Tuple(time DateTime64(6, 'UTC'), record_id String, event_index UInt16, kind String)),
    last         SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    events       AggregateFunction(uniqExact, UInt64),
    level        SimpleAggregateFunction(max, UInt8),
    score        SimpleAggregateFunction(max, Float32),
    rows         SimpleAggregateFunction(max, Int64),
    signals      SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    numbers      SimpleAggregateFunction(max, Tuple(observed Float64, expected Float64, threshold Float64))
)
ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY toYYYYMM(bucket)
ORDER BY (rule, cluster, role, client, application, database, bucket, fingerprint, outcome, subject)
TTL bucket + INTERVAL 400 DAY
SETTINGS {{durable}};

{{distributed "detect_hits" "cityHash64(cluster, rule)"}}
