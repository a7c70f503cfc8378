//! The scope of a recall: from every kind of cause, with its times and quantities, the same from both stores.

use std::collections::BTreeMap;

use lotgraph::domain::{ErrorCode, MaterialCode, PartyCode};
use lotgraph::genealogy::scope::{Drawn, Reason, Whereabouts};
use lotgraph::service::recall::{ScopeAnswer, ScopeFilter};
use lotgraph::store::LotFilter;
use serde_json::{Value, json};

use super::plant::{ask, at, events, lots, recalls, record, seeds};
use crate::support::events::tester;
use crate::support::stores::Fresh;

async fn plant(fresh: &Fresh) {
    record(fresh, &events()).await;
}

fn cause(cause: Value) -> Value {
    json!({"causes": [cause]})
}

async fn every_cause_finds_its_lots(fresh: Fresh) {
    plant(&fresh).await;
    for (scope, expected) in [
        (cause(json!({"supplier": "FARM-2"})), vec!["MILK-B@15"]),
        (cause(json!({"supplierLot": "F1"})), vec!["MILK-A@0"]),
        (cause(json!({"supplier": "FARM-1", "from": at(0), "until": at(0)})), vec!["MILK-A@0"]),
        (cause(json!({"equipment": "FILLER-1"})), vec!["YOG-1@10", "YOG-3@40"]),
        // With everything that is part of it; work in place touches, too, and the first touch counts.
        (cause(json!({"equipment": "LINE-1"})), vec!["YOG-1@10", "YOG-3@40"]),
        (cause(json!({"equipment": "LABELLER"})), vec!["YOG-3@45"]),
        (cause(json!({"equipment": "LINE-2"})), vec!["YOG-2@30"]),
        (cause(json!({"operator": "ANN"})), vec!["YOG-1@10", "YOG-3@40"]),
        (cause(json!({"shift": "S2"})), vec!["YOG-2@30", "YOG-3@40"]),
        (cause(json!({"step": "TRANSFER"})), vec!["SILO@5"]),
        (cause(json!({"step": "TRANSFER", "from": at(6)})), vec!["SILO@20"]),
        (cause(json!({"material": "MILK"})), vec!["MILK-A@0", "MILK-B@15"]),
        (cause(json!({"from": at(16), "until": at(30)})), vec!["SILO@20", "YOG-2@30"]),
        (cause(json!({"parameter": {"name": "temperature", "below": "70"}})), vec!["YOG-2@30"]),
        (cause(json!({"parameter": {"name": "temperature", "above": "73"}})), vec!["YOG-3@40"]),
        (
            cause(
                json!({"parameter": {"name": "temperature", "below": "70", "above": "73"}, "step": "FILL"}),
            ),
            vec!["YOG-2@30", "YOG-3@40"],
        ),
        (cause(json!({"operator": "ANN", "shift": "S2"})), vec!["YOG-3@40"]),
        // Any of several causes suffices.
        (json!({"causes": [{"operator": "BOB"}, {"equipment": "LABELLER"}]}), vec!["YOG-2@30", "YOG-3@45"]),
        (json!({"lots": [{"lot": "SILO", "since": at(25)}]}), vec!["SILO@25"]),
        (json!({"lots": [{"lot": "SILO"}], "causes": [{"step": "TRANSFER"}]}), vec!["SILO"]),
    ] {
        let answer = ask(&fresh, scope.clone()).await;
        assert_eq!(seeds(&answer), expected, "{scope}");
    }
    let unread = ask(&fresh, cause(json!({"parameter": {"name": "temperature", "below": "70"}}))).await;
    assert_eq!(unread.unread_parameters, 1, "the labeller wrote \"cold\"");
}

async fn reasons_name_cause_and_operation(fresh: Fresh) {
    plant(&fresh).await;
    let scope = json!({"lots": [{"lot": "YOG-3", "since": at(60)}], "causes": [{"operator": "CAT"}, {"shift": "S2"}]});
    let answer = ask(&fresh, scope).await;
    let seed = answer.seeds.iter().find(|seed| seed.lot.as_str() == "YOG-3").unwrap();
    assert_eq!(seed.since.unwrap().to_string(), at(40), "the earliest of all reasons");
    let reasons: Vec<String> = seed
        .reasons
        .iter()
        .map(|reason| match reason {
            Reason::Named => "named".to_owned(),
            Reason::Cause { cause, operation, since } => format!("{cause} {operation} {since}"),
        })
        .collect();
    assert_eq!(reasons, ["named".to_owned(), format!("0 P-1 {}", at(45)), format!("1 O-5 {}", at(40))]);
}

