//! The project's own rules as tests: who may import whom, sizes, documents that match the code.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use lotgraph::domain::ErrorCode;

/// Which of our crates a crate may use. Cargo enforces the arrows; this table says which there may be, so that a new one is
/// a decision and not an accident.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("statistics", &[]),
    ("genealogy", &["domain", "statistics"]),
    ("format", &["domain"]),
    ("generate", &["domain", "format"]),
    ("planner", &["domain", "genealogy", "format"]),
    ("cache", &[]),
    ("store", &["domain", "genealogy", "format", "planner", "cache"]),
    ("store-sqlite", &["domain", "genealogy", "format", "planner", "store"]),
    ("store-neo4j", &["domain", "genealogy", "format", "planner", "store"]),
    ("service", &["domain", "statistics", "genealogy", "format", "planner", "store"]),
    ("graphql-macros", &[]),
    ("graphql", &["domain", "statistics", "genealogy", "format", "service", "graphql-macros"]),
    ("http", &["domain", "genealogy", "format", "service", "graphql", "cache"]),
    (
        "cli",
        &[
            "domain",
            "statistics",
            "genealogy",
            "format",
            "generate",
            "planner",
            "store",
            "store-sqlite",
            "store-neo4j",
            "cache",
            "service",
            "graphql",
            "http",
        ],
    ),
];

/// Libraries that only some of our crates may use.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("neo4rs", &["store-neo4j"]),
    ("rusqlite", &["store-sqlite"]),
    ("redis", &["cache"]),
    ("moka", &["cache"]),
    ("async-graphql", &["graphql"]),
    ("actix-http", &["http"]),
    ("actix-server", &["http"]),
    ("actix-service", &["http"]),
    ("actix-web", &["http"]),
    ("clap", &["cli"]),
    ("config", &["cli"]),
];

/// Where our Rust code lies.
const CODE: [&str; 4] = ["src", "crates", "tests", "benches"];

/// Files longer than the rule, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

const LINES_MAX: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder);
        let entries = entries.unwrap_or_else(|error| panic!("the folder {}: {error}", folder.display()));
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "node_modules" | "target" | "dist" | ".cache") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

