"""Asks, records and subscribes through gql, Python's usual client, over HTTP and over a WebSocket."""

import asyncio
import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

URL = sys.argv[1]
QUESTION = gql("query Lot($id: ID!) { lot(id: $id) { id material { code } } }")
UNKNOWN = gql('mutation { holdLots(input: {lots: ["NOBODY"], reason: "x", at: "2026-01-05T13:00:00Z"}) { revision } }')
ALERTS = gql("subscription { alerts(filter: {kinds: [HOLD_PLACED]}) { kind lot { id } } }")
MILK = {"lot": {"id": "MILK-1", "material": {"code": "MILK"}}}


def hold(name):
    return gql(
        'mutation { holdLots(input: {id: "%s", lots: ["MILK-2"], reason: "x", at: "2026-01-05T13:00:00Z"}) { accepted } }' % name
    )


def asked(question):
    question.variable_values = {"id": "MILK-1"}
    return question


async def ask_and_record(session, name):
    assert await session.execute(asked(QUESTION)) == MILK
    assert await session.execute(hold(name)) == {"holdLots": {"accepted": 1}}
    try:
        await session.execute(UNKNOWN)
    except TransportQueryError as error:
        assert error.errors[0]["extensions"]["code"] == "LOT_UNKNOWN", error
    else:
        raise AssertionError("a hold on an unknown lot is an error")


async def over_http():
    # Fetching the schema makes the client check every document against it.
    transport = AIOHTTPTransport(url=URL + "/graphql")
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        await ask_and_record(session, "H-python-http")


async def over_socket():
    transport = WebsocketsTransport(url=URL.replace("http", "ws") + "/graphql")
    async with Client(transport=transport) as session:
        await ask_and_record(session, "H-python-socket")

        async def first():
            async for alert in session.subscribe(ALERTS):
                return alert

        next_alert = asyncio.create_task(first())
        await asyncio.sleep(0)
        # The subscription is under way when an operation sent behind it is answered.
        await session.execute(gql("{ __typename }"))
        await session.execute(hold("H-python-alert"))
        assert await next_alert == {"alerts": {"kind": "HOLD_PLACED", "lot": {"id": "MILK-2"}}}


asyncio.run(over_http())
asyncio.run(over_socket())
print("every client was answered")
