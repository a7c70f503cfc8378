//! What surrounds the program fails: nobody reads its log, descriptors are few, methods and paths are invented.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lotgraph::store::sqlite::SqliteStore;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::raw::{PATIENCE, Raw, ask, request};
use crate::support::process::Server;

/// Starts `serve` through a shell that prepares its surroundings; where it serves.
async fn served(folder: &Path, preparation: &str, stderr: Stdio) -> (Child, String) {
    let program = env!("CARGO_BIN_EXE_lotgraph");
    let line = format!("{preparation} exec {program} serve --listen 127.0.0.1:0 --log debug");
    let child = Command::new("bash")
        .args(["-c", &line])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let store = folder.join("lotgraph.sqlite");
    let found = timeout(PATIENCE, async {
        loop {
            if let Ok(Some(serving)) = SqliteStore::serving(&store) {
                break format!("http://{}", serving.address);
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    let url = found.await.expect("it serves");
    (child, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_costs_its_lines_and_nothing_else() {
    let long = "x".repeat(1_000);
    for (preparation, stderr) in [
        ("exec 2>/dev/full;", Stdio::null()),
        // A pipe that nobody reads, and one that is closed.
        ("", Stdio::piped()),
        ("exec 2> >(true); sleep 0.2;", Stdio::null()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, url) = served(folder.path(), preparation, stderr).await;
        // More than a pipe holds.
        for n in 0..300 {
            let said = ask(&url, &format!("GET /nothing/{long}"), &[], "").await;
            assert_eq!(said.status, 404, "{preparation} {n}");
        }
        assert_eq!(ask(&url, "GET /livez", &[], "").await.status, 200, "{preparation}");
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let status = timeout(PATIENCE, child.wait()).await.expect("it stops").unwrap();
        assert!(status.success(), "{preparation} {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_few_descriptors_clients_wait_for_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (_child, url) = served(folder.path(), "ulimit -n 100;", Stdio::null()).await;
    // Far more than there are descriptors, none of which asks for anything.
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(Raw::open(&url).await);
    }
    let asked: Vec<_> = (0..50)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { ask(&url, "GET /readyz", &[], "").await.status })
        })
        .collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invented_methods_and_paths_are_one_label_each() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    for n in 0..20 {
        let mut raw = Raw::open(&server.url).await;
        assert!(raw.send(request(&format!("INVENTED{n} /invented/{n}"), &[], "")).await);
        assert_eq!(raw.last_answer().await.status, 404);
        ask(&server.url, &format!("GET /graphiql/invented-{n}.js"), &[], "").await;
        ask(&server.url, &format!("GET /api/v1/recalls/R-{n}/lots"), &[], "").await;
    }
    let metrics = ask(&server.url, "GET /metrics", &[], "").await.body;
    assert!(metrics.contains(r#"method="other""#), "{metrics}");
    assert!(!metrics.to_lowercase().contains("invented"), "{metrics}");
    let series = metrics.lines().filter(|line| line.starts_with("lotgraph_http_requests_total")).count();
    assert!(series <= 8, "{metrics}");
    assert!(server.terminate().await.success());
}
