//! Lots by what they are called besides their id.

use std::collections::HashMap;

use serde::Deserialize;

use super::connection::{Connection, Deadline, Transaction};
use super::encode::texts;
use super::error::Attempt;
use super::statement::{self, Statement};
use lotgraph_domain::{Likeness, LotId, LotName, Namesakes, Text};
use lotgraph_store::Result;

/// Names in one statement.
const CHUNK: usize = 5_000;

#[derive(Deserialize)]
struct NamesakesRow {
    name: String,
    lots: Vec<LotId>,
    count: u64,
}

/// Names of one kind, and the statement that finds the lots that go by them.
struct Question<'a> {
    statement: &'static Statement,
    names: HashMap<&'a str, &'a LotName>,
}

impl<'a> Question<'a> {
    /// One for each kind of names.
    fn all(names: &'a [LotName]) -> [Self; 2] {
        let (mut alike, mut numbered) = (HashMap::new(), HashMap::new());
        for name in names {
            match name {
                LotName::Alike(likeness) => alike.insert(Likeness::as_str(likeness), name),
                LotName::Numbered(number) => numbered.insert(Text::as_str(number), name),
            };
        }
        [
            Self { statement: &statement::READ_LOTS_ALIKE, names: alike },
            Self { statement: &statement::READ_LOTS_NUMBERED, names: numbered },
        ]
    }

    /// The names in the order of an index: seeks that are neighbours are faster.
    fn sorted(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.names.keys().copied().collect();
        names.sort_unstable();
        names
    }

    fn take(&self, rows: Vec<NamesakesRow>, found: &mut HashMap<LotName, Namesakes>) {
        for NamesakesRow { name, lots, count } in rows {
            if let Some(name) = self.names.get(name.as_str()) {
                found.insert((*name).clone(), Namesakes { lots, count });
            }
        }
    }
}

/// The lots that go by each name, in the order in which they are asked for.
pub(super) async fn namesakes(
    connection: &Connection,
    names: &[LotName],
    deadline: Deadline,
) -> Result<Vec<Namesakes>> {
    let mut found = HashMap::new();
    for question in Question::all(names) {
        for chunk in question.sorted().chunks(CHUNK) {
            let parameters = vec![("names", texts(chunk))];
            let rows = connection.read("namesakes", question.statement, parameters, deadline).await?;
            question.take(rows, &mut found);
        }
    }
    Ok(names.iter().map(|name| found.get(name).cloned().unwrap_or_default()).collect())
}

/// The lots that go by the names, for names that any goes by, as a commit sees them.
pub(super) async fn namesakes_within(
    transaction: &mut Transaction<'_>,
    names: &[LotName],
) -> Attempt<HashMap<LotName, Namesakes>> {
    let mut found = HashMap::new();
    for question in Question::all(names) {
        for chunk in question.sorted().chunks(CHUNK) {
            let parameters = vec![("names", texts(chunk))];
            question.take(transaction.rows(question.statement, parameters).await?, &mut found);
        }
    }
    Ok(found)
}
