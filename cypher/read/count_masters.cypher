// Counts master data of one kind.
// $kind: STRING
// $text: STRING in lower case, or null
// $declared: BOOLEAN or null
// $class: STRING or null
// $parent: STRING or null
// $role: STRING or null
// Returns: count: INTEGER
// Why: The index on (kind, code) bounds the walk.
MATCH (m:Master)
WHERE m.kind = $kind AND m.code > ''
  AND ($text IS NULL OR m.search CONTAINS $text)
  AND ($declared IS NULL OR m.declared = $declared)
  AND ($class IS NULL OR m.class = $class)
  AND ($parent IS NULL OR m.parent = $parent)
  AND ($role IS NULL OR $role IN m.roles)
RETURN count(*) AS count
