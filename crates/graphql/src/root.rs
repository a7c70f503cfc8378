//! The roots of the schema: objects whose fields are those of several types.

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::resolver_utils::{ContainerType, resolve_container};
use async_graphql::{
    Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value, parser,
};

use super::answer::{Object, Output, field_value};
use super::described::{Described, Field, register};

/// One of the types whose fields a root has.
pub struct Part {
    /// Resolves them.
    pub object: &'static dyn Object,
    /// What the schema says of them.
    pub fields: fn() -> &'static [Field],
}

/// A root of the schema.
pub trait Root: Send + Sync {
    /// Its name.
    const NAME: &'static str;
    /// Its description.
    const DESCRIPTION: &'static str;
    /// Where its fields come from, in the order in which the schema lists them.
    const PARTS: &'static [Part];
}

/// A root for the executor.
pub struct Rooted<T>(pub T);

impl<T: Root> OutputType for Rooted<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let parts: Vec<_> = T::PARTS.iter().map(|part| part.fields).collect();
        register(registry, T::NAME, T::DESCRIPTION, std::any::type_name::<T>(), &parts);
        Self::qualified_type_name()
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        _field: &Positioned<parser::types::Field>,
    ) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl<T: Root> ContainerType for Rooted<T> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        for part in T::PARTS {
            if let Some(value) = field_value(part.object, context).await? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

impl<T: Root> ObjectType for Rooted<T> {}

/// What a subscription pushes, for the executor.
pub struct Pushed<T>(pub T);

impl<T: Object + Output + Described> OutputType for Pushed<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::describe(registry)
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        field: &Positioned<parser::types::Field>,
    ) -> ServerResult<Value> {
        self.0.lend().resolve(context, field).await
    }
}
