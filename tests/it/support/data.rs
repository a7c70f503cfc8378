//! Third-party data that is not part of the repository: read when it lies beside, and said loudly when it does not.

use std::path::{Path, PathBuf};

/// Where the data of the tablet plant come from.
pub const TABLET_PLANT: &str = "doi 10.1038/s41597-022-01203-x; see docs/IMPORT.md";

/// A folder of `../shared/data` or of `$LOTGRAPH_SHARED_DATA`.
pub fn shared_data(folder: &str, origin: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let named = std::env::var_os("LOTGRAPH_SHARED_DATA").map(PathBuf::from);
    let places = [named, Some(beside), Some("/work/shared/data".into())];
    let found = places.into_iter().flatten().map(|place| place.join(folder)).find(|place| place.is_dir());
    if found.is_none() {
        eprintln!("\n*** NOT CHECKED: {folder} is absent from ../shared/data and LOTGRAPH_SHARED_DATA ***");
        eprintln!("*** it is third-party data ({origin}) ***\n");
    }
    found
}
