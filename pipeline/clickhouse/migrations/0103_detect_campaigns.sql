-- Which alert stands for which campaign, so that a campaign that grows, or whose beginning arrives late, keeps its alert.
CREATE TABLE IF NOT EXISTS {{local "detect_campaigns"}} {{on_cluster}}
(
    family       LowCardinality(String),
    cluster      LowCardinality(String),
    role         String,
    client       String,
    application  String,
    database     String,
    alert_id     String,
    first_seen   DateTime64(6, 'UTC'),
    last_seen    DateTime64(6, 'UTC'),
    digest       String,
    detected_at  DateTime64(3, 'UTC'),
    updated_at   DateTime64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "updated_at"}}
ORDER BY (family, cluster, role, client, application, database, alert_id)
SETTINGS {{durable}};

{{distributed "detect_campaigns" "cityHash64(family, cluster)"}}
