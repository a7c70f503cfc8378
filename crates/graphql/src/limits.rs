//! Limits on GraphQL documents, counted on the text and the parsed document before anything is validated or executed.
//!
//! The library's own checks walk every fragment spread anew, so a document of a few hundred bytes can keep them busy for
//! hours, and its parser recurses on nested lists without a bound. So these checks come first: the text's nesting before
//! parsing, then sizes with every fragment measured once.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet};

/// The most a GraphQL document may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Nesting of brackets in the text.
    pub nesting: usize,
    /// Fields below each other.
    pub depth: usize,
    /// Fields and spreads in all, fragments counted wherever they are spread.
    pub fields: usize,
    /// Fields of the operation itself.
    pub root_fields: usize,
    /// Aliases in all, fragments counted wherever they are spread.
    pub aliases: usize,
    /// Directives on one selection or operation.
    pub directives: usize,
    /// Lists of the introspection schema inside one another.
    pub introspection_lists: usize,
    /// Cost, as the library computes it from page sizes.
    pub complexity: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            nesting: 64,
            depth: 15,
            fields: 300,
            root_fields: 10,
            aliases: 30,
            directives: 4,
            introspection_lists: 3,
            complexity: 100_000,
        }
    }
}

/// A limit that a document exceeds, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// Brackets nest too deeply.
    #[error("the document nests brackets more than {0} deep")]
    Nesting(usize),
    /// Fields nest too deeply.
    #[error("the document nests fields more than {0} deep")]
    Depth(usize),
    /// Too many fields.
    #[error("the document asks for more than {0} fields, counting fragments wherever they are spread")]
    Fields(usize),
    /// Too many fields at the root.
    #[error("an operation asks for more than {0} fields at its root")]
    RootFields(usize),
    /// Too many aliases.
    #[error("the document has more than {0} aliases, counting fragments wherever they are spread")]
    Aliases(usize),
    /// Too many directives in one place.
    #[error("a selection has more than {0} directives")]
    Directives(usize),
    /// Introspection that multiplies itself.
    #[error("the document nests lists of the schema more than {0} deep")]
    Introspection(usize),
    /// A fragment that spreads itself.
    #[error("the fragment {0} spreads itself")]
    Circle(String),
}

/// Refuses a text whose brackets nest too deeply for a recursive parser.
///
/// # Errors
/// Says the limit.
pub fn check_nesting(text: &str, limits: &DocumentLimits) -> Result<(), Excess> {
    let mut depth = 0_usize;
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(rest),
            b'#' => after_line(rest),
            _ => tail,
        };
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits.nesting {
            return Err(Excess::Nesting(limits.nesting));
        }
    }
    Ok(())
}

/// What follows the string literal that `text` starts with; everything when it is not closed, which the parser refuses.
fn after_string(text: &[u8]) -> &[u8] {
    let block = text.starts_with(b"\"\"\"");
    let (mark, escape): (&[u8], &[u8]) = if block { (b"\"\"\"", b"\\\"\"\"") } else { (b"\"", b"\\") };
    let mut at = mark.len();
    while at < text.len() {
        let here = &text[at..];
        if here.starts_with(escape) {
            // Skips the escaped character of a string, or the escaped mark of a block string.
            at += if block { escape.len() } else { 2 };
        } else if here.starts_with(mark) {
            return &here[mark.len()..];
        } else if !block && here[0] == b'\n' {
            return here;
        } else {
            at += 1;
        }
    }
    &[]
}

fn after_line(text: &[u8]) -> &[u8] {
    text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(&[], |end| &text[end..])
}

/// Refuses a document that is larger than the limits.
///
/// # Errors
/// Says the first limit it exceeds.
pub fn check_document(document: &ExecutableDocument, limits: &DocumentLimits) -> Result<(), Excess> {
    let mut meter = Meter { limits, fragments: &document.fragments, known: HashMap::new(), open: 0 };
    let mut total = Size::default();
    for (_, operation) in document.operations.iter() {
        if operation.node.directives.len() > limits.directives {
            return Err(Excess::Directives(limits.directives));
        }
        let size = meter.selection_set(&operation.node.selection_set.node)?;
        if size.root_fields > limits.root_fields {
            return Err(Excess::RootFields(limits.root_fields));
        }
        total = total.beside(size);
    }
    // Fragments that nobody spreads are measured too: validation walks them.
    if document.fragments.len() > limits.fields {
        return Err(Excess::Fields(limits.fields));
    }
    for name in document.fragments.keys() {
        let size = meter.fragment(name)?;
        total.fields = total.fields.max(size.fields);
    }
    total.check(limits)
}

/// How much a selection asks for.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    fields: usize,
    root_fields: usize,
    aliases: usize,
    depth: usize,
    introspection_lists: usize,
}

impl Size {
    /// Both selections, side by side.
    fn beside(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            root_fields: self.root_fields.saturating_add(other.root_fields),
            aliases: self.aliases.saturating_add(other.aliases),
            depth: self.depth.max(other.depth),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
        }
    }

    fn check(self, limits: &DocumentLimits) -> Result<(), Excess> {
        if self.fields > limits.fields {
            Err(Excess::Fields(limits.fields))
        } else if self.aliases > limits.aliases {
            Err(Excess::Aliases(limits.aliases))
        } else if self.depth > limits.depth {
            Err(Excess::Depth(limits.depth))
        } else if self.introspection_lists > limits.introspection_lists {
            Err(Excess::Introspection(limits.introspection_lists))
        } else {
            Ok(())
        }
    }
}

