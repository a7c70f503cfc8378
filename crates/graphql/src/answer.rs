//! What resolvers answer with, in one shape for all types of the API.
//!
//! async-graphql makes its executor anew for every type that fields answer with: with some 150 types, each with a future
//! for every field, that was half of the machine code of the program and half of the time to build it. Here a type is a
//! table of fields and a function that resolves one by its name, and one executor walks all of them. What only reads
//! memory answers at once, without a future.

use async_graphql::parser::types::Field as AskedField;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::{ContainerType, resolve_container, resolve_list};
use async_graphql::{
    Context, ContextSelectionSet, Error, InputType, OutputType, Positioned, ServerResult, Value,
};
use futures::future::BoxFuture;
use std::borrow::Cow;

use super::nulls;

pub(super) use super::described::{Argument, Described, Field, describe};

/// An object of the API.
pub trait Object: Send + Sync {
    /// Its name in the schema.
    fn type_name(&self) -> &'static str;

    /// What the field that the context is at resolves to.
    fn resolve<'a>(&'a self, context: &'a Context<'a>) -> Resolved<'a>;
}

/// What a field resolves to.
pub enum Resolved<'a> {
    /// The object has no such field.
    Unknown,
    /// This, at once.
    Now(ServerResult<Answer<'a>>),
    /// What comes out of this.
    Later(BoxFuture<'a, ServerResult<Answer<'a>>>),
}

/// What a field answers with.
pub enum Answer<'a> {
    /// A scalar, a member of a closed list, or nothing.
    Leaf(Value),
    /// An object that the one before holds.
    Lent(&'a dyn Object),
    /// An object of its own.
    Given(Box<dyn Object + 'a>),
    /// Several.
    List(Vec<Answer<'a>>),
    /// Something that may be absent: when it cannot be answered it is absent too, and the rest is answered.
    Optional(Box<Answer<'a>>),
}

/// A Rust type that fields can answer with.
pub trait Output: Send + Sync + Sized {
    /// Registers its type and says how fields refer to it: `Lot!`, `[Lot!]!`, `String`.
    fn describe(registry: &mut Registry) -> String;

    /// The answer, as long as this lives.
    fn lend(&self) -> Answer<'_>;

    /// The answer on its own.
    fn give<'a>(self) -> Answer<'a>
    where
        Self: 'a;
}

impl<T: Output> Output for &T {
    fn describe(registry: &mut Registry) -> String {
        T::describe(registry)
    }

    fn lend(&self) -> Answer<'_> {
        (**self).lend()
    }

    fn give<'a>(self) -> Answer<'a>
    where
        Self: 'a,
    {
        T::lend(self)
    }
}

impl<T: Output> Output for Option<T> {
    fn describe(registry: &mut Registry) -> String {
        let mut reference = T::describe(registry);
        reference.truncate(reference.trim_end_matches('!').len());
        reference
    }

    fn lend(&self) -> Answer<'_> {
        self.as_ref().map(T::lend).map_or(Answer::Leaf(Value::Null), Answer::optional)
    }

    fn give<'a>(self) -> Answer<'a>
    where
        Self: 'a,
    {
        self.map(T::give).map_or(Answer::Leaf(Value::Null), Answer::optional)
    }
}

impl<T: Output> Output for &[T] {
    fn describe(registry: &mut Registry) -> String {
        Vec::<T>::describe(registry)
    }

    fn lend(&self) -> Answer<'_> {
        (*self).give()
    }

    fn give<'a>(self) -> Answer<'a>
    where
        Self: 'a,
    {
        Answer::List(self.iter().map(T::lend).collect())
    }
}

impl<T: Output> Output for Vec<T> {
    fn describe(registry: &mut Registry) -> String {
        format!("[{}]!", T::describe(registry))
    }

    fn lend(&self) -> Answer<'_> {
        Answer::List(self.iter().map(T::lend).collect())
    }

    fn give<'a>(self) -> Answer<'a>
    where
        Self: 'a,
    {
        Answer::List(self.into_iter().map(T::give).collect())
    }
}

impl Output for &str {
    fn describe(registry: &mut Registry) -> String {
        String::describe(registry)
    }

    fn lend(&self) -> Answer<'_> {
        (*self).give()
    }

    fn give<'a>(self) -> Answer<'a>
    where
        Self: 'a,
    {
        Answer::Leaf(Value::String(self.to_owned()))
    }
}

