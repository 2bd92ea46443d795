#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::pytree_core::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    #[automatically_derived]
    impl<__AnyFamily: __p::Family, T: __Tree<__AnyFamily>> __p::Joined<__AnyFamily>
    for Roles<T> {
        const NODE: __p::NodeType = __p::NodeType {
            kind: __p::Kind::Dataclass,
            name: __p::python_name!("Roles"),
            rust_name: "Roles",
            fields: &[],
        };
        const STRICT: __p::Bool = true;
        const PARTS: &'static [__p::Part] = &[
            __p::Part::One("mode"),
            __p::Part::One("boxes"),
            __p::Part::All(<Common<T> as __Tree<__AnyFamily>>::FIELDS),
        ];
    }
    struct __With0<__S>(__p::PhantomData<__S>);
    impl<__AnyFamily: __p::Family, T: __Tree<__AnyFamily>> __p::With<__AnyFamily, Boxes>
    for __With0<Roles<T>> {
        fn walk<'__a, __V: __p::Visitor<'__a, __AnyFamily>>(
            __t: &'__a Boxes,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            boxes::walk(__t, __v)
        }
    }
    impl<
        __AnyFamily: __p::Family,
        T: __Owned<__AnyFamily>,
    > __p::WithOwned<__AnyFamily, Boxes> for __With0<Roles<T>> {
        fn walk_mut<__V: __p::VisitorMut<__AnyFamily>>(
            __t: &mut Boxes,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            boxes::walk_mut(__t, __v)
        }
        fn into_walk<__V: __p::VisitorOwned<__AnyFamily>>(
            __t: Boxes,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            boxes::into_walk(__t, __v)
        }
        fn rebuild<__S: __p::Source<__AnyFamily>>(__s: &mut __S) -> __p::Rebuilt<Boxes> {
            boxes::rebuild(__s)
        }
    }
    #[automatically_derived]
    impl<__AnyFamily: __p::Family, T: __Tree<__AnyFamily>> __Tree<__AnyFamily>
    for Roles<T> {
        const FIELDS: __p::FieldNames = __p::Some(
            <Self as __p::Joined<__AnyFamily>>::TYPE.fields,
        );
        fn walk<'__a, __V: __p::Visitor<'__a, __AnyFamily>>(
            &'__a self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_struct(self, <Self as __p::Joined<__AnyFamily>>::TYPE, __v)
        }
        fn walk_fields<'__a, __W: __p::Fields<'__a, __AnyFamily>>(
            &'__a self,
            __w: &mut __W,
        ) {
            <Mode as __p::AsLeaf>::walk_field(&self.mode, __w);
            __w.with::<Boxes, __With0<Self>>(&self.boxes);
            <Common<T> as __Tree<__AnyFamily>>::walk_fields(&self.common, __w);
        }
    }
    #[automatically_derived]
    impl<__AnyFamily: __p::Family, T: __Owned<__AnyFamily>> __Owned<__AnyFamily>
    for Roles<T> {
        fn walk_mut<__V: __p::VisitorMut<__AnyFamily>>(
            &mut self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_struct_mut(self, <Self as __p::Joined<__AnyFamily>>::TYPE, __v)
        }
        fn into_walk<__V: __p::VisitorOwned<__AnyFamily>>(
            self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::into_struct(self, <Self as __p::Joined<__AnyFamily>>::TYPE, __v)
        }
        fn rebuild<__S: __p::Source<__AnyFamily>>(__s: &mut __S) -> __p::Rebuilt<Self> {
            __p::rebuild_struct(<Self as __p::Joined<__AnyFamily>>::TYPE, false, __s)
        }
        fn walk_fields_mut<__W: __p::FieldsMut<__AnyFamily>>(&mut self, __w: &mut __W) {
            <Mode as __p::AsLeaf>::walk_field_mut(&mut self.mode, __w);
            __w.with::<Boxes, __With0<Self>>(&mut self.boxes);
            <Common<T> as __Owned<__AnyFamily>>::walk_fields_mut(&mut self.common, __w);
        }
        fn into_fields<__W: __p::FieldsOwned<__AnyFamily>>(self, __w: &mut __W) {
            use __p::AllMovable as _;
            __p::Whole::<Self>::OF.movable();
            <Mode as __p::AsLeaf>::into_field(self.mode, __w);
            __w.with::<Boxes, __With0<Self>>(self.boxes);
            <Common<T> as __Owned<__AnyFamily>>::into_fields(self.common, __w);
        }
        fn rebuild_fields<__S: __p::Source<__AnyFamily>>(
            __r: &mut __p::Rebuilder<'_, __S>,
        ) -> __p::Rebuilt<Self> {
            __p::Ok(Self {
                mode: <Mode as __p::AsLeaf>::rebuild_field(__r)?,
                boxes: __r.with::<__AnyFamily, Boxes, __With0<Self>>()?,
                common: <Common<T> as __Owned<__AnyFamily>>::rebuild_fields(__r)?,
                cache: Cache::new(),
            })
        }
    }
    #[automatically_derived]
    impl<T: __p::Retype> __p::Retype for Roles<T> {
        type As<__U> = Roles<<T as __p::Retype>::As<__U>>;
    }
};
