#!/usr/bin/env python3
"""Asks the golden store what the test asks, and keeps the answers.

    ask.py LOTGRAPH

Run once with the lotgraph of commit 1b3e65a; README.md says why never again. Questions and answers go to answers/, one file a
subject; the GraphQL documents lie there too.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from urllib.parse import quote

from make import INPUTS, Program, at

HERE = os.path.dirname(os.path.abspath(__file__))
ANSWERS = os.path.join(HERE, "answers")
ASKED = {}


def graphql(subject, document, **variables):
    ASKED.setdefault(subject, []).append({"graphql": document, "variables": variables})


def get(subject, path, **arguments):
    pairs = [(name, one) for name, value in arguments.items() for one in (value if isinstance(value, list) else [value])]
    text = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in pairs)
    ASKED.setdefault(subject, []).append({"get": path + ("?" + text if text else "")})


def post(subject, path, body):
    ASKED.setdefault(subject, []).append({"post": path, "body": body})


def revision(number):
    return {"revision": str(number)}


with open(os.path.join(HERE, "ledger.ndjson")) as lines:
    LEDGER = [json.loads(line) for line in lines]
LAST = LEDGER[-1]["revision"]
LOTS = ["MILK-1", "MILK-2", "生乳-3", "MILK-4", "SILO-A", "PAST-1", "BULK-2", "REW-1", "YOG-2", "PAL-1", "BOX-2", "MIX-PAL",
        "𠮷野-箱-1", "～箱-2", "ﬁ-3", "CULTURE-1", "CUP-1", "GHOST-1", "GHOST-OUT", "WRONG-1", "RIGHT-1", "A" * 200]
FARM_2 = {"causes": [{"supplier": "FARM-2", "from": at("05 00:00"), "until": at("05 23:59:59")}]}
ATTRIBUTE = {"attributes": [{"name": "result", "value": {"is": "FAIL"}}]}


def lots():
    graphql("lots", "lots")
    graphql("lots", "links")
    for lot in [*LOTS, "NOWHERE"]:
        graphql("lots", "lot", id=lot)
    for filter in [
        *({"statuses": [status]} for status in ["QUARANTINED", "SUSPECT", "REJECTED", "PENDING_INSPECTION", "AVAILABLE"]),
        *({"origins": [origin]} for origin in ["RECEIVED", "PRODUCED", "UNKNOWN"]),
        *({"classes": [of]} for of in ["RAW", "INTERMEDIATE", "FINISHED", "PACKAGING"]),
        {"materials": ["YOG", "CREAM"]}, {"hold": "H-1"}, {"hold": "H-5"}, {"hold": "NONE"}, {"text": "𠮷"}, {"text": "酸奶"},
        {"text": "f1/08"}, {"text": "箱"}, {"producedFrom": at("05 18:00"), "producedBefore": at("06 00:00")},
        {"statuses": ["SUSPECT"], "materials": ["YOG"], "text": "box"},
    ]:
        graphql("lots", "lot_ids", filter=filter)
    for code in ["C/77", "K/1", "F1/0881", "F2/078", "酸奶/2/😀", "𠮷野-箱-1", "MILK-1", "ﬁ-3", "fi-3", "nothing"]:
        graphql("lots", "resolve", code=code)
    graphql("lots", "resolve", code="CW-9", asOf=revision(15))
    graphql("lots", "resolve", code="CW-9", asOf=revision(16))


def operations():
    graphql("operations", "operations")
    for filter in [
        {"voided": True}, {"voided": False, "name": "FILL"}, {"name": "PASTEURISE"}, {"equipment": "PAST-1"},
        {"equipment": "𠮷-TANK 🏭"}, {"operator": "OP-7"}, {"shift": "2026-01-05/B"}, {"party": "客户-3"}, {"party": "FARM-2"},
        *({"kinds": [kind]} for kind in ["RECEIVE", "PRODUCE", "SPLIT", "MERGE", "REWORK", "REPACK", "PROCESS", "SHIP", "SCRAP",
                                         "CLEAN", "COUNT"]),
        {"from": at("05 16:00"), "before": at("06 06:00")}, {"startedBefore": at("05 07:10")},
    ]:
        graphql("operations", "operation_ids", filter=filter)
    for id in ["FILL-X", "FILL-Y", "S-4", "X-2", "R-G2", "MERGE-1", "S-LAB", "MIX-0", "V-1"]:
        graphql("operations", "operation", id=id)
    for number in [22, 23, 24]:
        graphql("operations", "operation", id="FILL-X", asOf=revision(number))


def masters():
    graphql("masters", "masters")
    graphql("masters", "master")
    for text, declared in [(None, False), (None, True), ("line", None), ("𠮷", None), ("王", None), ("ÉMILE", None), ("shop", True)]:
        graphql("masters", "masters_found", **{k: v for k, v in {"text": text, "declared": declared}.items() if v is not None})
    for number in [0, 1, 2, 15, 16, 62, 63]:
        graphql("masters", "masters", asOf=revision(number))


def holds():
    graphql("holds", "holds")
    for filter in [{"states": ["OPEN"]}, {"states": ["PARTLY_RELEASED"]}, {"states": ["RELEASED"]}, {"categories": ["MICROBIOLOGY"]},
                   {"categories": ["PACKAGING", "nothing"]}]:
        graphql("holds", "holds", filter=filter)
    for id in ["H-1", "H-4", "RC-2-H", "NONE"]:
        graphql("holds", "hold", id=id)
    for number in [26, 27, 28, 37, 39, 40, 41, 42, 43, 47]:
        graphql("holds", "holds", asOf=revision(number))


def alerts():
    graphql("alerts", "alerts")
    kinds = ["HOLD_PLACED", "HOLD_RELEASED", "HOLD_OVERRIDDEN", "FLOW_REFUSED", "RECALL_TOUCHED", "TIME_CONFLICT", "QUANTITY_GAP",
             "UNKNOWN_ORIGIN"]
    for filter in [*({"kinds": [kind]} for kind in kinds), *({"states": [state]} for state in ["OPEN", "ACKNOWLEDGED", "RESOLVED"]),
                   {"severities": ["CRITICAL"]}, {"severities": ["INFO"], "states": ["OPEN"]}, {"lot": "BOX-1"}, {"lot": "𠮷野-箱-1"},
                   {"raisedAfter": "47"}, {"kinds": ["QUANTITY_GAP"], "states": ["RESOLVED"]}]:
        graphql("alerts", "alerts", filter=filter)
    for number in [5, 18, 19, 20, 21, 24, 30, 47, 52, 60, 61, 62]:
        graphql("alerts", "alerts", asOf=revision(number))
    get("alerts", "/api/v1/alerts", limit=1000)
    get("alerts", "/api/v1/alerts", limit=5, after="20-1", severity=["WARNING", "CRITICAL"])
    get("alerts", "/api/v1/alerts", state=["OPEN", "ACKNOWLEDGED"], kind=["UNKNOWN_ORIGIN", "QUANTITY_GAP"])
    get("alerts", "/api/v1/alerts", lot="GHOST-1")


def recalls():
    graphql("recalls", "recalls")
    for filter in [{"states": ["OPEN"]}, {"states": ["CLOSED"]}, {"categories": ["MICROBIOLOGY"]}]:
        graphql("recalls", "recalls", filter=filter)
    for id in ["RC-1", "RC-2", "EX-1", "EX-2", "NONE"]:
        graphql("recalls", "recall_scopes", id=id)
        graphql("recalls", "recall_course", id=id)
    for number in [46, 47, 48, 52, 53, 57, 59]:
        graphql("recalls", "recalls", asOf=revision(number))
        graphql("recalls", "recall_course", id="RC-1", asOf=revision(number))
    graphql("recalls", "recall_scopes", id="RC-1", asOf=revision(52))
    for table in ["lots", "shipments", "customers"]:
        for form in ["json", "csv"]:
            for state in ["frozen", "current"]:
                get("recalls", f"/api/v1/recalls/RC-1/{table}", format=form, state=state)
    get("recalls", "/api/v1/recalls/RC-1/shipments", format="csv", customer="客户-3")
    get("recalls", "/api/v1/recalls/RC-2/lots", whereabouts="ON_HAND", material="YOG")
    with open(os.path.join(INPUTS, "scope.json")) as file:
        scope = json.load(file)
    shift = {"causes": [{"shift": "2026-01-05/B", "step": "INCUBATE"}, {"equipment": "LINE-1", "material": "YOG"}]}
    single = {"lots": [{"lot": "𠮷野-箱-1"}, {"lot": "SILO-A", "since": at("06 00:00")}]}
    by_number = {"causes": [{"supplierLot": "F1/0881"}]}
    for input in [scope, FARM_2, shift, single, by_number]:
        graphql("recalls", "recall_scope", input=input)
        post("recalls", "/api/v1/recall-scope?table=shipments&format=csv", input)
    graphql("recalls", "recall_scope", input=FARM_2, filter={"whereabouts": ["SHIPPED"], "customer": "SHOP-2"})
    graphql("recalls", "recall_scope", input=FARM_2, filter={"lot": {"statuses": ["SUSPECT"], "text": "箱"}})
    graphql("recalls", "recall_scope", input=FARM_2, asOf=revision(14))
    post("recalls", "/api/v1/recall-scope?table=lots&format=json&whereabouts=SCRAPPED", FARM_2)


def traces():
    def both(lots, **more):
        for direction in ["FORWARD", "BACKWARD"]:
            graphql("traces", "trace", input={"lots": lots, "direction": direction, **more})

    for lot in LOTS:
        both([lot])
    both(["MILK-1", "MILK-2", "生乳-3"])
    both(["SILO-A"], maxDepth=1)
    both(["SILO-A", "BULK-2"], respectTime=False)
    both(["PAL-1"], filter={"materials": ["YOG", "MILK"], "statuses": ["AVAILABLE"]})
    for lot, since in [("SILO-A", at("05 09:00")), ("SILO-A", at("06 00:00")), ("MILK-2", at("05 12:00"))]:
        graphql("traces", "trace", input={"lots": [lot], "direction": "FORWARD", "since": since})
    for lot, until in [("SILO-A", at("05 08:30")), ("BULK-2", at("05 15:40")), ("MIX-PAL", at("05 18:00"))]:
        graphql("traces", "trace", input={"lots": [lot], "direction": "BACKWARD", "until": until})
    for lot in [*LOTS, "PAST-3", "BOX-1"]:
        graphql("traces", "trace_count", input={"lots": [lot], "direction": "FORWARD"})
    for lots in [["MILK-1"], ["MILK-2"], ["SILO-A"], ["生乳-3"], ["CULTURE-1"], ["CUP-1"], ["BULK-2"], ["MILK-1", "MILK-2"], ["GHOST-1"]]:
        graphql("traces", "at_risk", input={"lots": lots, "direction": "FORWARD"})
    graphql("traces", "at_risk", input={"lots": ["SILO-A"], "direction": "FORWARD", "since": at("05 09:00")})
    for form in [{"format": "json"}, {"format": "ndjson"}, *({"format": "csv", "table": t} for t in ["lots", "operations", "links"])]:
        get("traces", "/api/v1/trace", lot="MILK-2", direction="forward", **form)
        get("traces", "/api/v1/trace", lot=["𠮷野-箱-1", "MIX-PAL"], direction="backward", **form)
    get("traces", "/api/v1/trace", lot="SILO-A", direction="forward", maxDepth=2, since=at("05 09:00"), respectTime="true")
    for seed, lot, direction in [("MILK-2", "BOX-1", "FORWARD"), ("MILK-2", "𠮷野-箱-1", "FORWARD"), ("MILK-1", "MIX-PAL", "FORWARD"),
                                 ("CULTURE-1", "YOG-3", "FORWARD"), ("MIX-PAL", "MILK-1", "BACKWARD"), ("MILK-2", "PAST-1", "FORWARD"),
                                 ("BULK-2", "BULK-2", "FORWARD"), ("MILK-2", "YOG-3", "FORWARD")]:
        graphql("traces", "why", seed=seed, lot=lot, direction=direction)
    for lots in [["BOX-1", "𠮷野-箱-1"], ["PAL-1", "MIX-PAL"], ["MILK-1", "MILK-2"], ["CULTURE-1", "CUP-1"], ["GHOST-1", "MILK-1"]]:
        graphql("traces", "common", lots=lots)
    for lots, tolerance in [(["MILK-1", "SILO-A", "PAST-1", "BULK-1"], None), (["PAL-1", "CUP-1", "BOX-1", "YOG-3"], "5"), (LOTS, "0")]:
        graphql("traces", "balance", lots=lots, **({} if tolerance is None else {"tolerance": tolerance}))


def causes():
    cases = ["BOX-1", "BOX-2", "𠮷野-箱-1", "～箱-2"]
    for input in [
        {"cases": cases, "controls": ["PAL-1", "PAL-2", "PAL-3", "YOG-3", "YOG-4", "RIGHT-1"]}, {"cases": cases},
        {"casesWhere": ATTRIBUTE, "controlsWhere": [{"name": "result", "value": {"is": "PASS"}}]},
        {"casesWhere": {"attributes": [{"name": "viscosity", "value": {"below": "80"}}]}, "controlsAmong": {"materials": ["YOG"]}},
        {"cases": cases, "controlsAmong": {"materials": ["YOG"]}, "respectTime": False}, {"cases": ["GHOST-OUT"], "controls": ["BULK-1"]},
    ]:
        graphql("causes", "root_cause", input=input)
    graphql("causes", "root_cause", input={"cases": cases[:2], "controls": ["PAL-1", "PAL-2"]}, asOf=revision(13))


def history():
    for number in range(LAST + 1):
        graphql("history", "state", asOf=revision(number))
    for number in range(2, LAST + 1):
        graphql("history", "trace_count", input={"lots": ["MILK-2"], "direction": "FORWARD"}, asOf=revision(number))
    recorded = {event["revision"]: event["recordedAt"] for event in LEDGER}
    for number in [4, 21, 47]:
        graphql("history", "state", asOf={"recordedAt": recorded[number]})
    for number in [4, 11, 12, 13, 14, 15, 17, 21, 24, 26, 28, 35, 42, 47, 52, 57, 62]:
        for lot, direction in [("MILK-2", "FORWARD"), ("MIX-PAL", "BACKWARD")]:
            if number >= 13 or lot == "MILK-2":
                graphql("history", "trace", input={"lots": [lot], "direction": direction}, asOf=revision(number))
    for number in [15, 26, 47, 52]:
        graphql("history", "lots", asOf=revision(number))
        graphql("history", "at_risk", input={"lots": ["MILK-2"], "direction": "FORWARD"}, asOf=revision(number))
        graphql("history", "why", seed="MILK-2", lot="BOX-1", direction="FORWARD", asOf=revision(number))
        graphql("history", "operation_ids", filter={"voided": True}, asOf=revision(number))
        graphql("history", "balance", lots=["SILO-A", "PAL-1", "BOX-1"], asOf=revision(number))
        graphql("history", "common", lots=["BOX-1", "𠮷野-箱-1"], asOf=revision(number))
        get("history", "/api/v1/trace", lot="MILK-2", direction="forward", asOf=number)
    for lots, direction, before, after in [
        (["MILK-2"], "FORWARD", 4, 11), (["MILK-2"], "FORWARD", 13, 14), (["MILK-2"], "FORWARD", 25, 26), (["BULK-1"], "FORWARD", 22, 24),
        (["CULTURE-1"], "FORWARD", 41, 42), (["MILK-2", "MILK-9"], "FORWARD", 1, None), (["𠮷野-箱-1"], "FORWARD", 51, 52),
        (["MIX-PAL"], "BACKWARD", 12, None), (["PAL-2"], "FORWARD", 37, 45), (["GHOST-2"], "FORWARD", 19, 21),
    ]:
        variables = {"input": {"lots": lots, "direction": direction}, "from": revision(before)}
        if after is not None:
            variables["to"] = revision(after)
        graphql("history", "trace_diff", **variables)


def answer(p, question):
    if "graphql" in question:
        with open(os.path.join(ANSWERS, question["graphql"] + ".graphql")) as file:
            body = json.dumps({"query": file.read(), "variables": question["variables"]})
        return p.request("/graphql", body)
    if "get" in question:
        return p.request(question["get"])
    return p.request(question["post"], json.dumps(question["body"]))


def main(binary):
    for subject in [lots, operations, masters, holds, alerts, recalls, traces, causes, history]:
        subject()
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store.sqlite")
        shutil.copy(os.path.join(HERE, "store.sqlite"), store)
        p = Program(binary, f"sqlite:{store}")
        exported = subprocess.run([binary, "export", "--store", p.uri, "--no-progress"], capture_output=True, check=True)
        with open(os.path.join(ANSWERS, "export.ndjson"), "wb") as file:
            file.write(exported.stdout)
        p.start()
        # So the ids are those of the file.
        for alert in json.loads(p.request("/api/v1/alerts?limit=1000")[1])["alerts"]:
            graphql("alerts", "alert", id=alert["id"])
        try:
            for subject, questions in ASKED.items():
                with open(os.path.join(ANSWERS, subject + ".ndjson"), "w") as file:
                    for question in questions:
                        status, text = answer(p, question)
                        if '"errors"' in text:
                            print(subject, question, text[:400])
                        if "format=ndjson" in question.get("get", ""):
                            kept = {"lines": [json.loads(line) for line in text.splitlines()]}
                        elif "format=csv" in json.dumps(question):
                            kept = {"text": text}
                        else:
                            kept = {"answer": json.loads(text)}
                        kept = {**question, "status": status, **kept}
                        file.write(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")
        finally:
            p.stop()
    print({subject: len(questions) for subject, questions in ASKED.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