/// A Rust file without its comments: prose may mention what code may not name.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The names of our crates, as their folders say them.
fn crates() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("crates")).unwrap();
    folders.map(|folder| folder.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// What a crate uses, its tests aside.
fn dependencies(name: &str) -> Vec<String> {
    let path = root().join("crates").join(name).join("Cargo.toml");
    let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    dependencies.into_iter().flat_map(toml::Table::keys).cloned().collect()
}

#[test]
fn crates_use_each_other_one_way() {
    let listed: BTreeSet<String> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, crates(), "the table and the folder crates/ differ");
    let mut wrong = Vec::new();
    for (name, allowed) in MAY_USE {
        for dependency in dependencies(name) {
            if let Some(other) = dependency.strip_prefix("lotgraph-")
                && !allowed.contains(&other)
            {
                wrong.push(format!("{name} uses {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn drivers_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for name in crates() {
        for dependency in dependencies(&name) {
            let only = ONLY_IN.iter().find(|(library, _)| *library == dependency);
            if let Some((library, places)) = only
                && !places.contains(&name.as_str())
            {
                wrong.push(format!("{name} uses {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_app_names_concrete_stores_and_caches() {
    let concrete = ["SqliteStore", "Neo4jStore", "RedisCache", "MemoryCache", "CachedStore"];
    let homes = [
        "crates/store/",
        "crates/store-sqlite/",
        "crates/store-neo4j/",
        "crates/cache/",
        "crates/cli/src/app.rs",
    ];
    let mut wrong = Vec::new();
    for path in files("crates", "rs") {
        let (name, code) = (shown(&path), code(&path));
        let stray = concrete.iter().find(|concrete| code.contains(**concrete));
        if let Some(stray) = stray.filter(|_| !homes.iter().any(|home| name.starts_with(home))) {
            wrong.push(format!("{name} names {stray}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Our code that calls a method as `.name(`, apart from where it may.
fn calls(name: &str, homes: &[&str]) -> Vec<String> {
    let call = format!(".{name}(");
    let elsewhere = |path: &PathBuf| !homes.iter().any(|home| shown(path).starts_with(home));
    let found = files("crates", "rs").into_iter().filter(elsewhere).filter(|path| code(path).contains(&call));
    found.map(|path| format!("{} calls {name}", shown(&path))).collect()
}

/// The stores and what is around them.
const STORES: [&str; 3] = ["crates/store/", "crates/store-sqlite/", "crates/store-neo4j/"];

#[test]
fn only_the_recorder_commits() {
    let homes = [&STORES[..], &["crates/service/src/recorder.rs"]].concat();
    let wrong = calls("commit", &homes);
    assert!(wrong.is_empty(), "events come in through the Recorder only:\n{}", wrong.join("\n"));
}

#[test]
fn only_copies_and_replays_take_over_what_was_recorded() {
    let homes = [
        &STORES[..],
        &[
            "crates/service/src/copy/",
            "crates/service/src/as_of/replay.rs",
            "crates/service/src/restore.rs",
            "crates/planner/",
        ],
    ]
    .concat();
    let wrong = calls("project", &homes);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of what a store can be asked, from the trait itself.
fn reads() -> Vec<String> {
    let text = fs::read_to_string(root().join("crates/store/src/lib.rs")).unwrap();
    let (_, behind) = text.split_once("pub trait Reader").unwrap();
    let (reader, _) = behind.split_once("\n}\n").unwrap();
    let names = reader.split("fn ").skip(1).map(|rest| rest.split('(').next().unwrap().to_owned());
    let names: Vec<String> = names.collect();
    assert!(names.len() > 10 && names.contains(&"settled_revision".to_owned()), "{names:?}");
    names
}

/// Names that maps, lists and loaders have as well: with these only the name of what is asked tells a store.
const READS_OF_OTHERS: [&str; 4] = ["get", "find", "edges", "events"];

/// What stores are called.
const STORES_ARE_CALLED: [&str; 8] =
    ["store", "from", "to", "other", "scratch", "source", "target", "ledger"];

/// The calls in code without white space that ask a store itself: the service wants to know first who asks.
fn store_reads(code: &str, reads: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for read in reads {
        let call = format!(".{read}(");
        for (at, _) in code.match_indices(&call) {
            let (before, after) = (&code[..at], &code[at + call.len()..]);
            let asked = before.trim_end_matches(".as_ref()").trim_end_matches(".clone()");
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let asked = &asked[asked.trim_end_matches(is_word).len()..];
            let is_store = STORES_ARE_CALLED.contains(&asked);
            let argument = &after[..after.find([',', ')']).unwrap_or(after.len())];
            let says_who = argument.split(['(', ':', '.']).any(|part| part.trim_matches('&') == "caller");
            // Health is nobody's secret, and what a store is called and can do neither.
            let open = matches!(read.as_str(), "ready" | "name" | "limits" | "statements") && !is_store;
            if !open && !says_who && (is_store || !READS_OF_OTHERS.contains(&read.as_str())) {
                found.push(format!("{asked}{call}{argument})"));
            }
        }
    }
    found
}

/// Somebody has to open stores and put the program together. Everyone else above the service asks through it.
#[test]
fn nobody_above_the_service_reads_a_store() {
    let reads = reads();
    let mut wrong = Vec::new();
    for path in ["cli", "graphql", "http"].iter().flat_map(|name| files(&format!("crates/{name}/src"), "rs"))
    {
        if shown(&path) != "crates/cli/src/app.rs" {
            let code: String = code(&path).split_whitespace().collect();
            let found = store_reads(&code, &reads).into_iter();
            wrong.extend(found.map(|call| format!("{} asks a store: {call}", shown(&path))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reads_of_stores_are_told_from_questions_to_the_service() {
    let reads = reads();
    for asks in [
        "store.find(&query)",
        "from.as_ref().get(&refs)",
        "then.store.edges(&query)",
        "self.store.clone().ready()",
        "from.revision()",
        "open().await?.identity()",
        "anything.tally(&Tally::Count(what))",
        "store.limits()",
    ] {
        assert_eq!(store_reads(asks, &reads).len(), 1, "{asks}");
    }
    for asks in [
        "lookup.find(&caller,&query)",
        "names.get(&name)",
        "Lookup::new(from.clone()).revision(&caller)",
        "lookup.identity(&caller::reader())",
        "lookup.tally(caller(context),&what)",
        "self.0.lookup.edges(&self.0.caller,&query)",
        "lookup.ready()",
    ] {
        assert_eq!(store_reads(asks, &reads), Vec::<String>::new(), "{asks}");
    }
}

/// Functions of the service that ask on nobody's behalf, each with its reason.
const WITHOUT_CALLER: &[(&str, &str)] = &[
    ("crates/service/src/alerts.rs", "closed"), // Waits for the end of the feed, and reads nothing.
    ("crates/service/src/commits.rs", "closed"), // As above.
    ("crates/service/src/commits.rs", "next"),  // Of commits that somebody follows, who said so.
    ("crates/service/src/lookup.rs", "ready"),  // Health is nobody's secret.
    ("crates/service/src/import/mod.rs", "import"), // The caller is among the options.
];

#[test]
fn every_use_case_takes_who_asks() {
    let mut without = Vec::new();
    for path in files("crates/service/src", "rs") {
        for rest in code(&path).split("pub ").skip(1) {
            let Some(end) = rest.find(" {\n") else { continue };
            let signature = &rest[..end];
            let (is_async, rest) = match rest.strip_prefix("async fn ") {
                Some(rest) => (true, rest),
                None => (false, rest.strip_prefix("fn ").unwrap_or_default()),
            };
            let answers_later = is_async || (!rest.is_empty() && signature.contains("-> BoxFuture"));
            if answers_later && !signature.contains("Caller") {
                without.push((shown(&path), rest[..rest.find(['(', '<']).unwrap()].to_owned()));
            }
        }
    }
    let known = WITHOUT_CALLER.iter().map(|(path, name)| ((*path).to_owned(), (*name).to_owned()));
    let (mut known, mut found): (Vec<_>, Vec<_>) = (known.collect(), without);
    known.sort();
    found.sort();
    assert_eq!(found, known, "a use case takes a Caller, or stands in the list with its reason");
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for path in CODE.iter().flat_map(|folder| files(folder, "rs")) {
        let (name, text) = (shown(&path), fs::read_to_string(&path).unwrap());
        let lines = text.lines().count();
        if lines > LINES_MAX && !LONG_FILES.iter().any(|(long, _)| *long == name) {
            wrong.push(format!("{name} has {lines} lines, at most {LINES_MAX} are allowed"));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{name} does not begin with a sentence on its purpose (//!)"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn documents_name_paths_that_exist() {
    let mut wrong = Vec::new();
    let documents = ["README.md", "CHANGELOG.md"].map(|name| root().join(name));
    for path in files("docs", "md").into_iter().chain(documents) {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (n, quoted) in text.split('`').enumerate() {
            let looks_like_path = n % 2 == 1
                && [
                    "src/",
                    "crates/",
                    "tests/",
                    "docs/",
                    "scripts/",
                    "cypher/",
                    "sql/",
                    "schema/",
                    "examples/",
                    "web/",
                    "benches/",
                ]
                .iter()
                .any(|folder| quoted.starts_with(folder))
                && !quoted.contains(['*', '{', ' ', '…', '\n', '<']);
            if looks_like_path && !root().join(quoted.trim_end_matches('/')).exists() {
                wrong.push(format!("{}: there is no {quoted}", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn documents_link_to_files_that_exist() {
    let mut wrong = Vec::new();
    for path in files("docs", "md").into_iter().chain([root().join("README.md")]) {
        let text = fs::read_to_string(&path).unwrap();
        let targets = text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
        for target in targets.filter(|target| !target.is_empty() && !target.contains(':')) {
            if !path.parent().unwrap().join(target).exists() {
                wrong.push(format!("{} links to {target}", shown(&path)));
            }
        }
    }
    let index = fs::read_to_string(root().join("docs/decisions/README.md")).unwrap();
    for path in files("docs/decisions", "md").iter().filter(|path| !path.ends_with("README.md")) {
        let name = path.file_name().unwrap().to_string_lossy();
        if !index.contains(&format!("]({name})")) {
            wrong.push(format!("docs/decisions/README.md does not list {name}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_error_document_is_the_table() {
    let mut page = String::from(
        "# Error codes\n\nEvery refusal carries one of these codes: in REST bodies as `error.code`, in GraphQL as \
         `extensions.code`, in import reports as `code`. A published code never changes its meaning. This page is \
         written from the table in `crates/domain/src/code.rs` by the test that checks it (`UPDATE_EXPECT=1`).\n\n\
         | code | HTTP | what it means | what to do |\n|---|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            code.name(),
            code.http_status(),
            code.meaning(),
            code.remedy()
        );
    }
    let path = root().join("docs/errors.md");
    if crate::support::update_expected() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/errors.md differs from the table: run UPDATE_EXPECT=1 cargo test tidy");
}

#[test]
fn every_error_code_is_used() {
    let code: String = files("crates", "rs")
        .iter()
        .filter(|path| shown(path) != "crates/domain/src/code.rs")
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let unused: Vec<String> = ErrorCode::ALL
        .iter()
        .map(|variant| format!("{variant:?}"))
        .filter(|variant| !code.contains(&format!("ErrorCode::{variant}")))
        .collect();
    assert!(unused.is_empty(), "codes that nothing reports: {}", unused.join(", "));
}
