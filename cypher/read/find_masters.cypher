// Finds a page of master data of one kind, by code.
// $after: STRING; empty from the start
// $kind: STRING
// $text: STRING in lower case, or null
// $declared: BOOLEAN or null
// $class: STRING or null
// $parent: STRING or null
// $role: STRING or null
// $limit: INTEGER
// Returns: master: MAP, ordered by code
// Why: The index on (kind, code) yields the order; named whole, or the planner would sort.
MATCH (m:Master)
WHERE m.kind = $kind AND m.code > $after
  AND ($text IS NULL OR m.search CONTAINS $text)
  AND ($declared IS NULL OR m.declared = $declared)
  AND ($class IS NULL OR m.class = $class)
  AND ($parent IS NULL OR m.parent = $parent)
  AND ($role IS NULL OR $role IN m.roles)
WITH m ORDER BY m.kind, m.code LIMIT $limit
RETURN m{.kind, .code, .body} AS master
