-- Skipped lines by record, so that one that comes again counts once. Rows written before have counts only.

ALTER TABLE {{local "skipped"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    record_ids Array(String) COMMENT 'of the lines left out' CODEC(ZSTD(1));
ALTER TABLE {{local "skipped"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    record_offsets Array(Int64) CODEC(Delta, ZSTD(1));
ALTER TABLE {{local "skipped"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    record_lines Array(UInt64) CODEC(ZSTD(1));

-- On a cluster this is the Distributed table; on one server the same table again, which has the columns by now.
ALTER TABLE skipped{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS record_ids Array(String);
ALTER TABLE skipped{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS record_offsets Array(Int64);
ALTER TABLE skipped{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS record_lines Array(UInt64);
