//! What each kind of event means to the planner: what it touches, when it may be recorded, and what it
//! changes.
//!
//! Each kind of event has a file of its own that implements [`Recordable`]. When a kind is added, the program
//! does not compile until there is such an implementation.

mod acknowledge;
mod admission;
mod alias;
mod hold;
mod master;
mod observe;
mod operation;
mod r#override;
mod recall;
mod refusal;
mod release;
mod void;

pub(crate) use operation::{claim_material, link_path, link_rows, operation_row};

use std::collections::BTreeSet;

use lotgraph_domain::{EventId, Fact, LotId, MaterialCode, Problem, RecordRef, with_fact};

use crate::projection::Projection;
use crate::state::State;

/// What facts name. All of it must be known before the facts can be judged and projected.
#[derive(Debug, Default)]
pub(crate) struct Touches<'f> {
    /// Other events.
    pub(crate) events: BTreeSet<&'f EventId>,
    /// Lots.
    pub(crate) lots: BTreeSet<&'f LotId>,
    /// Materials, besides those of the lots.
    pub(crate) materials: BTreeSet<&'f MaterialCode>,
}

/// A fact as the planner sees it.
pub(crate) trait Recordable {
    /// Notes what the fact names.
    fn touches<'f>(&'f self, touches: &mut Touches<'f>);

    /// Notes the records that the fact can change, given the events and lots that it names.
    fn records(&self, state: &State, records: &mut BTreeSet<RecordRef>);

    /// Whether marks that holds put on lots decide if it may be recorded, or are changed by it. If so, all
    /// marks are brought up to date before it.
    fn reads_marks(&self) -> bool;

    /// Whether it may be recorded after the events so far.
    ///
    /// # Errors
    /// Why not.
    fn judge(&self, id: &EventId, so_far: &Projection<'_>) -> Result<(), Problem>;

    /// Makes the changes that it tells of. An older rule may have let it name something that is not there;
    /// then it changes what is there and leaves out the rest.
    fn project(&self, id: &EventId, so_far: &mut Projection<'_>);

    /// Whether a void may withdraw it. If not, the error says why, as the end of a sentence that begins with
    /// its id.
    fn voidable(&self) -> Result<(), &'static str>;
}

/// The fact as the planner sees it.
pub(crate) fn recordable(fact: &Fact) -> &dyn Recordable {
    with_fact!(fact, |it| it)
}
