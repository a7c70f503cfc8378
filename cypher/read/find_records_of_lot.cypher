// Finds a page of records of one kind about a lot, in the order in which they were raised.
// $kind: STRING
// $revision: INTEGER
// $place: INTEGER; the page starts behind this place of that revision
// $until: INTEGER, a revision
// $categories: LIST<STRING> or null
// $states: LIST<STRING> or null
// $lot: STRING
// $limit: INTEGER
// Returns: record: MAP, ordered by (revision, place)
// Why: The records about one lot are few, so sorting them is cheap.
MATCH (r:Record)
USING INDEX SEEK r:Record(lot, kind)
WHERE r.lot = $lot AND r.kind = $kind AND r.revision >= $revision AND r.revision <= $until
  AND ($states IS NULL OR r.state IN $states)
  AND CASE WHEN r.revision > $revision THEN true ELSE r.place > $place END
  AND ($categories IS NULL OR r.category IN $categories)
WITH r ORDER BY r.revision, r.place LIMIT $limit
RETURN r{.kind, .revision, .place, .body} AS record
