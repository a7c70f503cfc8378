//! The course of a recall: frozen with its hold at once, what changed since, who was told, what came back, its end.

use std::collections::BTreeSet;

use lotgraph::domain::{ErrorCode, EventId, LotStatus, PartyCode, Text};
use lotgraph::service::copy::copy;
use lotgraph::service::recall::{FoundRecall, Opened, Opening, Recalls, difference};
use lotgraph::service::recorder::Recorder;
use lotgraph::service::{ServiceError, ServiceResult};
use lotgraph::store::{Ledger, RecordFilter};
use serde_json::{Value, json};

use super::plant::{at, bad_delivery, events, leaving, lots, making, masters, recalls, record};
use crate::support::events::{minute, tester};
use crate::support::stores::{self, Fresh};

fn opening(id: &str, scope: &Value, mock: bool) -> Opening {
    Opening {
        id: EventId::parse(id).ok(),
        at: minute(60),
        reason: Text::parse("listeria").unwrap(),
        category: None,
        class: None,
        mock,
        scope: lotgraph::format::recall::parse_scope(scope).unwrap(),
    }
}

async fn open(fresh: &Fresh, id: &str, scope: &Value) -> ServiceResult<Opened> {
    let recorder = Recorder::new(fresh.store.clone());
    recalls(fresh).open(&tester(), opening(id, scope, false), &recorder).await
}

async fn status(fresh: &Fresh, lot: &str) -> LotStatus {
    crate::conformance::ask::lot(&fresh.store, lot).await.status()
}

async fn found(recalls: &Recalls, id: &str) -> FoundRecall {
    recalls.must_find(&tester(), &EventId::parse(id).unwrap()).await.unwrap()
}

async fn opening_freezes_and_holds_at_once(fresh: Fresh) {
    record(&fresh, &[masters(), making()].concat()).await;
    let opened = open(&fresh, "RC", &bad_delivery()).await.unwrap();
    assert_eq!((opened.already, opened.late.len(), opened.recall.record.holds.len()), (false, 0, 1));
    assert_eq!(opened.recall.record.recall.lots.len(), 1);
    assert_eq!(status(&fresh, "MILK-B").await, LotStatus::Quarantined);
    // Everything made of it, also the silo as a whole.
    for lot in ["SILO", "YOG-2", "YOG-3"] {
        assert_eq!(status(&fresh, lot).await, LotStatus::Suspect, "{lot}");
    }
    assert_eq!(status(&fresh, "YOG-1").await, LotStatus::Available, "filled before the bad delivery went in");
    let mut late = leaving()[1].clone();
    late["at"] = at(61).into();
    let refused = Recorder::new(fresh.store.clone()).record_values(&[late], true, &tester()).await.unwrap();
    assert!(!refused.applied, "suspect cups stay");
    // The same once more changes nothing; something else under the id is refused.
    let revision = fresh.store.revision().await.unwrap();
    assert!(open(&fresh, "RC", &bad_delivery()).await.unwrap().already);
    assert_eq!(fresh.store.revision().await.unwrap(), revision);
    // Without an id of its own, the content is the identity.
    let nameless = || Opening { id: None, ..opening("", &bad_delivery(), true) };
    let recorder = Recorder::new(fresh.store.clone());
    let first = recalls(&fresh).open(&tester(), nameless(), &recorder).await.unwrap();
    let second = recalls(&fresh).open(&tester(), nameless(), &recorder).await.unwrap();
    assert_eq!((first.already, second.already, &first.recall), (false, true, &second.recall));
    let other = open(&fresh, "RC", &json!({"lots": [{"lot": "MILK-A"}]})).await;
    assert_eq!(other.unwrap_err().code, ErrorCode::IdConflict);
    assert_eq!(status(&fresh, "MILK-A").await, LotStatus::Available);
    let nothing = open(&fresh, "RC-2", &json!({"causes": [{"supplier": "NOBODY"}]})).await;
    assert_eq!(nothing.unwrap_err().code, ErrorCode::NameUnknown);
    assert_eq!(recalls(&fresh).list(&tester(), RecordFilter::default()).await.unwrap().len(), 2);
}

