//! A connection that breaks at the worst moment: between COMMIT and its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lotgraph::store::project::whole_revisions;
use lotgraph::store::{Ledger, LedgerPosition, Reader, Revision, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{connect, empty_store};
use crate::support::events::{batch, plant};
use crate::support::{servers, stores};

/// A Bolt COMMIT: one chunk of two bytes (structure without fields, signature 0x12) and the end of the message.
const COMMIT: [u8; 6] = [0x00, 0x02, 0xB0, 0x12, 0x00, 0x00];

/// What happens to a COMMIT that passes while `left` is above zero.
#[derive(Clone, Copy)]
enum Fate {
    /// It reaches the server, and its answer is lost.
    Applied,
    /// It never reaches the server.
    Dropped,
}

/// Forwards connections to a server, except for the COMMITs that it loses.
async fn lossy(server: String, fate: Fate, left: Arc<AtomicU32>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(forward(client, server, fate, left.clone()));
        }
    });
    format!("neo4j://{address}")
}

async fn forward(mut client: TcpStream, mut server: TcpStream, fate: Fate, left: Arc<AtomicU32>) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(count @ 1..) = read else { return };
                let bytes = &asked[..count];
                let lose = bytes == COMMIT
                    && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
                if !lose || matches!(fate, Fate::Applied) {
                    server.write_all(bytes).await.unwrap();
                }
                if lose {
                    // The server answers when it has committed; that answer goes nowhere.
                    if matches!(fate, Fate::Applied) {
                        assert!(server.read(&mut answered).await.unwrap() > 0, "the server answers COMMIT");
                    }
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&answered[..count]).await.is_err() { return }
            }
        }
    }
}

async fn survives(fate: Fate) {
    let (uri, _turn) = servers::neo4j().await;
    let direct = empty_store(&uri).await;
    let left = Arc::new(AtomicU32::new(2));
    let server = uri.trim_start_matches("neo4j://").to_owned();
    let store = connect(&lossy(server, fate, left.clone()).await).await;
    for (n, text) in ["-> A; A -> B", "P@3: A -> C"].into_iter().enumerate() {
        let receipt = store.commit(&batch(plant(text))).await.unwrap();
        assert!(receipt.outcomes.iter().all(|o| o.status == Status::Accepted), "{receipt:?}");
        assert_eq!(receipt.revision, Revision(n as u64 + 1));
    }
    assert_eq!(left.load(Ordering::SeqCst), 0, "no COMMIT was lost: the test proves nothing");
    assert_eq!(direct.revision().await.unwrap(), Revision(2), "nothing is applied twice");
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_counts_once() {
    survives(Fate::Applied).await;
}

#[tokio::test]
async fn a_commit_that_is_lost_on_its_way_is_made_up_for() {
    survives(Fate::Dropped).await;
}

#[tokio::test]
async fn what_was_taken_over_although_the_answer_is_lost_is_taken_once() {
    let recorded = stores::scratch().await.store;
    for text in ["-> A; A -> B", "P@3: A -> C", "Q@4: C -> D"] {
        assert!(recorded.commit(&batch(plant(text))).await.unwrap().applied);
    }
    let entries = recorded.changes(LedgerPosition::default(), 100).await.unwrap().entries;
    let revisions = whole_revisions(entries.clone(), false);
    let (uri, _turn) = servers::neo4j().await;
    let direct = empty_store(&uri).await;
    let left = Arc::new(AtomicU32::new(2));
    let server = uri.trim_start_matches("neo4j://").to_owned();
    let store = connect(&lossy(server, Fate::Applied, left.clone()).await).await;
    assert_eq!(store.project(revisions[..2].to_vec()).await.unwrap(), Revision(2));
    assert_eq!(store.project(revisions[2..].to_vec()).await.unwrap(), Revision(3));
    assert_eq!(left.load(Ordering::SeqCst), 0, "no COMMIT was lost: the test proves nothing");
    assert_eq!(direct.changes(LedgerPosition::default(), 100).await.unwrap().entries, entries);
}
