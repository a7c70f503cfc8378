//! The schema: committed, described to the last argument, and introspectable within the limits.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::service::Service;

const COMMITTED: &str = "schema/lotgraph.graphql";

#[test]
fn the_committed_schema_is_the_exported_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    let exported = lotgraph::graphql::sdl();
    if std::env::var_os("LOTGRAPH_UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &exported).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == exported,
        "{COMMITTED} is not what the code exports; run the test once with LOTGRAPH_UPDATE_SCHEMA=1 and look at the difference"
    );
}

/// The query GraphiQL sends.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name kind } mutationType { name kind } \
  subscriptionType { name kind } types { ...FullType } directives { name description locations args { ...InputValue } } } } \
  fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args { ...InputValue } \
  type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } interfaces { ...TypeRef } \
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } } \
  fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue } \
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test]
async fn everything_has_a_description() {
    let service = Service::empty().await;
    let answer = service.graphql(INTROSPECTION, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let mut bare = Vec::new();
    for kind in answer["data"]["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // The specification's own types; the library leaves ID without words.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        check(kind, name, &mut bare);
        for list in ["fields", "inputFields", "enumValues"] {
            for item in kind[list].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", item["name"].as_str().unwrap());
                check(item, &path, &mut bare);
                for argument in item["args"].as_array().into_iter().flatten() {
                    check(argument, &format!("{path}({})", argument["name"].as_str().unwrap()), &mut bare);
                }
            }
        }
    }
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

fn check(item: &Value, path: &str, bare: &mut Vec<String>) {
    if item["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
        bare.push(path.to_owned());
    }
}
