//! Objects whose fields are those of a structure.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Error, Result};

use crate::notation::{Described, camel_case, description};

/// The implementations that make a structure an object.
pub fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &item.data else {
        return Err(Error::new_spanned(&item.ident, "only structures have fields to answer with"));
    };
    let (mut fields, mut arms) = (Vec::new(), Vec::new());
    for field in &data.fields {
        let Some(ident) = &field.ident else {
            return Err(Error::new_spanned(field, "a field of the API has a name"));
        };
        let (name, about, ty) = (camel_case(&ident.to_string()), description(&field.attrs), &field.ty);
        fields.push(quote! {
            crate::answer::Field {
                name: #name,
                description: #about,
                describe: <#ty as crate::answer::Output>::describe,
                arguments: &[],
                complexity: ::std::option::Option::None,
            }
        });
        arms.push(quote! {
            #name => crate::answer::Resolved::Now(::std::result::Result::Ok(
                crate::answer::Output::lend(&self.#ident),
            )),
        });
    }
    let (generics, arguments, conditions) = item.generics.split_for_impl();
    if conditions.is_some() {
        return Err(Error::new_spanned(conditions, "objects of the API have no type parameters"));
    }
    let ident = &item.ident;
    let described = Described {
        ty: &quote!(#ident #arguments),
        generics: &generics.to_token_stream(),
        name: ident.to_string(),
        description: description(&item.attrs),
        fields,
        arms,
    };
    Ok(described.implementations())
}
