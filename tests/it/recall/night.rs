//! A recall at night: what is open is said before it ends, slips are refused, lots are taken in, it goes on after its end, and
//! whoever must call finds numbers, addresses and what else holds a lot.

use lotgraph::domain::{ErrorCode, Event, EventId, LotStatus, Text};
use lotgraph::service::lookup::Lookup;
use lotgraph::service::numbers::{NumberOf, numbered};
use lotgraph::service::recall::{
    ExportFormat, ExportQuestion, ExportTable, FoundRecall, Opening, Recalls, ScopeFilter, Telling,
    difference,
};
use lotgraph::service::recorder::{ItemStatus, Recorder, Report};
use lotgraph::service::standing::standing;
use serde_json::{Value, json};

use super::plant::{at, bad_delivery, events, lots, recalls, record};
use crate::support::events::{event, minute, tester};
use crate::support::stores::Fresh;

/// A recall of the bad delivery, opened over the whole plant.
struct Night {
    recalls: Recalls,
    recorder: Recorder,
}

impl Night {
    async fn of(fresh: &Fresh) -> Self {
        record(fresh, &events()).await;
        let recalls = recalls(fresh);
        let recorder = Recorder::new(fresh.store.clone()).minding(recalls.clone());
        let opening = Opening {
            id: EventId::parse("RC").ok(),
            at: minute(60),
            reason: Text::parse("listeria").unwrap(),
            category: None,
            class: None,
            mock: false,
            scope: lotgraph::format::recall::parse_scope(&bad_delivery()).unwrap(),
        };
        recalls.open(&tester(), opening, &recorder).await.unwrap();
        Self { recalls, recorder }
    }

    async fn found(&self) -> FoundRecall {
        self.recalls.must_find(&tester(), &EventId::parse("RC").unwrap()).await.unwrap()
    }

    async fn send(&self, values: &[Value]) -> Report {
        self.recorder.record_values(values, true, &tester()).await.unwrap()
    }

    async fn must(&self, values: &[Value]) {
        let report = self.send(values).await;
        assert!(report.applied, "{report:?}");
    }

    /// Why events are refused, the first of them.
    async fn refused(&self, values: &[Value]) -> (ErrorCode, String) {
        let report = self.send(values).await;
        assert!(!report.applied, "{report:?}");
        let problems = report.outcomes.into_iter().filter_map(|outcome| match outcome.status {
            ItemStatus::Rejected(problems) => problems.into_iter().next(),
            _ => None,
        });
        let problem = problems.into_iter().next().unwrap();
        (problem.code, problem.message)
    }

    async fn record(&self, events: Vec<Event>) -> Report {
        self.recorder.record(events.into_iter().map(Ok).collect(), true, &tester()).await.unwrap()
    }
}

fn close(id: &str) -> Value {
    json!({"type": "closeRecall", "id": id, "at": at(90), "recall": "RC", "report": "QA-1"})
}

fn notify(id: &str, customer: &str) -> Value {
    json!({"type": "notify", "id": id, "at": at(70), "recall": "RC", "customer": customer})
}

fn recover(id: &str, customer: &str, lot: &str, quantity: &str) -> Value {
    json!({"type": "recover", "id": id, "at": at(80), "recall": "RC", "customer": customer,
        "items": [{"lot": lot, "quantity": quantity, "unit": "EA"}]})
}

