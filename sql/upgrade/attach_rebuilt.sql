-- Purpose: makes the file with the new graph readable beside this one.
-- ?1 path: TEXT, the file.
-- Returns: nothing.
-- Why so:  one transaction can then copy from it, and writes to this file alone, so that it stays atomic.
ATTACH ?1 AS rebuilt;
