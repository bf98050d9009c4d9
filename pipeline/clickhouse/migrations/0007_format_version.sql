-- What a record itself tells of the version of its format, its server or its audit plugin. Rows written before have none.

ALTER TABLE {{local "events"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    format_version LowCardinality(String) COMMENT 'version of format, server or plugin, where the record tells' CODEC(ZSTD(1)) AFTER format;

-- On a cluster this is the Distributed table; on one server the same table again, which has the column by now.
ALTER TABLE events{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    format_version LowCardinality(String) COMMENT 'version of format, server or plugin, where the record tells' AFTER format;

-- The view's columns were those of the day it was made.
CREATE OR REPLACE VIEW v_events {{on_cluster}} AS
SELECT * EXCEPT (statement_text) FROM events FINAL;
