//! Commands on this machine that record through the server, because it has the store's file: they show the secret that the
//! server put into the file's lock, and are believed about who records and through what.
//!
//! Only the owner of the lock file can read the secret, it is another one each time a server starts, and it is believed from
//! this machine alone.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use sha2::{Digest, Sha256};

use super::failure::Failure;
use lotgraph_domain::{Caller, CallerKind, Entry, ErrorCode, ImportedFile, Text};

/// Shows the secret.
pub const SECRET_HEADER: &str = "x-lotgraph-secret";
/// Names who records, in UTF-8.
pub const ACTOR_HEADER: &str = "x-lotgraph-actor";
/// Says through what, as the ledger writes it: `cli`, or `import:FILE`.
pub const SOURCE_HEADER: &str = "x-lotgraph-source";
/// Names the ledger that the command reads.
pub const LEDGER_HEADER: &str = "x-lotgraph-ledger";

/// The name that the ledger writes when a command names nobody.
const NOBODY: &str = "cli";

/// What commands on this machine must show.
#[derive(Clone)]
pub struct LocalCommands {
    /// The secret's digest: compared instead of the secret, so that the time that it takes tells nothing.
    digest: [u8; 32],
    ledger: String,
}

impl std::fmt::Debug for LocalCommands {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "LocalCommands(of {})", self.ledger)
    }
}

impl LocalCommands {
    /// Believes whoever shows this secret and reads this ledger.
    #[must_use]
    pub fn new(secret: &str, ledger: &str) -> Self {
        Self { digest: Sha256::digest(secret.as_bytes()).into(), ledger: ledger.to_owned() }
    }

    fn believes(&self, secret: &HeaderValue) -> bool {
        <[u8; 32]>::from(Sha256::digest(secret.as_bytes())) == self.digest
    }
}

/// Whether a request wants to be believed as a command on this machine.
pub(super) fn claims(request: &HttpRequest) -> bool {
    [SECRET_HEADER, ACTOR_HEADER, SOURCE_HEADER].iter().any(|name| request.headers().contains_key(*name))
}

/// Who sent a request that wants to be believed as a command on this machine.
///
/// # Errors
/// `LOCAL_SECRET_INVALID` when it is not, `LEDGER_OTHER` when it means another ledger, and when a header cannot be read.
pub(super) fn caller(request: &HttpRequest, commands: Option<&LocalCommands>) -> Result<Caller, Failure> {
    let refuse = |message: &str| Err(Failure::new(ErrorCode::LocalSecretInvalid, message));
    let Some(commands) = commands else {
        return refuse("this server takes nothing from commands; leave out the headers x-lotgraph-…");
    };
    if !request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback()) {
        return refuse("a command is believed from this machine only");
    }
    if !request.headers().get(SECRET_HEADER).is_some_and(|secret| commands.believes(secret)) {
        return refuse("the secret is not that of this server; another server may have been here before");
    }
    let ledger = text(request, LEDGER_HEADER)?.unwrap_or_default();
    if ledger != commands.ledger {
        let message =
            format!("the command reads ledger {ledger:?}, and this server serves {}", commands.ledger);
        return Err(Failure::new(ErrorCode::LedgerOther, message));
    }
    let actor = text(request, ACTOR_HEADER)?.unwrap_or_else(|| NOBODY.to_owned());
    let kind = if actor == NOBODY { CallerKind::Anonymous } else { CallerKind::Person };
    let actor = Text::parse(&actor).map_err(|error| Failure::text(ACTOR_HEADER, &error))?;
    let source = text(request, SOURCE_HEADER)?.unwrap_or_else(|| NOBODY.to_owned());
    Ok(Caller::named(actor, kind, entry(&source)?))
}

fn entry(source: &str) -> Result<Entry, Failure> {
    match source.split_once(':') {
        None if source == NOBODY => Ok(Entry::Cli),
        Some(("import", file)) => {
            let file = ImportedFile::parse(file).map_err(|error| Failure::text(SOURCE_HEADER, &error))?;
            Ok(Entry::Import { file })
        }
        _ => Err(Failure::argument(SOURCE_HEADER, format!("must be cli or import:FILE, not {source:?}"))),
    }
}

fn text(request: &HttpRequest, name: &str) -> Result<Option<String>, Failure> {
    let Some(value) = request.headers().get(name) else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes());
    let text = text.map_err(|_| Failure::new(ErrorCode::TextInvalid, format!("{name} is not UTF-8")))?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_secret_is_believed() {
        let commands = LocalCommands::new("s3cret", "L");
        let believes = |text: &str| commands.believes(&HeaderValue::from_str(text).expect("a header"));
        assert!(believes("s3cret"));
        for other in ["", "s3cre", "s3cret ", "S3CRET"] {
            assert!(!believes(other), "{other:?}");
        }
        assert!(!format!("{commands:?}").contains("s3cret"));
    }

    #[test]
    fn a_source_is_that_of_a_command_or_an_import() {
        assert_eq!(entry("cli").expect("a source"), Entry::Cli);
        assert!(matches!(entry("import:a b:c.csv"), Ok(Entry::Import { .. })));
        for other in ["rest", "graphql", "import", "lotgraph", "demo"] {
            assert!(entry(other).is_err(), "{other}");
        }
    }
}
