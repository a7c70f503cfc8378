-- Purpose: lets go of the file with the new graph.
-- Returns: nothing.
-- Why so:  it is removed afterwards.
DETACH rebuilt;
