//! GraphiQL in a real headless browser that can reach nothing but this service.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::service::Service;

/// Installs playwright-core when it is missing; the browser itself is the system's chromium.
fn install(directory: &Path) {
    if directory.join("node_modules/playwright-core").exists() {
        return;
    }
    let npm = Command::new("npm").args(["ci", "--ignore-scripts"]).current_dir(directory).output();
    let npm = npm.expect("npm is needed to drive the browser: install Node.js and npm");
    assert!(npm.status.success(), "npm ci failed: {}", String::from_utf8_lossy(&npm.stderr));
}

#[tokio::test]
async fn a_browser_runs_a_sample_trace_offline() {
    let service = Service::dairy().await;
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    install(&directory);
    let screenshot = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graphiql.png");
    let node = tokio::process::Command::new("node")
        .arg(directory.join("graphiql.mjs"))
        .args([service.url.as_ref(), screenshot.as_os_str()])
        .output()
        .await
        .expect("node is needed to drive the browser: install Node.js and chromium");
    let output = String::from_utf8_lossy(&node.stdout);
    assert!(node.status.success(), "{output} {}", String::from_utf8_lossy(&node.stderr));
    let seen: Value = serde_json::from_str(&output).unwrap();
    let answer: Value = serde_json::from_str(seen["answer"].as_str().unwrap()).unwrap();
    assert_eq!(answer["data"]["trace"]["summary"]["lotCount"], 3, "{seen}");
    assert!(seen["offLoopback"].as_array().unwrap().is_empty(), "{seen}");
    assert!(screenshot.exists());
}
