//! Filters: each condition, and all of them together.

use lotgraph::domain::{
    EquipmentCode, MasterKind, MaterialClass, MaterialCode, OperationKind, OperatorCode, Origin, PartyCode,
    PartyRole, ShiftCode,
};
use lotgraph::store::{LotFilter, OperationFilter, Tally};
use serde_json::{Value, json};

use super::ask::{AnyStore, build, found, found_in_pages, lots, masters, operations, record, text};
use crate::support::events::minute;

fn codes(codes: &[&str]) -> Option<Vec<MaterialCode>> {
    Some(codes.iter().map(|code| MaterialCode::parse(code).unwrap()).collect())
}

fn receive(id: &str, at: i64, lot: &str, material: &str) -> Value {
    json!({"type":"receive","id":id,"at":minute(at).to_string(),"outputs":[{"lot":lot,"material":material}]})
}

async fn dairy(store: &AnyStore) {
    record(
        store,
        &[
            json!({"type":"material","code":"MILK","unit":"KGM","class":"RAW"}),
            json!({"type":"material","code":"REEL","unit":"EA","class":"PACKAGING"}),
            json!({"type":"material","code":"CUP","unit":"EA"}),
            receive("R1", 1, "M2", "MILK"),
            receive("R2", 2, "M1", "MILK"),
            receive("R3", 3, "P1", "REEL"),
            receive("R4", 4, "C1", "CUP"),
            receive("R5", 5, "X1", "UNDECLARED"),
            json!({"type":"operation","kind":"PRODUCE","id":"O1","at":minute(6).to_string(),
                "inputs":[{"lot":"M1"},{"lot":"GHOST"}],"outputs":[{"lot":"A1","number":"Cream-7"}]}),
        ],
    )
    .await;
}

pub async fn lots_by_material_and_class(store: &AnyStore) {
    dairy(store).await;
    assert_eq!(found(store, lots(|f| f.materials = codes(&["MILK"]))).await, ["M1", "M2"]);
    assert_eq!(
        found(store, lots(|f| f.materials = codes(&["REEL", "MILK", "MILK"]))).await,
        ["M1", "M2", "P1"]
    );
    assert_eq!(found(store, lots(|f| f.materials = codes(&["NOPE"]))).await, Vec::<String>::new());
    assert_eq!(found(store, lots(|f| f.materials = codes(&["UNDECLARED"]))).await, ["X1"]);
    let classes = |classes: &[MaterialClass]| Some(classes.to_vec());
    let raw = |f: &mut LotFilter| f.classes = classes(&[MaterialClass::Raw]);
    assert_eq!(found(store, lots(raw)).await, ["M1", "M2"]);
    let two = |f: &mut LotFilter| f.classes = classes(&[MaterialClass::Packaging, MaterialClass::Raw]);
    assert_eq!(found(store, lots(two)).await, ["M1", "M2", "P1"]);
    let both = lots(|f| {
        f.classes = classes(&[MaterialClass::Packaging]);
        f.materials = codes(&["MILK", "REEL"]);
    });
    assert_eq!(found(store, both).await, ["P1"]);
    let finished = |f: &mut LotFilter| f.classes = classes(&[MaterialClass::Finished]);
    assert_eq!(found(store, lots(finished)).await, Vec::<String>::new());
}

