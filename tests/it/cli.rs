//! The commands as their users type them: what they print, what they refuse, how they end.

use std::path::Path;
use std::process::Output;

use tokio::process::Command;

const PLANT: &str = r#"{"type":"receive","id":"R1","at":"2026-01-05T06:00:00Z","supplier":"FARM-3","outputs":[{"lot":"MILK-1","material":"MILK","quantity":"100","unit":"KGM"}]}
{"type":"operation","kind":"PRODUCE","id":"O1","at":"2026-01-05T07:00:00Z","inputs":[{"lot":"MILK-1","quantity":"60","unit":"KGM"},{"lot":"CULTURE-9"}],"outputs":[{"lot":"酸奶-1","material":"YOG","quantity":"59","unit":"KGM"}]}
{"type":"ship","id":"S1","at":"2026-01-05T09:00:00Z","customer":"SHOP-9","inputs":[{"lot":"酸奶-1","quantity":"59","unit":"KGM"}]}
"#;

async fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lotgraph"))
        .args(arguments)
        .current_dir(folder)
        .env("LOTGRAPH__MEMORY__BYTES_MAX", "1000000")
        .output()
        .await
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with the little plant imported into its default store.
async fn plant() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plant.ndjson"), PLANT).unwrap();
    let imported = run(folder.path(), &["import", "plant.ndjson"]).await;
    assert!(imported.status.success(), "{}", err(&imported));
    folder
}

