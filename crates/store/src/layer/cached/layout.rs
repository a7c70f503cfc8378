//! Checks that the bytes of cached answers stay the same. They do not say of which type they are, so when a
//! type changes, the key must change too.

use std::collections::BTreeMap;

use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::answer::{Answer, decode, encode};
use super::key::LAYOUT;
use crate::{Bucket, Direction, Edge, EdgeKey, EdgePage, Page, Revision, Subgraph};
use lotgraph_domain::{
    Acknowledgement, Alert, AlertId, AlertKind, AliasOf, Anomalies, Disposition, EventId, Fact, Flow,
    HoldMark, HoldPolicy, HoldRecord, HoldRelease, HoldStep, LateCapture, Lent, Lifted, Lot, LotId, MarkKind,
    Master, MasterRef, MovementKey, NamesMeant, Node, OperationKind, Overdrawn, Pairs, Permit, Quarantine,
    Rate, Record, RecordBody, RecordPlace, RecordedOperation, Resolution, Role, Sense, Shortage, StatedRate,
    Stay, Text, Timestamp, UnitCode, Voided,
};
use lotgraph_format::event::parse;
use lotgraph_genealogy::subgraph::{Cut, SubgraphLink, SubgraphLot, SubgraphOperation};

/// The number of the layout, and the hash of the bytes of all samples in order.
const EXPECTED: (u32, u128) = (8, 289_246_238_694_011_797_731_190_499_420_862_631_614);

fn text(value: &str) -> Text {
    Text::parse(value).expect("a text")
}

fn id(value: &str) -> EventId {
    EventId::parse(value).expect("an id")
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).expect("a time")
}

fn fact(value: serde_json::Value) -> Fact {
    parse(&value).expect("a valid event").fact
}

fn operation() -> RecordedOperation {
    let fact = fact(json!({
        "type": "operation", "id": "O-1", "name": "FILL", "kind": "PRODUCE", "workOrder": "WO",
        "startedAt": "2026-01-05T06:00:00Z", "at": "2026-01-05T07:00:00Z",
        "inputs": [{"lot": "A", "quantity": "1.5", "unit": "KGM", "returned": "0.5", "at": "2026-01-05T06:30:00Z"}],
        "outputs": [{"lot": "B", "material": "M", "quantity": "2", "unit": "EA", "number": "N",
            "factors": [{"unit": "KGM", "perUnit": "240"}],
            "attributes": {"colour": "red"}}],
        "equipment": ["E"], "operators": ["P"], "shift": "S",
        "parameters": [{"name": "temperature", "value": "72.4", "unit": "CEL"}],
        "resolve": true, "resolved": [{"number": "7", "lot": "A"}],
    }));
    let Fact::Operation(operation) = fact else { panic!("an operation was sent") };
    let voided = Voided { by: id("V"), reason: text("wrong"), replaced_by: Some(id("O-2")) };
    let names = NamesMeant::of(&operation, |_| LotId::parse("C").ok());
    RecordedOperation { id: id("O-1"), operation, names, voided: Some(voided) }
}

fn count() -> RecordedOperation {
    let Fact::Operation(operation) = fact(json!({"type": "count", "id": "C-1", "at": "2026-01-05T07:00:00Z",
        "lots": [{"lot": "A", "quantity": "0", "unit": "KGM"}]}))
    else {
        panic!("an operation was sent")
    };
    RecordedOperation { id: id("C-1"), operation, names: NamesMeant::default(), voided: None }
}

