//! The best hand-written SQL for the closure with its links, through the same driver on the same file.

use std::path::Path;

use lotgraph::genealogy::Direction;
use rusqlite::{Connection, OpenFlags};

pub fn open(file: &Path) -> Connection {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Roles as the schema keeps them: 0 consumed, 1 in place, 2 produced.
fn statement(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => {
            "WITH RECURSIVE reached(side, key) AS (
               SELECT 0, key FROM lot WHERE id = ?1
               UNION SELECT 1, link.operation FROM reached JOIN link ON link.lot = reached.key AND link.role < 2
                 WHERE reached.side = 0
               UNION SELECT 0, link.lot FROM reached JOIN link ON link.operation = reached.key AND link.role = 2
                 WHERE reached.side = 1)
             SELECT lot.id, lot.earliest_production, operation.id, operation.kind, operation.started, operation.ended,
                    link.role, link.position, link.amount, link.unit, link.earliest, link.latest
             FROM reached CROSS JOIN link ON link.operation = reached.key
             JOIN lot ON lot.key = link.lot JOIN operation ON operation.key = link.operation
             WHERE reached.side = 1 AND (link.role = 2 OR (0, link.lot) IN (SELECT side, key FROM reached))"
        }
        Direction::Backward => {
            "WITH RECURSIVE reached(side, key) AS (
               SELECT 0, key FROM lot WHERE id = ?1
               UNION SELECT 1, link.operation FROM reached JOIN link ON link.lot = reached.key AND link.role > 0
                 WHERE reached.side = 0
               UNION SELECT 0, link.lot FROM reached JOIN link ON link.operation = reached.key AND link.role = 0
                 WHERE reached.side = 1)
             SELECT lot.id, lot.earliest_production, operation.id, operation.kind, operation.started, operation.ended,
                    link.role, link.position, link.amount, link.unit, link.earliest, link.latest
             FROM reached CROSS JOIN link ON link.operation = reached.key
             JOIN lot ON lot.key = link.lot JOIN operation ON operation.key = link.operation
             WHERE reached.side = 1 AND (link.role = 0 OR (0, link.lot) IN (SELECT side, key FROM reached))"
        }
    }
}

type Row =
    (String, Option<i64>, String, String, i64, i64, i64, i64, Option<String>, Option<String>, i64, i64);

/// Runs it and reads every row; the number of links.
pub fn links(connection: &Connection, lot: &str, direction: Direction) -> usize {
    let mut statement = connection.prepare_cached(statement(direction)).unwrap();
    let rows = statement.query_map([lot], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
            row.get(9)?,
            row.get(10)?,
            row.get(11)?,
        ))
    });
    let rows: Vec<Row> = rows.unwrap().map(Result::unwrap).collect();
    rows.len()
}

/// Copies every row of a filled file into an empty one of the same schema, a transaction a batch: what bulk import
/// would cost if nothing had to be read, checked or derived.
pub fn insert_raw(from: &Path, to: &Path, batch: usize) -> std::time::Duration {
    let source = open(from);
    let tables: Vec<(String, usize)> = {
        let mut list = source
            .prepare("SELECT s.name, (SELECT count(*) FROM pragma_table_info(s.name)) FROM sqlite_schema AS s WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
            .unwrap();
        let rows = list.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as usize))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let rows: Vec<(String, Vec<Vec<rusqlite::types::Value>>)> = tables
        .iter()
        .map(|(table, columns)| {
            let mut all = source.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let read = |row: &rusqlite::Row<'_>| (0..*columns).map(|n| row.get(n)).collect();
            (table.clone(), all.query_map([], read).unwrap().map(Result::unwrap).collect())
        })
        .collect();
    let target = Connection::open(to).unwrap();
    target.pragma_update(None, "foreign_keys", "OFF").unwrap();
    target.pragma_update(None, "synchronous", "FULL").unwrap();
    // As the store's own writer.
    target.pragma_update(None, "cache_size", -64 * 1024).unwrap();
    target.pragma_update(None, "wal_autocheckpoint", 8_000).unwrap();
    for (table, _) in &tables {
        target.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
    let started = std::time::Instant::now();
    for ((table, columns), (_, rows)) in tables.iter().zip(&rows) {
        let marks = vec!["?"; *columns].join(",");
        for chunk in rows.chunks(batch) {
            target.execute_batch("BEGIN IMMEDIATE").unwrap();
            let mut insert = target.prepare_cached(&format!("INSERT INTO {table} VALUES ({marks})")).unwrap();
            for row in chunk {
                insert.execute(rusqlite::params_from_iter(row)).unwrap();
            }
            drop(insert);
            target.execute_batch("COMMIT").unwrap();
        }
    }
    started.elapsed()
}
