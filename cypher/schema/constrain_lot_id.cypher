// Makes the id of a lot unique, and finds it by seek.
// Returns: nothing
// Why: A uniqueness constraint before the first MERGE: without it two writers would create the same node twice.
CREATE CONSTRAINT constrain_lot_id IF NOT EXISTS FOR (n:Lot) REQUIRE n.id IS UNIQUE
