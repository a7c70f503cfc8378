-- Purpose: an item of master data that was only named.
-- ?1 kind: TEXT
-- ?2 code: TEXT
-- ?3 search: TEXT
-- Returns: nothing.
-- Why so:  leaves alone what is there.
INSERT INTO master (kind, code, search) VALUES (?1, ?2, ?3) ON CONFLICT (kind, code) DO NOTHING;
