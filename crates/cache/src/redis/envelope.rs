//! Seals a value together with its key, so that bytes which are not exactly what was put are recognised.
//!
//! Layout: magic (4 bytes), version (1), hash of the key (16), length of the payload (8), checksum over key
//! and payload (16), payload. Numbers are little-endian. The hashes protect against accidents: garbage,
//! truncation, a reply to another question. They do not protect against forgery, because whoever can write to
//! the Redis is trusted.

use bytes::Bytes;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

const MAGIC: [u8; 4] = *b"LGC\x1a";
const VERSION: u8 = 1;
const KEY_HASH_AT: usize = MAGIC.len() + 1;
const LENGTH_AT: usize = KEY_HASH_AT + 16;
const CHECKSUM_AT: usize = LENGTH_AT + 8;
const PAYLOAD_AT: usize = CHECKSUM_AT + 16;

/// The bytes to store for a value.
pub(super) fn seal(key: &str, payload: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(PAYLOAD_AT + payload.len());
    sealed.extend_from_slice(&head(key, payload));
    sealed.extend_from_slice(payload);
    sealed
}

/// The value inside stored bytes, if they are exactly what was sealed under this key.
pub(super) fn open(key: &str, sealed: &Bytes) -> Option<Bytes> {
    if sealed.len() < PAYLOAD_AT {
        return None;
    }
    let payload = sealed.slice(PAYLOAD_AT..);
    (sealed[..PAYLOAD_AT] == head(key, &payload)).then_some(payload)
}

fn head(key: &str, payload: &[u8]) -> [u8; PAYLOAD_AT] {
    let mut checksum = Xxh3::new();
    checksum.update(key.as_bytes());
    checksum.update(payload);
    let mut head = [0; PAYLOAD_AT];
    head[..4].copy_from_slice(&MAGIC);
    head[4] = VERSION;
    head[KEY_HASH_AT..LENGTH_AT].copy_from_slice(&xxh3_128(key.as_bytes()).to_le_bytes());
    head[LENGTH_AT..CHECKSUM_AT].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    head[CHECKSUM_AT..].copy_from_slice(&checksum.digest128().to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(key: &str, payload: &[u8]) -> Bytes {
        Bytes::from(seal(key, payload))
    }

    #[test]
    fn only_the_same_key_opens_it() {
        assert_eq!(open("a", &sealed("a", b"value")), Some(Bytes::from_static(b"value")));
        assert_eq!(open("a", &sealed("a", b"")), Some(Bytes::new()));
        assert_eq!(open("b", &sealed("a", b"value")), None);
        // Key and payload, one behind the other, are the same bytes here, and still the value must not be
        // found.
        assert_eq!(open("a", &sealed("av", b"alue")), None);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let good = seal("key", b"the value");
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open("key", &Bytes::from(bad)), None, "bit {bit}");
        }
    }

    #[test]
    fn every_truncation_and_extension_is_noticed() {
        let good = seal("key", b"the value");
        for length in 0..good.len() {
            assert_eq!(open("key", &Bytes::copy_from_slice(&good[..length])), None, "{length} bytes");
        }
        let mut longer = good;
        longer.push(0);
        assert_eq!(open("key", &Bytes::from(longer)), None);
    }

    proptest! {
        #[test]
        fn garbage_never_opens(garbage in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(open("key", &Bytes::from(garbage)), None);
        }
    }
}
