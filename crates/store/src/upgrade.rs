//! What must be done to a store that an older lotgraph wrote before this one works with it.
//!
//! A store has two versions. Its *format* is the version of the ledger: numbered steps lead from one format
//! to the next, and the ledger is never derived again. Its *projection* is the version of the graph (lots,
//! operations, links, master data, records). All of the graph follows from the ledger, so an older graph is
//! derived anew; the old one is kept until the new one is complete.

use lotgraph_domain::Revision;

/// The format of the ledger that this program reads and writes.
pub const FORMAT: u32 = 4;
/// The oldest format that this program can upgrade.
pub const FORMAT_OLDEST: u32 = 3;
/// The version of the graph that this program derives from the ledger. Raise it when the same events are
/// projected in another way than before, or when the tables or properties of the graph change. Every store is
/// then rebuilt once.
pub const PROJECTION: u32 = 4;
/// The projection of stores in format 3, which did not state one.
pub const PROJECTION_OF_FORMAT_3: u32 = 1;

/// The versions of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// The version of the ledger.
    pub format: u32,
    /// The version of the graph.
    pub projection: u32,
}

impl Versions {
    /// The versions that this program works with.
    pub const CURRENT: Self = Self { format: FORMAT, projection: PROJECTION };

    /// Whether there is anything to upgrade.
    #[must_use]
    pub fn is_current(self) -> bool {
        self == Self::CURRENT
    }

    /// Why a store with these versions cannot be used at all, and what to do about it; `None` when it can,
    /// once upgraded.
    #[must_use]
    pub fn refusal(self) -> Option<String> {
        let Self { format, projection } = self;
        if format > FORMAT {
            return Some(format!(
                "the store has format {format}, written by a newer lotgraph; this one knows format {FORMAT}: use the newer program"
            ));
        }
        if format < FORMAT_OLDEST {
            return Some(format!(
                "the store has format {format}, which this lotgraph does not know (it knows {FORMAT_OLDEST} to {FORMAT}); \
                 restore it from a backup or import an export"
            ));
        }
        (projection > PROJECTION).then(|| {
            format!(
                "the graph in the store has version {projection}, derived by a newer lotgraph; this one knows version \
                 {PROJECTION}: use the newer program"
            )
        })
    }

    /// Why a store with these versions cannot be read before it is upgraded, and what to do about it.
    #[must_use]
    pub fn too_old(self) -> String {
        format!(
            "the store was written by an older lotgraph (format {}, graph version {}; this one needs {FORMAT} and \
             {PROJECTION}): run lotgraph upgrade, or start lotgraph serve, which upgrades it",
            self.format, self.projection
        )
    }
}

/// How far an upgrade is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpgradeStep {
    /// The tables of the ledger were brought from one format to the next.
    Migrated {
        /// The format before.
        from: u32,
        /// The format now.
        to: u32,
    },
    /// The graph is derived anew; the old one is still in place.
    Rebuilding {
        /// The revision that the new graph has reached.
        revision: Revision,
        /// The revision of the ledger.
        of: Revision,
    },
    /// The new graph is whole and takes the place of the old one.
    Replacing,
}

/// A function that is told how far an upgrade is.
pub type UpgradeProgress<'a> = &'a mut (dyn FnMut(UpgradeStep) + Send);

/// Writes the steps of an upgrade into the log: what happens, and from time to time how far it is.
pub fn log() -> impl FnMut(UpgradeStep) + Send {
    let mut said: Option<std::time::Instant> = None;
    move |step| match step {
        UpgradeStep::Migrated { from, to } => tracing::warn!(from, to, "the store's format was upgraded"),
        UpgradeStep::Rebuilding { revision, of } => {
            let due = said.is_none_or(|at| at.elapsed() >= LOG_EVERY);
            if due || revision == of {
                said = Some(std::time::Instant::now());
                tracing::warn!(revision = revision.0, of = of.0, "the graph is derived from the ledger anew");
            }
        }
        UpgradeStep::Replacing => tracing::warn!("the new graph takes the place of the old one"),
    }
}

/// How often the log says how far a rebuild has come.
const LOG_EVERY: std::time::Duration = std::time::Duration::from_secs(5);
