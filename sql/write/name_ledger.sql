-- Purpose: names the ledger, unless it has a name.
-- ?1 identity: TEXT, a random name.
-- Returns: nothing.
-- Why so:  the first name stays, also when two prepare at once.
INSERT INTO ledger (one, identity) VALUES (1, ?1) ON CONFLICT DO NOTHING;
