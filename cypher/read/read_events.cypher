// Reads events by id, for the write planner.
// $ids: LIST<STRING>
// Returns: id, body, commit: STRING; voided_by: STRING or null; one row for each that exists
// Why: One seek for each id; the void is kept on the operation.
UNWIND $ids AS id
MATCH (e:Event {id: id})
USING INDEX SEEK e:Event(id)
OPTIONAL MATCH (o:Operation {id: id})
USING INDEX SEEK o:Operation(id)
RETURN e.id AS id, e.body AS body, e.commit AS commit, o.voided_by AS voided_by
