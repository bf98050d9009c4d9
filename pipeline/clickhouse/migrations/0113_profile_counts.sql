-- Events of an item are counted in 12 KiB at most instead of 96: profiles are read, merged and rewritten at every step. A state cannot
-- be converted: the new ones hold as many made-up events, at most 50,000, so that an event judged again counts again this once.
-- Both names change in one statement, so that a conversion that was broken off can begin again.

ALTER TABLE {{local "role_profile"}}{{with on_cluster}} {{.}}{{end}} DROP COLUMN IF EXISTS former SETTINGS mutations_sync = 2;

ALTER TABLE {{local "role_profile"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS counted AggregateFunction(uniqCombined64(14), UInt64);

ALTER TABLE {{local "role_profile"}}{{with on_cluster}} {{.}}{{end}} UPDATE counted = arrayReduce('uniqCombined64State(14)', arrayMap(x -> cityHash64(x, first, last), range(least(finalizeAggregation(events), toUInt64(50000))))) WHERE 1
    SETTINGS mutations_sync = 2;

ALTER TABLE {{local "role_profile"}}{{with on_cluster}} {{.}}{{end}} RENAME COLUMN IF EXISTS events TO former, RENAME COLUMN IF EXISTS counted TO events SETTINGS mutations_sync = 2;

ALTER TABLE {{local "role_profile"}}{{with on_cluster}} {{.}}{{end}} DROP COLUMN IF EXISTS former SETTINGS mutations_sync = 2;

{{with on_cluster}}ALTER TABLE role_profile {{.}} MODIFY COLUMN events AggregateFunction(uniqCombined64(14), UInt64);{{end}}
