#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::pytree_core::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    static __TYPE: __p::NodeType = __p::NodeType {
        kind: __p::Kind::Dataclass,
        name: __p::python_name!("Attention"),
        rust_name: "Attention",
        fields: &["query", "type"],
    };
    #[automatically_derived]
    impl<
        __AnyFamily: __p::Family,
        T: __Tree<__AnyFamily>,
        C: Clone + __p::StaticField,
        P,
        const N: usize,
    > __Tree<__AnyFamily> for Attention<T, C, P, N>
    where
        C: Send,
    {
        fn walk<'__a, __V: __p::Visitor<'__a, __AnyFamily>>(
            &'__a self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_struct(self, &__TYPE, __v)
        }
        fn walk_fields<'__a, __W: __p::Fields<'__a, __AnyFamily>>(
            &'__a self,
            __w: &mut __W,
        ) {
            {
                #[allow(unused_imports)]
                use __p::Unread as _;
                __p::Reader::<__AnyFamily, Vec<Attention<T, C, P, N>>>::OF
                    .walk_field(&self.query, __w);
            }
            {
                #[allow(unused_imports)]
                use __p::Unread as _;
                __p::Reader::<__AnyFamily, Option<T>>::OF.walk_field(&self.r#type, __w);
            }
        }
        fn statics(&self) -> __p::Option<&dyn __p::Statics> {
            __p::Some(self)
        }
    }
    #[automatically_derived]
    impl<
        __AnyFamily: __p::Family,
        T: __Owned<__AnyFamily>,
        C: Clone + __p::StaticField,
        P,
        const N: usize,
    > __Owned<__AnyFamily> for Attention<T, C, P, N>
    where
        C: Send,
        PhantomData<P>: __p::Default,
    {
        fn walk_mut<__V: __p::VisitorMut<__AnyFamily>>(
            &mut self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_struct_mut(self, &__TYPE, __v)
        }
        fn into_walk<__V: __p::VisitorOwned<__AnyFamily>>(
            self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::into_struct(self, &__TYPE, __v)
        }
        fn rebuild<__S: __p::Source<__AnyFamily>>(__s: &mut __S) -> __p::Rebuilt<Self> {
            __p::rebuild_struct(&__TYPE, true, __s)
        }
        fn walk_fields_mut<__W: __p::FieldsMut<__AnyFamily>>(&mut self, __w: &mut __W) {
            <Vec<
                Attention<T, C, P, N>,
            > as __p::Child<__AnyFamily>>::walk_field_mut(&mut self.query, __w);
            <Option<
                T,
            > as __p::Child<__AnyFamily>>::walk_field_mut(&mut self.r#type, __w);
        }
        fn into_fields<__W: __p::FieldsOwned<__AnyFamily>>(self, __w: &mut __W) {
            use __p::AllMovable as _;
            __p::Whole::<Self>::OF.movable();
            <Vec<
                Attention<T, C, P, N>,
            > as __p::Child<__AnyFamily>>::into_field(self.query, __w);
            <Option<T> as __p::Child<__AnyFamily>>::into_field(self.r#type, __w);
        }
        fn rebuild_fields<__S: __p::Source<__AnyFamily>>(
            __r: &mut __p::Rebuilder<'_, __S>,
        ) -> __p::Rebuilt<Self> {
            __p::Ok(Self {
                query: <Vec<
                    Attention<T, C, P, N>,
                > as __p::Child<__AnyFamily>>::rebuild_field(__r)?,
                r#type: <Option<T> as __p::Child<__AnyFamily>>::rebuild_field(__r)?,
                settings: <C as __p::StaticField>::read(__r, "config")?,
                heads: <usize as __p::StaticField>::read(__r, "heads")?,
                marker: <PhantomData<P> as __p::Skipped>::skipped(),
            })
        }
    }
    #[automatically_derived]
    impl<T: __p::Retype, C: Clone, P, const N: usize> __p::Retype
    for Attention<T, C, P, N>
    where
        C: Send,
    {
        type As<__U> = Attention<<T as __p::Retype>::As<__U>, C, P, N>;
    }
    use __p::HoldsNone as _;
    const _: () = __p::assert!(
        ! __p::Holds:: < usize > ::TENSORS,
        "static field `heads` holds a tensor, and tensors are children: remove `#[pytree(static)]`"
    );
    #[automatically_derived]
    impl<T, C: Clone + __p::StaticField, P, const N: usize> __p::Statics
    for Attention<T, C, P, N>
    where
        C: Send,
    {
        fn to_json(&self) -> __p::Result<__p::StaticsValue, __p::StaticsError> {
            let mut __o = __p::StaticsObject::new();
            <C as __p::StaticField>::write(
                &self.settings,
                &mut __o,
                "config",
                __p::Sort {
                    maps: false,
                    lists: false,
                },
            )?;
            <usize as __p::StaticField>::write(
                &self.heads,
                &mut __o,
                "heads",
                __p::Sort {
                    maps: false,
                    lists: false,
                },
            )?;
            __p::Ok(__p::StaticsValue::Object(__o))
        }
    }
};
