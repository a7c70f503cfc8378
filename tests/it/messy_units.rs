//! Units that change: pack sizes of yesterday, bales that weigh more than others, a material measured in something else.

use serde_json::{Value, json};

use crate::messy_quantities::{ask, balance, record, refused, service};
use crate::recall::on_both_stores;
use crate::support::service::Service;
use crate::support::stores::Fresh;

/// Ten boxes of cans come in, and 200 cans leave.
const CANS: &str = r#"{"type":"material","code":"CAN","unit":"EA","conversions":[{"unit":"BX","factor":"24"}]}
{"type":"receive","id":"R-1","at":"2026-01-10T08:00:00Z","outputs":[{"lot":"CAN-OLD","material":"CAN","quantity":"10","unit":"BX"}]}
{"type":"ship","id":"S-1","at":"2026-01-12T08:00:00Z","customer":"C-1","inputs":[{"lot":"CAN-OLD","quantity":"200","unit":"EA"}]}"#;

/// From February on a box has 20.
const SMALLER: &str = r#"{"type":"material","code":"CAN","unit":"EA","conversions":[{"unit":"BX","factor":"20","validFrom":"2026-02-01T00:00:00Z"}]}"#;

fn sums(answer: &Value) -> (Value, Value, Value) {
    let total = &answer["totals"][0];
    (total["received"].clone(), total["shipped"].clone(), total["onHand"].clone())
}

fn numbers(received: &str, shipped: &str, on_hand: &str) -> (Value, Value, Value) {
    (json!(received), json!(shipped), json!(on_hand))
}

async fn alerts(service: &Service) -> Value {
    let query = "{ alerts(filter: {kinds: [OVERDRAWN, QUANTITY_GAP, QUANTITY_GAIN], states: [OPEN]}) { nodes { kind operationId } } }";
    ask(service, query).await["alerts"]["nodes"].clone()
}

