-- Which roles of a database do the same work, one row per role: computed anew from profiles now and then.
CREATE TABLE IF NOT EXISTS {{local "role_peers"}} {{on_cluster}}
(
    cluster     LowCardinality(String),
    database    LowCardinality(String),
    role        LowCardinality(String),
    peers       Array(String) COMMENT 'the others, in order of name',
    configured  Bool COMMENT 'by learning.peer_groups; otherwise by what they run',
    updated_at  DateTime64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "updated_at"}}
ORDER BY (cluster, database, role)
SETTINGS {{durable}};

{{distributed "role_peers" "cityHash64(cluster, database)"}}
