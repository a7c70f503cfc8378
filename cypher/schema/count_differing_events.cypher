// Counts the events that the new ledger and the one that was set aside do not have in common.
// Returns: count: INTEGER
// Why: Nothing old is deleted unless the new ledger is the old one, event by event, with place and recording.
MATCH (old:Retired)
WHERE old.index > 0 AND old.revision > 0
OPTIONAL MATCH (new:Event {id: old.id})
WHERE new.revision = old.revision AND new.index = old.index AND new.type = old.type
  AND new.recorded_at = old.recorded_at AND new.actor = old.actor AND new.source = old.source
WITH count(old) AS olds, count(new) AS same
RETURN olds - same + COUNT { (:Event) } - same AS count
