// Counts records of one kind by state and category.
// $kind: STRING
// $revision: INTEGER; only those raised after it
// $until: INTEGER, a revision
// $categories: LIST<STRING> or null
// $states: LIST<STRING> or null
// $lot: STRING or null
// Returns: state: STRING; category: STRING or null; count: INTEGER
// Why: One pass over the records of the kind; states and categories are few, so the caller sums up either.
MATCH (r:Record)
USING INDEX r:Record(kind, revision, place)
WHERE r.kind = $kind AND r.revision > $revision AND r.revision <= $until AND r.place > 0
  AND ($categories IS NULL OR r.category IN $categories)
  AND ($states IS NULL OR r.state IN $states)
  AND ($lot IS NULL OR r.lot = $lot)
RETURN r.state AS state, r.category AS category, count(*) AS count
