#[allow(unused_variables, unused_mut)]
const _: () = {
    use ::pytree_core::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
    static __TYPE: __p::NodeType = __p::NodeType {
        kind: __p::Kind::Dataclass,
        name: __p::python_name!("View"),
        rust_name: "View",
        fields: &["x"],
    };
    #[automatically_derived]
    impl<'a, __AnyFamily: __p::Family, T: 'a + __Tree<__AnyFamily>> __Tree<__AnyFamily>
    for View<'a, T> {
        const FIELDS: __p::FieldNames = __p::Some(__TYPE.fields);
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
            <&'a T as __Tree<__AnyFamily>>::walk_field(&self.x, __w);
        }
    }
};
