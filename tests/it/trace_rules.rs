//! The examples of docs/TRACE_RULES.md, run: their events recorded, their questions asked, their answers compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::events::tester;
use lotgraph::domain::{Event, Fact, LotId, MaterialCode, Operation, Role, Timestamp};
use lotgraph::genealogy::{Direction, Partial, TimeRule};
use lotgraph::http::HttpOptions;
use lotgraph::service::Questions;
use lotgraph::service::trace::{TraceAnswer, TraceLimits, TraceQuestion};
use lotgraph::store::LotFilter;
use serde_json::{Value, json};

use crate::conformance::ask::{AnyStore, commit, lot_id};
use crate::oracle::check_inverse;
use crate::support::events::event;
use crate::support::service::Service;
use crate::support::stores::{self, Fresh};

/// The rules that a trace has, each of which must have an example.
const RULES: usize = 11;

/// What is compared even where the document does not write it: then there must be none.
const ALWAYS: [&str; 4] = ["conflicts", "overdrawn", "unknown origin", "partial"];

/// Some events on top of those before them, a picture of them, and the answers of that state.
#[derive(Debug)]
struct Step {
    events: Vec<Event>,
    answers: Vec<Written>,
}

/// An answer as the document writes it.
#[derive(Debug)]
struct Written {
    question: String,
    lots: String,
    /// Name and value of each indented line.
    details: Vec<(String, String)>,
}

/// A question, read.
struct Asked {
    question: TraceQuestion,
    limits: TraceLimits,
    filter: Option<LotFilter>,
}

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/TRACE_RULES.md");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The steps of each rule's example, in order of the rules; or what the document lacks.
fn examples(document: &str) -> Result<Vec<Vec<Step>>, String> {
    let mut rules = Vec::new();
    for (n, section) in document.split("\n## Rule ").skip(1).enumerate() {
        let section = section.split("\n## ").next().unwrap();
        let heading = section.lines().next().unwrap();
        let number = n + 1;
        if !heading.starts_with(&format!("{number}: ")) {
            return Err(format!("rule {number} is missing: there stands \"Rule {heading}\""));
        }
        rules.push(steps(section).map_err(|lack| format!("rule {number}: {lack}"))?);
    }
    if rules.len() == RULES { Ok(rules) } else { Err(format!("{} rules instead of {RULES}", rules.len())) }
}

fn steps(section: &str) -> Result<Vec<Step>, String> {
    // Every second part lies inside a fence; its first line says of what kind it is.
    let fenced = section.split("\n```").skip(1).step_by(2);
    let blocks: Vec<(&str, &str)> =
        fenced.map(|block| block.split_once('\n').unwrap_or((block, ""))).collect();
    if blocks.is_empty() {
        return Err("no example".to_owned());
    }
    let mut steps = Vec::new();
    for step in blocks.chunks(3) {
        let [("ndjson", events), ("mermaid", picture), ("answer", answers)] = step else {
            let kinds: Vec<&str> = step.iter().map(|(kind, _)| *kind).collect();
            return Err(format!("an example is events, picture and answers, not {kinds:?}"));
        };
        let events: Vec<Event> =
            events.lines().map(|line| event(&serde_json::from_str(line).unwrap())).collect();
        let names = lots(&events).into_iter().map(|lot| lot.to_string());
        let names = names.chain(operations(&events).map(|(event, _)| event.id.to_string()));
        let names: Vec<String> = names.collect();
        if names.is_empty() {
            return Err("no events".to_owned());
        }
        if let Some(missing) = names.iter().find(|name| !picture.contains(*name)) {
            return Err(format!("{missing} is not in the picture"));
        }
        steps.push(Step { events, answers: written(answers)? });
    }
    Ok(steps)
}

fn operations(events: &[Event]) -> impl Iterator<Item = (&Event, &Operation)> {
    events.iter().filter_map(|event| match &event.fact {
        Fact::Operation(operation) => Some((event, operation)),
        _ => None,
    })
}

fn lots(events: &[Event]) -> BTreeSet<LotId> {
    operations(events).flat_map(|(_, operation)| operation.links().map(|link| link.lot.clone())).collect()
}

