#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::pytree_core::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    static __TYPE: __p::NodeType = __p::NodeType {
        kind: __p::Kind::Dataclass,
        name: "other.Boxes",
        rust_name: "BoxesDef",
        fields: &["corners", "count"],
    };
    #[automatically_derived]
    impl<T> __p::Describes for BoxesDef<T> {
        type Value = other_crate::Boxes<T>;
        fn node_type() -> &'static __p::NodeType {
            &__TYPE
        }
    }
    #[automatically_derived]
    impl<
        __AnyFamily: __p::Family,
        T: __Tree<__AnyFamily>,
    > __p::Parts<__AnyFamily, other_crate::Boxes<T>> for BoxesDef<T> {
        fn walk_fields<'__a, __W: __p::Fields<'__a, __AnyFamily>>(
            __t: &'__a other_crate::Boxes<T>,
            __w: &mut __W,
        ) {
            {
                #[allow(unused_imports)]
                use __p::Unread as _;
                __p::Reader::<__AnyFamily, Vec<T>>::OF.walk_field(&__t.corners, __w);
            }
            <i64 as __Owned<__AnyFamily>>::read_field(&__t.count, __w);
        }
    }
    #[allow(dead_code, unreachable_pub)]
    impl<T> BoxesDef<T> {
        /// Shows every node and leaf to a visitor, in order.
        pub fn walk<
            '__a,
            __AnyFamily: __p::Family,
            __V: __p::Visitor<'__a, __AnyFamily>,
        >(__t: &'__a other_crate::Boxes<T>, __v: &mut __V) -> __p::Flow<__V::Break>
        where
            T: __Tree<__AnyFamily>,
        {
            __p::walk_parts::<
                __AnyFamily,
                other_crate::Boxes<T>,
                Self,
                __V,
            >(__t, &__TYPE, __v)
        }
    }
    #[automatically_derived]
    impl<
        __AnyFamily: __p::Family,
        T: __Owned<__AnyFamily>,
    > __p::PartsOwned<__AnyFamily, other_crate::Boxes<T>> for BoxesDef<T> {
        fn walk_fields_mut<__W: __p::FieldsMut<__AnyFamily>>(
            __t: &mut other_crate::Boxes<T>,
            __w: &mut __W,
        ) {
            <Vec<T> as __p::Child<__AnyFamily>>::walk_field_mut(&mut __t.corners, __w);
            <i64 as __Owned<__AnyFamily>>::walk_field_mut(&mut __t.count, __w);
        }
        fn into_fields<__W: __p::FieldsOwned<__AnyFamily>>(
            __t: other_crate::Boxes<T>,
            __w: &mut __W,
        ) {
            <Vec<T> as __p::Child<__AnyFamily>>::into_field(__t.corners, __w);
            <i64 as __Owned<__AnyFamily>>::into_field(__t.count, __w);
        }
        fn rebuild_fields<__S: __p::Source<__AnyFamily>>(
            __r: &mut __p::Rebuilder<'_, __S>,
        ) -> __p::Rebuilt<other_crate::Boxes<T>> {
            __p::Ok(other_crate::Boxes::<T> {
                corners: <Vec<T> as __p::Child<__AnyFamily>>::rebuild_field(__r)?,
                count: <i64 as __Owned<__AnyFamily>>::rebuild_field(__r)?,
            })
        }
    }
    #[allow(dead_code, unreachable_pub)]
    impl<T> BoxesDef<T> {
        /// Shows every leaf to a visitor that may change it in place.
        pub fn walk_mut<__AnyFamily: __p::Family, __V: __p::VisitorMut<__AnyFamily>>(
            __t: &mut other_crate::Boxes<T>,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break>
        where
            T: __Owned<__AnyFamily>,
        {
            __p::walk_parts_mut::<
                __AnyFamily,
                other_crate::Boxes<T>,
                Self,
                __V,
            >(__t, &__TYPE, __v)
        }
        /// Gives every node and leaf to a visitor, in order.
        pub fn into_walk<__AnyFamily: __p::Family, __V: __p::VisitorOwned<__AnyFamily>>(
            __t: other_crate::Boxes<T>,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break>
        where
            T: __Owned<__AnyFamily>,
        {
            __p::into_parts::<
                __AnyFamily,
                other_crate::Boxes<T>,
                Self,
                __V,
            >(__t, &__TYPE, __v)
        }
        /// Rebuilds the value from a source.
        ///
        /// # Errors
        /// When the spec does not match the type.
        pub fn rebuild<__AnyFamily: __p::Family, __S: __p::Source<__AnyFamily>>(
            __s: &mut __S,
        ) -> __p::Rebuilt<other_crate::Boxes<T>>
        where
            T: __Owned<__AnyFamily>,
        {
            __p::rebuild_parts::<
                __AnyFamily,
                other_crate::Boxes<T>,
                Self,
                __S,
            >(&__TYPE, false, __s)
        }
    }
    #[allow(dead_code)]
    fn __read<T>(__d: BoxesDef<T>) {
        let BoxesDef { corners: __f0, count: __f1 } = __d;
        let _ = BoxesDef {
            corners: __f0,
            count: __f1,
        };
    }
};