fn sums(drawn: &Drawn) -> String {
    let sums = drawn.sums.iter().map(|(unit, amount)| format!("{amount} {unit}"));
    sums.collect::<Vec<String>>().join(" + ")
}

/// The silo was drawn once before the bad delivery went in: those cups are good.
async fn a_refilled_silo_is_bad_from_the_bad_delivery_on(fresh: Fresh) {
    plant(&fresh).await;
    let answer = ask(&fresh, cause(json!({"supplier": "FARM-2"}))).await;
    assert_eq!(lots(&answer), ["MILK-B 0", "SILO 1", "YOG-2 2", "YOG-3 2"]);
    let found: BTreeMap<&str, [String; 4]> = answer
        .scope
        .lots
        .iter()
        .map(|lot| {
            let (amount, unit) = lot.on_hand.as_ref().unwrap();
            let on_hand = format!("{amount} {unit}");
            (
                answer.lot_id(lot.lot).as_str(),
                [on_hand, sums(&lot.consumed), sums(&lot.shipped), sums(&lot.scrapped)],
            )
        })
        .collect();
    let expected = |parts: [&str; 4]| parts.map(str::to_owned);
    assert_eq!(found["MILK-B"], expected(["0 KGM", "60 KGM", "", ""]));
    // 40 KGM were drawn before.
    assert_eq!(found["SILO"], expected(["50 KGM", "70 KGM", "", ""]));
    assert_eq!(found["YOG-2"], expected(["30 EA", "", "100 EA", "20 EA"]), "boxes are cups by the dozen");
    assert_eq!(found["YOG-3"], expected(["50 EA", "", "10 EA", ""]));
    let whole = ask(&fresh, json!({"lots": [{"lot": "SILO"}]})).await;
    assert_eq!(lots(&whole), ["SILO 0", "YOG-1 1", "YOG-2 1", "YOG-3 1"]);
    let since = ask(&fresh, json!({"lots": [{"lot": "SILO", "since": at(11)}]})).await;
    assert_eq!(lots(&since), ["SILO 0", "YOG-2 1", "YOG-3 1"]);
    let timeless =
        ask(&fresh, json!({"lots": [{"lot": "SILO", "since": at(11)}], "respectTime": false})).await;
    assert_eq!(lots(&timeless), lots(&whole));
}

async fn customers_totals_and_places_add_up(fresh: Fresh) {
    plant(&fresh).await;
    let answer = ask(&fresh, cause(json!({"supplierLot": "F2"}))).await;
    let customers: Vec<String> = answer
        .scope
        .customers
        .iter()
        .map(|share| {
            let quantities = share.quantities.iter().map(|q| format!("{} {}", q.amount, q.unit));
            let documents: Vec<&str> = share.documents.iter().map(AsRef::as_ref).collect();
            let name = share.customer.as_ref().map_or("-", AsRef::as_ref);
            format!(
                "{name}: {} lots, {} shipments, {}, {}, {} to {}",
                share.lots,
                share.shipments,
                quantities.collect::<Vec<String>>().join(" + "),
                documents.join(" "),
                share.first,
                share.last
            )
        })
        .collect();
    assert_eq!(
        customers,
        [
            format!("SHOP-1: 1 lots, 1 shipments, 60 EA, SO-2, {} to {}", at(51), at(51)),
            format!("SHOP-2: 2 lots, 1 shipments, 50 EA, SO-3, {} to {}", at(52), at(52)),
        ]
    );
    let totals: Vec<String> = answer
        .scope
        .totals
        .iter()
        .map(|total| {
            let name = total.material.as_ref().map_or("-", AsRef::as_ref);
            let unit = total.unit.as_ref().map_or("-", AsRef::as_ref);
            let sums = [total.on_hand.unwrap_or_default(), total.consumed, total.shipped, total.scrapped];
            format!("{name} {unit} {}: {}", total.lots, sums.map(|sum| sum.normalize().to_string()).join(" "))
        })
        .collect();
    assert_eq!(totals, ["MILK KGM 1: 0 60 0 0", "MIX KGM 1: 50 70 0 0", "YOG EA 2: 80 0 110 20"]);
    let accounted: Vec<String> =
        answer.scope.totals.iter().map(|t| format!("{} {}", t.inflow, t.accounted)).collect();
    assert_eq!(accounted, ["60 60", "160 160", "210 210"]);
    assert_eq!(answer.scope.accounted_percent().unwrap().to_string(), "100");
    let places: Vec<String> = answer
        .scope
        .lots
        .iter()
        .filter_map(|lot| {
            let last = answer.last_operations.get(&lot.lot)?;
            let equipment: Vec<&str> = last.equipment.iter().map(AsRef::as_ref).collect();
            Some(format!("{} {} {}", answer.lot_id(lot.lot), last.id, equipment.join(" ")))
        })
        .collect();
    assert_eq!(places, ["SILO O-3 ", "YOG-2 O-4 FILLER-2", "YOG-3 P-1 LABELLER"], "the milk is used up");
}

