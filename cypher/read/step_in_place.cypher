// Steps from lots to the operations that worked on them in place.
// $lots: LIST<STRING>
// Returns: pairs: LIST<LIST [lot, operation]>
// Why: Work in place leads nowhere, so it is read once, behind the walk.
UNWIND $lots AS lot
MATCH (l:Lot {id: lot})-[:PROCESSED_IN]->(o:Operation)
USING INDEX SEEK l:Lot(id)
RETURN collect([lot, o.id]) AS pairs
