//! Progress bars on standard error; none when it is not a terminal, and no colours with NO_COLOR.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

fn style(colour: &str, plain: &str) -> ProgressStyle {
    let template =
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) { plain } else { colour };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn hidden(off: bool) -> bool {
    off || !std::io::stderr().is_terminal()
}

fn bar(length: Option<u64>, off: bool) -> ProgressBar {
    if hidden(off) {
        return ProgressBar::hidden();
    }
    ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr())
}

/// A bar over bytes; a spinner when their number is not known.
pub(super) fn bytes(length: Option<u64>, off: bool) -> ProgressBar {
    let bar = bar(length, off);
    bar.set_style(match length {
        Some(_) => style(
            "{bar:40.cyan/blue} {percent:>3}% {bytes}/{total_bytes} {msg} eta {eta}",
            "{bar:40} {percent:>3}% {bytes}/{total_bytes} {msg} eta {eta}",
        ),
        None => style("{spinner:.cyan} {bytes} {msg}", "{spinner} {bytes} {msg}"),
    });
    bar
}

/// A bar over steps that can be counted; a spinner when their number is not known.
pub(super) fn steps(length: Option<u64>, off: bool) -> ProgressBar {
    let bar = bar(length, off);
    bar.set_style(match length {
        Some(_) => style("{bar:40.cyan/blue} {percent:>3}% {msg}", "{bar:40} {percent:>3}% {msg}"),
        None => style("{spinner:.cyan} {msg}", "{spinner} {msg}"),
    });
    bar
}
