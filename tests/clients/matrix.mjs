// Asks, records and subscribes through clients that people use: graphql-ws alone, Apollo over HTTP, Apollo over graphql-ws.
import assert from "node:assert/strict";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
const QUESTION = "query Lot($id: ID!) { lot(id: $id) { id material { code } } }";
const UNKNOWN = `mutation { holdLots(input: {lots: ["NOBODY"], reason: "x", at: "2026-01-05T13:00:00Z"}) { revision } }`;
const hold = (id) =>
  `mutation { holdLots(input: {id: "${id}", lots: ["MILK-2"], reason: "x", at: "2026-01-05T13:00:00Z"}) { accepted } }`;
const ALERTS = `subscription { alerts(filter: {kinds: [HOLD_PLACED]}) { kind lot { id } } }`;
const MILK = { id: "MILK-1", material: { code: "MILK" } };

const plain = (value) => JSON.parse(JSON.stringify(value, (key, inner) => (key === "__typename" ? undefined : inner)));

const socket = () => createClient({ url: `${url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });

async function graphqlWs() {
  const client = socket();
  const once = async (query, variables) => (await client.iterate({ query, variables }).next()).value;
  assert.deepEqual(await once(QUESTION, { id: "MILK-1" }), { data: { lot: MILK } });
  const failed = await once(UNKNOWN);
  assert.equal(failed.data, null);
  assert.equal(failed.errors[0].extensions.code, "LOT_UNKNOWN");
  await assert.rejects(once("{ nothing }"), (errors) => errors[0].extensions.code === "QUERY_MALFORMED");
  const alerts = client.iterate({ query: ALERTS });
  const next = alerts.next();
  // The subscription is under way when an operation sent behind it is answered.
  await once("{ __typename }");
  assert.deepEqual(await once(hold("H-ws")), { data: { holdLots: { accepted: 1 } } });
  assert.deepEqual((await next).value, { data: { alerts: { kind: "HOLD_PLACED", lot: { id: "MILK-2" } } } });
  await alerts.return();
  await client.dispose();
}

async function apollo(name, link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const asked = await client.query({ query: gql(QUESTION), variables: { id: "MILK-1" } });
  assert.deepEqual(plain(asked.data), { lot: MILK });
  const told = await client.mutate({ mutation: gql(hold(`H-${name}`)) });
  assert.deepEqual(plain(told.data), { holdLots: { accepted: 1 } });
  await assert.rejects(
    client.mutate({ mutation: gql(UNKNOWN) }),
    (error) => CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === "LOT_UNKNOWN",
  );
}

async function apolloSubscribes(client) {
  const link = new GraphQLWsLink(client);
  const apollo = new ApolloClient({ link, cache: new InMemoryCache() });
  const next = new Promise((resolve, reject) => {
    apollo.subscribe({ query: gql(ALERTS) }).subscribe({ next: resolve, error: reject });
  });
  await apollo.query({ query: gql("{ __typename }") });
  await apollo.mutate({ mutation: gql(hold("H-subscribed")) });
  assert.deepEqual(plain((await next).data), { alerts: { kind: "HOLD_PLACED", lot: { id: "MILK-2" } } });
}

await graphqlWs();
await apollo("http", new HttpLink({ uri: `${url}/graphql` }));
const client = socket();
await apollo("socket", new GraphQLWsLink(client));
await apolloSubscribes(client);
await client.dispose();
console.log("every client was answered");
process.exit(0);
