//! Texts of the ledger as a terminal shows them: what would move the cursor, turn the direction of writing, or is not seen at
//! all, is written out.

use std::fmt::Write as _;

/// Writes for people to standard output.
pub(super) fn print_out(text: &str) -> std::io::Result<()> {
    super::write_out(visible(text).as_bytes())
}

/// Writes for people to standard error; one that cannot be written to changes nothing.
pub(super) fn print_error(text: &str) {
    use std::io::Write as _;
    let _unheard = writeln!(std::io::stderr(), "{}", visible(text));
}

/// The text with every character that a terminal would act upon written out, like `U+202E`.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if acts(character) {
            // Writing to a text does not fail.
            let _ = write!(out, "<U+{:04X}>", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// Whether a terminal does something else with a character than to show it. Marks that join letters belong to some scripts.
fn acts(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_upon_is_written_out() {
        assert_eq!(visible("a\u{1b}[2Jb\r\u{9b}"), "a<U+001B>[2Jb<U+000D><U+009B>");
        assert_eq!(visible("\u{202e}TOL\u{2028}\u{2067}"), "<U+202E>TOL<U+2028><U+2067>");
        let plain = "LOT 1\t批次 №7 ω 🐄\nनि\u{200d}";
        assert_eq!(visible(plain), plain);
    }
}