fn lot() -> Lot {
    let mut lot = Lot::named(LotId::parse("A").expect("an id"));
    let sums: BTreeMap<_, _> = serde_json::from_value(json!({"KGM": "12.5"})).expect("sums by unit");
    lot.received = Flow { count: 2, unmeasured: 1, sums };
    lot.number = Some(text("0001"));
    lot.attributes.insert(text("colour"), text("red"));
    lot.earliest_production = Some(time(1));
    lot.earliest_draw = Some(time(2));
    lot.material_claims = 3;
    lot.quarantine = quarantine();
    lot.anomalies = Anomalies {
        unknown_origin: Some(id("O-1")),
        quantity_gap: None,
        time_conflict: Some(id("O-2")),
        overdrawn: Some(id("O-3")),
        unit_conflict: Some(id("O-6")),
    };
    let unit = || UnitCode::parse("KGM").expect("a unit");
    lot.factors.insert(unit(), StatedRate { rate: Rate::PerUnit(240.into()), claims: 1 });
    lot.stock.rates.insert(unit(), Rate::Factor(2.into()));
    lot.stock.last = Some(time(3));
    lot.stock.shortages.push(Shortage { excess: 2.into(), filled: 10.into(), first: time(1) });
    lot.overdrawn = overdrawn();
    let lent = Lent { number: true, attributes: [text("colour")].into(), ..Lent::default() };
    lot.alias_of = Some(AliasOf { lot: LotId::parse("B").expect("an id"), by: id("A-1"), lent });
    lot.aliases.insert(LotId::parse("C").expect("an id"), id("A-2"));
    lot
}

fn overdrawn() -> Overdrawn {
    let key = |operation: &str| MovementKey { operation: id(operation), position: 1 };
    let lifted = vec![Lifted { filling: key("O-4"), since: time(2) }];
    Overdrawn { draws: vec![key("O-3")], lifted, beyond: false, unbalanced: vec![id("O-5")] }
}

fn quarantine() -> Quarantine {
    let step = HoldStep { operation: id("O-1"), lot: LotId::parse("A").expect("an id") };
    let mark = HoldMark {
        hold: id("H"),
        kind: MarkKind::Suspect,
        since: time(4),
        late_capture: LateCapture::Refuse,
        policy: HoldPolicy::Warn,
        reason: text("listeria"),
        recall: Some(id("R")),
        arrival: Some(time(3)),
        stays: vec![Stay { from: time(3), until: Some(time(4)) }],
        from: LotId::parse("B").expect("an id"),
        path: vec![step],
        path_cut: true,
    };
    let permit = Permit { operation: id("O-9"), by: id("V"), reason: text("agreed") };
    Quarantine {
        marks: vec![mark],
        disposition: Some(Disposition::Return),
        inspection_due: true,
        permits: vec![permit],
    }
}

fn masters() -> Vec<Master> {
    let declared = [
        json!({"type": "material", "code": "M", "name": "Milk", "unit": "KGM", "class": "RAW", "yieldMin": "90",
            "conversions": [{"unit": "LTR", "factor": "1.03", "validFrom": "2026-01-05T06:00:00Z"}]}),
        json!({"type": "equipment", "code": "E", "name": "Filler", "parent": "L"}),
        json!({"type": "operator", "code": "P", "name": "Li"}),
        json!({"type": "shift", "code": "S", "startsAt": "2026-01-05T06:00:00Z", "endsAt": "2026-01-05T14:00:00Z"}),
        json!({"type": "party", "code": "F", "name": "Farm", "roles": ["SUPPLIER"]}),
    ];
    let master = |value| match fact(value) {
        Fact::Master(master) => master,
        _ => panic!("master data was sent"),
    };
    let mut masters: Vec<Master> = declared.into_iter().map(master).collect();
    let undeclared: Vec<Master> =
        masters.iter().map(|master| MasterRef::mentioned(&master.reference())).collect();
    masters.extend(undeclared);
    masters
}

fn subgraph() -> Subgraph {
    let lot = LotId::parse("A").expect("an id");
    let Fact::Operation(operation) = fact(json!({"type": "ship", "id": "S-1", "at": "2026-01-05T06:00:00Z",
        "customer": "C", "inputs": [{"lot": "A", "quantity": "1", "unit": "EA"}]}))
    else {
        panic!("an operation was sent")
    };
    Subgraph {
        revision: Revision(9),
        direction: Direction::Forward,
        computed_at: time(5),
        cached: false,
        unknown_seeds: vec![lot.clone()],
        lots: vec![SubgraphLot {
            id: lot,
            material: None,
            hops: 0,
            earliest_production: Some(time(1)),
            overdrawn: Some(Box::new(overdrawn())),
            leads_on: true,
        }],
        operations: vec![SubgraphOperation {
            pairs: Pairs::parse(Some("0:1")).expect("pairs"),
            id: id("S-1"),
            kind: OperationKind::Ship,
            hops: 1,
            start: time(2),
            end: time(3),
            party: operation.party.clone(),
        }],
        links: vec![SubgraphLink {
            lot: 0,
            operation: 0,
            role: Role::Consumed,
            position: 0,
            quantity: operation.inputs[0].quantity.clone(),
            earliest: time(2),
            latest: time(3),
            sense: Sense::Continues(Some(id("S-1"))),
        }],
        cut: Some(Cut::Depth),
    }
}

