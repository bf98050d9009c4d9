-- The ledger: one row per committed batch, written after everything it covers.

CREATE TABLE IF NOT EXISTS {{local "batches"}} {{on_cluster}}
(
    batch_id        String CODEC(ZSTD(1)),
    source          LowCardinality(String),
    committed_at    DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    arrived_at      DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    events          UInt64,
    unparsed        UInt64,
    skipped         UInt64,
    lines_in        UInt64,
    lines_events    UInt64,
    lines_unparsed  UInt64,
    lines_skipped   UInt64,
    lines_reparsed  UInt64 COMMENT 'lines moved from unparsed to events by a later parse; lines_in is 0 on such a row',
    bytes_in        UInt64,
    min_event_time  DateTime64(6, 'UTC'),
    max_event_time  DateTime64(6, 'UTC'),
    first_pos       String CODEC(ZSTD(1)),
    last_pos        String CODEC(ZSTD(1)),
    events_hash     UInt64 COMMENT 'sum over the events of a 64-bit key made of record_id and event_index; see docs/schema.md',
    adopted         Bool   COMMENT 'the writer died between the events and this row; the row was added so that detection sees them',
    streams         Array(String) CODEC(ZSTD(1)),
    stream_first    Array(Int64)  COMMENT 'per stream, smallest offset of an event or unparsed record' CODEC(ZSTD(1)),
    stream_last     Array(Int64)  CODEC(ZSTD(1))
)
ENGINE = {{engine "ReplacingMergeTree" "committed_at"}}
PARTITION BY toMonday(committed_at)
ORDER BY batch_id
SETTINGS {{dedup}};

{{distributed "batches" "cityHash64(batch_id)"}}

CREATE TABLE IF NOT EXISTS {{local "skipped"}} {{on_cluster}}
(
    batch_id     String CODEC(ZSTD(1)),
    source       LowCardinality(String),
    stream       String CODEC(ZSTD(1)),
    reason       LowCardinality(String),
    lines        UInt64,
    bytes        UInt64,
    at           DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "at"}}
PARTITION BY toYYYYMM(at)
ORDER BY (source, batch_id, stream, reason)
SETTINGS {{dedup}};

{{distributed "skipped" "cityHash64(batch_id)"}}

CREATE TABLE IF NOT EXISTS {{local "checkpoints"}} {{on_cluster}}
(
    source      String,
    stream      String,
    position    String CODEC(ZSTD(1)),
    version     UInt64 COMMENT 'grows with every save',
    updated_at  DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "version"}}
ORDER BY (source, stream)
SETTINGS {{durable}};

{{distributed "checkpoints" "cityHash64(source)"}}

CREATE TABLE IF NOT EXISTS {{local "detect_batches"}} {{on_cluster}}
(
    batch_id      String CODEC(ZSTD(1)),
    committed_at  DateTime64(6, 'UTC') COMMENT 'of the ledger row that was judged: a batch committed again is judged again',
    at            DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "at"}}
PARTITION BY toMonday(committed_at)
ORDER BY (batch_id, committed_at);

{{distributed "detect_batches" "cityHash64(batch_id)"}}
