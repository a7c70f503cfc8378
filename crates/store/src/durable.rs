//! Files that appear under their name only when they are complete.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Gives a finished file its name, unless another file has it. When this returns, the name is on the disk
/// too.
///
/// # Errors
/// `AlreadyExists` when there is a file of that name, which stays as it is; otherwise the error of the file
/// system.
pub fn publish(unfinished: &Path, name: &Path) -> io::Result<()> {
    // The file gets a second name and then loses its first one. Unlike a rename, this never replaces another
    // file.
    match fs::hard_link(unfinished, name) {
        Ok(()) => fs::remove_file(unfinished)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        // Some file systems know no second names, so there it must be a rename. A file of that name that
        // appears in this very moment would be replaced.
        Err(_) if !name.exists() => fs::rename(unfinished, name)?,
        Err(error) => return Err(error),
    }
    sync_folder(name)
}

/// Makes sure that the names in the folder of a file are on the disk.
///
/// # Errors
/// The file system's.
pub fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
