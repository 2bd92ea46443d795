#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::pytree_core::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    type __F = Meta;
    static __TYPE: __p::NodeType = __p::NodeType {
        kind: __p::Kind::Tuple,
        name: "",
        rust_name: "SpanDef",
        fields: &["_0", "_1"],
    };
    type __Value = <[(); {
        let _ = |__t: &other_crate::Span| {
            let __f = &__t.0;
            let __f: &i64 = __f;
        };
        0
    }] as __p::Described<other_crate::Span>>::Value;
    #[automatically_derived]
    impl __p::Describes for SpanDef {
        type Value = other_crate::Span;
        fn node_type() -> &'static __p::NodeType {
            &__TYPE
        }
    }
    #[automatically_derived]
    impl __p::Parts<__F, other_crate::Span> for SpanDef
    where
        Meta: __p::Family,
    {
        fn walk_fields<'__a, __W: __p::Fields<'__a, __F>>(
            __t: &'__a __Value,
            __w: &mut __W,
        ) {
            <i64 as __Owned<__F>>::read_field(&__t.0, __w);
            <<Self as Ends>::End as __Owned<__F>>::read_field(&__t.1, __w);
        }
    }
    #[allow(dead_code, unreachable_pub)]
    impl SpanDef {
        /// Shows every node and leaf to a visitor, in order.
        pub fn walk<'__a, __V: __p::Visitor<'__a, __F>>(
            __t: &'__a other_crate::Span,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_parts::<__F, other_crate::Span, Self, __V>(__t, &__TYPE, __v)
        }
    }
    #[automatically_derived]
    impl __p::PartsOwned<__F, other_crate::Span> for SpanDef
    where
        Meta: __p::Family,
    {
        fn walk_fields_mut<__W: __p::FieldsMut<__F>>(__t: &mut __Value, __w: &mut __W) {
            <i64 as __Owned<__F>>::walk_field_mut(&mut __t.0, __w);
            <<Self as Ends>::End as __Owned<__F>>::walk_field_mut(&mut __t.1, __w);
        }
        fn into_fields<__W: __p::FieldsOwned<__F>>(__t: __Value, __w: &mut __W) {
            <i64 as __Owned<__F>>::into_field(__t.0, __w);
            <<Self as Ends>::End as __Owned<__F>>::into_field(__t.1, __w);
        }
        fn rebuild_fields<__S: __p::Source<__F>>(
            __r: &mut __p::Rebuilder<'_, __S>,
        ) -> __p::Rebuilt<__Value> {
            __p::Ok(__Value {
                0: <i64 as __Owned<__F>>::rebuild_field(__r)?,
                1: <<Self as Ends>::End as __Owned<__F>>::rebuild_field(__r)?,
                2: <i64 as __p::Skipped>::skipped(),
            })
        }
    }
    #[allow(dead_code, unreachable_pub)]
    impl SpanDef {
        /// Shows every leaf to a visitor that may change it in place.
        pub fn walk_mut<__V: __p::VisitorMut<__F>>(
            __t: &mut other_crate::Span,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_parts_mut::<__F, other_crate::Span, Self, __V>(__t, &__TYPE, __v)
        }
        /// Gives every node and leaf to a visitor, in order.
        pub fn into_walk<__V: __p::VisitorOwned<__F>>(
            __t: other_crate::Span,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::into_parts::<__F, other_crate::Span, Self, __V>(__t, &__TYPE, __v)
        }
        /// Rebuilds the value from a source.
        ///
        /// # Errors
        /// When the spec does not match the type.
        pub fn rebuild<__S: __p::Source<__F>>(
            __s: &mut __S,
        ) -> __p::Rebuilt<other_crate::Span> {
            __p::rebuild_parts::<__F, other_crate::Span, Self, __S>(&__TYPE, false, __s)
        }
    }
    #[allow(dead_code)]
    fn __read(__d: SpanDef) {
        let SpanDef { 0: __f0, 1: __f1, 2: __f2 } = __d;
        let _ = SpanDef {
            0: __f0,
            1: __f1,
            2: __f2,
        };
    }
};
