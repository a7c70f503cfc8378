//! Where a store's file is served: whoever serves it writes its address beside the process in the lock file, and a secret
//! that only the owner of the file can read, so that commands on this machine record through the server.
//!
//! The lock file holds one thing a line: the process, the address, the secret. What stands there counts only while another
//! process holds the lock; what a process that died left is overwritten by the next.

use std::fs::{File, Permissions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::SqliteStore;
use super::error::{Fallible, Fault};
use super::file::{beside, real_path};
use lotgraph_store::{Result, StoreErrorKind};

/// Only the owner reads and writes.
const PRIVATE: u32 = 0o600;

/// Where the process that has a store's file serves it.
#[derive(Clone, PartialEq, Eq)]
pub struct Serving {
    /// The process, for people.
    pub process: String,
    /// Its address on this machine.
    pub address: SocketAddr,
    /// What a command shows to be believed.
    pub secret: String,
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret stays out of logs.
        write!(formatter, "Serving({} at {})", self.process, self.address)
    }
}

impl SqliteStore {
    /// Notes where this process serves a file that it has open to write. The secret is written only into a file that nobody
    /// but its owner can read.
    ///
    /// # Errors
    /// `Unavailable` when the lock file cannot be made private or written.
    pub fn announce(path: &Path, address: SocketAddr, secret: &str) -> Result<()> {
        let written = real_path(path).and_then(|path| write(&path, address, secret));
        written.map_err(|fault| fault.during("announce"))
    }

    /// Where another process serves a file that it has; nothing when the lock file does not say.
    ///
    /// # Errors
    /// `Unavailable` when the lock file cannot be read, as when another user serves the file.
    pub fn serving(path: &Path) -> Result<Option<Serving>> {
        let read = real_path(path).and_then(|path| read(&path));
        read.map_err(|fault| fault.during("announce"))
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Fault {
    let why = format!("the lock file {} cannot be used: {error}", path.display());
    Fault::Explained(StoreErrorKind::Unavailable, why)
}

fn write(path: &Path, address: SocketAddr, secret: &str) -> Fallible<()> {
    let path = beside(path, ".lock");
    let write = || -> std::io::Result<()> {
        // Another descriptor than that of the lock: the lock belongs to the open file that took it.
        let mut file = File::options().write(true).open(&path)?;
        file.set_permissions(Permissions::from_mode(PRIVATE))?;
        // A text shorter than the one before would leave its end behind.
        file.set_len(0)?;
        write!(file, "{}\n{address}\n{secret}\n", std::process::id())?;
        file.sync_all()
    };
    write().map_err(|error| unusable(&path, &error))
}

fn read(path: &Path) -> Fallible<Option<Serving>> {
    let path = beside(path, ".lock");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(&path, &error)),
    };
    let mut lines = text.lines();
    let (Some(process), Some(address), Some(secret)) = (lines.next(), lines.next(), lines.next()) else {
        return Ok(None);
    };
    let address = address.parse().ok();
    let serving = |address| Serving { process: process.to_owned(), address, secret: secret.to_owned() };
    Ok(address.map(serving))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_noted_for_the_owner_alone_and_goes_with_the_next_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lots.db");
        let held = super::super::file::lock(&path).expect("the lock is free");
        assert_eq!(SqliteStore::serving(&path).expect("a lock file"), None, "nobody serves it yet");
        let address = "127.0.0.1:8080".parse().expect("an address");
        SqliteStore::announce(&path, address, "s3cret").expect("the file is ours");
        let serving = SqliteStore::serving(&path).expect("a lock file").expect("an address");
        assert_eq!((serving.address, serving.secret.as_str()), (address, "s3cret"));
        assert_eq!(serving.process, std::process::id().to_string());
        assert!(!format!("{serving:?}").contains("s3cret"));
        let mode = std::fs::metadata(beside(&path, ".lock")).expect("a lock file").permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
        let refused =
            super::super::file::lock(&path).expect_err("somebody has it").during("open").to_string();
        assert!(!refused.contains("s3cret"), "{refused}");
        drop(held);
        let _held = super::super::file::lock(&path).expect("the lock is free");
        assert_eq!(SqliteStore::serving(&path).expect("a lock file"), None, "it is of another process now");
    }
}