pub async fn lots_of_many_materials_stay_in_order(store: &AnyStore) {
    let events: Vec<Value> = (0..40)
        .map(|n| receive(&format!("R{n}"), n, &format!("L{:02}", (n * 7) % 40), &format!("MAT{}", n % 20)))
        .collect();
    record(store, &events).await;
    let all: Vec<String> = (0..40).map(|n| format!("L{n:02}")).collect();
    for materials in [2_usize, 15, 16, 17, 20] {
        let names: Vec<String> = (0..materials).map(|n| format!("MAT{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let what = lots(|f| f.materials = codes(&names));
        let page = found(store, what.clone()).await;
        assert_eq!(page.len(), materials * 2);
        let expected: Vec<String> = all.iter().filter(|id| page.contains(id)).cloned().collect();
        assert_eq!(page, expected);
        assert_eq!(found_in_pages(store, &what, 3).await, expected);
    }
}

pub async fn lots_by_origin(store: &AnyStore) {
    dairy(store).await;
    let of = |origins: &[Origin]| {
        let origins = origins.to_vec();
        lots(|f| f.origins = Some(origins))
    };
    assert_eq!(found(store, of(&[Origin::Received])).await, ["C1", "M1", "M2", "P1", "X1"]);
    assert_eq!(found(store, of(&[Origin::Produced])).await, ["A1"]);
    assert_eq!(found(store, of(&[Origin::Unknown])).await, ["GHOST"]);
    assert_eq!(found(store, of(&[Origin::Unknown, Origin::Produced])).await, ["A1", "GHOST"]);
}

pub async fn lots_by_text(store: &AnyStore) {
    record(
        store,
        &[json!({"type":"receive","id":"R","at":"2026-01-05T00:00:00Z","outputs":[
            {"lot":"MILK-1","number":"Größe-5","supplierLot":"Äpfel"},
            {"lot":"批次-2","number":"milky"},
            {"lot":"other"}
        ]})],
    )
    .await;
    let with = |part: &str| {
        let part = text(part);
        lots(|f| f.text = Some(part))
    };
    assert_eq!(found(store, with("milk")).await, ["MILK-1", "批次-2"]);
    assert_eq!(found(store, with("MILKY")).await, ["批次-2"]);
    assert_eq!(found(store, with("GRÖßE")).await, ["MILK-1"], "letters beyond ASCII fold too");
    assert_eq!(found(store, with("äPFEL")).await, ["MILK-1"]);
    assert_eq!(found(store, with("次")).await, ["批次-2"]);
    assert_eq!(found(store, with("1größe")).await, Vec::<String>::new(), "never across two names");
}

pub async fn lots_by_text_take_wildcards_literally(store: &AnyStore) {
    build(store, "-> A%B A_B AXB A*B A.B A\\B A'B A\"B").await;
    for part in ["%", "_", "*", ".", "\\", "'", "\""] {
        let searched = text(part);
        assert_eq!(found(store, lots(|f| f.text = Some(searched))).await, [format!("A{part}B")]);
    }
}

pub async fn lots_by_production(store: &AnyStore) {
    dairy(store).await;
    let between = |from: Option<i64>, before: Option<i64>| {
        lots(|f| {
            f.produced_from = from.map(minute);
            f.produced_before = before.map(minute);
        })
    };
    assert_eq!(found(store, between(Some(2), Some(4))).await, ["M1", "P1"]);
    assert_eq!(found(store, between(Some(6), None)).await, ["A1"]);
    assert_eq!(found(store, between(None, Some(2))).await, ["M2"]);
    assert_eq!(found(store, between(Some(4), Some(4))).await, Vec::<String>::new());
}

pub async fn lot_conditions_all_hold(store: &AnyStore) {
    dairy(store).await;
    let all = lots(|f| {
        f.materials = codes(&["MILK", "REEL"]);
        f.origins = Some(vec![Origin::Received]);
        f.text = Some(text("1"));
        f.produced_from = Some(minute(2));
        f.produced_before = Some(minute(3));
    });
    assert_eq!(found(store, all).await, ["M1"]);
}

async fn line(store: &AnyStore) {
    let step = |id: &str, at: i64, name: &str, equipment: &[&str], operators: &[&str], shift: &str| {
        json!({"type":"operation","kind":"PRODUCE","id":id,"name":name,"at":minute(at).to_string(),
            "startedAt":minute(at - 5).to_string(),"outputs":[{"lot":format!("L-{id}")}],
            "equipment":equipment,"operators":operators,"shift":shift})
    };
    record(
        store,
        &[
            step("O1", 10, "FILL", &["F1", "F2"], &["ANN"], "S1"),
            step("O2", 20, "FILL", &["F1"], &["BOB", "ANN"], "S1"),
            step("O3", 20, "CAP", &["C1"], &["BOB"], "S2"),
            step("O4", 30, "FILL", &["F2", "F1"], &["BOB"], "S2"),
            json!({"type":"receive","id":"R1","at":minute(15).to_string(),"supplier":"FARM","outputs":[{"lot":"M"}]}),
            json!({"type":"ship","id":"S1","at":minute(40).to_string(),"customer":"SHOP","inputs":[{"lot":"L-O1"}]}),
            json!({"type":"operation","kind":"PROCESS","id":"P1","at":minute(25).to_string(),"lots":["M"],"equipment":["F1"]}),
        ],
    )
    .await;
}

pub async fn operations_by_kind_name_and_time(store: &AnyStore) {
    line(store).await;
    let kinds = |kinds: &[OperationKind]| {
        let kinds = kinds.to_vec();
        operations(|f| f.kinds = Some(kinds))
    };
    assert_eq!(found(store, kinds(&[OperationKind::Produce])).await, ["O1", "O2", "O3", "O4"]);
    assert_eq!(found(store, kinds(&[OperationKind::Ship, OperationKind::Receive])).await, ["R1", "S1"]);
    assert_eq!(found(store, kinds(&[OperationKind::Scrap])).await, Vec::<String>::new());
    assert_eq!(found(store, operations(|f| f.name = Some(text("FILL")))).await, ["O1", "O2", "O4"]);
    assert_eq!(found(store, operations(|f| f.name = Some(text("fill")))).await, Vec::<String>::new());
    let between = operations(|f| {
        f.from = Some(minute(15));
        f.before = Some(minute(25));
    });
    assert_eq!(found(store, between).await, ["R1", "O2", "O3"], "by the end, the start does not count");
}

pub async fn operations_by_resource(store: &AnyStore) {
    line(store).await;
    let at = |code: &str| Some(vec![EquipmentCode::parse(code).unwrap()]);
    let by = |code: &str| Some(OperatorCode::parse(code).unwrap());
    assert_eq!(found(store, operations(|f| f.equipment = at("F1"))).await, ["O1", "O2", "P1", "O4"]);
    assert_eq!(found(store, operations(|f| f.operator = by("ANN"))).await, ["O1", "O2"]);
    let shift = operations(|f| f.shift = Some(ShiftCode::parse("S2").unwrap()));
    assert_eq!(found(store, shift).await, ["O3", "O4"]);
    let party = |code: &str| {
        let code = PartyCode::parse(code).unwrap();
        operations(|f| f.party = Some(code))
    };
    assert_eq!(found(store, party("FARM")).await, ["R1"]);
    assert_eq!(found(store, party("SHOP")).await, ["S1"]);
    let together = operations(|f| {
        f.equipment = at("F1");
        f.operator = by("BOB");
        f.shift = Some(ShiftCode::parse("S1").unwrap());
    });
    assert_eq!(found(store, together).await, ["O2"]);
    // A code of another kind is not this one, and an unknown one matches nothing.
    assert_eq!(found(store, operations(|f| f.equipment = at("ANN"))).await, Vec::<String>::new());
    let unknown = operations(|f| {
        f.equipment = at("F1");
        f.operator = by("NOBODY");
    });
    assert_eq!(found(store, unknown).await, Vec::<String>::new());
    let mixed = operations(|f| {
        f.equipment = at("F1");
        f.name = Some(text("FILL"));
        f.from = Some(minute(11));
        f.before = Some(minute(30));
    });
    assert_eq!(found(store, mixed).await, ["O2"]);
}

pub async fn operations_of_several_pieces_under_way(store: &AnyStore) {
    line(store).await;
    let on = |codes: &[&str]| Some(codes.iter().map(|code| EquipmentCode::parse(code).unwrap()).collect());
    let what = operations(|f| f.equipment = on(&["C1", "F2", "F1"]));
    assert_eq!(found(store, what.clone()).await, ["O1", "O2", "O3", "P1", "O4"], "each once");
    assert_eq!(found_in_pages(store, &what, 2).await, ["O1", "O2", "O3", "P1", "O4"]);
    let count = store.tally(&Tally::Count(what)).await.unwrap();
    assert_eq!(count.iter().map(|bucket| bucket.count).collect::<Vec<_>>(), [5]);
    let with_operator = operations(|f| {
        f.equipment = on(&["C1", "F2", "LOST"]);
        f.operator = Some(OperatorCode::parse("BOB").unwrap());
    });
    assert_eq!(found(store, with_operator.clone()).await, ["O3", "O4"]);
    let count = store.tally(&Tally::Count(with_operator)).await.unwrap();
    assert_eq!(count.iter().map(|bucket| bucket.count).collect::<Vec<_>>(), [2]);
    assert_eq!(found(store, operations(|f| f.equipment = on(&["LOST", "ANN"]))).await, Vec::<String>::new());
    assert_eq!(found(store, operations(|f| f.equipment = on(&[]))).await, Vec::<String>::new());
    // Each step takes five minutes: under way somewhere in the minutes from 16 to 19.
    let under_way = |f: &mut OperationFilter| {
        f.from = Some(minute(16));
        f.started_before = Some(minute(20));
        f.kinds = Some(vec![OperationKind::Produce]);
    };
    assert_eq!(found(store, operations(under_way)).await, ["O2", "O3"]);
    let on_f1 = operations(|f| {
        under_way(f);
        f.equipment = on(&["F1"]);
    });
    assert_eq!(found(store, on_f1.clone()).await, ["O2"]);
    assert_eq!(store.tally(&Tally::Count(on_f1)).await.unwrap()[0].count, 1);
}

pub async fn operations_by_resource_page_through(store: &AnyStore) {
    let events: Vec<Value> = (0..17)
        .map(|n| {
            json!({"type":"operation","kind":"PRODUCE","id":format!("O{:02}", (n * 5) % 17),
                "at":minute(n / 6).to_string(),"outputs":[{"lot":format!("L{n}")}],"equipment":["E"]})
        })
        .collect();
    record(store, &events).await;
    let what = operations(|f| f.equipment = Some(vec![EquipmentCode::parse("E").unwrap()]));
    let whole = found(store, what.clone()).await;
    assert_eq!(whole, found(store, operations(|_| {})).await);
    assert_eq!(whole.len(), 17);
    for first in [1, 4, 5, 16] {
        assert_eq!(found_in_pages(store, &what, first).await, whole, "pages of {first}");
    }
}

pub async fn operations_voided_and_live(store: &AnyStore) {
    build(store, "-> A; A -> B").await;
    record(store, &[json!({"type":"void","id":"V","event":"O2","reason":"slip"})]).await;
    assert_eq!(found(store, operations(|f| f.voided = Some(true))).await, ["O2"]);
    assert_eq!(found(store, operations(|f| f.voided = Some(false))).await, ["O1"]);
    assert_eq!(found(store, operations(|_| {})).await, ["O1", "O2"]);
}

pub async fn masters_by_everything(store: &AnyStore) {
    record(
        store,
        &[
            json!({"type":"material","code":"MILK","name":"Raw Milk","unit":"KGM","class":"RAW"}),
            json!({"type":"material","code":"CREAM","name":"Sahne Ä","unit":"KGM","class":"INTERMEDIATE"}),
            json!({"type":"equipment","code":"PAST","name":"Pasteuriser","parent":"LINE"}),
            json!({"type":"equipment","code":"FILL","parent":"LINE"}),
            json!({"type":"party","code":"FARM","roles":["SUPPLIER"]}),
            json!({"type":"party","code":"SHOP","name":"Farm shop","roles":["CUSTOMER","SUPPLIER"]}),
            json!({"type":"receive","id":"R","at":"2026-01-05T00:00:00Z","supplier":"NEW",
                "outputs":[{"lot":"L","material":"WHEY"}]}),
        ],
    )
    .await;
    let materials = |change: fn(&mut lotgraph::store::MasterFilter)| masters(MasterKind::Material, change);
    assert_eq!(found(store, materials(|f| f.text = Some(text("raw m")))).await, ["MILK"]);
    assert_eq!(found(store, materials(|f| f.text = Some(text("milk")))).await, ["MILK"]);
    assert_eq!(found(store, materials(|f| f.text = Some(text("SAHNE ä")))).await, ["CREAM"]);
    assert_eq!(found(store, materials(|f| f.declared = Some(false))).await, ["WHEY"]);
    assert_eq!(found(store, materials(|f| f.declared = Some(true))).await, ["CREAM", "MILK"]);
    assert_eq!(found(store, materials(|f| f.class = Some(MaterialClass::Raw))).await, ["MILK"]);
    let equipment =
        masters(MasterKind::Equipment, |f| f.parent = Some(EquipmentCode::parse("LINE").unwrap()));
    assert_eq!(found(store, equipment).await, ["FILL", "PAST"]);
    let line = masters(MasterKind::Equipment, |f| f.declared = Some(false));
    assert_eq!(found(store, line).await, ["LINE"], "a parent that was only named");
    let parties = |role| masters(MasterKind::Party, move |f| f.role = Some(role));
    assert_eq!(found(store, parties(PartyRole::Supplier)).await, ["FARM", "SHOP"]);
    assert_eq!(found(store, parties(PartyRole::Customer)).await, ["SHOP"]);
    let both = masters(MasterKind::Party, |f| {
        f.role = Some(PartyRole::Supplier);
        f.text = Some(text("shop"));
    });
    assert_eq!(found(store, both).await, ["SHOP"]);
    // A condition that another kind has matches nothing of this one.
    assert_eq!(found(store, materials(|f| f.role = Some(PartyRole::Supplier))).await, Vec::<String>::new());
}

pub async fn empty_lists_match_nothing(store: &AnyStore) {
    dairy(store).await;
    let nothing = Vec::<String>::new();
    assert_eq!(found(store, lots(|f| f.materials = Some(Vec::new()))).await, nothing);
    assert_eq!(found(store, lots(|f| f.classes = Some(Vec::new()))).await, nothing);
    assert_eq!(found(store, lots(|f| f.origins = Some(Vec::new()))).await, nothing);
    assert_eq!(found(store, operations(|f| f.kinds = Some(Vec::new()))).await, nothing);
}
