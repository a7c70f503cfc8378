// Makes the one ledger unique, and finds it by seek.
// Returns: nothing
// Why: A uniqueness constraint before the first MERGE: without it two writers would create the same node twice.
CREATE CONSTRAINT constrain_ledger_id IF NOT EXISTS FOR (n:Ledger) REQUIRE n.id IS UNIQUE
