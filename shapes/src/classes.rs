//! What Python's tools know of a class by its name: which are caches, and which are dicts.

use pytree_core::{Context, Subtree};

/// Caches of `transformers` that hold one key and one value per layer.
const LAYERED: [&str; 4] = ["DynamicCache", "StaticCache", "SlidingWindowCache", "HybridCache"];

/// Caches of `transformers` that are shown by their fields.
const BY_FIELDS: [&str; 2] = ["EncoderDecoderCache", "MambaCache"];

/// Whether a class is a subclass of `dict`: the ordered ones, and `ModelOutput`s, which live in `modeling` modules.
pub(crate) fn is_dict_subclass(context: &Context) -> bool {
    let of_python =
        matches!(context, Context::OrderedDict(_) | Context::DefaultDict { .. } | Context::ImmutableDict(_));
    of_python || is_model_output(context)
}

/// Whether a class is a subclass of `tuple`: namedtuples, `torch.Size` and what operators return.
pub(crate) fn is_tuple_subclass(context: &Context) -> bool {
    matches!(context, Context::NamedTuple(_) | Context::Size | Context::ReturnType(_))
}

/// Whether a class is a `ModelOutput` of `transformers`: a dict and a dataclass at once.
pub(crate) fn is_model_output(context: &Context) -> bool {
    let Context::Mapping { name, .. } = context else { return false };
    let mut parts = name.rsplit('.').skip(1);
    name.starts_with("transformers.") && parts.next().is_some_and(|module| module.starts_with("modeling"))
}

/// Whether a node is a cache that is shown by its fields.
pub(crate) fn is_cache_by_fields(context: &Context) -> bool {
    matches!(context, Context::Mapping { .. }) && BY_FIELDS.contains(&context.short_name())
}

/// Parts of a tree, in order.
type Parts<'s, L> = Vec<Subtree<'s, L>>;

/// Keys and values of a cache, one of each per layer, whichever way it flattens: as two lists `key_cache` and
/// `value_cache`, or as `key_0, value_0, key_1, value_1`. `None` for anything else.
pub(crate) fn layers<L>(cache: Subtree<'_, L>) -> Option<(Parts<'_, L>, Parts<'_, L>)> {
    let context = cache.node().context()?;
    let Context::Mapping { fields, .. } = context else { return None };
    if !LAYERED.contains(&context.short_name()) {
        return None;
    }
    let children: Vec<_> = cache.children().collect();
    if let [keys, values] = children.as_slice()
        && fields.iter().eq(["key_cache", "value_cache"])
        && [keys, values].iter().all(|list| list.node().context() == Some(&Context::List))
    {
        return Some((keys.children().collect(), values.children().collect()));
    }
    let alternate = fields.iter().enumerate().all(|(i, field)| {
        let (part, layer) = if i % 2 == 0 { ("key_", i / 2) } else { ("value_", i / 2) };
        field.strip_prefix(part) == Some(layer.to_string().as_str())
    });
    (alternate && children.len() % 2 == 0).then(|| {
        let every_second = |from: usize| children.iter().copied().skip(from).step_by(2).collect();
        (every_second(0), every_second(1))
    })
}
