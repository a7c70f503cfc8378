//! What both attributes read: doc comments, `#[graphql(…)]`, and names as clients write them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Result};

/// The doc comment, as descriptions show it.
pub fn description(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        if let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value {
            text.push('\n');
            text.push_str(line.value().trim());
        }
    }
    text.trim().to_owned()
}

/// A Rust name as clients write it: `supplier_lot` is `supplierLot`.
pub fn camel_case(name: &str) -> String {
    let mut written = String::new();
    let mut upper = false;
    for letter in name.trim_start_matches("r#").chars() {
        if letter == '_' {
            upper = !written.is_empty();
        } else if upper {
            written.extend(letter.to_uppercase());
            upper = false;
        } else {
            written.push(letter);
        }
    }
    written
}

/// What `#[graphql(…)]` says of a field or an argument.
#[derive(Default)]
pub struct Notes {
    /// What a field costs.
    pub complexity: Option<Expr>,
    /// The name that clients see.
    pub name: Option<String>,
    /// What an argument is for.
    pub description: Option<String>,
    /// What an argument is when it is absent.
    pub default: Option<TokenStream>,
}

impl Notes {
    /// The name that clients see of a type, when its attribute says one.
    pub fn of_type(arguments: TokenStream) -> Result<Option<String>> {
        let mut name = None;
        let read = syn::meta::parser(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("the only argument is the name"));
            }
            name = Some(meta.value()?.parse::<LitStr>()?.value());
            Ok(())
        });
        read.parse2(arguments)?;
        Ok(name)
    }

    /// Takes the notes off the attributes, since the compiler does not know them.
    pub fn take(attributes: &mut Vec<Attribute>) -> Result<Self> {
        let mut notes = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("graphql")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("complexity") {
                    notes.complexity = Some(meta.value()?.parse::<LitStr>()?.parse()?);
                } else if meta.path.is_ident("name") {
                    notes.name = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("desc") {
                    notes.description = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("default") {
                    let value: Lit = meta.value()?.parse()?;
                    notes.default = Some(quote!(#value));
                } else if meta.path.is_ident("default_with") {
                    let value: Expr = meta.value()?.parse::<LitStr>()?.parse()?;
                    notes.default = Some(quote!(#value));
                } else {
                    return Err(meta.error("not a note that these attributes know"));
                }
                Ok(())
            })?;
        }
        attributes.retain(|attribute| !attribute.path().is_ident("graphql"));
        Ok(notes)
    }
}

/// The parts of every implementation that do not depend on how the fields are found.
pub struct Described<'a> {
    /// The Rust type.
    pub ty: &'a TokenStream,
    /// Its generic parameters.
    pub generics: &'a TokenStream,
    /// Its name in the schema.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The entries of its table of fields.
    pub fields: Vec<TokenStream>,
    /// One arm for each field: from its name to what it resolves to.
    pub arms: Vec<TokenStream>,
}

impl Described<'_> {
    /// The implementations that make the type an object.
    pub fn implementations(&self) -> TokenStream {
        let Self { ty, generics, name, description, fields, arms } = self;
        quote! {
            impl #generics crate::answer::Object for #ty {
                fn type_name(&self) -> &'static str {
                    #name
                }

                fn resolve<'resolve>(
                    &'resolve self,
                    context: &'resolve ::async_graphql::Context<'resolve>,
                ) -> crate::answer::Resolved<'resolve> {
                    match context.item.node.name.node.as_str() {
                        #(#arms)*
                        _ => crate::answer::Resolved::Unknown,
                    }
                }
            }

            impl #generics crate::answer::Described for #ty {
                const NAME: &'static str = #name;
                const DESCRIPTION: &'static str = #description;

                fn fields() -> &'static [crate::answer::Field] {
                    &[#(#fields),*]
                }
            }

            impl #generics crate::answer::Output for #ty {
                fn describe(registry: &mut ::async_graphql::registry::Registry) -> ::std::string::String {
                    crate::answer::describe::<Self>(registry)
                }

                fn lend(&self) -> crate::answer::Answer<'_> {
                    crate::answer::Answer::Lent(self)
                }

                fn give<'given>(self) -> crate::answer::Answer<'given>
                where
                    Self: 'given,
                {
                    crate::answer::Answer::Given(::std::boxed::Box::new(self))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::camel_case;

    #[test]
    fn names_are_written_as_clients_write_them() {
        assert_eq!(camel_case("supplier_lot"), "supplierLot");
        assert_eq!(camel_case("r#type"), "type");
        assert_eq!(camel_case("_as_of"), "asOf");
        assert_eq!(camel_case("p"), "p");
    }
}