#[tokio::test]
async fn trace_prints_a_table_for_people() {
    let folder = plant().await;
    let answer = run(folder.path(), &["trace", "MILK-1"]).await;
    assert!(answer.status.success(), "{}", err(&answer));
    let text = out(&answer);
    for part in
        ["Where it went: MILK-1", "1 lots, 2 operations", "酸奶-1", "Shipped to: SHOP-9 (1)", "complete"]
    {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let back = out(&run(folder.path(), &["trace", "酸奶-1", "--direction", "backward"]).await);
    for part in
        ["What went into it", "MILK-1", "Received from: FARM-3 (1)", "1 lots of unknown origin: CULTURE-9"]
    {
        assert!(back.contains(part), "no {part:?} in\n{back}");
    }
}

#[tokio::test]
async fn a_log_level_that_makes_no_sense_is_said_so() {
    let folder = plant().await;
    let refused = run(folder.path(), &["trace", "MILK-1", "--log", "lotgraph=loud"]).await;
    assert!(!refused.status.success());
    assert!(err(&refused).contains("log.level \"lotgraph=loud\""), "{}", err(&refused));
}

#[tokio::test]
async fn holds_are_placed_and_released_and_alerts_listed() {
    let folder = plant().await;
    let placed = run(folder.path(), &["hold", "MILK-1", "--reason", "listeria", "--id", "H-1"]).await;
    assert!(placed.status.success(), "{}", err(&placed));
    for part in [
        "Hold H-1 is placed, at revision 2: listeria",
        "It marks 2 lots",
        "MILK-1 > O1 > 酸奶-1",
        "QUARANTINED",
    ] {
        assert!(out(&placed).contains(part), "no {part:?} in\n{}", out(&placed));
    }
    let listed = out(&run(folder.path(), &["alerts"]).await);
    for part in ["HOLD_PLACED", "UNKNOWN_ORIGIN", "CULTURE-9", "OPEN"] {
        assert!(listed.contains(part), "no {part:?} in\n{listed}");
    }
    let json: serde_json::Value = serde_json::from_str(&out(&run(
        folder.path(),
        &["alerts", "--format", "json", "--kind", "hold_placed"],
    )
    .await))
    .unwrap();
    assert_eq!(json["alerts"][0]["lot"], "MILK-1");
    let csv = out(&run(folder.path(), &["alerts", "--all", "--format", "csv"]).await);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    let released =
        run(folder.path(), &["release", "H-1", "--reason", "negative", "--disposition", "released"]).await;
    for part in ["Hold H-1 is released for MILK-1", "the hold is RELEASED", "It marks no lot."] {
        assert!(out(&released).contains(part), "no {part:?} in\n{}{}", out(&released), err(&released));
    }
    let again = run(folder.path(), &["release", "H-1", "--reason", "again", "--disposition", "SCRAP"]).await;
    assert!(!again.status.success());
    assert!(err(&again).contains("HOLD_RELEASED"), "{}", err(&again));
    let unknown = run(folder.path(), &["hold", "NOWHERE", "--reason", "x"]).await;
    assert!(err(&unknown).contains("LOT_UNKNOWN"), "{}", err(&unknown));
    let bad = run(folder.path(), &["alerts", "--state", "NEW"]).await;
    assert!(err(&bad).contains("OPEN, ACKNOWLEDGED, RESOLVED"), "{}", err(&bad));
}

#[tokio::test]
async fn trace_prints_every_format() {
    let folder = plant().await;
    let json = out(&run(folder.path(), &["trace", "MILK-1", "--format", "json"]).await);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["lots"][0]["id"], "酸奶-1");
    assert_eq!(json["links"].as_array().unwrap().len(), 3);
    let csv = out(&run(folder.path(), &["trace", "MILK-1", "--format", "csv"]).await);
    assert!(csv.lines().count() == 2 && csv.contains("酸奶-1"), "{csv}");
    let dot = out(&run(folder.path(), &["trace", "MILK-1", "--format", "dot"]).await);
    assert!(dot.starts_with("digraph") && dot.contains("->") && dot.trim_end().ends_with('}'), "{dot}");
    let mermaid = out(&run(folder.path(), &["trace", "MILK-1", "--format", "mermaid"]).await);
    assert!(mermaid.starts_with("flowchart LR") && mermaid.contains(r#"|"60 KGM"|"#), "{mermaid}");
}

#[tokio::test]
async fn trace_answers_as_of_and_tells_the_difference() {
    let folder = plant().await;
    let void = r#"{"type":"void","id":"V1","event":"O1","reason":"wrong lot scanned"}"#;
    std::fs::write(folder.path().join("void.ndjson"), void).unwrap();
    let imported = run(folder.path(), &["import", "void.ndjson"]).await;
    assert!(imported.status.success(), "{}", err(&imported));
    let now = out(&run(folder.path(), &["trace", "MILK-1"]).await);
    assert!(now.contains("0 lots, 0 operations") && now.contains("revision 2"), "{now}");
    let then = out(&run(folder.path(), &["trace", "MILK-1", "--as-of", "1"]).await);
    assert!(then.contains("1 lots, 2 operations") && then.contains("revision 1"), "{then}");
    let late = out(&run(folder.path(), &["trace", "MILK-1", "--as-of", "2199-01-01T00:00:00Z"]).await);
    assert_eq!(late, now);
    let found = out(&run(folder.path(), &["trace", "MILK-1", "--diff-from", "1"]).await);
    for part in
        ["Revision 1 against revision 2", "0 added, 1 removed", "-  lot        酸奶-1", "-  operation  O1"]
    {
        assert!(found.contains(part), "no {part:?} in\n{found}");
    }
    let json = out(&run(folder.path(), &["trace", "MILK-1", "--diff-from", "1", "--format", "json"]).await);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["lotsRemoved"], serde_json::json!([{"id": "酸奶-1", "depth": 1}]));
    assert_eq!(json["linksRemoved"].as_array().unwrap().len(), 3);
    for (arguments, why) in [
        (["trace", "MILK-1", "--as-of", "3"], "there is no revision 3 yet; the current one is 2"),
        (["trace", "MILK-1", "--as-of", "soon"], "--as-of \"soon\" is not a date and time"),
        (["root-cause", "--cases=酸奶-1", "--as-of", "0"], "no lot with the id"),
    ] {
        let refused = run(folder.path(), &arguments).await;
        assert!(!refused.status.success() && err(&refused).contains(why), "{}", err(&refused));
    }
}

#[tokio::test]
async fn trace_says_what_is_wrong() {
    let folder = plant().await;
    let unknown = run(folder.path(), &["trace", "NOPE"]).await;
    assert!(
        !unknown.status.success() && err(&unknown).contains("no lot with the id NOPE"),
        "{}",
        err(&unknown)
    );
    let time = run(folder.path(), &["trace", "MILK-1", "--since", "2026-01-05"]).await;
    assert!(err(&time).contains("--since") && err(&time).contains("offset"), "{}", err(&time));
    let missing = run(folder.path(), &["trace", "A", "--store", "sqlite:nowhere.sqlite"]).await;
    assert!(err(&missing).contains("nowhere.sqlite"), "{}", err(&missing));
    assert!(!folder.path().join("nowhere.sqlite").exists(), "a question must not create a store");
}

#[tokio::test]
async fn doctor_says_where_values_come_from_and_what_to_do() {
    let folder = plant().await;
    std::fs::write(folder.path().join("lotgraph.toml"), "[log]\nlevel = \"error\"\n").unwrap();
    let doctor = run(folder.path(), &["doctor", "--cache", "none"]).await;
    let text = out(&doctor);
    assert!(doctor.status.success(), "{text}{}", err(&doctor));
    for part in ["ok       store", "revision 1", "ok       disk", "environment LOTGRAPH__MEMORY__BYTES_MAX"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let origin = |key: &str, origin: &str| {
        text.lines().any(|line| line.trim_start().starts_with(key) && line.ends_with(origin))
    };
    assert!(origin("cache", "flag") && origin("listen", "default"), "{text}");
    let bad = run(folder.path(), &["doctor", "--store", "mysql://x"]).await;
    assert!(!bad.status.success() && out(&bad).contains("FAILED   store"), "{}", out(&bad));
}

#[tokio::test]
async fn unknown_keys_are_errors_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lotgraph.toml"), "[log]\nlevle = \"info\"\n").unwrap();
    let serve = run(folder.path(), &["serve"]).await;
    assert!(!serve.status.success());
    let said = err(&serve);
    assert!(said.contains("levle") && said.contains("lotgraph.toml"), "{said}");
}

