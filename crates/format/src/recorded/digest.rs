//! A digest of a ledger up to a place in it: SHA-256, chained from line to line.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// What the chain of every ledger starts from.
const START: &[u8] = b"lotgraph-ledger-1\n";

/// Stands for everything in a ledger up to a place: SHA-256 of the digest before it (32 bytes), the line of the event
/// and a line feed. The first digest is SHA-256 of `lotgraph-ledger-1` and a line feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

/// A text that is not a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest has 64 hexadecimal digits")]
pub struct DigestError;

impl Digest {
    /// The digest of an empty ledger.
    #[must_use]
    pub fn start() -> Self {
        Self(Sha256::digest(START).into())
    }

    /// The digest once this line follows, which is given without its end.
    #[must_use]
    pub fn followed_by(self, line: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(line.as_bytes());
        hash.update(b"\n");
        Self(hash.finalize().into())
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DigestError);
        }
        for (number, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * number..2 * number + 2], 16).map_err(|_| DigestError)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_chain_that_the_documentation_describes() {
        // python3 -c 'from hashlib import sha256 as h; d = h(b"lotgraph-ledger-1\n").digest(); print(d.hex());
        //             print(h(d + b"{}\n").hexdigest())'
        let start = Digest::start();
        assert_eq!(start.to_string(), "00d0996a50c2bdd42fcff65b63effd40529205c6224bdd69d65e2a7f255a6b86");
        assert_eq!(
            start.followed_by("{}").to_string(),
            "3ae32f8bf03c1603151969c882cef9894b9b5045228305f1e12384aa90077c81"
        );
        assert_eq!(Digest::parse(&start.to_string()), Ok(start));
        assert_eq!(Digest::parse("beef"), Err(DigestError));
    }
}
