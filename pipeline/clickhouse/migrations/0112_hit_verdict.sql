-- The numbers that a volume was judged by. Rows written before have none.

ALTER TABLE {{local "detect_hits"}}{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    verdict SimpleAggregateFunction(max, Tuple(observed Float64, expected Float64, threshold Float64, score Float64, false_alarm Float64, seconds Float64, history_days Float64, gauge String));

-- On a cluster this is the Distributed table; on one server the same table again, which has the column by now.
ALTER TABLE detect_hits{{with on_cluster}} {{.}}{{end}} ADD COLUMN IF NOT EXISTS
    verdict SimpleAggregateFunction(max, Tuple(observed Float64, expected Float64, threshold Float64, score Float64, false_alarm Float64, seconds Float64, history_days Float64, gauge String));
