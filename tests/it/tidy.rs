//! The project's own rules as tests: who may import whom, sizes, documents that match the code.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use lotgraph::domain::ErrorCode;

/// Which of our modules a module may import, besides itself. An arrow that is not here is a defect of the layering.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("statistics", &[]),
    ("genealogy", &["domain", "statistics"]),
    ("format", &["domain"]),
    ("generate", &["domain", "format"]),
    ("cache", &[]),
    ("store", &["domain", "genealogy", "format", "cache"]),
    ("service", &["domain", "statistics", "genealogy", "format", "store"]),
    ("graphql", &["domain", "statistics", "genealogy", "format", "store", "service"]),
    ("http", &["domain", "genealogy", "format", "store", "service", "graphql", "cache", "settings"]),
    ("settings", &[]),
    ("telemetry", &["settings"]),
    ("app", &["settings", "store", "cache", "service"]),
    (
        "cli",
        &[
            "app",
            "settings",
            "telemetry",
            "domain",
            "statistics",
            "genealogy",
            "format",
            "generate",
            "store",
            "service",
            "graphql",
            "http",
        ],
    ),
];

/// Crates that only one place may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("neo4rs", &["src/store/neo4j/"]),
    ("rusqlite", &["src/store/sqlite/"]),
    ("redis", &["src/cache/redis"]),
    ("moka", &["src/cache/memory", "src/store/layer/"]),
    ("async_graphql", &["src/graphql/", "src/http/graphql.rs"]),
    ("actix_web", &["src/http/", "src/app.rs"]),
    ("clap", &["src/cli/"]),
];

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
        let Ok(entries) = fs::read_dir(&folder) else { continue };
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

/// A Rust file without its comments and without its test module: prose may mention what code may not name.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap();
    inside.split(['/', '.']).next().unwrap()
}

/// The modules named after `crate::`, also inside `use crate::{a, b::c}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let names = if let Some(group) = part.strip_prefix('{') {
            group.split('}').next().unwrap().split(',').collect()
        } else {
            vec![part]
        };
        for name in names {
            let name: String =
                name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            found.insert(name);
        }
    }
    found
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        let name = shown(&path);
        if matches!(name.as_str(), "src/lib.rs" | "src/main.rs") {
            continue;
        }
        let module = module_of(&name);
        let allowed = MAY_IMPORT.iter().find(|(from, _)| *from == module);
        let Some((_, allowed)) = allowed else {
            wrong.push(format!("{name}: the module {module} is not in the table"));
            continue;
        };
        for import in imports(&code(&path)) {
            let known = MAY_IMPORT.iter().any(|(module, _)| *module == import);
            if known && import != module && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{name} imports {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn drivers_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        let (name, code) = (shown(&path), code(&path));
        for (library, places) in ONLY_IN {
            let names_it = code.contains(&format!("{library}::")) && {
                // `crate::cache::redis::` is our module, not the library.
                let ours = code.matches(&format!("::{library}::")).count();
                code.matches(&format!("{library}::")).count() > ours
            };
            if names_it && !places.iter().any(|place| name.starts_with(place)) {
                wrong.push(format!("{name} names {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_app_names_concrete_stores_and_caches() {
    let concrete = ["SqliteStore", "Neo4jStore", "RedisCache", "MemoryCache", "CachedStore"];
    let homes = ["src/store/", "src/cache/", "src/app.rs"];
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        let (name, code) = (shown(&path), code(&path));
        let stray = concrete.iter().find(|concrete| code.contains(**concrete));
        if let Some(stray) = stray.filter(|_| !homes.iter().any(|home| name.starts_with(home))) {
            wrong.push(format!("{name} names {stray}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for path in files("src", "rs").into_iter().chain(files("tests", "rs")).chain(files("benches", "rs")) {
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
fn the_error_document_is_the_table() {
    let mut page = String::from(
        "# Error codes\n\nEvery refusal carries one of these codes: in REST bodies as `error.code`, in GraphQL as \
         `extensions.code`, in import reports as `code`. A published code never changes its meaning. This page is \
         written from the table in `src/domain/code.rs` by the test that checks it (`UPDATE_EXPECT=1`).\n\n\
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
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/errors.md differs from the table: run UPDATE_EXPECT=1 cargo test tidy");
}

#[test]
fn every_error_code_is_used() {
    let code: String = files("src", "rs")
        .iter()
        .filter(|path| !shown(path).ends_with("domain/code.rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let unused: Vec<String> = ErrorCode::ALL
        .iter()
        .map(|variant| format!("{variant:?}"))
        .filter(|variant| !code.contains(&format!("ErrorCode::{variant}")))
        .collect();
    assert!(unused.is_empty(), "codes that nothing reports: {}", unused.join(", "));
}