async fn late_events_show_as_differences(fresh: Fresh) {
    record(&fresh, &events()).await;
    open(&fresh, "RC", &bad_delivery()).await.unwrap();
    let recalls = recalls(&fresh);
    let recall = found(&recalls, "RC").await;
    let frozen = recalls.frozen(&tester(), &recall).await.unwrap();
    assert_eq!(lots(&frozen), ["MILK-B 0", "SILO 1", "YOG-2 2", "YOG-3 2"]);
    let now = recalls.current(&tester(), &recall).await.unwrap();
    assert!(difference(&frozen, now.as_deref()).is_empty());
    // A second bad delivery is typed in late; a filling is withdrawn; a shipment of before the recall is typed in.
    let late = [
        json!({"type": "receive", "id": "R-9", "at": at(16), "supplier": "FARM-2",
            "outputs": [{"lot": "MILK-C", "material": "MILK", "quantity": "5", "unit": "KGM"}]}),
        json!({"type": "void", "id": "V-9", "event": "O-5", "reason": "filled from another silo"}),
        json!({"type": "override", "id": "W-9", "at": at(61), "operation": "S-9", "lots": ["YOG-2"], "reason": "left before"}),
        json!({"type": "ship", "id": "S-9", "at": at(55), "customer": "INN", "document": "SO-9",
            "inputs": [{"lot": "YOG-2", "quantity": "10", "unit": "EA"}]}),
    ];
    record(&fresh, &late).await;
    let now = recalls.current(&tester(), &recall).await.unwrap().unwrap();
    let changes = difference(&frozen, Some(&now));
    let added: Vec<String> =
        changes.lots_added.iter().map(|n| now.lot_id(now.scope.lots[*n as usize].lot).to_string()).collect();
    let removed: Vec<String> = changes
        .lots_removed
        .iter()
        .map(|n| frozen.lot_id(frozen.scope.lots[*n as usize].lot).to_string())
        .collect();
    assert_eq!((added, removed), (vec!["MILK-C".to_owned()], vec!["YOG-3".to_owned()]));
    let shipments: Vec<String> = changes
        .shipments_added
        .iter()
        .map(|n| now.operation_id(now.scope.shipments[*n as usize].operation).to_string())
        .collect();
    assert_eq!(shipments, ["S-9"]);
    assert_eq!(changes.shipments_removed.len(), 1, "the cups of the withdrawn filling");
    let customers: Vec<String> = changes
        .customers
        .iter()
        .map(|changed| {
            let sum = |shares: &[lotgraph::genealogy::scope::Share]| {
                shares
                    .iter()
                    .map(|share| format!("{} {}", share.amount, share.unit))
                    .collect::<Vec<_>>()
                    .join("+")
            };
            let name = changed.customer.as_ref().map_or("-", AsRef::as_ref);
            format!("{name}: {} to {}", sum(&changed.before), sum(&changed.after))
        })
        .collect();
    assert_eq!(customers, ["INN:  to 10 EA", "SHOP-2: 50 EA to 40 EA"]);
    // The frozen scope is what it was, however often it is asked for, and by whomever.
    let again = super::plant::recalls(&fresh).frozen(&tester(), &recall).await.unwrap();
    assert_eq!((lots(&again), again.revision), (lots(&frozen), frozen.revision));
    assert_eq!(again.scope, frozen.scope);
}

