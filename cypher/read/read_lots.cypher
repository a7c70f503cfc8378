// Reads lots by id.
// $ids: LIST<STRING>
// Returns: lot: MAP; one row for each that exists
// Why: One seek for each id.
UNWIND $ids AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
RETURN l{.id, .number, .supplier_lot, .material, .attributes, .earliest_production, .state, .overdrawn} AS lot
