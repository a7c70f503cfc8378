//! Lots by what they are called besides their id.

use super::error::Fallible;
use super::readers::Snapshot;
use super::rows;
use super::statements::{LIST_LOTS_ALIKE, LIST_LOTS_NUMBERED};
use lotgraph_domain::{LotId, LotName, Namesakes};

/// The lots that go by each name, in the order in which they are asked for.
pub(super) fn namesakes(snapshot: &Snapshot<'_>, names: &[LotName]) -> Fallible<Vec<Namesakes>> {
    let mut alike = snapshot.statement(LIST_LOTS_ALIKE)?;
    let mut numbered = snapshot.statement(LIST_LOTS_NUMBERED)?;
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let mut lots = match name {
            LotName::Alike(likeness) => alike.query([likeness.as_str()])?,
            LotName::Numbered(number) => numbered.query([number.as_str()])?,
        };
        let mut found: Vec<LotId> = Vec::new();
        while let Some(row) = lots.next()? {
            found.push(rows::parse(rows::needed(row, 0)?, LotId::parse)?);
        }
        found.sort_unstable();
        found.dedup();
        let mut namesakes = Namesakes::default();
        found.into_iter().for_each(|lot| namesakes.push(lot));
        all.push(namesakes);
    }
    Ok(all)
}
