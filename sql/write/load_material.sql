-- Purpose: a material, for the units that its lots may be measured in.
-- ?1 code: TEXT
-- Returns: at most one row: body or NULL.
-- Why so:  one probe of a unique index.
SELECT body FROM master WHERE kind = 'Material' AND code = ?1;
