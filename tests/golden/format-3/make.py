#!/usr/bin/env python3
"""Records the golden history of format 3, with the lotgraph of commit 1b3e65a and nothing else.

    make.py LOTGRAPH STORE

LOTGRAPH is the binary, STORE the SQLite file to write. It is kept so that people can see how the golden store came about.
It is not run again: README.md says why.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
INPUTS = os.path.join(HERE, "inputs")


class Program:
    """The program over one store: commands, or a server on a free port."""

    def __init__(self, binary, uri):
        self.binary, self.uri, self.process, self.url = binary, uri, None, None

    def command(self, *arguments, code=0):
        assert self.process is None, "commands write only while no server has the file"
        time.sleep(0.2)
        done = subprocess.run(
            [self.binary, *arguments, "--store", self.uri], cwd=INPUTS, capture_output=True, text=True
        )
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def start(self):
        self.process = subprocess.Popen(
            [self.binary, "serve", "--listen", "127.0.0.1:0", "--store", self.uri, "--log", "info"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for line in self.process.stderr:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found.group(0)
                break
        assert self.url, "the server did not start"

    def stop(self):
        self.process.terminate()
        assert self.process.wait(40) == 0
        self.process, self.url = None, None

    def request(self, path, body=None, media="application/json"):
        """Status and text of an answer."""
        data = None if body is None else body.encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"content-type": media})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def rest(self, *events, status=200, code=None, atomic=True):
        """Posts events as a JSON array."""
        time.sleep(0.05)
        path = "/api/v1/events" + ("" if atomic else "?atomic=false")
        got, text = self.request(path, json.dumps(events, ensure_ascii=False))
        assert got == status and (code is None or code in text), (got, text, events)
        return json.loads(text)

    def lines(self, *events):
        """Posts events as NDJSON."""
        time.sleep(0.05)
        text = "\n".join(json.dumps(event, ensure_ascii=False) for event in events)
        got, answer = self.request("/api/v1/events", text, "application/x-ndjson")
        assert got == 200, answer

    def graphql(self, query, **variables):
        time.sleep(0.05)
        got, text = self.request("/graphql", json.dumps({"query": query, "variables": variables}))
        answer = json.loads(text)
        assert got == 200 and not answer.get("errors"), text
        return answer["data"]

    def mutate(self, field, input_type, /, **given):
        query = "mutation($input: %s!) { %s(input: $input) { applied accepted events { id problems { message } } } }"
        answer = self.graphql(query % (input_type, field), input=given)[field]
        assert answer["applied"] and answer["accepted"] == 1, answer
        return answer["events"][0]["id"]

    def alert(self, kind, **wanted):
        """The id of the first alert of a kind, about a lot or a hold."""
        query = "query($k: [AlertKind!]) { alerts(filter: {kinds: $k}) { nodes { id lot { id } hold { id } } } }"
        for alert in self.graphql(query, k=[kind])["alerts"]["nodes"]:
            if all((alert[name] or {}).get("id") == value for name, value in wanted.items()):
                return alert["id"]
        raise AssertionError((kind, wanted))


def at(text):
    """`05 06:10` is that time on that day of January 2026 in Beijing."""
    day, clock = text.split()
    return f"2026-01-{day}T{clock}{':00' if clock.count(':') == 1 else ''}+08:00"


def some(lot, amount=None, unit="KGM", **more):
    return {"lot": lot, **({} if amount is None else {"quantity": str(amount), "unit": unit}), **more}


def step(kind, id, when, inputs, outputs, **more):
    return {"type": "operation", "kind": kind, "id": id, "at": at(when), "inputs": inputs, "outputs": outputs, **more}


def ship(id, when, customer, *inputs, **more):
    return {"type": "ship", "id": id, "at": at(when), "customer": customer, "inputs": list(inputs), **more}


def make_yoghurt(p):
    """A day of a dairy, up to the shops."""
    p.rest(
        {"type": "receive", "id": "R-C1", "at": at("04 10:00"), "supplier": "LAB-SUPPLY", "outputs": [
            some("CULTURE-1", 2, material="CULTURE", number="K/1", attributes={"strain": "ST-Ⅲ", "𠮷key 🔑": "值 😀"}),
            some("CULTURE-2", "1.5", material="CULTURE"), some("CULTURE-3", "0.000000001", material="CULTURE")]},
        {"type": "receive", "id": "R-CUP", "at": at("04 11:00"), "outputs": [
            some("CUP-1", 10000, "EA", material="CUP", number="C/77"), some("CUP-2", 500, "EA", material="CUP")]},
    )
    p.lines(
        step("PRODUCE", "UNLOAD-1", "05 07:00", [some("MILK-1", 11000)], [some("SILO-A", 11000, material="SILO-MILK")],
             startedAt=at("05 06:40"), name="UNLOAD", equipment=["SITE"], operators=["OP-1"], shift="2026-01-05/A"),
        step("PRODUCE", "RUN-1", "05 08:00", [some("SILO-A", 4000, at=at("05 07:20"))],
             [some("PAST-1", 3960, material="PAST"), some("CREAM-1", 30, material="CREAM", at=at("05 07:50"))],
             startedAt=at("05 07:10"), name="PASTEURISE", equipment=["PAST-1"], operators=["OP-7", "OP-1"],
             workOrder="WO-1", parameters=[{"name": "temperature", "value": "72.4", "unit": "CEL", "at": at("05 07:30")}]),
        step("PRODUCE", "UNLOAD-2", "05 09:00", [some("MILK-2", 8000)], [some("SILO-A", 8000, material="SILO-MILK")],
             startedAt=at("05 08:30"), name="UNLOAD", operators=["OP-1"], shift="2026-01-05/A"),
        step("PRODUCE", "RUN-2", "05 10:00", [some("SILO-A", 6000)], [some("PAST-2", 5950, material="PAST")],
             startedAt=at("05 09:10"), name="PASTEURISE", equipment=["PAST-1"], operators=["OP-7"],
             parameters=[{"name": "temperature", "value": 71, "unit": "CEL"}]),
    )
    mix = step("PRODUCE", "MIX-0", "05 10:10", [some("CULTURE-1", 100, "GRM")], [some("BULK-0")])
    p.rest(mix, status=422, code="LOT_PENDING_INSPECTION")
    p.mutate("releaseHold", "ReleaseInput", id="Q-1", at=at("05 10:15"), lots=["CULTURE-1"],
             reason="incoming inspection 合格", disposition="RELEASED")
    p.rest({"type": "release", "id": "Q-2", "at": at("05 10:16"), "lots": ["CULTURE-2"], "reason": "wrong strain",
            "disposition": "RETURN"})
    mix = step("PRODUCE", "MIX-00", "05 10:20", [some("CULTURE-2", 1)], [some("BULK-0")])
    p.rest(mix, status=422, code="LOT_REJECTED")
    p.rest(ship("S-RET", "05 10:40", "LAB-SUPPLY", some("CULTURE-2", "1.5"), reason="returned", document="RMA-1"))
    p.mutate("recordOperation", "OperationInput", id="MIX-1", kind="PRODUCE", at=at("05 11:00"), name="MIX",
             inputs=[some("PAST-1", 3000), some("CULTURE-1", 300, "GRM")], outputs=[some("BULK-1", 3000, material="BULK")],
             equipment=["𠮷-TANK 🏭"], operators=["OP-9"], attributes=[{"name": "recipe", "value": "R-12 酸奶"}])
    p.lines(
        step("PRODUCE", "MIX-2", "05 11:30", [some("PAST-2", 4000), some("CULTURE-1", 400, "GRM")],
             [some("BULK-2", 4000, material="BULK")], name="MIX", equipment=["𠮷-TANK 🏭"], operators=["OP-9"]),
        {"type": "operation", "kind": "PROCESS", "id": "INC-1", "name": "INCUBATE", "startedAt": at("05 11:05"),
         "at": at("05 15:00"), "lots": ["BULK-1"], "equipment": ["𠮷-TANK 🏭"], "shift": "2026-01-05/B",
         "parameters": [{"name": "pH", "value": "4.40", "at": at("05 14:59:59.123456")},
                        {"name": "temperature", "value": "43.1", "unit": "CEL"}]},
        {"type": "operation", "kind": "PROCESS", "id": "INC-2", "name": "INCUBATE", "startedAt": at("05 11:35"),
         "at": at("05 15:30"), "lots": ["BULK-2"], "equipment": ["𠮷-TANK 🏭"], "shift": "2026-01-05/B",
         "parameters": [{"name": "pH", "value": "4.62"}, {"name": "temperature", "value": "39.0", "unit": "CEL"}]},
    )
    p.rest(
        step("REWORK", "REW-IN", "05 15:40", [some("BULK-2", 500)], [some("REW-1", 480, material="BULK")], reason="lumps"),
        step("REWORK", "REW-OUT", "05 15:50", [some("REW-1", 480)], [some("BULK-2", 470, material="BULK")]),
        step("PRODUCE", "FILL-1", "05 16:30", [some("BULK-1", 2400), some("CUP-1", 4800, "EA")],
             [some("YOG-1", 4800, "EA", material="YOG", attributes={"result": "PASS", "viscosity": "88.5"})],
             name="FILL", startedAt=at("05 16:00"), equipment=["FILL-1"], shift="2026-01-05/B", document="批记录-1"),
        step("PRODUCE", "FILL-2", "05 17:30", [some("BULK-2", 3000), some("CUP-1", 5200, "EA")],
             [some("YOG-2", 1000, "BX", material="YOG", number="酸奶/2/😀", attributes={"result": "FAIL", "viscosity": "71"})],
             name="FILL", startedAt=at("05 17:00"), equipment=["FILL-1"], shift="2026-01-05/B"),
    )
    p.lines(
        step("SPLIT", "SPLIT-1", "05 18:00", [some("YOG-1", 4800, "EA")],
             [some("PAL-1", 1600, "EA"), some("PAL-2", 1600, "EA", material="YOG"), some("PAL-3", 1590, "EA")]),
        step("REPACK", "PACK-1", "05 18:10", [some("YOG-2", 600, "BX")],
             [some("BOX-1", 1800, "EA", material="YOG"), some("BOX-2", 300, "BX", material="YOG")]),
        step("REPACK", "PACK-2", "05 18:20", [some("YOG-2", 10, "BX")],
             [some("𠮷野-箱-1", 30, "EA", material="YOG", attributes={"result": "FAIL"}), some("～箱-2", 20, "EA"),
              some("ﬁ-3", 10, "EA", material="YOG")]),
        step("MERGE", "MERGE-1", "05 18:30", [some("PAL-3", 500, "EA"), some("BOX-2", 500, "EA")],
             [some("MIX-PAL", 1000, "EA", material="YOG")]),
        step("REWORK", "REW-SELF", "05 18:40", [some("PAL-1", 10, "EA")], [some("PAL-1", 9, "EA")], reason="标签 wrong"),
    )


def ship_and_count(p):
    """What leaves, what is thrown away, cleaned and counted; the silo is filled again."""
    p.lines(
        ship("S-1", "06 05:30", "SHOP-1", some("PAL-1", 1000, "EA"), document="SO-1", startedAt=at("06 05:00")),
        ship("S-2", "06 05:40", "SHOP-2", some("PAL-2", 800, "EA", at=at("06 05:35")), document="SO-2"),
        ship("S-3", "06 05:50", "客户-3", some("MIX-PAL", 400, "EA"), some("PAL-1", 100, "EA"), document="订单-3"),
        ship("S-4", "06 05:55", "客户-3", some("𠮷野-箱-1"), document="订单-4 😀"),
        ship("S-4C", "06 06:05", "客户-3", some("～箱-2", 5, "EA"), attributes={"truck": "京A·12345", "🚚": "𠮷"}),
    )
    p.rest(
        {"type": "scrap", "id": "X-1", "at": at("06 06:00"), "reason": "漏 leaking", "inputs": [some("PAL-2", 5, "EA")]},
        {"type": "clean", "id": "C-1", "startedAt": at("05 20:00"), "at": at("05 21:30"), "lots": ["SILO-A", "REW-1"],
         "equipment": ["CIP-1"], "operators": ["OP-7"], "parameters": [{"name": "temperature", "value": "82", "unit": "CEL"}]},
        {"type": "count", "id": "N-1", "at": at("06 07:00"), "document": "盘点", "lots": [
            some("PAL-1", 498, "EA"), some("CUP-1", 0, "EA"), some("BOX-1", 300, "BX")]},
    )
    p.mutate("receiveLot", "ReceiveInput", id="R-CUP-3", at=at("06 06:30"), supplier="CUP-WORKS",
             outputs=[some("CUP-3", 4000, "EA", material="CUP", supplierLot="CW-9", attributes=[{"name": "颜色", "value": "白"}])])
    p.lines(
        step("PRODUCE", "UNLOAD-3", "06 08:00", [some("MILK-4", 5000)], [some("SILO-A", 5000, material="SILO-MILK")], name="UNLOAD"),
        step("PRODUCE", "RUN-3", "06 09:00", [some("SILO-A", 2000)], [some("PAST-3", 1990, material="PAST")],
             name="PASTEURISE", equipment=["PAST-1"], startedAt=at("06 08:10"),
             parameters=[{"name": "temperature", "value": "72.9", "unit": "CEL"}]),
        step("PRODUCE", "FILL-3", "06 12:00", [some("PAST-3", 1500), some("CULTURE-1", 150, "GRM"), some("CUP-3", 2900, "EA")],
             [some("YOG-3", 2900, "EA", material="YOG", attributes={"result": "PASS"})], name="FILL", equipment=["FILL-1"]),
        ship("S-5", "06 14:00", "SHOP-1", some("YOG-3", 1000, "EA"), document="SO-5"),
    )
    # Without ids of their own: the ids are derived from the content.
    p.rest({"type": "count", "at": at("06 15:00"), "lots": [some("YOG-3", 1900, "EA")]},
           {"type": "operation", "kind": "PROCESS", "name": "LABEL", "at": at("06 15:10"), "lots": ["YOG-3", "PAL-3"]})


def do_not_add_up(p):
    """Unknown origins, overdraws, times that conflict; voids; a batch of which a part is refused."""
    p.lines(
        step("PRODUCE", "GHOST-OP", "06 10:00", [some("GHOST-1", 100), some("GHOST-2", 7, "EA")],
             [some("GHOST-OUT", 90, material="BULK")]),
        ship("S-6", "06 15:00", "SHOP-2", some("BOX-1", 2500, "EA"), document="SO-6"),
        {"type": "scrap", "id": "X-2", "at": at("06 15:30"), "inputs": [some("ﬁ-3", 50, "EA")]},
        step("PRODUCE", "EARLY", "05 07:05", [some("PAST-1", 10)], [some("SAMPLE-1", 10)], startedAt=at("05 07:00"), name="SAMPLE"),
        step("PRODUCE", "UNMEASURED", "06 16:00", [some("生乳-3"), some("GHOST-3", 2, "PR")], [some("SAMPLE-2"), some("SAMPLE-3", 1, "PR")]),
    )
    # Its origin is known now, and came after the draw; then the receipt is corrected.
    p.rest({"type": "receive", "id": "R-G2", "at": at("06 12:00"), "outputs": [some("GHOST-2", 7, "EA", material="CUP")]})
    p.rest({"type": "void", "id": "V-0", "event": "R-G2", "reason": "wrong hour 时间错误", "replacedBy": "R-G2B"},
           {"type": "receive", "id": "R-G2B", "at": at("06 09:00"), "outputs": [some("GHOST-2", 7, "EA", material="CUP")]})
    p.rest(step("PRODUCE", "FILL-X", "06 16:10", [some("BULK-1", 100)], [some("WRONG-1", 190, "EA", material="YOG")], name="FILL"))
    p.mutate("voidEvent", "VoidInput", id="V-1", event="FILL-X", reason="wrong lot scanned", replacedBy="FILL-Y")
    p.rest(step("PRODUCE", "FILL-Y", "06 16:10", [some("BULK-1", 100)], [some("RIGHT-1", 190, "EA", material="YOG")], name="FILL"),
           {"type": "void", "id": "V-2", "event": "X-2", "reason": "counted anew"})
    done = p.rest({"type": "party", "code": "SHOP-4", "roles": ["CUSTOMER"]},
                  {"type": "void", "event": "X-2", "reason": "once more"},
                  {"type": "ship", "id": "S-BAD", "at": "yesterday", "inputs": []},
                  {"type": "void", "id": "V-2", "event": "X-2", "reason": "counted anew"},
                  ship("S-1", "06 05:30", "SHOP-1", some("PAL-1", 1, "EA")),
                  {"type": "receive", "at": "2026-01-06T01:02:03.000004-03:30", "outputs": [some("A" * 200, "0.5", "EA")]},
                  atomic=False)
    assert (done["accepted"], done["duplicate"], done["rejected"]) == (2, 1, 3), done


def hold(p):
    """Holds of every sort, refusals over every door, overrides, releases with every disposition."""
    p.command("hold", "MILK-2", "--reason", "listeria in the retained sample", "--category", "MICROBIOLOGY", "--id", "H-1",
              "--at", at("07 09:00"), "--actor", "QA 李娜")
    p.command("hold", "CUP-2", "CUP-3", "--reason", "splinters", "--no-propagate", "--warn", "--id", "H-2", "--at", at("07 09:10"))
    p.command("hold", "CULTURE-1", "--reason", "菌种 slow 🐌", "--warn", "--id", "H-3", "--at", at("07 09:20"), "--actor", "QA 李娜")
    said = p.command("import", "late.ndjson", "--actor", "MES-2", "--no-progress", code=1)
    assert "LOT_ON_HOLD" in said, said
    p.start()
    p.rest(ship("S-7", "07 10:00", "SHOP-2", some("BOX-1", 10, "EA")), status=422, code="LOT_ON_HOLD")
    p.rest(ship("S-7M", "07 10:01", "SHOP-2", some("MILK-2", 10)), status=422, code="LOT_ON_HOLD")
    p.rest(ship("S-8", "07 10:05", "SHOP-2", some("PAL-2", 100, "EA"), document="SO-8"),
           step("PRODUCE", "FILL-4", "07 10:10", [some("BULK-1", 200)], [some("YOG-4", 390, "EA", material="YOG")], name="FILL"))
    p.mutate("overrideHold", "OverrideInput", id="W-1", at=at("07 10:20"), operation="S-LAB", lots=["BOX-2"], reason="to the laboratory 化验")
    p.rest(ship("S-LAB", "07 10:30", "LAB", some("BOX-2", 1, "BX")))
    p.rest({"type": "scrap", "id": "X-3", "at": at("07 10:40"), "reason": "swollen", "inputs": [some("BOX-1", 5, "EA")]})
    p.rest({"type": "hold", "id": "H-4", "at": at("07 11:00"), "lots": ["YOG-4", "PAL-2", "CULTURE-3"], "reason": "labels",
            "propagate": False, "category": "PACKAGING"},
           {"type": "hold", "id": "H-5", "at": at("07 11:05"), "lots": ["CREAM-1", "CUP-2"], "reason": "smell"})
    p.mutate("holdLots", "HoldInput", id="H-6", at=at("07 11:10"), lots=["GHOST-OUT"], reason="unknown 来源", policy="WARN")
    p.stop()
    p.command("release", "H-4", "--lot", "YOG-4", "--reason", "relabelled", "--disposition", "RELEASED", "--at", at("07 12:00"))
    p.command("release", "H-4", "--lot", "PAL-2", "--reason", "to be relabelled", "--disposition", "rework", "--at", at("07 12:05"), "--actor", "QA 李娜")
    p.command("release", "H-4", "--reason", "too little", "--disposition", "SCRAP", "--at", at("07 12:10"))
    p.command("release", "H-3", "--reason", "slow, but good", "--disposition", "RELEASED")
    p.start()
    p.rest({"type": "release", "id": "H-5-R", "at": at("07 12:20"), "hold": "H-5", "lots": ["CREAM-1"], "reason": "smells well",
            "disposition": "RELEASED"})
    p.rest(ship("S-10", "07 12:30", "SHOP-1", some("PAL-2", 10, "EA")), status=422, code="LOT_REJECTED")
    p.rest(step("REWORK", "RELABEL", "07 12:40", [some("PAL-2", 20, "EA")], [some("PAL-2R", 18, "EA", material="YOG")], name="RELABEL"),
           {"type": "scrap", "id": "X-4", "at": at("07 12:50"), "inputs": [some("CULTURE-3", "0.000000001")]})


def recall(p):
    """An exercise, a recall that stays open, one that is closed."""
    p.stop()
    p.command("recall", "mock", "--supplier", "FARM-2", "--from", at("05 00:00"), "--until", at("05 23:59"), "--reason", "exercise 演练",
              "--id", "EX-1", "--actor", "QA 李娜")
    p.command("recall", "open", "--scope", "scope.json", "--reason", "listeria in the retained sample", "--category", "MICROBIOLOGY",
              "--class", "I", "--id", "RC-1", "--actor", "QA 李娜")
    p.command("recall", "notify", "RC-1", "--customer", "SHOP-2", "--channel", "telephone", "--at", at("08 09:00"))
    p.start()
    p.rest({"type": "notify", "id": "NO-2", "at": at("08 10:00"), "recall": "RC-1", "customer": "SHOP-2", "acknowledged": True, "note": "Ms 李"},
           {"type": "notify", "at": at("08 10:05"), "recall": "RC-1", "customer": "SHOP-1", "channel": "letter"})
    p.mutate("notifyCustomer", "NotifyInput", id="NO-3", at=at("08 10:10"), recall="RC-1", customer="客户-3", channel="微信", acknowledged=True)
    # Typed in late: what left before, what came in with the bad milk; and what did not leave after all.
    p.rest({"type": "override", "id": "W-9", "at": at("08 10:20"), "operation": "S-9", "lots": ["BOX-2"], "reason": "left before"})
    p.lines(
        ship("S-9", "06 17:00", "INN", some("BOX-2", 60, "EA"), document="SO-9"),
        {"type": "receive", "id": "R-9", "at": at("05 18:00"), "supplier": "FARM-2", "document": "DN-9", "outputs": [
            some("MILK-9", 700, "LTR", material="MILK", supplierLot="F2/078")]},
        {"type": "operation", "kind": "PROCESS", "id": "TEST-9", "name": "TEST", "at": at("08 10:30"), "lots": ["BOX-1", "MILK-9"]},
        {"type": "void", "id": "V-3", "event": "S-4", "reason": "still in the yard", "replacedBy": "S-4B"},
    )
    p.rest({"type": "recover", "id": "B-2", "at": at("09 09:00"), "recall": "RC-1", "customer": "客户-3", "items": [
                some("MIX-PAL", 100, "EA"), some("YOG-3", 3, "EA")], "disposition": "SCRAP", "note": "一部分 came back"},
           {"type": "recover", "id": "B-3", "at": at("09 09:30"), "recall": "RC-1", "items": [some("BOX-2", 1, "BX")]},
           {"type": "recover", "id": "B-4", "at": at("09 09:40"), "recall": "RC-1", "customer": "INN", "items": [some("BOX-2", 61, "EA")]})
    p.rest({"type": "recall", "id": "RC-2", "at": at("09 10:00"), "reason": "labels", "class": "III",
            "scope": {"lots": [{"lot": "PAL-3", "since": at("05 18:00")}, {"lot": "PAL-2R"}], "respectTime": False},
            "lots": [{"lot": "PAL-2R"}, {"lot": "PAL-3", "since": at("05 18:00")}]},
           {"type": "hold", "id": "RC-2-H", "at": at("09 10:00"), "recall": "RC-2", "lots": ["PAL-3", "PAL-2R"], "reason": "recall RC-2"})
    mock = "mutation($i: OpenRecallInput!) { mockRecall(input: $i) { alreadyOpen recall { id state } } }"
    p.graphql(mock, i={"id": "EX-2", "at": at("09 11:00"), "reason": "by parameter", "class": "II", "scope": {
        "causes": [{"step": "PASTEURISE", "parameter": {"name": "temperature", "below": "72"}}]}})
    p.mutate("closeRecall", "CloseRecallInput", id="EX-2-C", at=at("09 11:30"), recall="EX-2", report="half an hour 半小时")
    p.mutate("releaseHold", "ReleaseInput", id="RC-2-R", at=at("09 12:00"), hold="RC-2-H", reason="relabelled", disposition="RETURN")
    p.stop()
    p.command("recall", "recover", "RC-1", "--lot", "BOX-1", "--quantity", "12", "--unit", "EA", "--customer", "SHOP-2",
              "--disposition", "SCRAP", "--at", at("09 13:00"))
    p.command("recall", "close", "RC-2", "--report", "all relabelled; QA-2026-007", "--at", at("09 17:00"))
    p.start()


def take_note(p):
    """Alerts that somebody took note of, one of which ends by itself afterwards; last declarations."""
    p.mutate("acknowledgeAlert", "AcknowledgeInput", id="K-1", at=at("10 09:00"), alert=p.alert("UNKNOWN_ORIGIN", lot="GHOST-1"),
             note="ask the other plant 问一下")
    p.rest({"type": "acknowledge", "at": at("10 09:05"), "alert": p.alert("HOLD_PLACED", hold="H-1")},
           {"type": "acknowledge", "id": "K-3", "at": at("10 09:06"), "alert": p.alert("QUANTITY_GAP", lot="BOX-1"), "note": "miscounted"})
    p.rest({"type": "receive", "id": "R-G1", "at": at("06 07:00"), "supplier": "FARM-7", "outputs": [some("GHOST-1", 100, material="MILK")]})
    declare = "mutation($e: [EventInput!]!) { recordEvents(events: $e) { applied events { status } } }"
    p.graphql(declare, e=[
        {"material": {"code": "YOG", "name": "Yoghurt 150 g 酸奶 🥛", "unit": "EA", "class": "FINISHED",
                      "conversions": [{"unit": "BX", "factor": "6"}, {"unit": "PF", "factor": "960"}]}},
        {"equipment": {"code": "FILL-1", "parent": "SITE"}}, {"operator": {"code": "OP-12"}},
        {"shift": {"code": "2026-01-05/B", "name": "Late 晚班", "startsAt": at("05 14:00"), "endsAt": at("05 22:00")}},
        {"party": {"code": "CUP-WORKS", "name": "Cup works", "roles": ["SUPPLIER"]}}])
    p.rest({"type": "receive", "id": "R-LAST", "at": at("10 10:00"), "supplier": "LAB-SUPPLY", "outputs": [
        some("CULTURE-4", "0.25", material="CULTURE", number="K/4")]})


def record(p):
    p.command("import", "masters.ndjson", "--actor", "王芳", "--no-progress")
    p.command("import", "--map", "deliveries.toml", "deliveries.csv", "--actor", "scale 1", "--no-progress")
    p.start()
    make_yoghurt(p)
    ship_and_count(p)
    do_not_add_up(p)
    p.stop()
    hold(p)
    recall(p)
    take_note(p)


def main(binary, store):
    assert not os.path.exists(store), f"{store} is there"
    p = Program(binary, f"sqlite:{os.path.abspath(store)}")
    try:
        record(p)
    finally:
        if p.process:
            p.stop()
    # The program may end before SQLite has closed the file, and then leaves its log beside it; the next one folds it in.
    folder = os.path.dirname(os.path.abspath(store))
    for _ in range(50):
        if not any(name.endswith(("-wal", "-shm")) for name in os.listdir(folder)):
            return
        p.command("alerts")
    raise AssertionError("the file was never closed whole")


if __name__ == "__main__":
    main(*sys.argv[1:])