fn written(block: &str) -> Result<Vec<Written>, String> {
    let mut answers: Vec<Written> = Vec::new();
    for line in block.lines() {
        let Some((name, value)) = line.split_once(": ") else { return Err(format!("no answer in {line:?}")) };
        match (name.strip_prefix("  "), answers.last_mut()) {
            (Some(detail), Some(answer)) => answer.details.push((detail.to_owned(), value.to_owned())),
            (Some(_), None) => return Err(format!("{line:?} belongs to no question")),
            (None, _) => {
                answers.push(Written {
                    question: name.to_owned(),
                    lots: value.to_owned(),
                    details: Vec::new(),
                });
            }
        }
    }
    if answers.is_empty() { Err("no answer".to_owned()) } else { Ok(answers) }
}

fn asked(text: &str) -> Asked {
    let mut words = text.split(' ');
    let direction = match words.next() {
        Some("forward") => Direction::Forward,
        Some("backward") => Direction::Backward,
        other => panic!("{text:?} begins with {other:?}"),
    };
    let question = TraceQuestion {
        lots: Vec::new(),
        direction,
        max_depth: None,
        rule: TimeRule::default(),
        skip_cache: false,
        at: None,
    };
    let mut asked = Asked { question, limits: TraceLimits::default(), filter: None };
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{text:?}: {word} of what?"));
        match word {
            "+" => {}
            "since" => asked.question.rule.since = Some(Timestamp::parse(value()).unwrap()),
            "until" => asked.question.rule.until = Some(Timestamp::parse(value()).unwrap()),
            "maxDepth" => asked.question.max_depth = Some(value().parse().unwrap()),
            "maxNodes" => asked.limits.nodes_max = value().parse().unwrap(),
            "respectTime" => asked.question.rule.respect_time = value().parse().unwrap(),
            "material" => {
                let materials = Some(vec![MaterialCode::parse(value()).unwrap()]);
                asked.filter = Some(LotFilter { materials, ..LotFilter::default() });
            }
            lot => asked.question.lots.push(lot_id(lot)),
        }
    }
    asked
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<String>>().join(", ")
}

/// A detail of an answer as the document would write it.
async fn detail(name: &str, answer: &TraceAnswer, store: &AnyStore) -> String {
    let (subgraph, trace) = (&answer.subgraph, &answer.trace);
    let operation = |index: u32| &subgraph.operations[index as usize].id;
    let lots = |indices: &[u32]| joined(indices.iter().map(|index| answer.lot_id(*index).to_string()));
    let links = |indices: &[u32]| {
        joined(indices.iter().map(|index| {
            let link = &subgraph.links[*index as usize];
            let (lot, operation) = (answer.lot_id(link.lot), operation(link.operation));
            match link.role {
                Role::Consumed => format!("{lot} > {operation}"),
                Role::Produced => format!("{operation} > {lot}"),
                Role::InPlace => format!("{lot} ~ {operation}"),
            }
        }))
    };
    match name {
        "seeds" => lots(&trace.seeds),
        "operations" => {
            joined(trace.operations.iter().map(|node| format!("{} ({})", operation(node.index), node.depth)))
        }
        "links" => links(&trace.links),
        "conflicts" => links(&trace.time_conflicts),
        "overdrawn" => links(&trace.overdrawn),
        "unknown origin" => lots(&trace.unknown_origin),
        "partial" => match trace.partial {
            None => String::new(),
            Some(Partial::NodeLimit) => "NODE_LIMIT".to_owned(),
            Some(Partial::DepthLimit) => "DEPTH_LIMIT".to_owned(),
        },
        other => match other.strip_prefix("pages of ") {
            Some(size) => pages(answer, store, size.parse().unwrap()).await,
            None => panic!("an answer has no {other:?}"),
        },
    }
}

