// Reads operations by id, with the events that recorded them.
// $ids: LIST<STRING>
// Returns: operation: MAP; one row for each that exists
// Why: Two seeks for each id.
UNWIND $ids AS id
MATCH (o:Operation {id: id})
USING INDEX SEEK o:Operation(id)
MATCH (e:Event {id: id})
USING INDEX SEEK e:Event(id)
RETURN o{.id, .voided_by, .void_reason, .void_replaced_by, .names, body: e.body} AS operation
