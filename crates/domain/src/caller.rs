//! Who asks or records, and how they came in: what every use case is told, and what a ledger writes beside an event.

use std::collections::BTreeSet;

use super::Timestamp;
use super::identifier::{EquipmentCode, Text, TextError};
use super::ledger::Recording;

/// What sort of caller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallerKind {
    /// Somebody, by name.
    Person,
    /// Another program, by name.
    Service,
    /// Lotgraph itself.
    System,
    /// Nobody said who it is.
    Anonymous,
}

impl CallerKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Person, Self::Service, Self::System, Self::Anonymous];

    /// The kind as messages write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "PERSON",
            Self::Service => "SERVICE",
            Self::System => "SYSTEM",
            Self::Anonymous => "ANONYMOUS",
        }
    }
}

/// The name of an imported file, short enough to be part of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedFile(Text);

impl ImportedFile {
    /// Checks and wraps a name, verbatim.
    ///
    /// # Errors
    /// Says why the name cannot stand in the ledger.
    pub fn parse(name: &str) -> Result<Self, TextError> {
        Text::parse(&format!("import:{name}")).map(Self)
    }
}

/// How a caller came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The REST API.
    Rest,
    /// The GraphQL API, over any transport.
    Graphql,
    /// The import of a file.
    Import {
        /// Which one.
        file: ImportedFile,
    },
    /// A command.
    Cli,
    /// The demo plant.
    Demo,
    /// Lotgraph itself: what nobody asked for.
    Itself,
    /// A program of its own that uses the library, by the name that it gives.
    Other {
        /// The name.
        name: Text,
    },
}

impl Entry {
    /// The entry as the ledger writes it: the source of a recording.
    #[must_use]
    pub fn source(&self) -> Text {
        match self {
            Self::Rest => Text::known("rest"),
            Self::Graphql => Text::known("graphql"),
            Self::Import { file } => file.0.clone(),
            Self::Cli => Text::known("cli"),
            Self::Demo => Text::known("demo"),
            Self::Itself => Text::known("lotgraph"),
            Self::Other { name } => name.clone(),
        }
    }

    /// The source as settings name it: without what differs from one import to the next.
    #[must_use]
    pub fn source_kind(&self) -> &str {
        match self {
            Self::Rest => "rest",
            Self::Graphql => "graphql",
            Self::Import { .. } => "import",
            Self::Cli => "cli",
            Self::Demo => "demo",
            Self::Itself => "lotgraph",
            Self::Other { name } => name.as_str(),
        }
    }
}

/// Who asks or records.
///
/// The actor stands beside an event, never in its body. Nothing is decided by roles and sites yet; every use case is told
/// of them, so that there is one place where it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name.
    pub actor: Text,
    /// What sort of caller it is.
    pub kind: CallerKind,
    /// What the caller is known to be.
    pub roles: BTreeSet<Text>,
    /// The sites that the caller belongs to; empty: all.
    pub sites: BTreeSet<EquipmentCode>,
    /// How the caller came in.
    pub entry: Entry,
}

impl Caller {
    /// A caller with a name, without roles and bound to no site.
    #[must_use]
    pub fn named(actor: Text, kind: CallerKind, entry: Entry) -> Self {
        Self { actor, kind, roles: BTreeSet::new(), sites: BTreeSet::new(), entry }
    }

    /// Somebody who did not say who it is.
    #[must_use]
    pub fn anonymous(entry: Entry) -> Self {
        Self::named(Text::known("anonymous"), CallerKind::Anonymous, entry)
    }

    /// Lotgraph itself, for what nobody asked for.
    #[must_use]
    pub fn system() -> Self {
        Self::named(Text::known("lotgraph"), CallerKind::System, Entry::Itself)
    }

    /// Who recorded something long ago, as far as the ledger tells.
    #[must_use]
    pub fn of_recording(recording: &Recording) -> Self {
        let entry = Entry::Other { name: recording.source.clone() };
        Self::named(recording.actor.clone(), CallerKind::System, entry)
    }

    /// What a ledger writes beside what the caller records at a moment.
    #[must_use]
    pub fn recording(&self, recorded_at: Timestamp) -> Recording {
        Recording { recorded_at, actor: self.actor.clone(), source: self.entry.source() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_what_ledgers_hold_already() {
        let import = Entry::Import { file: ImportedFile::parse("day.ndjson").expect("a name") };
        let entries = [Entry::Rest, Entry::Graphql, import, Entry::Cli, Entry::Demo];
        let sources: Vec<Text> = entries.iter().map(Entry::source).collect();
        let written: Vec<&str> = sources.iter().map(Text::as_str).collect();
        assert_eq!(written, ["rest", "graphql", "import:day.ndjson", "cli", "demo"]);
        for source in &sources {
            assert_eq!(Text::parse(source.as_str()).as_ref(), Ok(source));
        }
    }

    #[test]
    fn a_source_is_never_longer_than_a_text() {
        let long = "f".repeat(super::super::identifier::TEXT_CHARS_MAX);
        assert!(matches!(ImportedFile::parse(&long), Err(TextError::TooLong { .. })));
    }

    #[test]
    fn nobody_is_anonymous() {
        let caller = Caller::anonymous(Entry::Rest);
        assert_eq!((caller.actor.as_str(), caller.kind.name()), ("anonymous", "ANONYMOUS"));
    }
}