/// The lots of an answer as GraphQL hands them out, page by page.
async fn pages(answer: &TraceAnswer, store: &AnyStore, first: u32) -> String {
    const QUERY: &str = "query($input: TraceInput!, $first: Int!, $after: String) { trace(input: $input) {
        lots(first: $first, after: $after) { nodes { lot { id } } pageInfo { hasNextPage endCursor } } } }";
    let served = store.clone();
    let service = Service::with(move |_| served, HttpOptions::default()).await;
    let lots: Vec<&str> = answer.question.lots.iter().map(LotId::as_str).collect();
    let input = json!({ "lots": lots, "direction": answer.question.direction.name() });
    let (mut pages, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "input": input, "first": first, "after": after });
        let page = service.graphql(QUERY, variables).await;
        let page = &page["data"]["trace"]["lots"];
        let nodes = page["nodes"].as_array().unwrap_or_else(|| panic!("{page}"));
        let ids: Vec<&str> = nodes.iter().map(|node| node["lot"]["id"].as_str().unwrap()).collect();
        pages.push(ids.join(" "));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            return pages.join(" | ");
        }
    }
}

/// Asks a question of the document and writes the answer as the document would: with the details that it writes, and
/// with those of [`ALWAYS`] that there are.
async fn answered(store: &AnyStore, written: &Written) -> String {
    let asked = asked(&written.question);
    let questions = Questions::over(store.clone(), asked.limits);
    let answer = questions.tracer.trace(&tester(), asked.question).await.unwrap();
    let lots = questions.tracer.select(&tester(), &answer, asked.filter.as_ref()).await.unwrap();
    let lots = joined(lots.iter().map(|node| format!("{} ({})", answer.lot_id(node.index), node.depth)));
    let mut text = shown(&written.question, if lots.is_empty() { "nothing" } else { &lots });
    for (name, _) in &written.details {
        text += &shown(&format!("  {name}"), &detail(name, &answer, store).await);
    }
    for name in ALWAYS.iter().filter(|name| !written.details.iter().any(|(detail, _)| detail == *name)) {
        let value = detail(name, &answer, store).await;
        if !value.is_empty() {
            text += &shown(&format!("  {name}"), &value);
        }
    }
    text
}

fn shown(name: &str, value: &str) -> String {
    format!("{name}: {value}\n")
}

async fn run_examples(stores: impl AsyncFn() -> Fresh) {
    let mut wrong = String::new();
    for (n, steps) in examples(&document()).unwrap().into_iter().enumerate() {
        let fresh = stores().await;
        let mut known = BTreeSet::new();
        for step in steps {
            known.extend(lots(&step.events));
            commit(&fresh.store, step.events).await;
            for answer in &step.answers {
                let details = answer.details.iter().map(|(name, value)| shown(&format!("  {name}"), value));
                let wanted = shown(&answer.question, &answer.lots) + &details.collect::<String>();
                let got = answered(&fresh.store, answer).await;
                if got != wanted {
                    wrong += &format!("rule {}: the document says\n{wanted}but it is\n{got}\n", n + 1);
                }
            }
            // Rule 7, of every pair of lots in every example.
            let questions = Questions::over(fresh.store.clone(), TraceLimits::default());
            let known: Vec<LotId> = known.iter().cloned().collect();
            check_inverse(&questions, &known, &format!("the example of rule {}", n + 1)).await;
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_true_on_sqlite() {
    run_examples(stores::sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_true_on_neo4j() {
    run_examples(stores::neo4j).await;
}

#[test]
fn a_rule_without_its_example_or_its_answer_is_noticed() {
    let document = document();
    let sections: Vec<&str> = document.split("\n## Rule ").collect();
    assert!(examples(&document).is_ok());
    for n in 1..sections.len() {
        let with = |section: Option<&str>| {
            let mut sections: Vec<&str> = sections.clone();
            sections.splice(n..=n, section);
            examples(&sections.join("\n## Rule ")).map(|_| ())
        };
        assert!(with(None).is_err(), "rule {n} may be missing");
        for kind in ["```ndjson", "```mermaid", "```answer"] {
            let (before, block) = sections[n].rsplit_once(kind).unwrap();
            let (_, after) = block.split_once("```").unwrap();
            let without = format!("{before}{after}");
            assert!(with(Some(&without)).is_err(), "rule {n} may lack {kind}");
            let empty = format!("{before}{kind}\n```{after}");
            assert!(with(Some(&empty)).is_err(), "rule {n} may have an empty {kind}");
        }
        let text = sections[n].split("**Example.**").next().unwrap();
        assert!(with(Some(text)).is_err(), "rule {n} may have no example");
    }
}
