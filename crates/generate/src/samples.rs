//! The demo's sample questions for GraphiQL. They contain ids of the demo plant.

use serde_json::{Value, json};

use super::dairy::{DemoStory, MISTAKEN_EVENT};
use lotgraph_domain::LotId;

/// Where did it go? Counts and facets come before nodes, then the lots.
const FORWARD: &str = "\
# Where did this delivery of milk go? Counts first, then the lots.
query WhereDidItGo($lot: ID!) {
  trace(input: { lots: [$lot], direction: FORWARD }) {
    seeds { id material { name } supplierLot }
    summary { lotCount operationCount maxDepth }
    facets(by: [MATERIAL_CLASS, MATERIAL, CUSTOMER]) { field values { value count } }
    lots(first: 20) {
      totalCount
      nodes { depth lot { id number material { code name } } }
      pageInfo { hasNextPage endCursor }
    }
    completeness { isPartial reason unknownOrigin { totalCount } timeConflicts { totalCount } }
    freshness { revision cached computedAt }
  }
}
";

/// What went into it? The raw materials and packaging, and who delivered them.
const BACKWARD: &str = "\
# What went into this pallet? Only what was bought is shown; the walk passes through everything.
query WhatWentIn($lot: ID!) {
  trace(
    input: { lots: [$lot], direction: BACKWARD, filter: { classes: [RAW, PACKAGING] } }
  ) {
    seeds { id number material { name } attributes { name value } }
    summary { lotCount shownLotCount operationCount maxDepth }
    facets(by: [MATERIAL, SUPPLIER]) { field values { value count } }
    lots(first: 50) {
      nodes { depth lot { id supplierLot material { name } } }
      pageInfo { hasNextPage endCursor }
    }
    completeness { isPartial reason }
  }
}
";

/// Why is it affected? The shortest walks, with times and quantities.
const WHY: &str = "\
# Why is this pallet affected by that delivery? The shortest walks between them.
query WhyIsItAffected($seed: ID!, $lot: ID!) {
  whyAffected(seed: $seed, lot: $lot, paths: 2) {
    length
    steps {
      enter { lot { id material { name } } quantity { amount unit } }
      leave {
        operation { id name startedAt at equipment { name } }
        lot { id material { name } }
        quantity { amount unit }
      }
    }
  }
}
";

/// What did customers get of it? The shipments among the operations that it reaches.
const SHIPMENTS: &str = "\
# The operations that the delivery reaches, nearest first.
query Operations($lot: ID!) {
  trace(input: { lots: [$lot], direction: FORWARD, maxDepth: 3 }) {
    summary { lotCount operationCount isPartial }
    completeness { isPartial reason }
    operations(first: 20) {
      nodes {
        depth
        operation { id kind name at party { name } document shift { code } operators { name } }
      }
    }
  }
}
";

/// A refilled silo: one lot with many deliveries and many draws.
const SILO: &str = "\
# A silo is one lot that is refilled and drawn until it is emptied.
query Silo($lot: ID!) {
  lot(id: $lot) {
    id
    material { name unit }
    balance { unit produced consumed onHand gap }
    links(first: 30) {
      totalCount
      nodes { role operation { id name } quantity { amount unit } earliest latest }
    }
  }
}
";

/// Which customers must be called, starting from a delivery?
const RECALL: &str = "\
# A delivery is bad: what must be recalled, where is it now, and who received how much of it?
query Recall($input: RecallScopeInput!) {
  recallScope(input: $input) {
    summary { lotCount onHandCount shippedCount customerCount }
    totals { material { code name } unit lotCount onHand consumed shipped accountedPercent }
    customers(first: 20) {
      totalCount
      nodes { customer { code name } lotCount quantities { material { code } quantity { amount unit } } documents }
    }
    lots(filter: { whereabouts: [ON_HAND] }, first: 20) {
      totalCount
      nodes { depth lot { id material { code } } onHand { amount unit } lastOperation { id name equipment { code } } }
    }
  }
}
";

/// Finds a lot by whatever is on its label.
const RESOLVE: &str = "\
# Whatever is printed on the label: here the number on an exported pallet.
query WhatIsThis($code: String!) {
  resolve(code: $code) {
    id
    number
    material { code name }
    shipped { sums { amount unit } }
  }
}
";

/// Searches for lots.
const SEARCH: &str = "\
# Find lots by a part of their id, printed number or supplier's number.
query Find($text: String!) {
  lots(filter: { text: $text, classes: [FINISHED] }, first: 10) {
    totalCount
    nodes { id number material { name } earliestProduction }
    pageInfo { hasNextPage endCursor }
  }
}
";

/// A mistake, which stays on record.
const VOIDED: &str = "\
# Nothing is deleted: the unloading with the wrong silo was voided, and says by what it was replaced.
query Mistake($operation: ID!) {
  operation(id: $operation) {
    id
    name
    at
    outputs { nodes { lot { id } quantity { amount unit } } }
    voided { by reason replacedBy }
  }
}
";

