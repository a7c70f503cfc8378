//! Who a command records for.

use clap::Args;

use lotgraph_domain::{Caller, CallerKind, Entry, Text};

/// The name that the ledger writes when nobody gave another.
const NOBODY: &str = "cli";

/// Who records, as every command that writes takes it.
#[derive(Debug, Clone, Args)]
pub struct ActorArguments {
    /// Who records this, for the ledger
    #[arg(long, value_name = "NAME", default_value = NOBODY)]
    actor: String,
}

impl ActorArguments {
    /// The caller that came in this way.
    ///
    /// # Errors
    /// When the name is no text.
    pub fn caller(&self, entry: Entry) -> anyhow::Result<Caller> {
        let kind = if self.actor == NOBODY { CallerKind::Anonymous } else { CallerKind::Person };
        named(&self.actor, kind, entry)
    }
}

/// A caller with the name that was given.
///
/// # Errors
/// When the name is no text.
pub fn named(actor: &str, kind: CallerKind, entry: Entry) -> anyhow::Result<Caller> {
    let name = Text::parse(actor).map_err(|error| anyhow::anyhow!("--actor {actor:?} {error}"))?;
    Ok(Caller::named(name, kind, entry))
}

/// Whoever types a command that only reads.
#[must_use]
pub fn reader() -> Caller {
    Caller::anonymous(Entry::Cli)
}
