//! Commands that write while a server has the SQLite file: they record through that server, and nobody else does.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lotgraph::domain::Timestamp;
use lotgraph::store::sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::support::process::Server;

const PLANT: &str = r#"{"type":"receive","id":"R-1","at":"2026-01-05T06:10:00Z","supplier":"FARM-3","outputs":[{"lot":"MILK-1","quantity":"10","unit":"KGM"}]}
{"type":"ship","id":"S-1","at":"2026-01-05T08:00:00Z","customer":"SHOP-1","inputs":[{"lot":"MILK-1","quantity":"4","unit":"KGM"}]}
"#;

async fn run(folder: &Path, line: &str) -> (bool, String) {
    let arguments: Vec<&str> = line.split(' ').collect();
    let program = env!("CARGO_BIN_EXE_lotgraph");
    let output =
        tokio::process::Command::new(program).args(arguments).current_dir(folder).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), text)
}

async fn must(folder: &Path, line: &str, parts: &[&str]) {
    let (good, text) = run(folder, line).await;
    assert!(good, "{line}: {text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "no {part:?} in {line}:\n{text}"));
}

async fn must_not(folder: &Path, line: &str, parts: &[&str]) {
    let (good, text) = run(folder, line).await;
    assert!(!good, "{line}: {text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "no {part:?} in {line}:\n{text}"));
}

/// The secret that a server put into the lock of a store's file.
fn secret(store: &Path) -> String {
    SqliteStore::serving(store).unwrap().unwrap().secret
}

#[tokio::test]
async fn commands_record_through_the_server_that_has_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("plant.ndjson"), PLANT).unwrap();
    let server = Server::start(here, &[]).await;
    must(here, "import plant.ndjson --actor Ada", &["2 read, 2 accepted"]).await;
    must(here, "import plant.ndjson", &["2 read, 0 accepted, 2 duplicate"]).await;
    must(here, "hold MILK-1 --reason sour --id H-1 --actor 李雷", &["Hold H-1 is placed", "It marks 1 lots"])
        .await;
    must(here, "hold MILK-1 --reason sour --id H-2", &["Held already: lot MILK-1 is held by hold H-1"]).await;
    must_not(here, "hold NOBODY --reason sour", &["LOT_UNKNOWN"]).await;
    // A flow that a hold refuses is told of once, by the server.
    let soon = Timestamp::from_micros(Timestamp::now().micros() + 60_000_000).unwrap().to_string();
    let ship =
        json!({"type": "ship", "id": "S-9", "at": soon, "customer": "SHOP-1", "inputs": [{"lot": "MILK-1"}]});
    std::fs::write(here.join("ship.ndjson"), ship.to_string()).unwrap();
    must_not(here, "import ship.ndjson", &["LOT_ON_HOLD"]).await;
    must(here, "recall open --reason r --id RC --lot MILK-1", &["recall RC is open", "frozen at revision"])
        .await;
    must(here, "recall notify RC --all", &["SHOP-1 told"]).await;
    must_not(here, "recall close RC --report done", &["is not finished"]).await;
    must(
        here,
        "recall close RC --report done --release SCRAP --accept-open --reason eaten",
        &["1 holds released"],
    )
    .await;
    must(here, "release H-2 --reason r --disposition RELEASED", &["Hold H-2 is released for MILK-1"]).await;
    must_not(here, "import plant.ndjson --allow-future", &["is open in another lotgraph"]).await;
    // Who recorded what, and through what, is in the ledger as if the server were not there.
    must(here, "export --with-recordings -o all.ndjson", &[]).await;
    server.terminate().await;
    let text = std::fs::read_to_string(here.join("all.ndjson")).unwrap();
    let recorded = |id: &str| {
        let line: Value = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .find(|line: &Value| line["id"] == id)
            .unwrap_or_else(|| panic!("no {id} in {text}"));
        format!(
            "{} {}",
            line["recorded"]["actor"].as_str().unwrap(),
            line["recorded"]["source"].as_str().unwrap()
        )
    };
    assert_eq!(recorded("S-1"), "Ada import:plant.ndjson");
    assert_eq!(recorded("H-1"), "李雷 cli");
    assert_eq!(recorded("H-2"), "cli cli");
    assert_eq!(text.matches(r#""type":"refusal""#).count(), 1, "{text}");
    // Without a server the command has the file itself.
    must(here, "hold MILK-1 --reason sour --id H-3", &["Hold H-3 is placed"]).await;
}

#[tokio::test]
async fn the_secret_is_for_the_owner_and_nobody_is_believed_without() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("lotgraph.sqlite");
    let server = Server::start(folder.path(), &[]).await;
    let mode = std::fs::metadata(folder.path().join("lotgraph.sqlite.lock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let ledger = {
        use lotgraph::store::Reader;
        SqliteStore::open_to_read(&store).unwrap().identity().await.unwrap()
    };
    let client = reqwest::Client::new();
    let event = json!({"type": "operator", "code": "OP-1"});
    let post = async |headers: &[(&str, &str)]| {
        let request = client.post(format!("{}/api/v1/events", server.url)).json(&event);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let secret = secret(&store);
    let wrong = "0".repeat(secret.len());
    for headers in [
        &[("x-lotgraph-actor", "boss")][..],
        &[("x-lotgraph-source", "cli")],
        &[("x-lotgraph-secret", wrong.as_str()), ("x-lotgraph-ledger", ledger.as_str())],
        &[("x-lotgraph-secret", ""), ("x-lotgraph-actor", "boss")],
    ] {
        assert_eq!(post(headers).await, (403, "LOCAL_SECRET_INVALID".to_owned()), "{headers:?}");
    }
    let shown = ("x-lotgraph-secret", secret.as_str());
    assert_eq!(post(&[shown, ("x-lotgraph-ledger", "another")]).await, (409, "LEDGER_OTHER".to_owned()));
    assert_eq!(post(&[shown]).await, (409, "LEDGER_OTHER".to_owned()));
    let mine = ("x-lotgraph-ledger", ledger.as_str());
    let forged = post(&[shown, mine, ("x-lotgraph-source", "rest")]).await;
    assert_eq!(forged, (400, "ARGUMENT_INVALID".to_owned()));
    assert_eq!(post(&[shown, mine, ("x-lotgraph-actor", "Ada")]).await.0, 200);
    assert_eq!(post(&[]).await.0, 200, "whoever claims nothing is anonymous as before");
    // Another start, another secret.
    server.kill().await;
    let next = Server::start(folder.path(), &[]).await;
    assert_ne!(secret, self::secret(&store));
    next.terminate().await;
}

#[tokio::test]
async fn a_server_that_is_away_or_has_another_ledger_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let other = here.join("other");
    std::fs::create_dir(&other).unwrap();
    // This process has the file, and says that it serves it where nobody listens.
    let store = here.join("lotgraph.sqlite");
    let held = SqliteStore::open(&store).unwrap();
    lotgraph::store::Ledger::prepare(&held).await.unwrap();
    must_not(here, "hold A --reason r", &["is open in another lotgraph", "stop that one"]).await;
    SqliteStore::announce(&store, "127.0.0.1:1".parse().unwrap(), "s").unwrap();
    must_not(here, "hold A --reason r", &["127.0.0.1:1", "does not take events", "wait until it serves"])
        .await;
    // Or where a server of another file listens, with that server's secret.
    let server = Server::start(&other, &[]).await;
    let address = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    SqliteStore::announce(&store, address, "s").unwrap();
    must_not(here, "hold A --reason r", &["LOCAL_SECRET_INVALID"]).await;
    SqliteStore::announce(&store, address, &secret(&other.join("lotgraph.sqlite"))).unwrap();
    must_not(here, "hold A --reason r", &["LEDGER_OTHER", "the command reads ledger"]).await;
    drop(held);
    server.terminate().await;
}
