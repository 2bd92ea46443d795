//! Parentheses around types.

use syn::Type;

/// The type without parentheses, of which the compiler would warn again in an expansion, including the invisible ones
/// around a `macro_rules` variable.
pub(crate) fn unparenthesized(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => unparenthesized(&inner.elem),
        Type::Group(inner) => unparenthesized(&inner.elem),
        ty => ty,
    }
}
