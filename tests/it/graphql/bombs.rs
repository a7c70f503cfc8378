//! Documents made to hurt: each is refused at once, with a code, before anything is executed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::service::Service;

async fn refused(service: &Service, query: String, code: &str) {
    let body = json!({ "query": query });
    let response = service.post("/graphql", body).await;
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    let found = &answer["errors"][0]["extensions"]["code"];
    let start: String = query.chars().take(80).collect();
    assert_eq!((status, found), (400, &json!(code)), "{start} … {answer}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{start}");
    assert_eq!(answer["data"], Value::Null);
}

#[tokio::test]
async fn bombs_are_refused() {
    let service = Service::empty().await;
    let too_complex = "QUERY_TOO_COMPLEX";
    let parents = |depth: usize| {
        format!(
            "{{ equipment(code: \"A\") {{ {} code {} }} }}",
            "parent { ".repeat(depth),
            "} ".repeat(depth)
        )
    };
    refused(&service, parents(20), too_complex).await;
    refused(&service, parents(5_000), too_complex).await;
    let aliases: String = (0..101).map(|n| format!("a{n}: __typename ")).collect();
    refused(&service, format!("{{ lot(id: \"A\") {{ {aliases} }} }}"), too_complex).await;
    refused(&service, format!("{{ lot(id: \"A\") {{ {} }} }}", "__typename ".repeat(500)), too_complex).await;
    refused(&service, format!("{{ {} }}", "__typename ".repeat(11)), too_complex).await;
    refused(&service, format!("{{ __typename {} }}", "@include(if: true) ".repeat(50)), too_complex).await;
    refused(
        &service,
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
        too_complex,
    )
    .await;
    refused(&service, format!("{{ lot(id: {}", "[".repeat(200_000)), too_complex).await;
    let mut laughs = String::from("{ ...F0 }");
    for n in 0..30 {
        let _ = write!(laughs, " fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1);
    }
    laughs.push_str(" fragment F30 on Query { __typename }");
    refused(&service, laughs, too_complex).await;
    let pages = "{ lots(first: 1000) { nodes { links(first: 1000) { nodes { operation { inputs(first: 1000) { nodes { lot { id } } } } } } } } }";
    refused(&service, pages.to_owned(), too_complex).await;
    let schema = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    refused(&service, schema.to_owned(), too_complex).await;

    refused(&service, "{ lot(id: ".to_owned(), "QUERY_MALFORMED").await;
    refused(&service, "{ nothing }".to_owned(), "QUERY_MALFORMED").await;
    refused(&service, String::new(), "QUERY_MALFORMED").await;
    // The service is still there.
    assert_eq!(service.graphql("{ __typename }", json!({})).await["data"]["__typename"], "Query");
}

#[tokio::test]
async fn variables_are_no_way_around() {
    let service = Service::empty().await;
    let mut nested = json!(1);
    for _ in 0..100 {
        nested = json!([nested]);
    }
    let answer = service
        .graphql(
            "query($lots: [ID!]!) { trace(input: { lots: $lots, direction: FORWARD }) { __typename } }",
            json!({ "lots": nested }),
        )
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "QUERY_MALFORMED", "{answer}");
    let raw = json!({ "lots": [{ "$serde_json::private::RawValue": "{}" }] });
    let answer = service
        .graphql(
            "query($lots: [ID!]!) { trace(input: { lots: $lots, direction: FORWARD }) { __typename } }",
            raw,
        )
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "QUERY_MALFORMED", "{answer}");
}
