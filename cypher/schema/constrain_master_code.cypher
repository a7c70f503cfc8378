// Makes the code of master data, within its kind, unique, and finds it by seek.
// Returns: nothing
// Why: A uniqueness constraint before the first MERGE: without it two writers would create the same node twice.
CREATE CONSTRAINT constrain_master_code IF NOT EXISTS FOR (n:Master) REQUIRE (n.kind, n.code) IS UNIQUE
