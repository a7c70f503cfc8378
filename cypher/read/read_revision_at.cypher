// Reads the last revision recorded at or before a moment.
// $at: INTEGER, microseconds
// $apart: INTEGER, microseconds that clocks may be apart
// $until: INTEGER, a revision
// Returns: revision: INTEGER, null when everything was recorded later
// Why: The highest number among those recorded shortly before the latest of them, so that a clock that was a
//   little ahead hides nothing, and only that short time of the index is read. $until keeps commits out that
//   are still being applied.
MATCH (l:Event)
USING INDEX SEEK l:Event(index, recorded_at, revision)
WHERE l.index = 1 AND l.recorded_at <= $at AND l.revision <= $until
WITH l.recorded_at AS latest
ORDER BY l.index DESC, l.recorded_at DESC LIMIT 1
MATCH (e:Event)
USING INDEX SEEK e:Event(index, recorded_at, revision)
WHERE e.index = 1 AND e.recorded_at >= latest - $apart AND e.recorded_at <= $at AND e.revision <= $until
RETURN max(e.revision) AS revision
