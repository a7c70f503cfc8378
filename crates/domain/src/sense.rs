//! What a link does with its lot: most move some of it, a few carry on what a shipment had moved before.

use serde::{Deserialize, Serialize};

use super::identifier::{EventId, TextError};

/// What a link does with its lot.
///
/// What was shipped left its lot by the shipment. Where it turns up again, a link leads from the lot that it had left to where
/// it is now, so that walks go on; that link takes nothing away a second time. When it turns up in the very lot that it had
/// left, it comes in there, and the lot owes it neither its being nor its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Sense<Shipment = EventId> {
    /// It takes some of its lot away, or brings it into being; work in place has this sense as well.
    #[default]
    Moves,
    /// It carries on what had left by a shipment before; which one, when that is known.
    Continues(Option<Shipment>),
}

impl<Shipment> Sense<Shipment> {
    /// Whether it carries on what had left before.
    #[must_use]
    pub const fn continues(&self) -> bool {
        matches!(self, Self::Continues(_))
    }

    /// The shipment that it carries on, when that is known.
    #[must_use]
    pub const fn shipment(&self) -> Option<&Shipment> {
        match self {
            Self::Moves | Self::Continues(None) => None,
            Self::Continues(Some(shipment)) => Some(shipment),
        }
    }
}

impl Sense<&EventId> {
    /// The same, with an id of its own.
    #[must_use]
    pub fn owned(self) -> Sense {
        match self {
            Self::Moves => Sense::Moves,
            Self::Continues(shipment) => Sense::Continues(shipment.cloned()),
        }
    }
}

impl Sense {
    /// The sense as a store keeps it: nothing for nearly all links, the shipment for those that carry one on, and an empty
    /// text when it is not known which one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Moves => None,
            Self::Continues(shipment) => Some(shipment.as_ref().map_or("", EventId::as_str)),
        }
    }

    /// Reads what [`Sense::text`] says.
    ///
    /// # Errors
    /// The text is no id of an event.
    pub fn parse(text: Option<&str>) -> Result<Self, TextError> {
        match text {
            None => Ok(Self::Moves),
            Some("") => Ok(Self::Continues(None)),
            Some(shipment) => EventId::parse(shipment).map(|shipment| Self::Continues(Some(shipment))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_reads_the_sense_that_it_wrote() {
        let shipment = EventId::parse("S-1").unwrap();
        for sense in [Sense::Moves, Sense::Continues(None), Sense::Continues(Some(shipment))] {
            assert_eq!(Sense::parse(sense.text()), Ok(sense.clone()));
        }
        assert!(Sense::parse(Some("S-1 ")).is_err());
    }
}
