-- title: Is every line accounted for
-- description: Lines in = events + unparsed + skipped, by source. unaccounted must be 0; a growing lines_in_unparsed means a format that is not understood.
SELECT source, lines, lines_in_events, lines_in_unparsed, lines_left_out, unaccounted, batches, bytes, first_arrival, last_arrival
FROM v_coverage
ORDER BY source
