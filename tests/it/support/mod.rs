//! Shared by the tests: private servers, stores, and short ways to say events.

use std::ffi::OsStr;

pub mod data;
pub mod events;
pub mod faulty;
pub mod histories;
pub mod memory_store;
pub mod newest;
pub mod private_redis;
pub mod process;
pub mod servers;
pub mod service;
pub mod stores;
pub mod watched;

/// Whether files of expectations are to be written anew: only when somebody says so (`UPDATE_EXPECT=1`), and not when the
/// variable is there with another value, or with none.
pub fn update_expected() -> bool {
    is_yes(std::env::var_os("UPDATE_EXPECT").as_deref())
}

fn is_yes(value: Option<&OsStr>) -> bool {
    value.is_some_and(|value| value == "1")
}

#[test]
fn expectations_are_rewritten_only_when_told_so() {
    assert!(is_yes(Some(OsStr::new("1"))));
    for value in [None, Some(""), Some("0"), Some("false"), Some(" 1")] {
        assert!(!is_yes(value.map(OsStr::new)), "{value:?}");
    }
}
