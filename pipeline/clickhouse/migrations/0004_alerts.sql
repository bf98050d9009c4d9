-- Alerts: one row per id after merging; of two rows the more severe, then the one that covers more events, stays.

CREATE TABLE IF NOT EXISTS {{local "alerts"}} {{on_cluster}}
(
    id           String,
    rule         LowCardinality(String),
    title        String,
    severity     LowCardinality(String),
    first_seen   DateTime64(6, 'UTC') COMMENT 'event time of the first evidence',
    last_seen    DateTime64(6, 'UTC'),
    detected_at  DateTime64(6, 'UTC'),
    cluster      LowCardinality(String),
    database     LowCardinality(String),
    role         LowCardinality(String),
    client       String,
    application  String,
    summary      String CODEC(ZSTD(1)),
    reason       String CODEC(ZSTD(1)),
    response     String CODEC(ZSTD(1)),
    events       UInt64,
    evidence     Nested(
        record_id   String,
        time        DateTime64(6, 'UTC'),
        fingerprint String,
        normalized  String,
        kind        String,
        outcome     String,
        count       UInt64),
    signals      Array(LowCardinality(String)),
    numbers      Map(String, String),
    attack       Array(LowCardinality(String)),
    controls     Array(LowCardinality(String)),
    query        String CODEC(ZSTD(1)),
    references   Array(String),
    version      UInt64 COMMENT 'severity''s rank * 2^48 + events',
    updated_at   DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "version"}}
ORDER BY id
SETTINGS {{durable}};

{{distributed "alerts" "cityHash64(id)"}}

-- What people decided about an alert.
CREATE TABLE IF NOT EXISTS {{local "alert_states"}} {{on_cluster}}
(
    alert_id  String,
    state     LowCardinality(String) COMMENT 'open, closed, false_positive',
    note      String CODEC(ZSTD(1)),
    by        String,
    at        DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "at"}}
ORDER BY alert_id
SETTINGS {{durable}};

{{distributed "alert_states" "cityHash64(alert_id)"}}

-- Deliveries: what became of an alert at each sink.
CREATE TABLE IF NOT EXISTS {{local "deliveries"}} {{on_cluster}}
(
    alert_id    String,
    sink        LowCardinality(String),
    state       LowCardinality(String) COMMENT 'pending, sent, failed (given up)',
    attempts    UInt32,
    detail      String COMMENT 'the last error, or what took the alert''s place; holds no secret' CODEC(ZSTD(1)),
    severity    LowCardinality(String) COMMENT 'the alert''s when it was last sent; empty before',
    next_at     DateTime64(6, 'UTC') COMMENT 'not to be tried before',
    version     UInt64 COMMENT '0 on the first row, then grows',
    at          DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "version"}}
ORDER BY (alert_id, sink)
SETTINGS {{durable}};

{{distributed "deliveries" "cityHash64(alert_id)"}}
