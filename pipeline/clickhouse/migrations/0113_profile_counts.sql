-- Events of an item are counted in 12 KiB at most instead of 96: profiles are read, merged and rewritten at every step. A state cannot
-- be converted: the new ones hold as many made-up events, at most 50,000, so that an event judged again counts again this once. What has
-- been converted is emptied in the same pass, so that this may be broken off, done again and done by several at once.

ALTER TABLE {{local "role_profile"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    counted AggregateFunction(uniqCombined64(14), UInt64) COMMENT 'events; the column of that name is of before, and empty';

-- On a cluster this is the Distributed table; on one server the same table again, which has the column by now.
ALTER TABLE role_profile{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS counted AggregateFunction(uniqCombined64(14), UInt64);

ALTER TABLE {{local "role_profile"}}{{with on_cluster}} {{.}}{{end}} UPDATE
    counted = arrayReduce('uniqCombined64State(14)', arrayMap(x -> cityHash64(x, first, last), range(least(finalizeAggregation(events), toUInt64(50000))))),
    events = arrayReduce('uniqCombined64State', CAST([], 'Array(UInt64)'))
    WHERE finalizeAggregation(events) > 0
    SETTINGS mutations_sync = 2;
