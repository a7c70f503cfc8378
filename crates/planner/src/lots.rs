//! Lots as the events leave them, next to what they were before the revision under way and before all of the
//! work.

use foldhash::{HashMap, HashMapExt};

use lotgraph_domain::{Lot, LotId, MaterialCode};

use crate::aliases::Aliases;
use crate::state::FirstLinks;
use crate::writes::{LotChange, LotRow};

/// Which parts of a lot's row have changed since the store last wrote it.
#[derive(Debug, Clone, Copy)]
struct Changed {
    change: LotChange,
    quarantine: bool,
}

/// The lots that the work names.
pub(crate) struct Lots {
    /// The lots as they were before the revision under way.
    before: HashMap<LotId, Lot>,
    /// The lots as the events of the revision under way leave them. Only those that it touches are here.
    touched: HashMap<LotId, Lot>,
    /// What was changed by revisions of this work that have ended; empty as long as none has.
    changed: HashMap<LotId, Changed>,
    /// The first links that a lot had before the work, for lots that those revisions changed.
    recorded: HashMap<LotId, FirstLinks>,
    /// Which of them are only further names of others.
    pub(crate) aliases: Aliases,
}

impl Lots {
    pub(crate) fn new(before: HashMap<LotId, Lot>, events: usize) -> Self {
        // Room is made at once for a lot or two of each operation, as most have. Growing later would move
        // what is there.
        Self {
            aliases: Aliases::among(&before),
            before,
            touched: HashMap::with_capacity(2 * events),
            changed: HashMap::new(),
            recorded: HashMap::new(),
        }
    }

    /// A lot as the events so far leave it; `None` when no event has named it.
    pub(crate) fn get(&self, id: &LotId) -> Option<&Lot> {
        self.touched.get(id).or_else(|| self.before.get(id))
    }

    /// The first production and the first draw of a lot that were recorded before the work.
    pub(crate) fn recorded_first(&self, id: &LotId) -> FirstLinks {
        let known = self.recorded.get(id).copied();
        known.unwrap_or_else(|| self.before.get(id).map(first_links).unwrap_or_default())
    }

    /// Whether any of the lots here is of a material.
    pub(crate) fn any_of(&self, material: &MaterialCode) -> bool {
        let mut lots = self.touched.values().chain(self.before.values());
        lots.any(|lot| lot.material.as_ref() == Some(material))
    }

    /// A lot to be changed. When no event has named it so far, it is created.
    pub(crate) fn change(&mut self, id: &LotId) -> &mut Lot {
        self.touched
            .entry(id.clone())
            .or_insert_with(|| self.before.get(id).cloned().unwrap_or_else(|| Lot::named(id.clone())))
    }

    /// The lots whose flows or first links the revision under way changes, as they are by now. They come in
    /// no order.
    pub(crate) fn changed_flows(&self) -> impl Iterator<Item = (&LotId, &Lot)> {
        self.touched.iter().filter(|(id, lot)| {
            !self.before.get(*id).is_some_and(|before| {
                before.received == lot.received
                    && before.produced == lot.produced
                    && before.consumed == lot.consumed
                    && before.shipped == lot.shipped
                    && before.scrapped == lot.scrapped
                    && before.returned == lot.returned
                    && before.earliest_production == lot.earliest_production
                    && before.earliest_draw == lot.earliest_draw
                    && before.overdrawn == lot.overdrawn
            })
        })
    }

    /// Ends the revision under way. How it leaves the lots is how they were before the next one.
    pub(crate) fn end_revision(&mut self) {
        for (id, lot) in self.touched.drain() {
            let before = self.before.get(&id);
            let changed = changed(before, &lot);
            if !self.changed.contains_key(&id) {
                self.recorded.insert(id.clone(), before.map(first_links).unwrap_or_default());
            }
            self.changed.entry(id.clone()).and_modify(|known| known.take(changed)).or_insert(changed);
            self.before.insert(id, lot);
        }
    }

    /// The rows to write, ordered by id: those changed by revisions that have ended, and by the one under
    /// way.
    pub(crate) fn into_rows(mut self) -> Vec<LotRow> {
        // Pointers are sorted before the rows are made. A lot is large, and sorting moves whatever it sorts.
        let mut rows: Vec<(Changed, Box<Lot>)> = Vec::with_capacity(self.touched.len() + self.changed.len());
        for (id, lot) in self.touched.drain() {
            let mut new = changed(self.before.get(&id), &lot);
            if let Some(mut known) = self.changed.remove(&id) {
                known.take(new);
                new = known;
            }
            rows.push((new, Box::new(lot)));
        }
        for (id, changed) in self.changed.drain() {
            if let Some(lot) = self.before.remove(&id) {
                rows.push((changed, Box::new(lot)));
            }
        }
        rows.sort_unstable_by(|a, b| a.1.id.cmp(&b.1.id));
        let row = |(changed, lot): (Changed, Box<Lot>)| {
            let Changed { change, quarantine } = changed;
            LotRow { lot: *lot, change, quarantine }
        };
        rows.into_iter().map(row).collect()
    }
}

fn first_links(lot: &Lot) -> FirstLinks {
    FirstLinks { production: lot.earliest_production, draw: lot.earliest_draw }
}

fn changed(before: Option<&Lot>, lot: &Lot) -> Changed {
    Changed {
        change: LotChange::between(before, lot),
        quarantine: before.is_none_or(|before| before.quarantine != lot.quarantine),
    }
}

impl Changed {
    /// Adds what a later revision changed of the same lot.
    fn take(&mut self, later: Self) {
        self.change = self.change.and(later.change);
        self.quarantine |= later.quarantine;
    }
}