#[tokio::test]
async fn serve_refuses_an_open_address() {
    let folder = tempfile::tempdir().unwrap();
    let serve = run(folder.path(), &["serve", "--listen", "0.0.0.0:0"]).await;
    assert!(!serve.status.success() && err(&serve).contains("--insecure"), "{}", err(&serve));
}

#[tokio::test]
async fn schema_and_completions_print() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), &["schema"]).await;
    assert!(printed.status.success(), "{}: {}", printed.status, err(&printed));
    // Compared with the code, not with the committed file, which the test of the schema may be writing just now.
    assert!(
        out(&printed) == lotgraph::graphql::sdl(),
        "the command prints another schema than the library exports"
    );
    for shell in ["bash", "zsh", "fish"] {
        let script = run(folder.path(), &["completions", shell]).await;
        assert!(script.status.success() && out(&script).contains("lotgraph"), "{shell}: {}", err(&script));
    }
}

#[tokio::test]
async fn the_demo_loads_once_and_keeps_out_of_other_data() {
    let folder = plant().await;
    let first = run(folder.path(), &["demo", "--load-only"]).await;
    assert!(first.status.success() && err(&first).contains("Loaded"), "{}", err(&first));
    let second = run(folder.path(), &["demo", "--load-only"]).await;
    assert!(second.status.success() && err(&second).contains("already"), "{}", err(&second));
    let reset = run(folder.path(), &["demo", "--load-only", "--reset"]).await;
    assert!(reset.status.success() && err(&reset).contains("Loaded"), "{}", err(&reset));
    let other = ["demo", "--load-only", "--reset", "--store", "sqlite:lotgraph.sqlite"];
    let refused = run(folder.path(), &other).await;
    assert!(!refused.status.success() && err(&refused).contains("other data"), "{}", err(&refused));
    assert!(run(folder.path(), &["trace", "MILK-1"]).await.status.success(), "the other data is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_questions_that_the_demo_prints_have_answers() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_lotgraph"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        let last = line.starts_with("Ctrl-C");
        said.push(line);
        if last {
            break;
        }
    }
    let url = said.iter().find_map(|line| line.split_once("http://")).unwrap().1.split('/').next().unwrap();
    let questions: Vec<&str> = said.iter().map(|l| l.trim()).filter(|l| l.starts_with("{ ")).collect();
    assert_eq!(questions.len(), 3, "{said:#?}");
    let client = reqwest::Client::new();
    for question in questions {
        let body = serde_json::json!({"query": question});
        let answer = client.post(format!("http://{url}/graphql")).json(&body).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert!(answer.get("errors").is_none(), "{question}: {answer}");
        let text = answer["data"].to_string();
        assert!(text.len() > 200, "{question}: {text}");
    }
    let rest = said.iter().find_map(|line| line.trim().strip_prefix("REST")).unwrap().trim();
    assert!(client.get(rest).send().await.unwrap().status().is_success());
    demo.kill().await.unwrap();
}

