//! Turns a plant that is simulated one stretch at a time into an iterator of events.

use lotgraph_domain::Event;

/// A plant that produces its events one stretch at a time.
pub trait Plant {
    /// Appends the events of the next stretch; false once the plant has come to its end.
    fn advance(&mut self, events: &mut Vec<Event>) -> bool;

    /// How many lots it remembers because a later step may draw from them. There is a bound that does not
    /// grow with the plant.
    fn remembered(&self) -> usize;
}

/// The events of a plant, in order; one stretch is in memory at a time.
#[derive(Debug)]
pub struct Stream<P> {
    plant: P,
    pending: std::vec::IntoIter<Event>,
}

impl<P: Plant> Stream<P> {
    /// Streams a plant from its beginning.
    #[must_use]
    pub fn new(plant: P) -> Self {
        Self { plant, pending: Vec::new().into_iter() }
    }

    /// The plant as it is after the events read so far. It may be up to one stretch ahead of them.
    #[must_use]
    pub fn plant(&self) -> &P {
        &self.plant
    }

    /// How many events are produced and not yet read. They are at most those of one stretch.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.pending.len()
    }
}

impl<P: Plant> Iterator for Stream<P> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.next() {
                return Some(event);
            }
            let mut events = Vec::new();
            let more = self.plant.advance(&mut events);
            if events.is_empty() && !more {
                return None;
            }
            self.pending = events.into_iter();
        }
    }
}