/// Measures selections; a fragment is measured once, however often it is spread.
struct Meter<'a> {
    limits: &'a DocumentLimits,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None` while a fragment is being measured: meeting it again then is a circle.
    known: HashMap<&'a str, Option<Size>>,
    /// Fragments being measured inside one another; bounded, as each takes a piece of the stack.
    open: usize,
}

impl<'a> Meter<'a> {
    fn selection_set(&mut self, selections: &'a SelectionSet) -> Result<Size, Excess> {
        let mut total = Size::default();
        for selection in &selections.items {
            if selection.node.directives().len() > self.limits.directives {
                return Err(Excess::Directives(self.limits.directives));
            }
            let size = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::FragmentSpread(spread) => {
                    counted(self.fragment(spread.node.fragment_name.node.as_str())?)
                }
                Selection::InlineFragment(inline) => {
                    counted(self.selection_set(&inline.node.selection_set.node)?)
                }
            };
            total = total.beside(size);
        }
        // Checked at every level, so that the sums never grow far beyond the limits.
        total.check(self.limits)?;
        Ok(total)
    }

    fn field(&mut self, field: &'a Field) -> Result<Size, Excess> {
        let inner = self.selection_set(&field.selection_set.node)?;
        let name = field.name.node.as_str();
        let multiplies = matches!(name, "fields" | "interfaces" | "possibleTypes" | "inputFields");
        Ok(Size {
            fields: inner.fields + 1,
            root_fields: 1,
            aliases: inner.aliases + usize::from(field.alias.is_some()),
            depth: inner.depth + 1,
            introspection_lists: inner.introspection_lists + usize::from(multiplies),
        })
    }

    fn fragment(&mut self, name: &str) -> Result<Size, Excess> {
        // An unknown fragment is validation's to report.
        let Some((key, fragment)) = self.fragments.get_key_value(name) else { return Ok(Size::default()) };
        match self.known.get(key.as_str()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Excess::Circle(name.to_owned())),
            None => {}
        }
        if self.open >= self.limits.nesting {
            return Err(Excess::Nesting(self.limits.nesting));
        }
        self.known.insert(key.as_str(), None);
        self.open += 1;
        let size = self.selection_set(&fragment.node.selection_set.node)?;
        self.open -= 1;
        self.known.insert(key.as_str(), Some(size));
        Ok(size)
    }
}

/// A spread itself counts like a field, so that spreads of empty fragments are bounded too.
fn counted(size: Size) -> Size {
    Size { fields: size.fields + 1, ..size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Excess> {
        let limits = DocumentLimits::default();
        check_nesting(text, &limits)?;
        let document = async_graphql::parser::parse_query(text).expect("a document that parses");
        check_document(&document, &limits)
    }

    #[test]
    fn ordinary_documents_pass() {
        assert_eq!(
            check("query A($i: [ID!]!) { a(x: {y: [1, 2]}) { b { c } } ...F } fragment F on Query { d }"),
            Ok(())
        );
        let quoted = format!(
            "{{ a(text: \"{}\\\"\", block: \"\"\"{}\"\"\") }} # {}",
            "[".repeat(99),
            "{".repeat(99),
            "(".repeat(99)
        );
        assert_eq!(check(&quoted), Ok(()));
    }

    #[test]
    fn fragment_bombs_are_measured_once_and_refused() {
        use std::fmt::Write as _;
        let mut text = String::from("{ ...F0 }");
        for n in 0..40 {
            let _ = write!(text, " fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1);
        }
        text.push_str(" fragment F40 on Query { a }");
        assert_eq!(check(&text), Err(Excess::Fields(300)));
        let circle = "{ ...A } fragment A on Query { b { ...B } } fragment B on Query { ...A }";
        assert!(matches!(check(circle), Err(Excess::Circle(_))));
        let mut chain = String::from("{ ...F0 }");
        for n in 0..20_000 {
            let _ = write!(chain, " fragment F{n} on Query {{ ...F{} }}", n + 1);
        }
        assert!(check(&chain).is_err());
        let unused = "{ a } fragment A on Query { ...A }";
        assert!(matches!(check(unused), Err(Excess::Circle(_))));
    }

    #[test]
    fn aliases_roots_repeats_depth_and_directives_are_bounded() {
        let aliases: String = (0..31).map(|n| format!("x{n}: a ")).collect();
        assert_eq!(check(&format!("{{ r {{ {aliases} }} }}")), Err(Excess::Aliases(30)));
        assert_eq!(check(&format!("{{ {} }}", "a ".repeat(11))), Err(Excess::RootFields(10)));
        assert_eq!(check(&format!("{{ r {{ {} }} }}", "__typename ".repeat(500))), Err(Excess::Fields(300)));
        assert_eq!(check(&format!("{}{}", "{ a ".repeat(16), "}".repeat(16))), Err(Excess::Depth(15)));
        assert_eq!(check("{ a @x @x @x @x @x }"), Err(Excess::Directives(4)));
        let schema = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
        assert_eq!(check(schema), Err(Excess::Introspection(3)));
    }

    #[test]
    fn nesting_is_refused_before_parsing() {
        let limits = DocumentLimits::default();
        let bomb = format!("{{ a(x: {}) }}", "[".repeat(500_000));
        assert_eq!(check_nesting(&bomb, &limits), Err(Excess::Nesting(64)));
    }
}
