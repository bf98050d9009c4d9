-- What is known of each role: one row per (cluster, database, role, kind, item). Every column is a state that stays the
-- same when an event is counted twice. Rows with an empty role or database describe the cluster, or a role in all databases.
CREATE TABLE IF NOT EXISTS {{local "role_profile"}} {{on_cluster}}
(
    cluster     LowCardinality(String),
    database    LowCardinality(String),
    role        LowCardinality(String),
    kind        LowCardinality(String),
    item        String,
    first       SimpleAggregateFunction(min, Tuple(time DateTime64(6, 'UTC'), record_id String, event_index UInt16, client String, application String, database String, fingerprint String, event_kind String)),
    last        SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    days        AggregateFunction(groupBitmap, UInt32),
    events      AggregateFunction(uniqCombined64, UInt64),
    clients     AggregateFunction(uniq, String)
)
ENGINE = {{engine "AggregatingMergeTree"}}
ORDER BY (cluster, role, database, kind, item)
SETTINGS {{durable}};

{{distributed "role_profile" "cityHash64(cluster, role)"}}
