// Asks the server for its name and version.
// Returns: name, version, edition: STRING
// Why: Answers without touching any data.
CALL dbms.components() YIELD name, versions, edition
RETURN name, versions[0] AS version, edition
LIMIT 1
