#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::torch_export::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    type __F = Meta;
    static __TYPE: __p::NodeType = __p::NodeType {
        kind: __p::Kind::Mapping,
        name: "transformers.cache_utils.DynamicCache",
        rust_name: "DynamicCache",
        fields: &["key_cache", "value_cache"],
    };
    #[automatically_derived]
    impl __Tree<__F> for DynamicCache
    where
        Meta: __p::Family,
    {
        const FIELDS: __p::FieldNames = __p::Some(__TYPE.fields);
        fn walk<'__a, __V: __p::Visitor<'__a, __F>>(
            &'__a self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_struct(self, &__TYPE, __v)
        }
        fn walk_fields<'__a, __W: __p::Fields<'__a, __F>>(&'__a self, __w: &mut __W) {
            <Vec<TensorMeta> as __Owned<__F>>::read_field(&self.key_cache, __w);
            <Vec<TensorMeta> as __Owned<__F>>::read_field(&self.value_cache, __w);
        }
    }
    #[automatically_derived]
    impl __Owned<__F> for DynamicCache
    where
        Meta: __p::Family,
    {
        fn walk_mut<__V: __p::VisitorMut<__F>>(
            &mut self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_struct_mut(self, &__TYPE, __v)
        }
        fn into_walk<__V: __p::VisitorOwned<__F>>(
            self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::into_struct(self, &__TYPE, __v)
        }
        fn rebuild<__S: __p::Source<__F>>(__s: &mut __S) -> __p::Rebuilt<Self> {
            __p::rebuild_struct(&__TYPE, false, __s)
        }
        fn walk_fields_mut<__W: __p::FieldsMut<__F>>(&mut self, __w: &mut __W) {
            <Vec<TensorMeta> as __Owned<__F>>::walk_field_mut(&mut self.key_cache, __w);
            <Vec<
                TensorMeta,
            > as __Owned<__F>>::walk_field_mut(&mut self.value_cache, __w);
        }
        fn into_fields<__W: __p::FieldsOwned<__F>>(self, __w: &mut __W) {
            use __p::AllMovable as _;
            __p::Whole::<Self>::OF.movable();
            <Vec<TensorMeta> as __Owned<__F>>::into_field(self.key_cache, __w);
            <Vec<TensorMeta> as __Owned<__F>>::into_field(self.value_cache, __w);
        }
        fn rebuild_fields<__S: __p::Source<__F>>(
            __r: &mut __p::Rebuilder<'_, __S>,
        ) -> __p::Rebuilt<Self> {
            __p::Ok(Self {
                key_cache: <Vec<TensorMeta> as __Owned<__F>>::rebuild_field(__r)?,
                value_cache: <Vec<TensorMeta> as __Owned<__F>>::rebuild_field(__r)?,
            })
        }
    }
};
