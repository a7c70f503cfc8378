// Puts equipment into the equipment it is part of.
// $rows: LIST<MAP {code, parent}>, parent may be null
// Returns: nothing
// Why: A new declaration replaces the old place, or takes it away.
UNWIND $rows AS row
MATCH (child:Master {kind: 'Equipment', code: row.code})
USING INDEX SEEK child:Master(kind, code)
OPTIONAL MATCH (child)-[old:PART_OF]->()
DELETE old
WITH DISTINCT child, row.parent AS parent
MATCH (whole:Master {kind: 'Equipment', code: parent})
USING INDEX SEEK whole:Master(kind, code)
CREATE (child)-[:PART_OF]->(whole)
