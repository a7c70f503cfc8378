// Takes the earliest production of lots anew from their live productions.
// $lots: LIST<STRING>
// Returns: nothing
// Why: Run after voids took links away: the withdrawn production may have been the first.
UNWIND $lots AS id
MATCH (l:Lot {id: id})
USING INDEX SEEK l:Lot(id)
OPTIONAL MATCH (l)<-[link:PRODUCED]-()
WITH l, min(link.earliest) AS earliest
SET l.earliest_production = earliest
