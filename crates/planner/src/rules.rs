//! Rules of this place: conditions for what may be recorded here, besides those that every ledger has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use lotgraph_domain::{Caller, Event, NumberPolicy, Problem};

/// A further rule. It says why this caller may not record this event; `Ok` when they may.
pub type Rule = Arc<dyn Fn(&Event, &Caller) -> Result<(), Problem> + Send + Sync>;

/// Further rules that events must pass when they are recorded. They judge what is sent, never what the ledger
/// holds already.
#[derive(Clone, Default)]
pub struct Rules {
    further: Vec<Rule>,
    numbers: NumberPolicies,
}

/// What becomes of numbers that stand for lots, by the source that sends them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPolicies {
    /// Where nothing else is said.
    pub default: NumberPolicy,
    /// By the kind of source: rest, graphql, import, cli …
    pub by_source: BTreeMap<String, NumberPolicy>,
}

impl Default for NumberPolicies {
    fn default() -> Self {
        Self { default: NumberPolicy::Strict, by_source: BTreeMap::new() }
    }
}

impl Rules {
    /// These rules and one more.
    #[must_use]
    pub fn and(
        mut self,
        rule: impl Fn(&Event, &Caller) -> Result<(), Problem> + Send + Sync + 'static,
    ) -> Self {
        self.further.push(Arc::new(rule));
        self
    }

    /// These rules, with other policies for numbers that stand for lots.
    #[must_use]
    pub fn with_numbers(self, numbers: NumberPolicies) -> Self {
        Self { numbers, ..self }
    }

    /// The first objection of a rule to an event that somebody sends.
    ///
    /// # Errors
    /// The problem that a rule sees in it.
    pub fn check(&self, event: &Event, caller: &Caller) -> Result<(), Problem> {
        self.further.iter().try_for_each(|rule| rule(event, caller))
    }

    /// What becomes of numbers that stand for lots in what somebody sends.
    #[must_use]
    pub fn numbers(&self, caller: &Caller) -> NumberPolicy {
        let source = caller.entry.source_kind();
        self.numbers.by_source.get(source).copied().unwrap_or(self.numbers.default)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Rules({} further, {:?})", self.further.len(), self.numbers)
    }
}
