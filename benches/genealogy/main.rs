//! The benchmarks behind docs/BENCHMARKS.md: ratios against named baselines in one run, on real SQLite, Neo4j and Redis.
//!
//! `scripts/servers run -- cargo bench --bench genealogy [-- SECTION…]`; sections: traces, ladder, growth, import, cache,
//! as-of, root-cause, recall, holds. `LOTGRAPH_BENCH_LOTS` sets the size of the plants (default 200000).
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod baseline_neo4j;
mod baseline_sqlite;
mod bulk;
mod cached;
mod holds;
mod paired;
mod past;
mod plants;
mod recall;
mod root_cause;
mod traces;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let sections: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|section| section == name);
    let neo4j = std::env::var("LOTGRAPH_TEST_NEO4J").expect("run through scripts/servers run -- cargo bench");
    let redis = std::env::var("LOTGRAPH_TEST_REDIS").expect("run through scripts/servers run -- cargo bench");
    let lots = std::env::var("LOTGRAPH_BENCH_LOTS").map_or(200_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    println!("plants of {lots} lots; medians; ratio = median of the ratios pair by pair\n");
    if wanted("import") {
        bulk::run(folder.path(), &neo4j).await;
    }
    if wanted("as-of") {
        past::run(folder.path(), &neo4j).await;
    }
    if wanted("ladder") {
        traces::ladder(folder.path(), &neo4j).await;
    }
    if wanted("growth") {
        for plant in ["assembly", "process"] {
            traces::growth(folder.path(), &neo4j, plant, lots).await;
        }
    }
    for plant in ["assembly", "process"] {
        let sections: &[&str] = match plant {
            "assembly" => &["traces", "cache", "root-cause", "holds"],
            _ => &["traces", "cache", "recall", "holds"],
        };
        if !sections.iter().any(|section| wanted(section)) {
            continue;
        }
        let data = plants::load(folder.path(), &neo4j, plant, lots).await;
        if wanted("traces") {
            traces::run(&data).await;
        }
        if wanted("cache") {
            cached::run(&data, &redis).await;
        }
        if wanted("root-cause") && plant == "assembly" {
            root_cause::run(&data).await;
        }
        if wanted("recall") && plant == "process" {
            recall::run(&data).await;
        }
        // Last, as they write.
        if wanted("holds") {
            match plant {
                "assembly" => holds::beside(&data).await,
                _ => holds::spread(&data).await,
            }
        }
    }
}
