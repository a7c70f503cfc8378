// Withdraws operations from the genealogy.
// $rows: LIST<MAP {operation, by, reason, replaced_by}>, replaced_by may be null
// Returns: nothing
// Why: The node stays and says why; without its edges no walk and no filter can meet it, so reads need no test for it.
UNWIND $rows AS row
MATCH (o:Operation {id: row.operation})
USING INDEX SEEK o:Operation(id)
SET o.voided_by = row.by, o.void_reason = row.reason, o.void_replaced_by = row.replaced_by,
  o.document = null
WITH o
MATCH (o)-[link:CONSUMED_INTO|PRODUCED|PROCESSED_IN|PROCESSED_BY|RECEIVED_FROM|SHIPPED_TO]-()
DELETE link
