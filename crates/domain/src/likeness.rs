//! Identifiers that people take for each other, and characters in them that nobody sees.

use std::fmt;
use std::sync::{Arc, LazyLock};

use icu_properties::CodePointSetData;
use icu_properties::props::{Dash, DefaultIgnorableCodePoint};
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// A character that a reader cannot see, or cannot tell from a plain space, and its place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    /// The character.
    pub character: char,
    /// Which character of the text it is, counted from 1.
    pub place: usize,
}

impl Hidden {
    /// The first such character of a text, when there is one.
    #[must_use]
    pub fn first_in(text: &str) -> Option<Self> {
        if text.is_ascii() {
            return None;
        }
        let found = text.chars().zip(1..).find(|(character, _)| is_hidden(*character));
        found.map(|(character, place)| Self { character, place })
    }

    /// What the character is called, for those that turn up in practice.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.character {
            '\u{a0}' => "no-break space",
            '\u{ad}' => "soft hyphen",
            '\u{200b}' => "zero width space",
            '\u{200c}' => "zero width non-joiner",
            '\u{200d}' => "zero width joiner",
            '\u{2060}' => "word joiner",
            '\u{2007}' | '\u{202f}' => "a kind of no-break space",
            '\u{feff}' => "byte order mark",
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                "a mark for the direction of writing"
            }
            _ => "a character that is not shown",
        }
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "U+{:04X} ({})", u32::from(self.character), self.name())
    }
}

/// What Unicode calls default ignorable (zero width, marks of direction, soft hyphen …), the spaces that only differ from a
/// plain one by not breaking, separators of lines and paragraphs, and marks of annotations.
fn is_hidden(character: char) -> bool {
    match character {
        '\u{a0}'
        | '\u{2007}'
        | '\u{202f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2800}'
        | '\u{fff9}'..='\u{fffb}' => true,
        _ => CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character),
    }
}

/// What identifiers have in common that differ only by case, width, the kind of dash, or characters that look alike
/// (the confusable characters of Unicode Technical Standard 39). It is for comparing only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Likeness(Arc<str>);

impl Likeness {
    /// The likeness of an identifier.
    #[must_use]
    pub fn of(identifier: &str) -> Self {
        if !identifier.is_ascii() {
            return Self(Arc::from(undashed(&shape(identifier))));
        }
        let mut text = String::with_capacity(identifier.len() + 4);
        for byte in identifier.bytes() {
            text.push_str(&ASCII[usize::from(byte)]);
        }
        Self(Arc::from(undashed(&text)))
    }

    /// The text to compare.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Likeness {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The shapes of the ASCII characters: nearly all identifiers have no others.
static ASCII: LazyLock<Vec<String>> =
    LazyLock::new(|| (0_u8..128).map(|byte| shape(&char::from(byte).to_string())).collect());

/// A text by its shape. The table of confusable characters knows of no case: `I` is like `1` and like `l`, and `i` only like
/// `I`. So it is asked of the capitals, and once more of the small letters: some look alike in the one case only.
fn shape(text: &str) -> String {
    let dash = CodePointSetData::new::<Dash>();
    let plain = |c: char| if dash.contains(c) { '-' } else { c };
    let one_width: String = text.chars().map(plain).nfkc().collect();
    let capitals: String = skeleton(&one_width.to_uppercase()).collect();
    skeleton(&capitals.to_lowercase()).map(plain).collect()
}

/// Several dashes in a row look like one long dash.
fn undashed(text: &str) -> String {
    let mut before = ' ';
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '-' || before != '-' {
            kept.push(character);
        }
        before = character;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_found_with_its_place() {
        let shown = |text: &str| Hidden::first_in(text).map(|hidden| (hidden.to_string(), hidden.place));
        assert_eq!(shown("SALT-0017\u{200b}"), Some(("U+200B (zero width space)".to_owned(), 10)));
        assert_eq!(shown("批\u{a0}次"), Some(("U+00A0 (no-break space)".to_owned(), 2)));
        for hidden in
            ["\u{feff}A", "A\u{ad}B", "A\u{202e}B", "A\u{2066}B", "A\u{2028}B", "A\u{e0041}B", "A\u{3164}"]
        {
            assert!(shown(hidden).is_some(), "{hidden:?}");
        }
        for seen in ["A B", "批次-2026/01 ω", "A\u{3000}B", "é", "e\u{301}", "A–B", "№5"] {
            assert_eq!(shown(seen), None, "{seen:?}");
        }
    }

    #[test]
    fn what_looks_alike_has_one_likeness() {
        let alike = [
            &[
                "SALT-0017",
                "salt-0017",
                "SALT-0O17",
                "SALT\u{2010}0017",
                "ＳＡＬＴ－００１７",
                "SALT—OOl7",
                "SALT--0017",
            ][..],
            &["A1", "AI", "Al", "ai", "aL", "A|", "А1"],
            &["TEA-5", "tea-5", "ΤΕΑ-5", "ТЕА-5", "теа-5", "τεα-5", "tеa-5"],
            &["ԁyе", "DYE", "dуe"],
            &["mill", "MILL", "rnill", "МILL"],
            &["Größe", "GRÖSSE", "gro\u{308}sse"],
        ];
        for (group, identifiers) in alike.iter().enumerate() {
            for identifier in *identifiers {
                assert_eq!(Likeness::of(identifier), Likeness::of(identifiers[0]), "{identifier}");
            }
            let others = alike.iter().enumerate().filter(|(other, _)| *other != group);
            for (_, other) in others {
                assert_ne!(Likeness::of(other[0]), Likeness::of(identifiers[0]));
            }
        }
    }

    #[test]
    fn what_reads_otherwise_has_a_likeness_of_its_own() {
        let different =
            ["A-17", "A17", "A-71", "A 17", "A/17", "A_17", "B-17", "A-018", "A-18", "批-17", "A-17-"];
        for (n, one) in different.iter().enumerate() {
            for other in &different[n + 1..] {
                assert_ne!(Likeness::of(one), Likeness::of(other), "{one} {other}");
            }
        }
    }
}
