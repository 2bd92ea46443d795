//! Names of types that are often taken for trees. A name only chooses the message of the compiler, if the type is not a tree.

use super::option::inner_types;
use syn::{Type, TypeParamBound};

const CONTAINERS: &[&str] = &["Option", "Vec", "VecDeque", "Box", "IndexMap", "BTreeMap"];

/// The word of the message, for a type with such a name, by itself or in lists, tuples and the like.
pub(crate) fn hint(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Paren(inner) => hint(&inner.elem),
        Type::Group(inner) => hint(&inner.elem),
        Type::Array(array) => hint(&array.elem),
        Type::Slice(slice) => hint(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(hint),
        // `dyn` is a keyword, so this is not only a name.
        Type::TraitObject(object) => {
            object.bounds.iter().any(|b| matches!(b, TypeParamBound::Trait(_))).then_some("Object")
        }
        Type::Path(path) => {
            if let Some(word) = path.path.get_ident().and_then(|ident| primitive(&ident.to_string())) {
                return Some(word);
            }
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            if CONTAINERS.contains(&name.as_str()) {
                return inner_types(last).find_map(hint);
            }
            by_name(&name)
        }
        _ => None,
    }
}

/// The word for a primitive type without a leaf of its own.
fn primitive(name: &str) -> Option<&'static str> {
    Some(match name {
        "i8" | "i16" | "i32" | "u8" | "u16" | "u32" | "f32" => "SmallNumber",
        "i128" | "u64" | "u128" | "isize" | "usize" => "LargeNumber",
        "char" => "Character",
        _ => return None,
    })
}

fn by_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "HashMap" => "Unordered",
        "HashSet" | "BTreeSet" | "IndexSet" => "Set",
        "PhantomData" => "Marker",
        "Cell" | "RefCell" | "Mutex" | "RwLock" | "OnceCell" => "Locked",
        "Rc" | "Arc" => "Shared",
        "Result" => "Outcome",
        _ => return None,
    })
}