#[tokio::test]
async fn every_command_that_writes_says_who_it_is_for() {
    let folder = plant().await;
    let placed =
        run(folder.path(), &["hold", "MILK-1", "--reason", "x", "--id", "H-1", "--actor", "Ada"]).await;
    assert!(placed.status.success(), "{}", err(&placed));
    let plain = run(folder.path(), &["hold", "MILK-1", "--reason", "y", "--id", "H-2"]).await;
    assert!(plain.status.success(), "{}", err(&plain));
    let json: serde_json::Value =
        serde_json::from_str(&out(&run(folder.path(), &["alerts", "--format", "json"]).await)).unwrap();
    let actor = |hold: &str| {
        let alerts = json["alerts"].as_array().unwrap();
        let alert = alerts.iter().find(|alert| alert["hold"] == hold && alert["kind"] == "HOLD_PLACED");
        alert.unwrap()["actor"].as_str().unwrap().to_owned()
    };
    assert_eq!((actor("H-1"), actor("H-2")), ("Ada".to_owned(), "cli".to_owned()));
    let opened = ["recall", "open", "--lot", "MILK-1", "--reason", "z", "--id", "R-1", "--actor", "Grace"];
    let opened = run(folder.path(), &opened).await;
    assert!(opened.status.success(), "{}", err(&opened));
    let notify = ["recall", "notify", "R-1", "--customer", "SHOP-9", "--actor", "Edith"];
    let notified = run(folder.path(), &notify).await;
    assert!(notified.status.success(), "{}", err(&notified));
    for command in [
        &["import", "plant.ndjson"][..],
        &["hold", "MILK-1", "--reason", "x"],
        &["release", "H-1", "--reason", "x", "--disposition", "RELEASED"],
        &["recall", "open", "--lot", "MILK-1", "--reason", "x"],
        &["recall", "mock", "--lot", "MILK-1", "--reason", "x"],
        &["recall", "notify", "R-1", "--customer", "SHOP-9"],
        &["recall", "recover", "R-1", "--lot", "MILK-1", "--quantity", "1", "--unit", "KGM"],
        &["recall", "close", "R-1", "--report", "x"],
        &["demo", "--load-only"],
    ] {
        let refused = run(folder.path(), &[command, &["--actor", "two\nlines"]].concat()).await;
        assert!(
            !refused.status.success() && err(&refused).contains("--actor"),
            "{command:?}: {}",
            err(&refused)
        );
    }
    assert!(
        !folder.path().join("lotgraph-demo.sqlite").exists(),
        "it was refused before anything was opened"
    );
}

/// Runs a command with further variables in its environment.
async fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotgraph"));
    command.args(arguments).current_dir(folder).envs(variables.iter().copied()).kill_on_drop(true);
    // A server that should have refused to start would run for ever.
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), command.output()).await;
    ended.unwrap_or_else(|_| panic!("{arguments:?} goes on")).unwrap()
}

