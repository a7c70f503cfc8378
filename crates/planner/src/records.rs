//! Records, which are what people work off. They are raised and changed by the events that give cause to it.

use std::collections::BTreeMap;

use foldhash::HashMap;

use lotgraph_domain::{
    Alert, AlertId, AlertKind, EventId, LotId, Record, RecordBody, RecordPlace, RecordRef, Recording,
    Resolution, Revision, Timestamp,
};

use crate::writes::{RecordChange, RecordRow};

/// The records that the work reads, raises and changes.
pub(crate) struct Records {
    /// The records that were needed, as they were before.
    known: HashMap<RecordRef, Record>,
    /// Records raised now, in order.
    raised: Vec<(RecordPlace, RecordBody)>,
    /// Where in `raised` each of them stands.
    places: BTreeMap<RecordRef, usize>,
    /// Records that were raised before and are changed now, as they are by now.
    changed: BTreeMap<RecordRef, RecordBody>,
    /// The position of the last record that the revision under way raised.
    last: RecordPlace,
    /// When, by whom and through what the events of that revision are recorded; `None` before the first
    /// revision.
    recording: Option<Recording>,
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) lot: Option<&'a LotId>,
    pub(crate) operation: Option<&'a EventId>,
    pub(crate) hold: Option<&'a EventId>,
    pub(crate) recall: Option<&'a EventId>,
}

impl Records {
    pub(crate) fn new(known: HashMap<RecordRef, Record>) -> Self {
        Self {
            known,
            raised: Vec::new(),
            places: BTreeMap::new(),
            changed: BTreeMap::new(),
            last: RecordPlace::default(),
            recording: None,
        }
    }

    /// Opens a revision.
    pub(crate) fn begin(&mut self, revision: Revision, recording: Recording) {
        self.last = RecordPlace { revision, place: 0 };
        self.recording = Some(recording);
    }

    /// When, by whom and through what the events under way are recorded.
    pub(crate) fn recording(&self) -> &Recording {
        self.recording.as_ref().expect("a revision is opened before its events are recorded")
    }

    /// Raises a record.
    pub(crate) fn raise(&mut self, record: RecordBody) {
        self.last.place += 1;
        self.places.insert(record.reference(), self.raised.len());
        self.raised.push((self.last, record));
    }

    /// A record as the events so far leave it.
    pub(crate) fn get(&self, reference: &RecordRef) -> Option<&RecordBody> {
        let raised = self.places.get(reference).and_then(|place| self.raised.get(*place));
        let known = || self.known.get(reference).map(|record| &record.body);
        raised.map(|(_, record)| record).or_else(|| self.changed.get(reference)).or_else(known)
    }

    /// A record that is to be changed, as the events so far leave it.
    pub(crate) fn change(&mut self, reference: &RecordRef) -> Option<&mut RecordBody> {
        if let Some(place) = self.places.get(reference) {
            return self.raised.get_mut(*place).map(|(_, record)| record);
        }
        if !self.changed.contains_key(reference) {
            let known = self.known.get(reference)?.body.clone();
            self.changed.insert(reference.clone(), known);
        }
        self.changed.get_mut(reference)
    }

    /// When the revision under way was recorded.
    pub(crate) fn recorded_at(&self) -> Timestamp {
        self.recording().recorded_at
    }

    /// Raises an alert. `subject` tells it apart from other alerts of the same kind and cause.
    pub(crate) fn alert(
        &mut self,
        kind: AlertKind,
        subject: &str,
        cause: &EventId,
        about: About<'_>,
        message: String,
    ) {
        let Recording { recorded_at, actor, source: _ } = self.recording().clone();
        self.raise(RecordBody::Alert(Alert {
            id: AlertId::derived(kind, subject, cause),
            kind,
            cause: cause.clone(),
            lot: about.lot.cloned(),
            operation: about.operation.cloned(),
            hold: about.hold.cloned(),
            recall: about.recall.cloned(),
            message,
            raised_at: recorded_at,
            actor,
            acknowledged: None,
            resolved: None,
        }));
    }

    /// Notes that an event ended the cause of an alert. Returns false when there is no such alert.
    pub(crate) fn resolve(&mut self, alert: AlertId, event: &EventId) -> bool {
        let at = self.recording().recorded_at;
        match self.change(&RecordRef::Alert(alert)) {
            Some(RecordBody::Alert(alert)) => {
                alert.resolved = Some(Resolution { event: event.clone(), at });
                true
            }
            _ => false,
        }
    }

    /// The rows to write: first the raised ones in order, then the changed ones by name.
    pub(crate) fn into_rows(self) -> Vec<RecordRow> {
        let raised = self.raised.into_iter();
        let raised = raised.map(|(place, body)| RecordRow { body, place, change: RecordChange::Raised });
        let known = self.known;
        let changed = self.changed.into_iter().filter_map(|(reference, body)| {
            let place = known.get(&reference)?.place;
            Some(RecordRow { body, place, change: RecordChange::Changed })
        });
        raised.chain(changed).collect()
    }
}

/// The lot, if there is exactly one.
pub(crate) fn only(lots: &[LotId]) -> Option<&LotId> {
    match lots {
        [lot] => Some(lot),
        _ => None,
    }
}

/// Names lots in words for people: the first few of them, and how many there are in all.
pub(crate) fn listed(lots: &[LotId]) -> String {
    const SHOWN_MAX: usize = 5;
    let shown: Vec<&str> = lots.iter().take(SHOWN_MAX).map(LotId::as_str).collect();
    match lots.len() {
        1 => format!("lot {}", shown.join(", ")),
        count if count > SHOWN_MAX => format!("{count} lots: {}, …", shown.join(", ")),
        count => format!("{count} lots: {}", shown.join(", ")),
    }
}
