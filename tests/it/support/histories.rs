//! Ledgers with a past, and what must be the same in two stores that hold the same history.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotgraph::domain::{Event, Revision};
use lotgraph::service::as_of::{AsOfLimits, Point};
use lotgraph::service::backup::{export_recorded, ledger_state};
use lotgraph::service::copy::{Compared, Extent, compare};
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::{Batch, Ledger};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::process::Command;

use super::events::{batch, minute, plant, tester};
use crate::as_of::history;
use crate::model::random::Maker;

/// The golden ledger, with every type of event in it, in a store of this program.
pub async fn golden(folder: &Path) -> Arc<dyn Ledger> {
    let copy = folder.join("golden.sqlite");
    std::fs::copy(crate::golden::folder().join("store.sqlite"), &copy).unwrap();
    let store = SqliteStore::open(&copy).unwrap();
    store.prepare().await.unwrap();
    Arc::new(store)
}

/// Commits that random events make, each by another sender at another time.
pub async fn random(store: &dyn Ledger, seed: u64, commits: i64) {
    let mut maker = Maker::new(ChaCha8Rng::seed_from_u64(seed));
    for n in 0..commits {
        let count = maker.rng.random_range(1..7);
        let events: Vec<Event> = (0..count).map(|_| maker.next()).collect();
        let mut sent = Batch { atomic: false, ..batch(events) };
        sent.recording.recorded_at = minute(1_000 + 10 * n);
        sent.recording.actor = lotgraph::domain::Text::parse(&format!("\"王\" {n}")).unwrap();
        store.commit(&sent).await.unwrap();
    }
}

/// Many revisions of one event each, recorded at once.
pub async fn many(store: &dyn Ledger, revisions: usize) {
    for from in (0..revisions).step_by(50) {
        let batches: Vec<Batch> = (from..from + 50)
            .map(|n| batch(plant(&format!("E{n}@{n}:TANK{} -> L{n} TANK{}", n % 7, (n + 1) % 7))))
            .collect();
        let answers = futures::future::join_all(batches.iter().map(|batch| store.commit(batch))).await;
        assert!(answers.iter().all(Result::is_ok));
    }
}

/// The ledger behind a revision, as an export with recordings.
pub async fn exported(store: &dyn Ledger, since: u64) -> String {
    let mut bytes = Vec::new();
    export_recorded(&super::events::tester(), store, Revision(since), &mut bytes, &mut |_| {}).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Writes a text to a file of a folder.
pub fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Two ledgers are the same, and so are their graphs, now and at every revision; they have names of their own.
pub async fn same(ours: &Arc<dyn Ledger>, theirs: &Arc<dyn Ledger>, every: usize) {
    let last = ours.revision().await.unwrap();
    assert_eq!(last, theirs.revision().await.unwrap());
    let state = async |store: &Arc<dyn Ledger>| {
        ledger_state(&tester(), store.as_ref(), last, &mut |_| {}).await.unwrap()
    };
    assert_eq!(state(ours).await, state(theirs).await);
    assert_ne!(ours.identity().await.unwrap(), theirs.identity().await.unwrap());
    equal(ours, theirs).await;
    let who = super::events::tester();
    let histories = [ours, theirs].map(|store| history(store, AsOfLimits::default()));
    for revision in (0..last.0).step_by(every) {
        let point = Point::Revision(Revision(revision));
        let (ours, theirs) =
            (histories[0].at(&who, point).await.unwrap(), histories[1].at(&who, point).await.unwrap());
        let compared =
            compare(&tester(), ours.store.as_ref(), theirs.store.as_ref(), Extent::Everything, &mut |_| {})
                .await;
        compared.unwrap_or_else(|error| panic!("as of {revision}: {error}"));
    }
}

/// Two graphs are the same, node by node and link by link.
pub async fn equal(ours: &Arc<dyn Ledger>, theirs: &Arc<dyn Ledger>) -> Compared {
    compare(&tester(), ours.as_ref(), theirs.as_ref(), Extent::Everything, &mut |_| {}).await.unwrap()
}

/// Runs the program in a folder: whether it succeeded, and all that it said.
pub async fn lotgraph(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = command(folder, arguments).output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.success(), said.concat())
}

/// The program, to be run in a folder; it dies with whoever drops it.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotgraph"));
    command.args(arguments).current_dir(folder).env("RUST_BACKTRACE", "0").kill_on_drop(true);
    command
}

/// Starts the program again and again and kills it, each time a little later, until it ends by itself; how often it was
/// killed.
pub async fn kill_until_done(folder: &Path, arguments: &[&str], first: u64) -> u32 {
    let (mut kills, mut patience) = (0, first);
    loop {
        let mut child = command(folder, arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        match tokio::time::timeout(std::time::Duration::from_millis(patience), child.wait()).await {
            Err(_) => {
                child.kill().await.unwrap();
                kills += 1;
                patience += first / 2 + 1;
            }
            Ok(ended) => {
                let said = child.wait_with_output().await.unwrap();
                assert!(ended.unwrap().success(), "{}", String::from_utf8_lossy(&said.stderr));
                return kills;
            }
        }
    }
}