#[tokio::test]
async fn a_proxy_is_trusted_by_name_or_on_this_machine() {
    let folder = plant().await;
    const USER: (&str, &str) = ("LOTGRAPH__HTTP__TRUSTED_PROXY_USER_HEADER", "X-User");
    let proxies = |networks| ("LOTGRAPH__HTTP__TRUSTED_PROXIES", networks);
    let open = ["--listen", "0.0.0.0:0", "--insecure"];
    for (variables, arguments, why) in [
        (&[USER][..], &open[..], "trusted_proxies"),
        (&[USER, proxies("proxy.example")], &[], "neither an IP address nor a network"),
        (&[USER, proxies("10.0.0.0/33")], &open, "neither an IP address nor a network"),
        (&[proxies("10.0.0.1")], &[], "set both"),
        (&[("LOTGRAPH__HTTP__TRUSTED_PROXY_USER_HEADER", "X User")], &[], "no name of a header"),
    ] {
        for command in ["serve", "demo"] {
            let refused = run_with(folder.path(), &[&[command], arguments].concat(), variables).await;
            assert!(!refused.status.success() && err(&refused).contains(why), "{}", err(&refused));
        }
        let doctor = run_with(folder.path(), &[&["doctor"], arguments].concat(), variables).await;
        assert!(!doctor.status.success() && out(&doctor).contains("FAILED   callers"), "{}", out(&doctor));
    }
    for (variables, arguments, said) in [
        (&[][..], &[][..], "ok       callers: anonymous"),
        (&[USER], &[], "ok       callers: named by a proxy on this machine in X-User"),
        (
            &[USER, proxies("10.0.0.1, fd00::/8")],
            &open,
            "ok       callers: named by the proxies 10.0.0.1, fd00::/8",
        ),
    ] {
        let doctor = run_with(folder.path(), &[&["doctor"], arguments].concat(), variables).await;
        assert!(out(&doctor).contains(said), "{}", out(&doctor));
    }
}

/// What cannot be is said in words, and what is not known is a question mark and never a zero.
#[tokio::test]
async fn a_balance_says_what_cannot_be_and_what_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let events = r#"{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"HU-1","material":"BEANS","quantity":"40","unit":"KGM"},{"lot":"OIL-1","material":"OIL","quantity":"100","unit":"LTR"}]}
{"type":"operation","id":"SP-1","kind":"SPLIT","at":"2026-03-01T09:00:00Z","inputs":[{"lot":"HU-1","quantity":"5","unit":"KGM"}],"outputs":[{"lot":"HU-2","material":"BEANS","quantity":"175","unit":"KGM"}]}
{"type":"material","code":"OIL","unit":"KGM"}
"#;
    std::fs::write(folder.path().join("plant.ndjson"), events).unwrap();
    let imported = run(folder.path(), &["import", "plant.ndjson"]).await;
    assert!(imported.status.success(), "{}", err(&imported));
    let text = out(&run(folder.path(), &["balance", "HU-1", "HU-2"]).await);
    assert!(text.contains("NOT BALANCED: 1 operations gave more than they took"), "{text}");
    assert!(text.contains("Answer: does not balance\n"), "{text}");
    let trace = out(&run(folder.path(), &["trace", "HU-1"]).await);
    assert!(trace.contains("operations do NOT BALANCE") && trace.contains("range: SP-1"), "{trace}");
    let text = out(&run(folder.path(), &["balance", "OIL-1"]).await);
    assert!(text.contains("no conversion from LTR"), "{text}");
    let row = text.lines().find(|line| line.starts_with("OIL")).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["OIL", "KGM", "?", "0", "0", "0", "0", "?", "?"]);
    let csv = out(&run(folder.path(), &["balance", "OIL-1", "--format", "csv"]).await);
    assert!(csv.contains("OIL-1,OIL,KGM,?,0,0,0,0,?,?,"), "{csv}");
}
