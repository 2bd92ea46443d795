#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::pytree_core::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    static __TYPES: [__p::NodeType; 3usize] = [
        __p::NodeType {
            kind: __p::Kind::Dataclass,
            name: "my.Mask",
            rust_name: "Mask::Causal",
            fields: &[],
        },
        __p::NodeType {
            kind: __p::Kind::Dataclass,
            name: "my.Mask",
            rust_name: "Mask::Dense",
            fields: &["_0"],
        },
        __p::NodeType {
            kind: __p::Kind::Dataclass,
            name: "my.Mask",
            rust_name: "Mask::Window",
            fields: &["mask"],
        },
    ];
    static __TAGS: [&__p::Str; 3usize] = ["Causal", "Dense", "sliding"];
    #[automatically_derived]
    impl<T> __p::Variant for Mask<T> {
        fn node_type(&self) -> &'static __p::NodeType {
            match self {
                Self::Causal { .. } => &__TYPES[0],
                Self::Dense { .. } => &__TYPES[1],
                Self::Window { .. } => &__TYPES[2],
            }
        }
    }
    #[automatically_derived]
    impl<__AnyFamily: __p::Family, T: __Tree<__AnyFamily>> __Tree<__AnyFamily>
    for Mask<T> {
        fn walk<'__a, __V: __p::Visitor<'__a, __AnyFamily>>(
            &'__a self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            let __ty = __p::Variant::node_type(self);
            __p::walk_struct(self, __ty, __v)
        }
        fn walk_fields<'__a, __W: __p::Fields<'__a, __AnyFamily>>(
            &'__a self,
            __w: &mut __W,
        ) {
            match self {
                Self::Causal { .. } => {}
                Self::Dense { 0: __f0, .. } => {
                    <T as __Tree<__AnyFamily>>::walk_field(__f0, __w);
                }
                Self::Window { mask: __f0, .. } => {
                    #[allow(unused_imports)]
                    use __p::Unread as _;
                    __p::Reader::<__AnyFamily, Option<T>>::OF.walk_field(__f0, __w);
                }
            }
        }
        fn statics(&self) -> __p::Option<&dyn __p::Statics> {
            __p::Some(self)
        }
    }
    #[automatically_derived]
    impl<__AnyFamily: __p::Family, T: __Owned<__AnyFamily>> __Owned<__AnyFamily>
    for Mask<T> {
        fn walk_mut<__V: __p::VisitorMut<__AnyFamily>>(
            &mut self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            let __ty = __p::Variant::node_type(self);
            __p::walk_struct_mut(self, __ty, __v)
        }
        fn into_walk<__V: __p::VisitorOwned<__AnyFamily>>(
            self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            let __ty = __p::Variant::node_type(&self);
            __p::into_struct(self, __ty, __v)
        }
        fn rebuild<__S: __p::Source<__AnyFamily>>(__s: &mut __S) -> __p::Rebuilt<Self> {
            __p::rebuild_enum(&__TYPES, &__TAGS, __s)
        }
        fn walk_fields_mut<__W: __p::FieldsMut<__AnyFamily>>(&mut self, __w: &mut __W) {
            match self {
                Self::Causal { .. } => {}
                Self::Dense { 0: __f0, .. } => {
                    <T as __Owned<__AnyFamily>>::walk_field_mut(__f0, __w);
                }
                Self::Window { mask: __f0, .. } => {
                    <Option<T> as __p::Child<__AnyFamily>>::walk_field_mut(__f0, __w);
                }
            }
        }
        fn into_fields<__W: __p::FieldsOwned<__AnyFamily>>(self, __w: &mut __W) {
            use __p::AllMovable as _;
            __p::Whole::<Self>::OF.movable();
            match self {
                Self::Causal { .. } => {}
                Self::Dense { 0: __f0, .. } => {
                    <T as __Owned<__AnyFamily>>::into_field(__f0, __w);
                }
                Self::Window { mask: __f0, .. } => {
                    <Option<T> as __p::Child<__AnyFamily>>::into_field(__f0, __w);
                }
            }
        }
        fn rebuild_fields<__S: __p::Source<__AnyFamily>>(
            __r: &mut __p::Rebuilder<'_, __S>,
        ) -> __p::Rebuilt<Self> {
            __p::Ok(
                match __r.variant() {
                    0usize => Self::Causal {},
                    1usize => {
                        Self::Dense {
                            0: <T as __Owned<__AnyFamily>>::rebuild_field(__r)?,
                        }
                    }
                    2usize => {
                        Self::Window {
                            mask: <Option<
                                T,
                            > as __p::Child<__AnyFamily>>::rebuild_field(__r)?,
                            size: <usize as __p::StaticField>::read(__r, "size")?,
                        }
                    }
                    _ => return __p::Err(__r.no_struct()),
                },
            )
        }
    }
    #[automatically_derived]
    impl<T: __p::Retype> __p::Retype for Mask<T> {
        type As<__U> = Mask<<T as __p::Retype>::As<__U>>;
    }
    use __p::HoldsNone as _;
    const _: () = __p::assert!(
        ! __p::Holds:: < usize > ::TENSORS,
        "static field `size` holds a tensor, and tensors are children: remove `#[pytree(static)]`"
    );
    #[automatically_derived]
    impl<T> __p::Statics for Mask<T> {
        fn to_json(&self) -> __p::Result<__p::StaticsValue, __p::StaticsError> {
            let mut __o = __p::StaticsObject::new();
            match self {
                Self::Causal { .. } => {
                    __p::write_variant(&mut __o, "Causal");
                }
                Self::Dense { .. } => {
                    __p::write_variant(&mut __o, "Dense");
                }
                Self::Window { size: __f0, .. } => {
                    __p::write_variant(&mut __o, "sliding");
                    <usize as __p::StaticField>::write(
                        __f0,
                        &mut __o,
                        "size",
                        __p::Sort {
                            maps: false,
                            lists: false,
                        },
                    )?;
                }
            }
            __p::Ok(__p::StaticsValue::Object(__o))
        }
    }
};
