-- Quarantine: lines that no parser understood, with their raw bytes. They may hold anything, passwords too:
-- analysts' accounts get no access to this table, and its rows expire.

CREATE TABLE IF NOT EXISTS {{local "unparsed"}} {{on_cluster}}
(
    batch_id     String CODEC(ZSTD(1)),
    record_id    FixedString(32) CODEC(ZSTD(1)),
    source       LowCardinality(String),
    stream       String CODEC(ZSTD(1)),
    offset       Int64 CODEC(Delta, ZSTD(1)),
    lines        UInt32 CODEC(ZSTD(1)),
    bytes        UInt64 CODEC(ZSTD(1)),
    time         Nullable(DateTime64(6, 'UTC')) COMMENT 'the transport''s; NULL if none' CODEC(ZSTD(1)),
    ingested_at  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    raw          String CODEC(ZSTD(3)),
    reason       LowCardinality(String),
    error        String CODEC(ZSTD(1)),
    fingerprint  String CODEC(ZSTD(1)),
    signals      Array(LowCardinality(String)) CODEC(ZSTD(1)),
    suspicious   Bool,
    score        Float32,
    is_deleted   UInt8 COMMENT 'parsed since: FINAL hides the row, its raw bytes are gone'
)
ENGINE = {{engine "ReplacingMergeTree" "ingested_at, is_deleted"}}
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (source, record_id)
{{ttl "ingested_at" "unparsed"}}
SETTINGS {{dedup}};

{{distributed "unparsed" "cityHash64(record_id)"}}