/// Lets fields answer with scalars and closed lists, which are sent and answered in one shape.
macro_rules! leaf {
    ($($ty:ty),+ $(,)?) => {$(
        impl $crate::answer::Output for $ty {
            fn describe(registry: &mut async_graphql::registry::Registry) -> String {
                <Self as async_graphql::InputType>::create_type_info(registry)
            }

            fn lend(&self) -> $crate::answer::Answer<'_> {
                $crate::answer::Answer::Leaf(async_graphql::InputType::to_value(self))
            }

            fn give<'a>(self) -> $crate::answer::Answer<'a>
            where
                Self: 'a,
            {
                $crate::answer::Answer::Leaf(async_graphql::InputType::to_value(&self))
            }
        }
    )+};
}
pub(super) use leaf;

leaf!(bool, u32, i64, u64, usize, f64, String, async_graphql::ID);

impl<'a> Answer<'a> {
    fn optional(self) -> Self {
        match self {
            // It cannot fail, so it need not be caught.
            Self::Leaf(value) => Self::Leaf(value),
            other => Self::Optional(Box::new(other)),
        }
    }

    /// The value that a document asks of it.
    async fn value(
        &self,
        context: &ContextSelectionSet<'_>,
        field: &Positioned<AskedField>,
    ) -> ServerResult<Value> {
        match self {
            Self::Leaf(value) => Ok(value.clone()),
            Self::Lent(object) => nulls::whole(context, resolve_container(context, &Erased(*object)).await?),
            Self::Given(object) => {
                nulls::whole(context, resolve_container(context, &Erased(&**object)).await?)
            }
            Self::List(items) => resolve_list(context, field, items, Some(items.len())).await,
            Self::Optional(inside) => match inside.boxed_value(context, field).await {
                Ok(value) => Ok(value),
                Err(error) => {
                    context.add_error(error);
                    Ok(Value::Null)
                }
            },
        }
    }

    /// The same, where answers are inside one another.
    fn boxed_value<'b>(
        &'b self,
        context: &'b ContextSelectionSet<'b>,
        field: &'b Positioned<AskedField>,
    ) -> BoxFuture<'b, ServerResult<Value>> {
        Box::pin(self.value(context, field))
    }
}

impl OutputType for Answer<'_> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("")
    }

    fn create_type_info(_registry: &mut Registry) -> String {
        String::new()
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        field: &Positioned<AskedField>,
    ) -> ServerResult<Value> {
        self.boxed_value(context, field).await
    }
}

/// Any object, for the executor. Its type is only known while it is answered, so it has none to register.
struct Erased<'a>(&'a dyn Object);

impl OutputType for Erased<'_> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("")
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.0.type_name())
    }

    fn create_type_info(_registry: &mut Registry) -> String {
        String::new()
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        _field: &Positioned<AskedField>,
    ) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl ContainerType for Erased<'_> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        field_value(self.0, context).await
    }
}

/// The value of the field that the context is at; nothing when the object has no such field.
pub(super) fn field_value<'a>(
    object: &'a dyn Object,
    context: &'a Context<'a>,
) -> BoxFuture<'a, ServerResult<Option<Value>>> {
    Box::pin(async move {
        let outcome = match object.resolve(context) {
            Resolved::Unknown => return Ok(None),
            Resolved::Now(outcome) => outcome,
            Resolved::Later(outcome) => outcome.await,
        };
        let answer = outcome.map_err(|error| context.set_error_path(error))?;
        if let Answer::Leaf(value) = answer {
            return Ok(Some(value));
        }
        let selected = context.with_selection_set(&context.item.node.selection_set);
        answer.value(&selected, context.item).await.map(Some)
    })
}

/// The argument of a field.
pub(super) fn argument<T: InputType>(
    context: &Context<'_>,
    name: &str,
    default: Option<fn() -> T>,
) -> ServerResult<T> {
    context.param_value(name, default).map(|(_, value)| value)
}

/// The answer of a field that may fail.
pub(super) fn outcome<'a, T: Output + 'a, E: Into<Error>>(
    context: &Context<'_>,
    outcome: Result<T, E>,
) -> ServerResult<Answer<'a>> {
    outcome.map(T::give).map_err(|error| error.into().into_server_error(context.item.pos))
}
