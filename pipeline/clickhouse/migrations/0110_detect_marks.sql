-- Up to when everything in the ledger is known to be judged, so that a start does not compare all of it.
CREATE TABLE IF NOT EXISTS {{local "detect_marks"}} {{on_cluster}}
(
    name        LowCardinality(String),
    at          DateTime64(6, 'UTC') COMMENT 'by the clock of the ledger',
    updated_at  DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "updated_at"}}
ORDER BY name
SETTINGS {{durable}};

{{distributed "detect_marks" "cityHash64(name)"}}
