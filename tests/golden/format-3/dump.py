#!/usr/bin/env python3
"""Writes what lies in a store as text, without lotgraph.

    dump.py ledger STORE.sqlite        one line an event, as it is stored
    dump.py neo4j neo4j://HOST:PORT    one line a constraint or index, then a node, then a relationship (needs the
                                       package `neo4j` of PyPI)
"""

import json
import sqlite3
import sys
from datetime import datetime, timedelta, timezone


def line(value):
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def ledger(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    query = """SELECT r.number, e.key - r.first_event + 1, r.recorded_at, r.actor, r.source, e.id, e.type, e.body
               FROM event e JOIN revision r ON r.number = e.revision ORDER BY e.key"""
    for revision, index, recorded_at, actor, source, id, kind, body in connection.execute(query):
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=recorded_at)
        line({"revision": revision, "index": index, "recordedAt": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
              "actor": actor, "source": source, "id": id, "type": kind, "body": body})


# What tells the nodes of a label apart.
KEYS = {"Event": ["revision", "index"], "Ledger": ["id"], "Lot": ["id"], "Master": ["kind", "code"],
        "Operation": ["id"], "Record": ["kind", "id"]}


def neo4j(uri):
    import neo4j as driver

    with driver.GraphDatabase.driver(uri, auth=("", "")) as graph:
        nodes = graph.execute_query("MATCH (n) RETURN elementId(n) AS e, labels(n) AS labels, properties(n) AS p").records
        links = graph.execute_query(
            "MATCH (a)-[r]->(b) RETURN elementId(a) AS a, elementId(b) AS b, type(r) AS t, properties(r) AS p").records

        constraints = graph.execute_query("SHOW CONSTRAINTS YIELD name, createStatement RETURN * ORDER BY name").records
        indexes = graph.execute_query("""SHOW INDEXES YIELD name, type, owningConstraint, createStatement
            WHERE type <> 'LOOKUP' AND owningConstraint IS NULL RETURN name, createStatement ORDER BY name""").records

    def key(record):
        (label,) = [label for label in record["labels"] if label in KEYS]
        return (label, [record["p"][name] for name in KEYS[label]])

    nodes = sorted(nodes, key=key)
    assert len({json.dumps(key(node)) for node in nodes}) == len(nodes), "two nodes with one key"
    number = {node["e"]: n for n, node in enumerate(nodes)}
    for made in [*constraints, *indexes]:
        line({"schema": made["createStatement"]})
    for n, node in enumerate(nodes):
        line({"node": n, "labels": sorted(node["labels"]), "properties": dict(sorted(node["p"].items()))})
    for link in sorted(links, key=lambda l: (l["t"], number[l["a"]], number[l["b"]], sorted(l["p"].items()))):
        line({"relationship": link["t"], "from": number[link["a"]], "to": number[link["b"]],
              "properties": dict(sorted(link["p"].items()))})


if __name__ == "__main__":
    {"ledger": ledger, "neo4j": neo4j}[sys.argv[1]](sys.argv[2])
