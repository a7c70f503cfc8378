//! What a file is that is no text, by how it begins: compressed, a workbook, or text of two bytes a character.

/// How many bytes of a file are enough to tell.
pub const BYTES: usize = 512;

/// A kind of file that is not read as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    name: &'static str,
    advice: &'static str,
}

const EXPORT: &str = "open it in the program that wrote it and save the sheet as CSV";
const UNPACK: &str = "unpack it first";

impl Kind {
    /// Says what the file is, instead of what was expected, and what to do.
    #[must_use]
    pub fn message(&self, expected: &str) -> String {
        format!("this is {}, not {expected}; {}", self.name, self.advice)
    }
}

/// The kind of a file whose first bytes these are; `None` when it may be text.
#[must_use]
pub fn of(start: &[u8]) -> Option<Kind> {
    let start = &start[..start.len().min(BYTES)];
    let kind = |name, advice| Some(Kind { name, advice });
    let has = |text: &[u8]| start.windows(text.len()).any(|window| window == text);
    if start.starts_with(b"\x1f\x8b") {
        return kind("a file compressed with gzip", "unpack it first: zcat FILE | lotgraph import … -");
    }
    if start.starts_with(b"PK\x03\x04") {
        return if has(b"opendocument") {
            kind("an OpenDocument file (.ods)", EXPORT)
        } else if has(b"[Content_Types].xml") || has(b"xl/") || has(b"_rels/") || has(b"docProps/") {
            kind("an Excel workbook (.xlsx)", EXPORT)
        } else {
            kind("a zip archive", UNPACK)
        };
    }
    if start.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return kind("an old Excel workbook (.xls)", EXPORT);
    }
    if start.starts_with(b"BZh") && start.get(4..10) == Some(b"1AY&SY") {
        return kind("a file compressed with bzip2", UNPACK);
    }
    if start.starts_with(b"\xFD7zXZ\0") {
        return kind("a file compressed with xz", UNPACK);
    }
    if start.starts_with(b"\x28\xB5\x2F\xFD") {
        return kind("a file compressed with zstd", UNPACK);
    }
    if start.starts_with(b"%PDF-") {
        return kind("a PDF document", "export a table instead");
    }
    if start.starts_with(b"SQLite format 3\0") {
        return kind(
            "a SQLite file",
            "a store is copied with lotgraph copy, a backup taken over with lotgraph restore",
        );
    }
    None
}

/// As [`of`], for a file that must be UTF-8 or say nothing of its encoding.
#[must_use]
pub fn of_utf8(start: &[u8]) -> Option<Kind> {
    let marked = start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF");
    let utf16 = Kind { name: "text in UTF-16", advice: "save it as UTF-8" };
    of(start).or(marked.then_some(utf16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_text_are_named() {
        let named = |bytes: &[u8]| of_utf8(bytes).map(|kind| kind.message("a table"));
        for (bytes, name) in [
            (&b"\x1f\x8b\x08\0\0"[..], "compressed with gzip"),
            (b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml", ".xlsx"),
            (b"PK\x03\x04\x14\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet", ".ods"),
            (b"PK\x03\x04\x14\0report.csv", "a zip archive"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", ".xls"),
            (b"BZh91AY&SY", "bzip2"),
            (b"\xFD7zXZ\0", "xz"),
            (b"\x28\xB5\x2F\xFD\0", "zstd"),
            (b"%PDF-1.7", "PDF"),
            (b"SQLite format 3\0", "SQLite"),
            (b"\xFF\xFEl\0", "UTF-16"),
        ] {
            let said = named(bytes).unwrap_or_else(|| panic!("{name} is not recognised"));
            assert!(said.contains(name) && said.contains("not a table; "), "{said}");
        }
        for text in ["", "P", "PK;lot", "BZh;1", "{}", "lot,at", "\u{feff}lot", "批号"] {
            assert_eq!(named(text.as_bytes()), None, "{text}");
        }
    }
}
