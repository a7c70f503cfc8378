//! Raises an alert when an event touches a lot that a recall's hold marks. There is one alert for each event
//! and recall.

use std::collections::{BTreeMap, BTreeSet};

use lotgraph_domain::{AlertKind, EventId, Fact, LotId};

use crate::log::Log;
use crate::lots::Lots;
use crate::records::{About, Records, listed, only};

/// Raises these alerts for the revision under way.
pub(crate) fn tell(log: &Log<'_>, lots: &Lots, records: &mut Records) {
    for event in log.accepted() {
        let (operation, how) = match event.fact {
            Fact::Operation(operation) => (operation, "touched"),
            Fact::Void(void) => match log.operation(&void.event) {
                Some(operation) => (operation, "withdrew what had touched"),
                None => continue,
            },
            _ => continue,
        };
        let mut touched: BTreeMap<&EventId, (&EventId, BTreeSet<&LotId>)> = BTreeMap::new();
        for link in operation.links() {
            let marks = lots.get(link.lot).map_or(&[][..], |lot| &lot.quarantine.marks);
            for mark in marks {
                let Some(recall) = &mark.recall else { continue };
                let (_, lots) = touched.entry(recall).or_insert_with(|| (&mark.hold, BTreeSet::new()));
                lots.insert(link.lot);
            }
        }
        for (recall, (hold, lots)) in touched {
            let lots: Vec<LotId> = lots.into_iter().cloned().collect();
            let message = format!("event {} {how} {} of recall {recall}", event.id, listed(&lots));
            let about =
                About { lot: only(&lots), operation: Some(event.id), hold: Some(hold), recall: Some(recall) };
            records.alert(AlertKind::RecallTouched, recall.as_str(), event.id, about, message);
        }
    }
}
