-- Events: what the databases reported. One row per event; a replay of the same record replaces its rows.

CREATE TABLE IF NOT EXISTS {{local "events"}} {{on_cluster}}
(
    batch_id            String COMMENT 'of the commit it came in last' CODEC(ZSTD(1)),
    record_id           FixedString(32) CODEC(ZSTD(1)),
    event_index         UInt16 CODEC(ZSTD(1)),
    source              LowCardinality(String) CODEC(ZSTD(1)),
    stream              LowCardinality(String) CODEC(ZSTD(1)),
    offset              Int64 CODEC(Delta, ZSTD(1)),
    lines               UInt32 CODEC(ZSTD(1)),
    bytes               UInt64 CODEC(ZSTD(1)),
    engine              LowCardinality(String) CODEC(ZSTD(1)),
    format              LowCardinality(String) CODEC(ZSTD(1)),
    kind                LowCardinality(String) CODEC(ZSTD(1)),

    event_time          DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    ingested_at         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    time_certainty      LowCardinality(String) CODEC(ZSTD(1)),

    cluster             LowCardinality(String) CODEC(ZSTD(1)),
    host                LowCardinality(String) CODEC(ZSTD(1)),
    role                LowCardinality(String) CODEC(ZSTD(1)),
    database            LowCardinality(String) CODEC(ZSTD(1)),
    client              LowCardinality(String) CODEC(ZSTD(1)),
    client_port         UInt16 CODEC(ZSTD(1)),
    application         LowCardinality(String) CODEC(ZSTD(1)),
    os_user             LowCardinality(String) CODEC(ZSTD(1)),
    session_id          String CODEC(ZSTD(1)),
    process_id          Int64 CODEC(ZSTD(1)),
    transaction_id      Int64 CODEC(ZSTD(1)),
    backend_type        LowCardinality(String) CODEC(ZSTD(1)),
    tls                 LowCardinality(String) CODEC(ZSTD(1)),
    auth_method         LowCardinality(String) CODEC(ZSTD(1)),

    audit_type          LowCardinality(String) CODEC(ZSTD(1)),
    statement_id        Int64 CODEC(ZSTD(1)),
    substatement_id     Int64 CODEC(ZSTD(1)),
    class               LowCardinality(String) CODEC(ZSTD(1)),
    command             LowCardinality(String) CODEC(ZSTD(1)),
    object_type         LowCardinality(String) CODEC(ZSTD(1)),
    object_name         String CODEC(ZSTD(1)),
    fingerprint         String COMMENT 'empty where there is no statement' CODEC(ZSTD(1)),
    fingerprint_version UInt8 CODEC(ZSTD(1)),
    statement_kind      LowCardinality(String) COMMENT 'the first of statement_kinds' CODEC(ZSTD(1)),
    statement_kinds     Array(LowCardinality(String)) CODEC(ZSTD(1)),
    tables              Array(LowCardinality(String)) COMMENT 'all, as schema.name' CODEC(ZSTD(1)),
    tables_read         Array(LowCardinality(String)) CODEC(ZSTD(1)),
    tables_written      Array(LowCardinality(String)) COMMENT 'rows or definition changed' CODEC(ZSTD(1)),
    functions           Array(LowCardinality(String)) CODEC(ZSTD(1)),
    signals             Array(LowCardinality(String)) CODEC(ZSTD(1)),
    suspicious          Bool CODEC(ZSTD(1)),
    score               Float32 CODEC(ZSTD(1)),
    lexical             Bool COMMENT 'no grammar accepted the text' CODEC(ZSTD(1)),

    outcome             LowCardinality(String) CODEC(ZSTD(1)),
    rows                Nullable(Int64) COMMENT 'returned or affected; NULL where not logged' CODEC(ZSTD(1)),
    duration_us         Nullable(Int64) CODEC(ZSTD(1)),
    severity            LowCardinality(String) CODEC(ZSTD(1)),
    sqlstate            LowCardinality(String) CODEC(ZSTD(1)),
    error_code          Int64 CODEC(ZSTD(1)),
    message             String COMMENT 'masked' CODEC(ZSTD(1)),

    truncated           Bool CODEC(ZSTD(1)),
    partial             Bool CODEC(ZSTD(1)),
    redacted            Bool CODEC(ZSTD(1)),
    repeat              Bool COMMENT 'the same action was reported before: count without these' CODEC(ZSTD(1)),
    previously_logged   Bool CODEC(ZSTD(1)),
    statement_text      String COMMENT 'raw SQL; empty unless store_statement_text is on' CODEC(ZSTD(3)),

    INDEX ix_fingerprint fingerprint TYPE bloom_filter(0.01) GRANULARITY 2,
    INDEX ix_batch batch_id TYPE bloom_filter(0.01) GRANULARITY 2,
    INDEX ix_record record_id TYPE bloom_filter(0.01) GRANULARITY 2,
    INDEX ix_tables tables TYPE bloom_filter(0.01) GRANULARITY 2,
    INDEX ix_signals signals TYPE bloom_filter(0.01) GRANULARITY 2,
    INDEX ix_ingested ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {{engine "ReplacingMergeTree" "ingested_at"}}
PARTITION BY toYYYYMM(event_time)
ORDER BY (cluster, database, role, event_time, record_id, event_index)
{{ttl "ingested_at" "events"}}
-- Fresh parts as one file each (1.3 µs a row; 3.1 as 240 files), merged ones column by column (2.4 µs; 8.5 as one file).
SETTINGS {{dedup}}, min_bytes_for_wide_part = 33554432;

{{distributed "events" "cityHash64(record_id)"}}

-- Arrival times of records that carry no time, so that a replay gives them the time they had.
CREATE TABLE IF NOT EXISTS {{local "arrival_times"}} {{on_cluster}}
(
    record_id   FixedString(32) CODEC(ZSTD(1)),
    event_time  DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    at          DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = {{engine "MergeTree"}}
ORDER BY (record_id, at)
{{ttl "at" "events"}}
SETTINGS {{durable}};

{{distributed "arrival_times" "cityHash64(record_id)"}}

-- Statements: fingerprint to normal form, one row per fingerprint after merging.
CREATE TABLE IF NOT EXISTS {{local "statements"}} {{on_cluster}}
(
    engine              LowCardinality(String),
    fingerprint         String CODEC(ZSTD(1)),
    fingerprint_version UInt8,
    normalized          SimpleAggregateFunction(min, String) CODEC(ZSTD(3)),
    kinds               SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    tables              SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    functions           SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    signals             SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    signal_details      SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    lexical             SimpleAggregateFunction(max, Bool),
    first_seen          SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_seen           SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'start of the hour of the latest event'
)
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (fingerprint, engine, fingerprint_version)
SETTINGS {{durable}};

{{distributed "statements" "cityHash64(fingerprint)"}}