async fn an_end_states_what_is_open_and_wants_a_word(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    let hold = night.found().await.record.holds[0].hold.clone();
    let (code, message) = night.refused(&[close("C-1")]).await;
    assert_eq!(code, ErrorCode::RecallUnfinished);
    for words in [
        "2 customers were not told (SHOP-1, SHOP-2)",
        "still with customers: 110 EA YOG",
        &format!("1 hold still holds lots ({hold})"),
    ] {
        assert!(message.contains(words), "{words:?} is not in {message}");
    }
    // What the batch itself does counts, but for quantities.
    let release = json!({"type": "release", "at": at(89), "hold": hold.as_str(), "reason": "burnt", "disposition": "SCRAP"});
    let (_, message) = night
        .refused(&[notify("N-1", "SHOP-1"), notify("N-2", "SHOP-2"), release.clone(), close("C-1")])
        .await;
    assert!(message.contains("finished: still with customers: 110 EA YOG; finish it"), "{message}");
    night.must(&[notify("N-1", "SHOP-1"), notify("N-2", "SHOP-2")]).await;
    night
        .must(&[
            recover("B-1", "SHOP-1", "YOG-2", "60"),
            recover("B-2", "SHOP-2", "YOG-2", "40"),
            recover("B-3", "SHOP-2", "YOG-3", "10"),
        ])
        .await;
    // Only the hold is left, which the ledger itself judges.
    assert_eq!(night.refused(&[close("C-1")]).await.0, ErrorCode::RecallHoldsOpen);
    night.must(&[release, close("C-1")]).await;
    assert!(night.recalls.still_open(&tester(), &night.found().await).await.unwrap().is_empty());
    let again = night.send(&[close("C-1")]).await;
    assert_eq!(again.outcomes[0].status, ItemStatus::Duplicate, "the same event once more changes nothing");
}

async fn an_end_in_spite_of_what_is_open_can_be_taken_back(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    let mut accepted = close("C-1");
    accepted["acceptOpen"] = true.into();
    let unread = lotgraph::format::event::parse(&accepted).unwrap_err();
    assert_eq!((unread[0].code, unread[0].path.as_str()), (ErrorCode::FieldMissing, "reason"));
    accepted["reason"] = "the shops are gone".into();
    night.must(&[accepted]).await;
    let ended = night.found().await.record;
    assert_eq!(ended.closed.as_ref().unwrap().accepted.as_ref().unwrap().as_str(), "the shops are gone");
    assert_eq!(night.refused(&[notify("N-1", "SHOP-1")]).await.0, ErrorCode::RecallClosed);
    let reopen =
        json!({"type": "reopenRecall", "id": "RO-1", "at": at(95), "recall": "RC", "reason": "they are not"});
    night.must(std::slice::from_ref(&reopen)).await;
    let open = night.found().await.record;
    assert_eq!((open.closed, open.reopened.len()), (None, 1));
    assert_eq!(open.reopened[0].closing.event.as_str(), "C-1");
    let again =
        json!({"type": "reopenRecall", "id": "RO-2", "at": at(95), "recall": "RC", "reason": "twice"});
    assert_eq!(night.refused(&[again]).await.0, ErrorCode::RecallNotClosed);
    night.must(&[notify("N-1", "SHOP-1")]).await;
    assert_eq!(night.refused(&[close("C-2")]).await.0, ErrorCode::RecallUnfinished);
    let mut second = close("C-2");
    (second["acceptOpen"], second["reason"]) = (true.into(), "really".into());
    night.must(&[second]).await;
    assert_eq!(night.found().await.record.closed.unwrap().event.as_str(), "C-2");
    let voided = json!({"type": "void", "id": "V-1", "event": "RO-1", "reason": "no"});
    assert_eq!(night.refused(&[voided]).await.0, ErrorCode::NotVoidable);
}

async fn history_is_taken_over_as_it_went(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    // A commit as imports make it: nobody was told, and somebody was who had none.
    let mut accepted = close("C-1");
    (accepted["acceptOpen"], accepted["reason"]) = (true.into(), "r".into());
    record(&fresh, &[notify("N-1", "NOBODY"), accepted]).await;
    assert!(night.found().await.record.closed.is_some());
}

async fn whoever_had_none_is_a_slip_unless_it_is_meant(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    let (code, message) = night.refused(&[notify("N-1", "SHOP-9")]).await;
    assert_eq!(code, ErrorCode::RecallCustomerUnknown);
    assert!(message.contains("shipped to SHOP-9"), "{message}");
    assert_eq!(
        night.refused(&[recover("B-1", "SHOP-9", "YOG-2", "1")]).await.0,
        ErrorCode::RecallCustomerUnknown
    );
    let meant = |mut value: Value| {
        value["unexpected"] = true.into();
        value
    };
    night.must(&[meant(notify("N-1", "SHOP-9")), meant(recover("B-1", "SHOP-9", "YOG-2", "1"))]).await;
    // Whoever is told twice over is told what became of it, whatever changed since.
    night.must(&[notify("N-2", "SHOP-2")]).await;
    record(&fresh, &[json!({"type": "void", "id": "V-1", "event": "S-3", "reason": "never left"})]).await;
    assert_eq!(night.send(&[notify("N-2", "SHOP-2")]).await.outcomes[0].status, ItemStatus::Duplicate);
}

