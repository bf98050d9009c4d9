-- Limbs: hashes of a statement's sub-trees, by which a shape that was never seen is measured against those that were.
-- Rows written before have none.

ALTER TABLE {{local "statements"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    limbs SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)) COMMENT 'hashes of sub-trees without literals' CODEC(ZSTD(1));

-- On a cluster this is the Distributed table; on one server the same table again, which has the column by now.
ALTER TABLE statements{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    limbs SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)) COMMENT 'hashes of sub-trees without literals';
