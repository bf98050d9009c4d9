-- What people decided about items of profiles. Rows are added, never changed; of several about one item the latest counts.
CREATE TABLE IF NOT EXISTS {{local "baseline_decisions"}} {{on_cluster}}
(
    at        DateTime64(6, 'UTC') COMMENT 'when it was decided',
    cluster   LowCardinality(String),
    database  LowCardinality(String),
    role      LowCardinality(String),
    kind      LowCardinality(String),
    item      String,
    decision  LowCardinality(String) COMMENT 'approve or forget',
    until     DateTime('UTC') COMMENT 'of forget: what was seen before this hour does not count',
    author    String,
    reason    String CODEC(ZSTD(1))
)
ENGINE = {{engine "MergeTree"}}
ORDER BY (cluster, database, role, at)
SETTINGS {{durable}};

{{distributed "baseline_decisions" "cityHash64(cluster, role)"}}