async fn all_who_were_not_told_are_told_at_once(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    night.must(&[notify("N-1", "SHOP-1")]).await;
    let telling =
        Telling { recall: EventId::parse("RC").unwrap(), at: minute(71), channel: None, note: None };
    let events = night.recalls.telling_all(&tester(), &telling).await.unwrap();
    assert_eq!(events.len(), 1, "SHOP-1 was told before");
    assert!(night.record(events).await.applied);
    assert!(night.recalls.telling_all(&tester(), &telling).await.unwrap().is_empty());
}

async fn lots_taken_in_are_in_the_scope_the_changes_and_on_hold(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    let add = json!({"type": "addToRecall", "id": "A-1", "at": at(65), "recall": "RC", "reason": "it too",
        "lots": [{"lot": "YOG-1", "since": at(11)}]});
    let events = night.recalls.with_hold(&tester(), event(&add)).await.unwrap();
    assert!(night.record(events).await.applied);
    let found = night.found().await;
    assert_eq!((found.record.added.len(), found.record.holds.len()), (1, 2));
    let frozen = night.recalls.frozen(&tester(), &found).await.unwrap();
    let now = night.recalls.current(&tester(), &found).await.unwrap().unwrap();
    assert_eq!(lots(&frozen), ["MILK-B 0", "SILO 1", "YOG-2 2", "YOG-3 2"]);
    assert_eq!(lots(&now), ["MILK-B 0", "YOG-1 0", "SILO 1", "YOG-2 2", "YOG-3 2"]);
    assert_eq!(difference(&frozen, Some(&now)).lots_added.len(), 1);
    assert_eq!(crate::conformance::ask::lot(&fresh.store, "YOG-1").await.status(), LotStatus::Quarantined);
    // Its customer counts from now on.
    assert_eq!(night.recalls.still_open(&tester(), &found).await.unwrap().out[0].amount.to_string(), "230");
    let unknown = json!({"type": "addToRecall", "id": "A-2", "at": at(65), "recall": "RC", "reason": "r",
        "lots": [{"lot": "NOBODY"}]});
    assert_eq!(night.refused(&[unknown]).await.0, ErrorCode::LotUnknown);
}

async fn an_end_releases_its_holds_in_one_batch(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    let mut end = close("C-1");
    (end["acceptOpen"], end["reason"]) = (true.into(), "r".into());
    let disposition = lotgraph::domain::Disposition::Scrap;
    let events = night.recalls.with_releases(&tester(), event(&end), disposition).await.unwrap();
    assert_eq!(events.len(), 2);
    assert!(night.record(events).await.applied);
    let record = night.found().await.record;
    assert!(record.closed.is_some() && record.holds[0].released);
    assert_eq!(crate::conformance::ask::lot(&fresh.store, "MILK-B").await.status(), LotStatus::Rejected);
}

async fn one_hold_tells_of_the_others(fresh: Fresh) {
    let night = Night::of(&fresh).await;
    let hold =
        json!({"type": "hold", "id": "H-1", "at": at(61), "lots": ["YOG-2", "YOG-1"], "reason": "dent"});
    let release = json!({"type": "release", "id": "H-1-R", "at": at(62), "hold": "H-1", "reason": "fine",
        "disposition": "RELEASED"});
    for sent in [hold, release] {
        night.must(std::slice::from_ref(&sent)).await;
        let lookup = Lookup::new(fresh.store.clone());
        let events = [event(&sent)];
        let found = standing(&lookup, &tester(), &events).await.unwrap();
        // YOG-1 was filled before the bad milk came: nothing else holds it.
        assert_eq!(found.len(), 1, "{sent}: {found:?}");
        let recall = &night.found().await.record.holds[0].hold;
        assert_eq!((found[0].lot.as_str(), &found[0].holds[0].hold), ("YOG-2", recall), "{sent}");
        let words = found[0].words();
        assert!(
            words.starts_with(&format!("lot YOG-2 is suspect by hold {recall} (listeria), path MILK-B > ")),
            "{words}"
        );
    }
}

