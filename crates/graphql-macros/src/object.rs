//! Objects whose fields are methods.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Error, Expr, FnArg, GenericArgument, Ident, ImplItem, ImplItemFn, ItemImpl, Pat, PathArguments, Result,
    ReturnType, Type,
};

use crate::notation::{Described, Notes, camel_case, description};

/// The block as it stands, without what only this attribute reads, and the implementations that make its type an object.
pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut block: ItemImpl = syn::parse2(item)?;
    let about = description(&block.attrs);
    let name = match Notes::of_type(arguments)? {
        Some(name) => name,
        None => type_name(&block.self_ty)?,
    };
    let (mut fields, mut arms) = (Vec::new(), Vec::new());
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else {
            return Err(Error::new_spanned(item, "only methods are fields"));
        };
        let field = Method::read(method)?;
        fields.push(field.entry());
        arms.push(field.arm());
    }
    let (ty, generics) = (block.self_ty.to_token_stream(), block.generics.to_token_stream());
    let described = Described { ty: &ty, generics: &generics, name, description: about, fields, arms };
    let implementations = described.implementations();
    Ok(quote!(#block #implementations))
}

/// The name of a type without its path and parameters.
fn type_name(ty: &Type) -> Result<String> {
    match ty {
        Type::Path(path) if !path.path.segments.is_empty() => {
            Ok(path.path.segments[path.path.segments.len() - 1].ident.to_string())
        }
        other => Err(Error::new_spanned(other, "only a named type can be an object")),
    }
}

/// A method that is a field.
struct Method {
    ident: Ident,
    name: String,
    description: String,
    complexity: Option<Expr>,
    is_async: bool,
    takes_context: bool,
    arguments: Vec<Argument>,
    /// What it answers with, inside a `Result` when it may fail.
    output: Type,
    may_fail: bool,
}

/// An argument of a field.
struct Argument {
    ident: Ident,
    name: String,
    ty: Type,
    notes: Notes,
}

impl Method {
    /// Reads a method and takes off it what only this attribute reads.
    fn read(method: &mut ImplItemFn) -> Result<Self> {
        let description = description(&method.attrs);
        let notes = Notes::take(&mut method.attrs)?;
        let ident = method.sig.ident.clone();
        let (mut takes_context, mut arguments) = (false, Vec::new());
        for input in &mut method.sig.inputs {
            let FnArg::Typed(input) = input else { continue };
            if is_context(&input.ty) {
                takes_context = true;
                continue;
            }
            let Pat::Ident(pattern) = &*input.pat else {
                return Err(Error::new_spanned(&input.pat, "an argument of a field has a plain name"));
            };
            let ident = pattern.ident.clone();
            let notes = Notes::take(&mut input.attrs)?;
            let name = notes.name.clone().unwrap_or_else(|| camel_case(&ident.to_string()));
            arguments.push(Argument { ident, name, ty: (*input.ty).clone(), notes });
        }
        let ReturnType::Type(_, output) = &method.sig.output else {
            return Err(Error::new_spanned(&method.sig, "a field answers with something"));
        };
        let (output, may_fail) = match inside_result(output) {
            Some(inside) => (inside, true),
            None => ((**output).clone(), false),
        };
        Ok(Self {
            name: notes.name.unwrap_or_else(|| camel_case(&ident.to_string())),
            ident,
            description,
            complexity: notes.complexity,
            is_async: method.sig.asyncness.is_some(),
            takes_context,
            arguments,
            output,
            may_fail,
        })
    }

    /// Its entry in the table of fields.
    fn entry(&self) -> TokenStream {
        let Self { name, description, output, .. } = self;
        let arguments = self.arguments.iter().map(Argument::entry);
        let complexity = match &self.complexity {
            Some(cost) => self.cost(cost),
            None => quote!(::std::option::Option::None),
        };
        quote! {
            crate::answer::Field {
                name: #name,
                description: #description,
                describe: <#output as crate::answer::Output>::describe,
                arguments: &[#(#arguments),*],
                complexity: #complexity,
            }
        }
    }

    /// The function that computes its cost, from the arguments that the expression names.
    fn cost(&self, cost: &Expr) -> TokenStream {
        let named = identifiers(cost.to_token_stream());
        let read = self.arguments.iter().filter(|argument| named.contains(&argument.ident)).map(|argument| {
            let Argument { ident, name, ty, .. } = argument;
            let default = argument.default();
            quote!(let #ident: #ty = document.param_value(variables, field, #name, #default)?;)
        });
        let children = format_ident!("child_complexity");
        quote! {
            ::std::option::Option::Some(|document, variables, field, #children| {
                #(#read)*
                ::std::result::Result::Ok(#cost)
            })
        }
    }

    /// From its name to what it resolves to.
    fn arm(&self) -> TokenStream {
        let Self { ident, name, .. } = self;
        let read = self.arguments.iter().map(|argument| {
            let Argument { ident, name, ty, .. } = argument;
            let default = argument.default();
            quote!(let #ident = crate::answer::argument::<#ty>(context, #name, #default)?;)
        });
        let context = self.takes_context.then(|| quote!(context,));
        let arguments = self.arguments.iter().map(|argument| &argument.ident);
        let wait = self.is_async.then(|| quote!(.await));
        let call = quote!(self.#ident(#context #(#arguments),*) #wait);
        let outcome = if self.may_fail {
            quote!(crate::answer::outcome(context, #call))
        } else {
            quote!(::std::result::Result::Ok(crate::answer::Output::give(#call)))
        };
        if self.is_async {
            quote! {
                #name => crate::answer::Resolved::Later(::std::boxed::Box::pin(async move { #(#read)* #outcome })),
            }
        } else if self.arguments.is_empty() {
            quote!(#name => crate::answer::Resolved::Now(#outcome),)
        } else {
            quote! {
                #name => {
                    let read = || { #(#read)* #outcome };
                    crate::answer::Resolved::Now(read())
                }
            }
        }
    }
}

impl Argument {
    /// Its entry in the table of arguments.
    fn entry(&self) -> TokenStream {
        let Self { name, ty, notes, .. } = self;
        let description = notes.description.as_deref().unwrap_or_default();
        let default = match &notes.default {
            Some(value) => quote! {
                ::std::option::Option::Some(|| <#ty as ::async_graphql::InputType>::to_value(&#value))
            },
            None => quote!(::std::option::Option::None),
        };
        quote! {
            crate::answer::Argument {
                name: #name,
                description: #description,
                describe: <#ty as ::async_graphql::InputType>::create_type_info,
                default: #default,
            }
        }
    }

    /// The function that gives its default, if it has one.
    fn default(&self) -> TokenStream {
        match &self.notes.default {
            Some(value) => quote!(::std::option::Option::Some(|| #value)),
            None => quote!(::std::option::Option::None),
        }
    }
}

fn is_context(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Context")
}

/// The type inside a `Result`, if it is one.
fn inside_result(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inside) => Some(inside.clone()),
        _ => None,
    }
}

/// All identifiers of an expression, at any depth.
fn identifiers(tokens: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident),
            TokenTree::Group(group) => found.extend(identifiers(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}
