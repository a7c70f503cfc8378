//! Pairs: inputs of an operation that went into one of its outputs only.

use serde::{Deserialize, Serialize};

use super::operation::{Operation, OperationKind};

/// An input that went into one output only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// The place of the input among the operation's links of the role `CONSUMED`.
    pub input: u32,
    /// The place of the output among its links of the role `PRODUCED`.
    pub output: u32,
}

/// The pairs of an operation, ordered; nearly every operation has none. An input without a pair went into every output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pairs(Option<Box<[Pair]>>);

/// A text that does not tell pairs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not tell pairs of inputs and outputs")]
pub struct PairsError(String);

impl Pairs {
    /// No pairs.
    pub const NONE: Self = Self(None);

    /// The pairs that an operation states. Whatever comes back by a return comes from what had been shipped of it, and from
    /// nothing else that comes back with it.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        let mut pairs = Vec::new();
        if operation.kind == OperationKind::Return {
            // Events hold at most 10,000 items, so places fit.
            pairs.extend((0..operation.outputs.len() as u32).map(|n| Pair { input: n, output: n }));
        }
        // What a receipt carries on went into what it received of it.
        pairs.extend(
            (0..).zip(&operation.transfers).map(|(input, transfer)| Pair { input, output: transfer.output }),
        );
        for (input, only_for) in
            (0..).zip(&operation.inputs).filter_map(|(n, input)| Some((n, input.only_for.as_ref()?)))
        {
            let outputs = (0..).zip(&operation.outputs).filter(|(_, output)| output.lot == *only_for);
            pairs.extend(outputs.map(|(output, _)| Pair { input, output }));
        }
        Self((!pairs.is_empty()).then(|| pairs.into_boxed_slice()))
    }

    /// Whether every input went into every output.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The pairs, ordered.
    #[must_use]
    pub fn as_slice(&self) -> &[Pair] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The pairs as a store keeps them: `0:0 1:2`; nothing when there are none.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let pairs = self.0.as_ref()?;
        let pairs: Vec<String> = pairs.iter().map(|pair| format!("{}:{}", pair.input, pair.output)).collect();
        Some(pairs.join(" "))
    }

    /// Reads such a text.
    ///
    /// # Errors
    /// It is not one of [`Pairs::text`].
    pub fn parse(text: Option<&str>) -> Result<Self, PairsError> {
        let Some(text) = text else { return Ok(Self::NONE) };
        let pair = |word: &str| {
            let (input, output) = word.split_once(':')?;
            Some(Pair { input: input.parse().ok()?, output: output.parse().ok()? })
        };
        let pairs: Option<Box<[Pair]>> = text.split(' ').map(pair).collect();
        pairs.map(|pairs| Self(Some(pairs))).ok_or_else(|| PairsError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let pairs = Pairs(Some(Box::new([Pair { input: 0, output: 2 }, Pair { input: 3, output: 1 }])));
        assert_eq!(pairs.text().as_deref(), Some("0:2 3:1"));
        assert_eq!(Pairs::parse(pairs.text().as_deref()), Ok(pairs));
        assert_eq!(Pairs::parse(None), Ok(Pairs::NONE));
        assert!(Pairs::parse(Some("0:2 x")).is_err());
    }
}
