// Holds a running lotgraph against the audits of the GraphQL-over-HTTP specification (npm package graphql-http) and prints
// what each found, as JSON.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: `${process.argv[2]}/graphql` });
const found = [];
for (const result of results) {
  found.push({ id: result.id, name: result.name, status: result.status, reason: result.reason ?? null });
}
console.log(JSON.stringify(found));
