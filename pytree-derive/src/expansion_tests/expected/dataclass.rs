#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::pytree_core::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    use __p::library as __pytree_core;
    type __F = __pytree_core::Tch;
    static __TYPE: __p::NodeType = __p::NodeType {
        kind: __p::Kind::Dataclass,
        name: "my_project.ModelInputs",
        rust_name: "ModelInputs",
        fields: &[
            "input_ids",
            "attention_mask",
            "position_ids",
            "past_key_values",
            "labels",
            "use_cache",
            "temperature",
            "name",
        ],
    };
    #[automatically_derived]
    impl __Tree<__F> for ModelInputs {
        const FIELDS: __p::FieldNames = __p::Some(__TYPE.fields);
        fn walk<'__a, __V: __p::Visitor<'__a, __F>>(
            &'__a self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::walk_struct(self, &__TYPE, __v)
        }
        fn walk_fields<'__a, __W: __p::Fields<'__a, __F>>(&'__a self, __w: &mut __W) {
            <Tensor as __Owned<__F>>::read_field(&self.input_ids, __w);
            <Option<Tensor> as __Owned<__F>>::read_field(&self.attention_mask, __w);
            <Option<Tensor> as __Owned<__F>>::read_field(&self.position_ids, __w);
            <Vec<
                (Tensor, Tensor),
            > as __Owned<__F>>::read_field(&self.past_key_values, __w);
            <Option<Tensor> as __Owned<__F>>::read_field(&self.labels, __w);
            <bool as __Owned<__F>>::read_field(&self.use_cache, __w);
            <f64 as __Owned<__F>>::read_field(&self.temperature, __w);
            <String as __Owned<__F>>::read_field(&self.name, __w);
        }
    }
    #[automatically_derived]
    impl __Owned<__F> for ModelInputs {
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
            <Tensor as __Owned<__F>>::walk_field_mut(&mut self.input_ids, __w);
            <Option<
                Tensor,
            > as __Owned<__F>>::walk_field_mut(&mut self.attention_mask, __w);
            <Option<
                Tensor,
            > as __Owned<__F>>::walk_field_mut(&mut self.position_ids, __w);
            <Vec<
                (Tensor, Tensor),
            > as __Owned<__F>>::walk_field_mut(&mut self.past_key_values, __w);
            <Option<Tensor> as __Owned<__F>>::walk_field_mut(&mut self.labels, __w);
            <bool as __Owned<__F>>::walk_field_mut(&mut self.use_cache, __w);
            <f64 as __Owned<__F>>::walk_field_mut(&mut self.temperature, __w);
            <String as __Owned<__F>>::walk_field_mut(&mut self.name, __w);
        }
        fn into_fields<__W: __p::FieldsOwned<__F>>(self, __w: &mut __W) {
            use __p::AllMovable as _;
            __p::Whole::<Self>::OF.movable();
            <Tensor as __Owned<__F>>::into_field(self.input_ids, __w);
            <Option<Tensor> as __Owned<__F>>::into_field(self.attention_mask, __w);
            <Option<Tensor> as __Owned<__F>>::into_field(self.position_ids, __w);
            <Vec<
                (Tensor, Tensor),
            > as __Owned<__F>>::into_field(self.past_key_values, __w);
            <Option<Tensor> as __Owned<__F>>::into_field(self.labels, __w);
            <bool as __Owned<__F>>::into_field(self.use_cache, __w);
            <f64 as __Owned<__F>>::into_field(self.temperature, __w);
            <String as __Owned<__F>>::into_field(self.name, __w);
        }
        fn rebuild_fields<__S: __p::Source<__F>>(
            __r: &mut __p::Rebuilder<'_, __S>,
        ) -> __p::Rebuilt<Self> {
            __p::Ok(Self {
                input_ids: <Tensor as __Owned<__F>>::rebuild_field(__r)?,
                attention_mask: <Option<Tensor> as __Owned<__F>>::rebuild_field(__r)?,
                position_ids: <Option<Tensor> as __Owned<__F>>::rebuild_field(__r)?,
                past_key_values: <Vec<
                    (Tensor, Tensor),
                > as __Owned<__F>>::rebuild_field(__r)?,
                labels: <Option<Tensor> as __Owned<__F>>::rebuild_field(__r)?,
                use_cache: <bool as __Owned<__F>>::rebuild_field(__r)?,
                temperature: <f64 as __Owned<__F>>::rebuild_field(__r)?,
                name: <String as __Owned<__F>>::rebuild_field(__r)?,
            })
        }
    }
};
