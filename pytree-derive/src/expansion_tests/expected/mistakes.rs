::core::compile_error! {
    "a field cannot be both `static` (kept in the context) and `skip` (not carried): remove one"
}
#[allow(unused_variables)]
const _: () = {
    use ::pytree_core::__private as __p;
    #[automatically_derived]
    impl<'a, T: Clone> __p::PyTree<Meta> for Inputs<'a, T>
    where
        Meta: __p::Family,
    {
        fn walk<'__a, __V: __p::Visitor<'__a, Meta>>(
            &'__a self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::Flow::Continue(())
        }
    }
    #[automatically_derived]
    impl<'a, T: Clone> __p::OwnedTree<Meta> for Inputs<'a, T>
    where
        Meta: __p::Family,
    {
        fn walk_mut<__V: __p::VisitorMut<Meta>>(
            &mut self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::Flow::Continue(())
        }
        fn into_walk<__V: __p::VisitorOwned<Meta>>(
            self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            __p::Flow::Continue(())
        }
        fn rebuild<__S: __p::Source<Meta>>(__s: &mut __S) -> __p::Rebuilt<Self> {
            __p::Err(__s.fail(__p::Mismatch::Next("")))
        }
    }
};