async fn selected(fresh: &Fresh, answer: &ScopeAnswer, filter: ScopeFilter) -> Vec<String> {
    let selected = recalls(fresh).select(&tester(), answer, &filter).await.unwrap();
    selected.iter().map(|n| answer.lot_id(answer.scope.lots[*n as usize].lot).to_string()).collect()
}

async fn filters_choose_what_is_shown(fresh: Fresh) {
    plant(&fresh).await;
    let answer = ask(&fresh, cause(json!({"supplierLot": "F2"}))).await;
    let places =
        |places: &[Whereabouts]| ScopeFilter { places: Some(places.to_vec()), ..ScopeFilter::default() };
    let shipped = places(&[Whereabouts::Shipped]);
    assert_eq!(selected(&fresh, &answer, shipped.clone()).await, ["YOG-2", "YOG-3"]);
    assert_eq!(selected(&fresh, &answer, places(&[Whereabouts::Scrapped])).await, ["YOG-2"]);
    let on_hand = places(&[Whereabouts::OnHand, Whereabouts::OnHandUnknown]);
    assert_eq!(selected(&fresh, &answer, on_hand).await, ["SILO", "YOG-2", "YOG-3"]);
    let customer = Some(PartyCode::parse("SHOP-1").unwrap());
    let to_shop = ScopeFilter { customer, ..ScopeFilter::default() };
    assert_eq!(selected(&fresh, &answer, to_shop).await, ["YOG-2"]);
    let materials = Some(vec![MaterialCode::parse("MIX").unwrap(), MaterialCode::parse("MILK").unwrap()]);
    let of_material =
        ScopeFilter { lots: LotFilter { materials, ..LotFilter::default() }, ..ScopeFilter::default() };
    assert_eq!(selected(&fresh, &answer, of_material.clone()).await, ["MILK-B", "SILO"]);
    let both = ScopeFilter { lots: of_material.lots, ..shipped };
    assert_eq!(selected(&fresh, &answer, both).await, Vec::<String>::new());
}

async fn nothing_measured_is_not_nothing(fresh: Fresh) {
    let ship = json!({"type": "ship", "id": "S", "at": at(3), "inputs": [{"lot": "B"}]});
    let events = [
        json!({"type": "receive", "id": "R", "at": at(1), "outputs": [{"lot": "A"}]}),
        json!({"type": "operation", "kind": "PRODUCE", "id": "O", "at": at(2), "inputs": [{"lot": "A"}], "outputs": [{"lot": "B"}]}),
        ship,
    ];
    record(&fresh, &events).await;
    let answer = ask(&fresh, json!({"lots": [{"lot": "A"}]})).await;
    let places: Vec<Vec<Whereabouts>> = answer.scope.lots.iter().map(|lot| lot.whereabouts()).collect();
    assert_eq!(
        places,
        [
            [Whereabouts::OnHandUnknown, Whereabouts::Consumed],
            [Whereabouts::OnHandUnknown, Whereabouts::Shipped]
        ]
    );
    assert_eq!(answer.scope.accounted_percent(), None);
    assert_eq!(answer.scope.customers[0].customer, None);
    assert_eq!((answer.scope.customers[0].lots, answer.scope.customers[0].unmeasured), (1, 1));
}

async fn voided_operations_cause_nothing(fresh: Fresh) {
    plant(&fresh).await;
    record(&fresh, &[json!({"type": "void", "id": "V", "event": "O-4", "reason": "never happened"})]).await;
    let answer = ask(&fresh, cause(json!({"shift": "S2"}))).await;
    assert_eq!(seeds(&answer), ["YOG-3@40"]);
}

async fn a_scope_takes_few_statements(fresh: Fresh) {
    plant(&fresh).await;
    let before = fresh.store.statements();
    ask(&fresh, cause(json!({"equipment": "LINE-1", "step": "FILL"}))).await;
    let took = fresh.store.statements() - before;
    // SQLite walks by many short statements inside the process.
    assert!(took <= 16 || !fresh.store.name().starts_with("neo4j"), "{took} statements");
}

async fn code_of(fresh: &Fresh, scope: Value) -> ErrorCode {
    match lotgraph::format::recall::parse_scope(&scope) {
        Err(problems) => problems[0].code,
        Ok(scope) => {
            recalls(fresh).scope(&tester(), &scope, None).await.expect_err("a scope to be refused").code
        }
    }
}

