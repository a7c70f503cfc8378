//! Observations: lots are seen at a location. Nothing flows; each lot's record of sightings takes one more.

use std::collections::BTreeSet;

use lotgraph_domain::{
    EventId, Location, MasterRef, Observe, Problem, RecordBody, RecordRef, Recording, Sighting, Sightings,
};

use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::state::State;

impl Recordable for Observe {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(&self.lots);
    }

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.extend(self.lots.iter().cloned().map(RecordRef::Sightings));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        so_far.must_know(&self.lots, "lots", "")
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let location = match &self.location {
            Location::Equipment(code) => MasterRef::Equipment(code.clone()),
            Location::Party(code) => MasterRef::Party(code.clone()),
        };
        so_far.mentions.insert(location);
        so_far.mentions.extend(self.operator.clone().map(MasterRef::Operator));
        let records = &mut so_far.records;
        let Recording { recorded_at, actor, source: _ } = records.recording().clone();
        for lot in &self.lots {
            let observe = Self { lots: vec![lot.clone()], ..self.clone() };
            let sighting = Sighting { event: id.clone(), observe, recorded_at, actor: actor.clone() };
            let reference = RecordRef::Sightings(lot.clone());
            if let Some(RecordBody::Sightings(known)) = records.change(&reference) {
                known.take(sighting);
                continue;
            }
            let mut first = Sightings::none_yet(lot.clone());
            first.take(sighting);
            records.raise(RecordBody::Sightings(first));
        }
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err("is an observation and stays on record; observe the lot where it is instead")
    }
}
