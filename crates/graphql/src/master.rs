//! Master data that other data refer to by their code.

/// Gives a wrapper of one kind of master data a function that loads it by its code; wrapper, kind and domain type share
/// one name.
macro_rules! load_master {
    ($name:ident, $code:ident) => {
        impl $name {
            /// The one with this code, which other data refer to.
            pub(super) async fn load(
                context: &async_graphql::Context<'_>,
                code: &lotgraph_domain::$code,
            ) -> async_graphql::Result<Self> {
                let reference = lotgraph_domain::MasterRef::$name(code.clone());
                match &*$crate::loader::loaders(context).master(reference).await? {
                    lotgraph_domain::Master::$name(master) => Ok(Self(master.clone())),
                    other => Err($crate::errors::wrong_kind(other)),
                }
            }
        }
    };
}

pub(crate) use load_master;
