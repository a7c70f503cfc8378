//! What the schema says of the types that fields answer with.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field as AskedField, VariableDefinition};
use async_graphql::registry::{Deprecation, MetaField, MetaInputValue, MetaType, Registry};
use async_graphql::{CacheControl, Positioned, ServerResult, Value, VisitorContext};

/// A field of an object, as the schema describes it.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its description.
    pub description: &'static str,
    /// Registers what it answers with, and says how to refer to that.
    pub describe: fn(&mut Registry) -> String,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// What it costs, when that is not one and what its fields cost.
    pub complexity: Option<Cost>,
}

/// What a field costs: from the document, its variables, the field, and what the fields inside it cost.
pub type Cost =
    fn(&VisitorContext<'_>, &[Positioned<VariableDefinition>], &AskedField, usize) -> ServerResult<usize>;

/// An argument of a field, as the schema describes it.
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// Its description.
    pub description: &'static str,
    /// Registers its type, and says how to refer to that.
    pub describe: fn(&mut Registry) -> String,
    /// What it is when it is absent.
    pub default: Option<fn() -> Value>,
}

/// A type that the schema describes.
pub trait Described {
    /// Its name.
    const NAME: &'static str;
    /// Its description.
    const DESCRIPTION: &'static str;

    /// Its fields.
    fn fields() -> &'static [Field];
}

/// Registers an object, and says how fields refer to it.
pub(super) fn describe<T: Described>(registry: &mut Registry) -> String {
    register(registry, T::NAME, T::DESCRIPTION, std::any::type_name::<T>(), &[T::fields]);
    format!("{}!", T::NAME)
}

/// Registers an object whose fields are those of several types.
pub(super) fn register(
    registry: &mut Registry,
    name: &'static str,
    description: &str,
    rust_name: &'static str,
    parts: &[fn() -> &'static [Field]],
) {
    if let Some(known) = registry.types.get(name) {
        let same =
            matches!(known, MetaType::Object { rust_typename: Some(other), .. } if *other == rust_name);
        assert!(same, "{rust_name} is not the only type with the name {name}");
        return;
    }
    // Stands there while its fields are described, which may lead back to it.
    registry.types.insert(name.to_owned(), object(name, description, rust_name, IndexMap::new()));
    let parts = parts.iter().flat_map(|part| part());
    let fields = parts.map(|part| (part.name.to_owned(), field(registry, part))).collect();
    registry.types.insert(name.to_owned(), object(name, description, rust_name, fields));
}

fn object(
    name: &str,
    description: &str,
    rust_name: &'static str,
    fields: IndexMap<String, MetaField>,
) -> MetaType {
    MetaType::Object {
        name: name.to_owned(),
        description: text(description),
        fields,
        cache_control: CacheControl::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        keys: None,
        visible: None,
        is_subscription: false,
        rust_typename: Some(rust_name),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn field(registry: &mut Registry, field: &Field) -> MetaField {
    let arguments = field.arguments.iter();
    MetaField {
        name: field.name.to_owned(),
        description: text(field.description),
        args: arguments.map(|part| (part.name.to_owned(), argument(registry, part))).collect(),
        ty: (field.describe)(registry),
        deprecation: Deprecation::NoDeprecated,
        cache_control: CacheControl::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: field.complexity,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn argument(registry: &mut Registry, argument: &Argument) -> MetaInputValue {
    MetaInputValue {
        name: argument.name.to_owned(),
        description: text(argument.description),
        ty: (argument.describe)(registry),
        deprecation: Deprecation::NoDeprecated,
        default_value: argument.default.map(|default| default().to_string()),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

/// A description, unless there is none.
fn text(description: &str) -> Option<String> {
    Some(description.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}