async fn any_number_in_hand_is_found(fresh: Fresh) {
    record(&fresh, &events()).await;
    let numbered_lot = json!({"type": "receive", "id": "R-8", "at": at(2), "supplier": "FARM-1", "document": "DN/88", "outputs":
        [{"lot": "L-8", "number": "Yog-2X", "supplierLot": "B-77"}]});
    record(&fresh, &[numbered_lot]).await;
    let lookup = Lookup::new(fresh.store.clone());
    let find = async |text: &str, first: usize| {
        numbered(&lookup, &tester(), &Text::parse(text).unwrap(), first).await.unwrap()
    };
    let shown = async |text: &str| {
        let found = find(text, 10).await;
        let lots = found.lots.iter().map(|of| format!("{} {} {}", of.lot.id, of.by.name(), of.whole));
        let operations = found.operations.iter().map(|of| format!("{} {}", of.operation.id, of.whole));
        lots.chain(operations).collect::<Vec<String>>()
    };
    // The number itself comes before longer ones that have it in them.
    assert_eq!(shown("yog-2").await, ["YOG-2 ID true", "L-8 NUMBER false"]);
    assert_eq!(shown("b-77").await, ["L-8 SUPPLIER_LOT true"]);
    assert_eq!(shown("dn/88").await, ["R-8 true"]);
    assert_eq!(shown("so-").await, ["S-1 false", "S-2 false", "S-3 false"]);
    assert_eq!(shown("nothing").await, Vec::<String>::new());
    let few = find("YOG", 1).await;
    assert_eq!((few.lots.len(), few.lot_count, few.cut), (1, 4, false));
    assert_eq!(NumberOf::Printed.name(), "NUMBER");
}

async fn a_list_of_customers_says_how_to_reach_them(fresh: Fresh) {
    record(&fresh, &events()).await;
    let shop = json!({"type": "party", "code": "SHOP-2", "name": "Corner", "roles": ["CUSTOMER"], "address": "12 Mill Lane",
        "contacts": [{"name": "Ms Li", "email": "li@shop.example", "phone": "+44 1"}, {"name": "desk"}]});
    record(&fresh, &[shop]).await;
    let recalls = recalls(&fresh);
    let scope = lotgraph::format::recall::parse_scope(&bad_delivery()).unwrap();
    let answer = recalls.scope(&tester(), &scope, None).await.unwrap();
    let question = ExportQuestion {
        table: ExportTable::Customers,
        format: ExportFormat::Csv,
        filter: ScopeFilter::default(),
        recall: None,
    };
    let export = recalls.export(&tester(), &answer, &question).await.unwrap();
    let text = String::from_utf8(export.pieces.concat()).unwrap();
    assert!(
        text.contains("lastShippedAt,returned,remaining,name,address,contacts,transferred\r\n"),
        "{text}"
    );
    assert!(text.contains(",Corner,12 Mill Lane,\"Ms Li <li@shop.example> +44 1; desk\",\r\n"), "{text}");
}

super::on_both_stores!(
    an_end_states_what_is_open_and_wants_a_word,
    an_end_in_spite_of_what_is_open_can_be_taken_back,
    history_is_taken_over_as_it_went,
    whoever_had_none_is_a_slip_unless_it_is_meant,
    all_who_were_not_told_are_told_at_once,
    lots_taken_in_are_in_the_scope_the_changes_and_on_hold,
    an_end_releases_its_holds_in_one_batch,
    one_hold_tells_of_the_others,
    any_number_in_hand_is_found,
    a_list_of_customers_says_how_to_reach_them,
);