/// Complaints: what do these pallets have in common that others have not?
const COMPLAINTS: &str = "\
# Three customers complain of sour milk. What do their pallets have in common that others of the month have not?
query WhatDoTheyShare($cases: [ID!]!) {
  rootCause(input: { cases: $cases, controlsAmong: { materials: [\"MILK-1L\"] } }) {
    caseCount controlCount testedCount cautions isPartial
    groups(first: 5) {
      exposedCases exposedControls
      oddsRatio { estimate low high }
      p q
      factors(first: 12) { kind label depth }
    }
  }
}
";

/// How much of what is affected is bad, and who has it?
const AT_RISK: &str = "\
# The worst case is all of it. What perfect mixing carries is less: how much of the bad milk is where?
query HowMuch($input: RecallScopeInput!) {
  recallScope(input: $input) {
    atRisk(first: 5) {
      unit source
      resting { low high } shipped { low high } scrapped { low high }
      customers { customer { name } carried { low high } }
      worstCase { material { name } quantity unit onHand }
      lots { nodes { lot { id } worstCase worstCaseUnit proportional { low high } lotFraction { high } } }
    }
  }
}
";

/// Does it add up?
const BALANCE: &str = "\
# Does it add up? A stock count found less sugar than the records leave.
query Balance($lots: [ID!]!) {
  massBalance(lots: $lots) {
    isBalanced
    totals { material unit received consumed onHand unexplained }
    broken { lot { id } percent balance { unexplained counted { at amount } } }
  }
}
";

/// Puts a lot into quarantine.
const HOLD: &str = "\
# Hold the delivery: from now on nothing made of it leaves. Repeating it changes nothing; the next sample ends it.
mutation Hold($hold: HoldInput!) {
  holdLots(input: $hold) {
    applied accepted duplicate revision
    events { id status problems { code message } }
  }
}
";

/// Ends the quarantine.
const RELEASE: &str = "\
# Release it, here for disposal: then only scrapping may draw from the delivery.
mutation Release($release: ReleaseInput!) {
  releaseHold(input: $release) {
    applied accepted duplicate revision
    events { id status problems { code message } }
  }
}
";

/// What somebody should look at.
const ALERTS: &str = "\
# What somebody should look at: holds, refused flows, and data that does not add up.
query Alerts {
  alerts(filter: { states: [OPEN] }, first: 20) {
    totalCount
    nodes { kind severity message raisedAt lot { id status } }
  }
}
";

/// Recording is as easy as asking. This sample is harmless: it declares one customer, and repeating it
/// changes nothing.
const RECORD: &str = "\
# Record an event. Sending it again changes nothing: then it counts as a duplicate.
mutation Record($events: [EventInput!]!) {
  recordEvents(events: $events) {
    applied
    accepted
    duplicate
    events { id status problems { code message path } }
    revision
  }
}
";

/// The sample questions about a story: `{\"samples\": [{\"title\", \"query\", \"variables\"}]}`.
#[must_use]
pub fn samples(story: &DemoStory) -> Value {
    let (delivery, shipped) = (story.forward_seed.as_str(), story.backward_seed.as_str());
    let affected = story.affected_pallet.as_str();
    let complaints: Vec<&str> = story.complaints.iter().map(LotId::as_str).collect();
    let events = json!([{"party": {"code": "C-NEW", "name": "New customer", "roles": ["CUSTOMER"]}}]);
    let scope = json!({"input": {"lots": [{"lot": story.culprit.as_str()}]}});
    let hold = json!({"id": "HOLD-SAMPLE", "at": "2026-03-31T06:00:00+02:00", "lots": [story.culprit.as_str()],
        "reason": "delivered at 11.8 °C", "category": "COOLING"});
    let release = json!({"id": "RELEASE-SAMPLE", "at": "2026-03-31T07:00:00+02:00", "hold": "HOLD-SAMPLE",
        "reason": "to be disposed of", "disposition": "SCRAP"});
    let sample = |title: &str, query: &str, variables: Value| json!({"title": title, "query": query, "variables": variables});
    json!({"samples": [
        sample("Where did this milk go?", FORWARD, json!({"lot": delivery})),
        sample("What went into this pallet?", BACKWARD, json!({"lot": shipped})),
        sample("Why is this pallet affected?", WHY, json!({"seed": delivery, "lot": affected})),
        sample("Which operations did it reach?", SHIPMENTS, json!({"lot": delivery})),
        sample("What went through this silo?", SILO, json!({"lot": story.silo.as_str()})),
        sample("What is this label?", RESOLVE, json!({"code": story.printed_number})),
        sample("Find lots", SEARCH, json!({"text": "PAL-0314-1"})),
        sample("A mistake, voided", VOIDED, json!({"operation": MISTAKEN_EVENT})),
        sample("What do the complaints share?", COMPLAINTS, json!({"cases": complaints})),
        sample("What must be recalled?", RECALL, scope.clone()),
        sample("How much of it is bad?", AT_RISK, scope.clone()),
        sample("Hold it", HOLD, json!({"hold": hold})),
        sample("Release it", RELEASE, json!({"release": release})),
        sample("Does it add up?", BALANCE, json!({"lots": ["SUGAR-0324-1", "SUGAR-0327-1"]})),
        sample("What needs attention?", ALERTS, json!({})),
        sample("Record an event", RECORD, json!({"events": events})),
    ]})
}
