//! The demo's sample questions, asked of the running service over the whole dairy.

use lotgraph::generate::dairy::{dairy, story};
use lotgraph::generate::samples::samples;
use serde_json::{Value, json};

use crate::support::events::batch;
use crate::support::service::Service;

async fn demo() -> Service {
    let service = Service::empty().await;
    let mut events = dairy().peekable();
    while events.peek().is_some() {
        let receipt = service.store.commit(&batch(events.by_ref().take(2_000).collect())).await.unwrap();
        assert!(receipt.applied);
    }
    service
}

fn count(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

/// What each question must come to, so that nobody is shown an empty answer.
fn check(title: &str, data: &Value) {
    let more_than = |pointer: &str, least: u64| {
        let value = data.pointer(pointer).unwrap_or_else(|| panic!("{title}: no {pointer} in {data}"));
        let got = value.as_u64().unwrap_or(count(value) as u64);
        assert!(got > least, "{title}: {pointer} is {value}");
    };
    match title {
        "Where did this milk go?" => {
            more_than("/trace/summary/lotCount", 100);
            more_than("/trace/summary/maxDepth", 6);
            more_than("/trace/facets/2/values", 8);
            more_than("/trace/lots/nodes", 19);
            assert_eq!(data.pointer("/trace/completeness/isPartial"), Some(&json!(false)), "{title}");
            assert_eq!(
                data.pointer("/trace/completeness/unknownOrigin/totalCount"),
                Some(&json!(0)),
                "{title}"
            );
        }
        "What went into this pallet?" => {
            more_than("/trace/summary/shownLotCount", 20);
            more_than("/trace/facets/1/values", 8);
        }
        "Why is this pallet affected?" => {
            more_than("/whyAffected/0/length", 5);
            more_than("/whyAffected/0/steps", 5);
            assert!(data.to_string().contains(story().silo.as_str()), "{title}: {data}");
        }
        "Which operations did it reach?" => more_than("/trace/operations/nodes", 5),
        "What went through this silo?" => more_than("/lot/links/nodes", 10),
        "What must be recalled?" => {
            more_than("/recallScope/summary/lotCount", 100);
            more_than("/recallScope/customers/nodes", 1);
            more_than("/recallScope/totals", 3);
        }
        "What is this label?" => more_than("/resolve", 0),
        "Find lots" => more_than("/lots/totalCount", 10),
        "A mistake, voided" => {
            assert!(data.pointer("/operation/voided/replacedBy").is_some(), "{title}: {data}")
        }
        "What do the complaints share?" => {
            let first = data.pointer("/rootCause/groups/0").unwrap().to_string();
            assert!(first.contains(story().culprit.as_str()), "{title}: {first}");
        }
        "How much of it is bad?" => {
            more_than("/recallScope/atRisk/customers", 5);
            more_than("/recallScope/atRisk/lots/nodes", 4);
        }
        "Does it add up?" => {
            assert_eq!(
                data.pointer("/massBalance/broken/0/balance/unexplained"),
                Some(&json!("25")),
                "{data}"
            )
        }
        "Hold it" => assert_eq!(data.pointer("/holdLots/accepted"), Some(&json!(1)), "{data}"),
        "Release it" => assert_eq!(data.pointer("/releaseHold/accepted"), Some(&json!(1)), "{data}"),
        "What needs attention?" => more_than("/alerts/totalCount", 0),
        "Record an event" => assert_eq!(data.pointer("/recordEvents/accepted"), Some(&json!(1)), "{title}"),
        other => panic!("say what {other:?} must come to"),
    }
}

#[tokio::test]
async fn every_sample_question_has_an_interesting_answer() {
    let service = demo().await;
    let samples = samples(&story());
    for sample in samples["samples"].as_array().unwrap() {
        let title = sample["title"].as_str().unwrap();
        let answer = service.graphql(sample["query"].as_str().unwrap(), sample["variables"].clone()).await;
        assert!(answer.get("errors").is_none(), "{title}: {answer}");
        check(title, &answer["data"]);
    }
}