fn edges() -> Vec<EdgePage> {
    let key = EdgeKey { earliest: time(2), operation: id("S-1"), role: Role::Produced, position: 4 };
    let quantity = subgraph().links[0].quantity.clone();
    vec![EdgePage {
        edges: vec![Edge {
            key,
            kind: OperationKind::Split,
            latest: time(9),
            quantity,
            sense: Sense::Continues(None),
        }],
        more: true,
    }]
}

fn nodes() -> Vec<Option<Node>> {
    let masters = masters().into_iter().map(|master| Some(Node::Master(master)));
    let operations = [operation(), count()].map(|operation| Some(Node::Operation(Box::new(operation))));
    let others = [None, Some(Node::Lot(Box::new(lot())))].into_iter().chain(operations);
    masters
        .chain(others)
        .chain(records().into_iter().map(|record| Some(Node::Record(Box::new(record)))))
        .collect()
}

fn records() -> [Record; 2] {
    let lot = LotId::parse("A").expect("an id");
    let acknowledged =
        Acknowledgement { event: id("K"), actor: text("Li"), at: time(8), note: Some(text("looked at")) };
    let alert = Alert {
        id: AlertId::derived(AlertKind::QuantityGap, "A", &id("O-1")),
        kind: AlertKind::QuantityGap,
        cause: id("O-1"),
        lot: Some(lot.clone()),
        operation: Some(id("O-1")),
        hold: None,
        recall: None,
        message: "more was drawn".to_owned(),
        raised_at: time(7),
        actor: text("Li"),
        acknowledged: Some(acknowledged),
        resolved: Some(Resolution { event: id("R-1"), at: time(9) }),
    };
    let Fact::Hold(hold) = fact(json!({"type": "hold", "at": "2026-01-05T06:00:00Z", "lots": ["A"],
        "reason": "r", "category": "c", "recall": "R"}))
    else {
        panic!("a hold was sent")
    };
    let release = HoldRelease {
        event: id("F"),
        at: time(3),
        recorded_at: time(4),
        actor: text("Li"),
        lots: vec![lot],
        reason: text("tested"),
        disposition: Disposition::Scrap,
    };
    let hold =
        HoldRecord { id: id("H"), hold, recorded_at: time(2), actor: text("Li"), releases: vec![release] };
    let place = |place| RecordPlace { revision: Revision(4), place };
    [
        Record { place: place(1), body: RecordBody::Alert(alert) },
        Record { place: place(2), body: RecordBody::Hold(hold) },
    ]
}

/// Encodes a sample, checks that decoding gives it back, and returns its bytes.
async fn bytes<A: Answer + PartialEq + std::fmt::Debug>(sample: A) -> Vec<u8> {
    let (sample, bytes) = encode(sample).await;
    let bytes = bytes.expect("the sample can be encoded");
    assert_eq!(decode::<A>(bytes.clone()).await, Some(sample.into_served()));
    let mut longer = bytes.to_vec();
    longer.push(0);
    assert_eq!(decode::<A>(longer.into()).await, None, "bytes behind the answer");
    bytes.to_vec()
}

#[tokio::test]
async fn the_bytes_of_answers_change_only_with_the_layout() {
    let mut all = Vec::new();
    all.extend(bytes(subgraph()).await);
    all.extend(bytes(nodes()).await);
    all.extend(bytes(Page { items: nodes().into_iter().flatten().collect(), more: true }).await);
    all.extend(bytes(edges()).await);
    all.extend(bytes(vec![Bucket { key: Some(text("M")), count: 3 }, Bucket { key: None, count: 1 }]).await);
    assert_eq!(
        (LAYOUT, xxh3_128(&all)),
        EXPECTED,
        "a cached type changed: raise LAYOUT in key.rs, then put both numbers here"
    );
}