async fn progress_is_measured_against_what_is_known_now(fresh: Fresh) {
    record(&fresh, &events()).await;
    open(&fresh, "RC", &bad_delivery()).await.unwrap();
    let notify = |id: &str, customer: &str, acknowledged: bool| json!({"type": "notify", "id": id, "at": at(70), "recall": "RC", "customer": customer, "acknowledged": acknowledged});
    let recover = |id: &str, customer: &str, lot: &str, quantity: &str, unit: &str| {
        json!({"type": "recover", "id": id, "at": at(80), "recall": "RC", "customer": customer,
            "items": [{"lot": lot, "quantity": quantity, "unit": unit}]})
    };
    record(
        &fresh,
        &[
            notify("N-1", "SHOP-1", false),
            notify("N-2", "SHOP-1", true),
            notify("N-3", "SHOP-2", false),
            recover("B-1", "SHOP-1", "YOG-2", "3", "BX"),
            recover("B-2", "SHOP-2", "YOG-3", "12", "EA"),
            recover("B-3", "SHOP-2", "YOG-1", "1", "EA"),
        ],
    )
    .await;
    let recalls = recalls(&fresh);
    let recall = found(&recalls, "RC").await;
    let now = recalls.current(&tester(), &recall).await.unwrap();
    let progress = recalls.progress(&tester(), &recall, now.as_deref()).await.unwrap();
    assert_eq!((progress.affected().count(), progress.notified(), progress.acknowledged()), (2, 2, 1));
    assert_eq!(progress.acknowledged_percent().unwrap().to_string(), "50");
    let cups = progress.control.quantities.iter().find(|of| of.unit.as_str() == "EA").unwrap();
    // 80 on hand, all suspect; 20 scrapped; 110 shipped; 36 and 10 of 12 came back of what went out, 2 more than that
    // customer had got, and 1 of a lot that is not affected.
    let sums = [cups.on_hand, cups.blocked, cups.scrapped, cups.shipped, cups.recovered];
    assert_eq!(sums.map(|sum| sum.normalize().to_string()), ["80", "80", "20", "110", "46"]);
    assert_eq!(cups.recovered_percent().unwrap().to_string(), "41.82");
    assert_eq!([cups.excess, cups.foreign].map(|sum| sum.normalize().to_string()), ["2", "1"]);
    // (80 + 20 + 46) of (80 + 20 + 110).
    assert_eq!(cups.controlled_percent().unwrap().to_string(), "69.52");
    assert_eq!(progress.recovered_outside.iter().map(ToString::to_string).collect::<Vec<_>>(), ["YOG-1"]);
    let statuses: Vec<String> =
        progress.statuses.iter().map(|(status, count)| format!("{count} {}", status.name())).collect();
    assert_eq!(statuses, ["1 QUARANTINED", "3 SUSPECT"]);
    // More than was shipped is shown as an excess, not lost.
    record(&fresh, &[recover("B-4", "SHOP-1", "YOG-2", "40", "EA")]).await;
    let progress = recalls.progress(&tester(), &recall, now.as_deref()).await.unwrap();
    let shop = &progress.consignees[0];
    assert_eq!(
        (shop.recovered[0].amount.to_string(), shop.excess[0].amount.to_string()),
        ("76".to_owned(), "16".to_owned())
    );
    let unknown = PartyCode::parse("NOBODY").unwrap();
    let refused = recalls.check_customer(&tester(), &recall.record.id, &unknown).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RecallCustomerUnknown);
    recalls.check_customer(&tester(), &recall.record.id, &PartyCode::parse("SHOP-2").unwrap()).await.unwrap();
}

async fn an_exercise_holds_nothing(fresh: Fresh) {
    record(&fresh, &events()).await;
    let recorder = Recorder::new(fresh.store.clone());
    let opened =
        recalls(&fresh).open(&tester(), opening("EX", &bad_delivery(), true), &recorder).await.unwrap();
    assert_eq!((opened.recall.record.recall.mock, opened.recall.record.holds.len()), (true, 0));
    assert!(opened.timing.total >= opened.timing.scope && !opened.timing.scope.is_zero());
    for lot in ["MILK-B", "SILO", "YOG-2"] {
        assert_eq!(status(&fresh, lot).await, LotStatus::Available, "{lot}");
    }
    let recalls = recalls(&fresh);
    let recall = found(&recalls, "EX").await;
    assert_eq!(lots(&recalls.frozen(&tester(), &recall).await.unwrap()).len(), 4);
}

