// Unties lots from their material.
// $lots: LIST<STRING>
// Returns: nothing
// Why: A lot has one material; it may change while no live event states it.
UNWIND $lots AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
MATCH (l)-[old:OF_MATERIAL]->()
DELETE old