/// Case 09: the old boxes keep 24, also when they are drawn by the box after the change; new ones have 20.
async fn the_old_box_keeps_what_it_had(fresh: Fresh) {
    let service = service(&fresh, CANS).await;
    assert_eq!(sums(&balance(&service, &["CAN-OLD"]).await), numbers("240", "200", "40"));
    record(&service, SMALLER).await;
    assert_eq!(sums(&balance(&service, &["CAN-OLD"]).await), numbers("240", "200", "40"));
    let later = r#"{"type":"receive","id":"R-2","at":"2026-02-10T08:00:00Z","outputs":[{"lot":"CAN-NEW","material":"CAN","quantity":"10","unit":"BX"}]}
{"type":"ship","id":"S-2","at":"2026-02-12T08:00:00Z","customer":"C-2","inputs":[{"lot":"CAN-OLD","quantity":"1","unit":"BX"},{"lot":"CAN-NEW","quantity":"10","unit":"BX"}]}"#;
    record(&service, later).await;
    assert_eq!(sums(&balance(&service, &["CAN-OLD"]).await), numbers("240", "224", "16"));
    assert_eq!(sums(&balance(&service, &["CAN-NEW"]).await), numbers("200", "200", "0"));
    assert_eq!(alerts(&service).await, json!([]));
    // The sums of a recall and the quantities at risk are the same numbers.
    let scope = ask(&service, "{ recallScope(input: {lots: [{lot: \"CAN-OLD\"}, {lot: \"CAN-NEW\"}]}) { customers { nodes { customer { code } quantities { quantity { amount unit } } } } } }").await;
    let customers = scope["recallScope"]["customers"]["nodes"].clone();
    let amounts: Vec<(&str, &str)> = customers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["customer"]["code"].as_str().unwrap(),
                one["quantities"][0]["quantity"]["amount"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(amounts, [("C-1", "200"), ("C-2", "224")], "{scope}");
    let risk = ask(&service, "{ trace(input: {lots: [\"CAN-OLD\"], direction: FORWARD}) { atRisk { customers { customer { code } carried { low high } } } } }").await;
    let second = &risk["trace"]["atRisk"]["customers"][1];
    assert_eq!(
        second,
        &json!({"customer": {"code": "C-2"}, "carried": {"low": "24", "high": "24"}}),
        "{risk}"
    );
    // Rule 9 counts the same: 17 more of the old lot cannot have been there.
    let more = r#"{"type":"ship","id":"S-3","at":"2026-02-13T08:00:00Z","customer":"C-1","inputs":[{"lot":"CAN-OLD","quantity":"17","unit":"EA"}]}"#;
    record(&service, more).await;
    assert_eq!(alerts(&service).await, json!([{"kind": "QUANTITY_GAP", "operationId": "S-3"}]));
    let material =
        ask(&service, "{ material(code: \"CAN\") { conversions { unit factor validFrom } } }").await;
    let known = json!([{"unit": "BX", "factor": "24", "validFrom": null}, {"unit": "BX", "factor": "20", "validFrom": "2026-02-01T00:00:00Z"}]);
    assert_eq!(material["material"]["conversions"], known);
}

/// A factor never changes what was in silence: it says from when on it holds, or it is refused.
async fn a_conversion_is_not_changed_in_silence(fresh: Fresh) {
    let service = service(&fresh, CANS).await;
    let undated =
        r#"{"type":"material","code":"CAN","unit":"EA","conversions":[{"unit":"BX","factor":"20"}]}"#;
    let (code, path, message) = refused(&service, undated).await;
    assert_eq!((code.as_str(), path.as_str()), ("CONVERSION_CHANGED", "conversions[0].factor"));
    assert!(message.contains("is 24 so far, not 20") && message.contains("validFrom"), "{message}");
    // The same again is no change, and neither is another unit or leaving the conversions out.
    record(&service, r#"{"type":"material","code":"CAN","unit":"EA","name":"Can","conversions":[{"unit":"BX","factor":"24"},{"unit":"PAL","factor":"2400"}]}"#).await;
    record(&service, r#"{"type":"material","code":"CAN","unit":"EA"}"#).await;
    assert_eq!(sums(&balance(&service, &["CAN-OLD"]).await), numbers("240", "200", "40"));
    // A correction says that it is for all.
    record(&service, r#"{"type":"material","code":"CAN","unit":"EA","conversions":[{"unit":"BX","factor":"22","validFrom":"1900-01-01T00:00:00Z"}]}"#).await;
    assert_eq!(sums(&balance(&service, &["CAN-OLD"]).await), numbers("220", "200", "20"));
    // Rule 9 takes it into account with the next movement of the lot.
    record(&service, r#"{"type":"ship","id":"S-2","at":"2026-01-13T08:00:00Z","customer":"C-1","inputs":[{"lot":"CAN-OLD","quantity":"30","unit":"EA"}]}"#).await;
    assert_eq!(alerts(&service).await, json!([{"kind": "QUANTITY_GAP", "operationId": "S-2"}]));
    // Before it holds a conversion cannot be used.
    record(&service, r#"{"type":"material","code":"JAR","unit":"EA","conversions":[{"unit":"BX","factor":"6","validFrom":"2026-03-01T00:00:00Z"}]}"#).await;
    let early = r#"{"type":"receive","id":"R-2","at":"2026-01-10T08:00:00Z","outputs":[{"lot":"JAR-1","material":"JAR","quantity":"10","unit":"BX"}]}"#;
    let (code, path, message) = refused(&service, early).await;
    assert_eq!((code.as_str(), path.as_str()), ("UNIT_MISMATCH", "outputs[0].unit"));
    assert!(message.contains("validFrom"), "{message}");
}

/// Another unit for a material wants a conversion from the one before.
async fn a_material_changes_its_unit_only_with_a_conversion(fresh: Fresh) {
    let service = service(&fresh, CANS).await;
    let (code, path, message) = refused(
        &service,
        r#"{"type":"material","code":"CAN","unit":"KGM","conversions":[{"unit":"EA","factor":"0.5"}]}"#,
    )
    .await;
    assert_eq!((code.as_str(), path.as_str()), ("MATERIAL_UNIT_CHANGED", "unit"));
    assert!(message.contains("may be in BX"), "{message}");
    record(&service, r#"{"type":"material","code":"CAN","unit":"KGM","conversions":[{"unit":"EA","factor":"0.5"},{"unit":"BX","factor":"12"}]}"#).await;
    let answer = balance(&service, &["CAN-OLD"]).await;
    assert_eq!(sums(&answer), numbers("120", "100", "20"));
    assert_eq!(answer["totals"][0]["unit"], "KGM");
}

/// Case 09d: the bales of one field weigh 240 kg, those of the other 160.
async fn the_bales_of_a_lot_weigh_what_they_weigh(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"material","code":"HAY","unit":"EA","conversions":[{"unit":"KGM","factor":"0.004"}]}
{"type":"receive","id":"R-1","at":"2026-01-10T08:00:00Z","outputs":[{"lot":"FIELD-1","material":"HAY","quantity":"10","unit":"EA","factors":[{"unit":"KGM","perUnit":"240"}]},{"lot":"FIELD-2","material":"HAY","quantity":"10","unit":"EA","factors":[{"unit":"KGM","factor":"0.00625"}]}]}
{"type":"ship","id":"S-1","at":"2026-01-12T08:00:00Z","customer":"C-1","inputs":[{"lot":"FIELD-1","quantity":"2400","unit":"KGM"}]}
{"type":"ship","id":"S-2","at":"2026-01-12T08:00:00Z","customer":"C-1","inputs":[{"lot":"FIELD-2","quantity":"1600","unit":"KGM"}]}"#,
    )
    .await;
    for lot in ["FIELD-1", "FIELD-2"] {
        assert_eq!(sums(&balance(&service, &[lot]).await), numbers("10", "10", "0"), "{lot}");
    }
    assert_eq!(alerts(&service).await, json!([]));
    let shown = ask(&service, "{ lot(id: \"FIELD-1\") { factors { unit factor perUnit } } }").await;
    assert_eq!(shown["lot"]["factors"], json!([{"unit": "KGM", "factor": null, "perUnit": "240"}]));
    // Half of the bales to each of two stacks, and what is at risk there in bales.
    let risk = ask(&service, "{ trace(input: {lots: [\"FIELD-1\"], direction: FORWARD}) { atRisk { customers { carried { low high } } } } }").await;
    assert_eq!(risk["trace"]["atRisk"]["customers"], json!([{"carried": {"low": "10", "high": "10"}}]));
    let other = r#"{"type":"receive","id":"R-2","at":"2026-01-11T08:00:00Z","outputs":[{"lot":"FIELD-1","quantity":"1","unit":"EA","factors":[{"unit":"KGM","perUnit":"250"}]}]}"#;
    let (code, path, message) = refused(&service, other).await;
    assert_eq!((code.as_str(), path.as_str()), ("LOT_FACTOR_CONFLICT", "outputs[0].factors[0]"));
    assert!(message.contains("240 KGM to one"), "{message}");
    // What an event stated goes with it: by the material's conversion 2400 kg are 9.6 bales, and nothing of them is on record.
    record(&service, r#"{"type":"void","id":"V-1","event":"R-1","reason":"other field"}"#).await;
    record(&service, other).await;
    let shown = ask(
        &service,
        "{ lot(id: \"FIELD-1\") { factors { perUnit } } lotB: lot(id: \"FIELD-2\") { factors { unit } } }",
    )
    .await;
    assert_eq!(shown, json!({"lot": {"factors": [{"perUnit": "250"}]}, "lotB": {"factors": []}}));
}

/// What is stated of a lot later holds for what was recorded of it before, also under rule 9.
async fn a_factor_that_is_told_later_holds_for_the_whole_lot(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"material","code":"HAY","unit":"EA","conversions":[{"unit":"KGM","factor":"0.004"}]}
{"type":"receive","id":"R-1","at":"2026-01-10T08:00:00Z","outputs":[{"lot":"FIELD-1","material":"HAY","quantity":"10","unit":"EA"}]}
{"type":"ship","id":"S-1","at":"2026-01-12T08:00:00Z","customer":"C-1","inputs":[{"lot":"FIELD-1","quantity":"2600","unit":"KGM"}]}"#,
    )
    .await;
    assert_eq!(alerts(&service).await, json!([{"kind": "QUANTITY_GAP", "operationId": "S-1"}]));
    record(&service, r#"{"type":"receive","id":"R-2","at":"2026-01-13T08:00:00Z","outputs":[{"lot":"FIELD-1","quantity":"1","unit":"EA","factors":[{"unit":"KGM","perUnit":"260"}]}]}"#).await;
    assert_eq!(alerts(&service).await, json!([]));
    assert_eq!(sums(&balance(&service, &["FIELD-1"]).await), numbers("11", "10", "1"));
    let trace = "{ trace(input: {lots: [\"FIELD-1\"], direction: FORWARD}) { completeness { overdrawn { totalCount } } } }";
    assert_eq!(ask(&service, trace).await["trace"]["completeness"]["overdrawn"]["totalCount"], 0);
}

/// A sum that cannot be converted is not known, and never 0.
async fn what_cannot_be_converted_is_not_known(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"receive","id":"R-1","at":"2026-01-10T08:00:00Z","outputs":[{"lot":"OIL-1","material":"OIL","quantity":"100","unit":"LTR"}]}
{"type":"ship","id":"S-1","at":"2026-01-12T08:00:00Z","customer":"C-1","inputs":[{"lot":"OIL-1","quantity":"50","unit":"KGM"}]}
{"type":"material","code":"OIL","unit":"KGM"}"#,
    )
    .await;
    let question = "{ massBalance(lots: [\"OIL-1\"]) { unknownCount totals { received shipped onHand unexplained unconvertible } } lot(id: \"OIL-1\") { balance { received shipped onHand unconvertible } } }";
    let answer = ask(&service, question).await;
    let unknown = json!({"received": null, "shipped": "50", "onHand": null, "unexplained": null, "unconvertible": ["LTR"]});
    assert_eq!(answer["massBalance"], json!({"unknownCount": 1, "totals": [unknown]}));
    let of_lot = json!({"received": null, "shipped": "50", "onHand": null, "unconvertible": ["LTR"]});
    assert_eq!(answer["lot"]["balance"], of_lot);
    let scope = "{ recallScope(input: {lots: [{lot: \"OIL-1\"}]}) { totals { unit onHand shipped }
        atRisk { worstCase { quantity unknownCount onHand onHandUnknownCount } } } }";
    let answer = ask(&service, scope).await["recallScope"].clone();
    assert_eq!(answer["totals"], json!([{"unit": "KGM", "onHand": null, "shipped": "50"}]));
    let at_risk = json!([{"quantity": null, "unknownCount": 1, "onHand": null, "onHandUnknownCount": 1}]);
    assert_eq!(answer["atRisk"]["worstCase"], at_risk);
    record(
        &service,
        r#"{"type":"material","code":"OIL","unit":"KGM","conversions":[{"unit":"LTR","factor":"0.9"}]}"#,
    )
    .await;
    assert_eq!(sums(&balance(&service, &["OIL-1"]).await), numbers("90", "50", "40"));
}

on_both_stores!(
    the_old_box_keeps_what_it_had,
    a_conversion_is_not_changed_in_silence,
    a_material_changes_its_unit_only_with_a_conversion,
    the_bales_of_a_lot_weigh_what_they_weigh,
    a_factor_that_is_told_later_holds_for_the_whole_lot,
    what_cannot_be_converted_is_not_known,
);