/// While somebody records bad milk without pause, recalls are opened: every lot that the cause touched before the recall
/// was recorded is held once it is open.
async fn nothing_slips_through_while_opening(fresh: Fresh) {
    record(&fresh, &[masters(), making()].concat()).await;
    let (store, recorder) = (fresh.store.clone(), Recorder::new(fresh.store.clone()));
    let writer = tokio::spawn(async move {
        for n in 0..40 {
            let receipt = json!({"type": "receive", "id": format!("LATE-{n}"), "at": at(16), "supplier": "FARM-2",
                "outputs": [{"lot": format!("MILK-L{n}"), "material": "MILK", "quantity": "1", "unit": "KGM"}]});
            recorder.record_values(&[receipt], true, &tester()).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let mut recorded = Vec::new();
    for n in 0..4 {
        let opened = open(&fresh, &format!("RC-{n}"), &bad_delivery()).await.unwrap();
        recorded.push((opened.recall, opened.late));
    }
    writer.await.unwrap();
    let recalls = recalls(&fresh);
    for (recall, late) in recorded {
        let as_recorded: BTreeSet<String> =
            recall.record.recall.lots.iter().map(|lot| lot.lot.to_string()).collect();
        let held: BTreeSet<String> =
            as_recorded.into_iter().chain(late.iter().map(ToString::to_string)).collect();
        // What the cause had touched by the revision of the recall, found by a look at that state.
        let history = lotgraph::service::as_of::History::new(
            store.clone(),
            lotgraph::cli::app::scratch_stores(),
            lotgraph::service::as_of::AsOfLimits::default(),
            lotgraph::service::trace::TraceLimits::default(),
        );
        let questions = history.questions(&tester(), recall.place.revision).await.unwrap();
        let then = Recalls::new(questions, history)
            .scope(&tester(), &recall.record.recall.scope, None)
            .await
            .unwrap();
        for seed in &then.seeds {
            assert!(held.contains(seed.lot.as_str()), "{} was free in {}", seed.lot, recall.record.id);
        }
        // And the frozen scope starts from exactly the lots recorded.
        let frozen = recalls.frozen(&tester(), &recall).await.unwrap();
        assert_eq!(frozen.seeds.len(), recall.record.recall.lots.len());
    }
}

async fn a_copy_has_the_same_recall(fresh: Fresh) {
    record(&fresh, &events()).await;
    open(&fresh, "RC", &bad_delivery()).await.unwrap();
    let told = json!({"type": "notify", "id": "N", "at": at(70), "recall": "RC", "customer": "SHOP-1", "acknowledged": true});
    record(&fresh, &[told]).await;
    let target = stores::sqlite().await;
    let source: &dyn Ledger = fresh.store.as_ref();
    copy(&crate::support::events::tester(), source, target.store.as_ref(), &mut |_| {}).await.unwrap();
    let (here, there) = (recalls(&fresh), recalls(&target));
    let (a, b) = (found(&here, "RC").await, found(&there, "RC").await);
    assert_eq!(a, b);
    let (frozen_a, frozen_b) =
        (here.frozen(&tester(), &a).await.unwrap(), there.frozen(&tester(), &b).await.unwrap());
    assert_eq!((frozen_a.revision, &frozen_a.scope), (frozen_b.revision, &frozen_b.scope));
    assert_eq!(here.notices(&tester(), &a).await.unwrap(), there.notices(&tester(), &b).await.unwrap());
}

async fn unknown_recalls_are_told(fresh: Fresh) {
    let missing: Result<FoundRecall, ServiceError> =
        recalls(&fresh).must_find(&tester(), &EventId::parse("NONE").unwrap()).await;
    assert_eq!(missing.unwrap_err().code, ErrorCode::RecallUnknown);
}

super::on_both_stores!(
    opening_freezes_and_holds_at_once,
    late_events_show_as_differences,
    progress_is_measured_against_what_is_known_now,
    an_exercise_holds_nothing,
    nothing_slips_through_while_opening,
    a_copy_has_the_same_recall,
    unknown_recalls_are_told,
);