async fn scopes_that_make_no_sense_are_refused(fresh: Fresh) {
    plant(&fresh).await;
    for (scope, expected) in [
        (json!({}), ErrorCode::RecallNothing),
        (json!({"lots": [], "causes": []}), ErrorCode::RecallNothing),
        (cause(json!({"supplier": "NOBODY"})), ErrorCode::NameUnknown),
        (cause(json!({"operator": "ANN", "shift": "S9"})), ErrorCode::NameUnknown),
        // All of it is known, and nothing fulfils it.
        (cause(json!({"operator": "BOB", "shift": "S1"})), ErrorCode::RecallNothing),
        (cause(json!({"supplier": "SHOP-1"})), ErrorCode::RecallNothing),
        (cause(json!({"parameter": {"name": "temperature", "above": "99"}})), ErrorCode::RecallNothing),
        (cause(json!({})), ErrorCode::CauseEmpty),
        (cause(json!({"supplier": null})), ErrorCode::CauseEmpty),
        (cause(json!({"supplier": ""})), ErrorCode::TextEmpty),
        (cause(json!({"from": at(9), "until": at(8)})), ErrorCode::TimeOrder),
        (cause(json!({"from": "yesterday"})), ErrorCode::TimeInvalid),
        (cause(json!({"parameter": {"name": "temperature"}})), ErrorCode::FieldMissing),
        (
            cause(json!({"parameter": {"name": "temperature", "below": "9", "above": "8"}})),
            ErrorCode::LimitsOrder,
        ),
        (cause(json!({"parameter": {"name": "temperature", "below": "warm"}})), ErrorCode::QuantityInvalid),
        (json!({"lots": [{"lot": "NOBODY"}]}), ErrorCode::LotUnknown),
        (json!({"lots": ["YOG-1"]}), ErrorCode::FieldType),
        (json!({"causes": vec![json!({"shift": "S1"}); 21]}), ErrorCode::ItemsTooMany),
        (json!({"cause": []}), ErrorCode::RecallNothing),
    ] {
        assert_eq!(code_of(&fresh, scope.clone()).await, expected, "{scope}");
    }
}

/// A cause that names something unknown is refused with the nearest known names, whatever else the scope selects.
async fn unknown_names_are_told_with_the_nearest_known(fresh: Fresh) {
    plant(&fresh).await;
    let known = json!({"operator": "BOB"});
    for (unknown, words) in [
        (
            json!({"supplier": "F2"}),
            "causes[1].supplier: no supplier F2 is on record; the nearest are FARM-2, FARM-1, ",
        ),
        (json!({"supplier": "farm-2"}), "; the nearest are FARM-2, FARM-1, "),
        (
            json!({"equipment": "FILER-2"}),
            "no equipment FILER-2 is on record; the nearest are FILLER-2, FILLER-1",
        ),
        (json!({"operator": "ANNE"}), "no operator ANNE is on record; the nearest are ANN, "),
        (json!({"shift": "s2"}), "no shift s2 is on record; the nearest are S2, S1"),
        (json!({"step": "Fill"}), "no step Fill is on record; the nearest are FILL, LABEL, TRANSFER"),
        (json!({"material": "MLIK"}), "no material MLIK is on record; the nearest are MILK, MIX, YOG"),
        (
            json!({"supplierLot": "f2"}),
            "no lot with the supplier's number f2 is on record; the nearest are F2",
        ),
        (
            json!({"parameter": {"name": "Temperature", "below": "70"}}),
            "causes[1].parameter.name: no parameter Temperature is on record; the nearest are temperature",
        ),
        (json!({"step": "FIL", "shift": "S3"}), "; causes[1].step: no step FIL is on record"),
    ] {
        let scope = lotgraph::format::recall::parse_scope(&json!({"causes": [known, unknown]})).unwrap();
        let refused = recalls(&fresh).scope(&tester(), &scope, None).await.expect_err("an unknown name");
        assert_eq!(refused.code, ErrorCode::NameUnknown, "{unknown}");
        assert!(refused.message.contains(words), "{}", refused.message);
    }
}

super::on_both_stores!(
    unknown_names_are_told_with_the_nearest_known,
    every_cause_finds_its_lots,
    reasons_name_cause_and_operation,
    a_refilled_silo_is_bad_from_the_bad_delivery_on,
    customers_totals_and_places_add_up,
    filters_choose_what_is_shown,
    nothing_measured_is_not_nothing,
    voided_operations_cause_nothing,
    a_scope_takes_few_statements,
    scopes_that_make_no_sense_are_refused,
);
