impl ModuleT for Model {
    fn forward_t(&self, x: &Tensor, train: bool) -> anyhow::Result<Tensor> {
        x.f_relu()
    }
}
#[allow(
    dead_code,
    unreachable_pub,
    private_bounds,
    private_interfaces,
    unused_variables
)]
const _: () = {
    use ::pytree_core::__private as __p;
    use __p::library as __pytree_core;
    type __F = __pytree_core::Tch;
    static __PARAMETERS: [__p::Parameter; 2usize] = [
        __p::Parameter::required("x"),
        __p::Parameter::optional("train"),
    ];
    static __SIGNATURE: __p::Signature = __p::Signature::of(&__PARAMETERS);
    ///The arguments of one call of `Model`, whose forward takes `(x, train)`: a tree of `(args, kwargs)`.
    pub struct ModelArgs(__p::Call<(__p::Option<Tensor>, __p::Option<bool>)>);
    #[automatically_derived]
    impl __p::PyTree<__F> for ModelArgs
    where
        Tensor: __p::OwnedTree<__F>,
        bool: __p::OwnedTree<__F>,
    {
        fn walk<'__a, __V: __p::Visitor<'__a, __F>>(
            &'__a self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            self.0.walk::<__F, __V>(&__SIGNATURE, __v)
        }
    }
    #[automatically_derived]
    impl __p::OwnedTree<__F> for ModelArgs
    where
        Tensor: __p::OwnedTree<__F>,
        bool: __p::OwnedTree<__F>,
    {
        fn walk_mut<__V: __p::VisitorMut<__F>>(
            &mut self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            self.0.walk_mut::<__F, __V>(__v)
        }
        fn into_walk<__V: __p::VisitorOwned<__F>>(
            self,
            __v: &mut __V,
        ) -> __p::Flow<__V::Break> {
            self.0.into_walk::<__F, __V>(&__SIGNATURE, __v)
        }
        fn rebuild<__S: __p::Source<__F>>(__s: &mut __S) -> __p::Rebuilt<Self> {
            __p::Ok(Self(__p::Call::rebuild::<__F, __S>(&__SIGNATURE, __s)?))
        }
    }
    #[automatically_derived]
    impl __p::Debug for ModelArgs
    where
        Tensor: __p::OwnedTree<__F>,
        bool: __p::OwnedTree<__F>,
    {
        fn fmt(&self, __f: &mut __p::Formatter<'_>) -> __p::FmtResult {
            __p::debug_args::<__F, _>(self, "Model::args", __f)
        }
    }
    impl ModelArgs {
        ///Gives `x` by name.
        #[must_use]
        pub fn x(mut self, x: Tensor) -> Self {
            self.0.slots.0 = __p::Some(x);
            self.0.name(0usize);
            self
        }
        ///Gives `train` by name.
        #[must_use]
        pub fn train(mut self, train: bool) -> Self {
            self.0.slots.1 = __p::Some(train);
            self.0.name(1usize);
            self
        }
    }
    impl __p::Positional<Model, ModelArgs> for Tensor {
        fn fill(self) -> ModelArgs {
            ModelArgs(__p::Call::new((__p::Some(self), __p::None), 1usize))
        }
    }
    impl __p::Positional<Model, ModelArgs> for (Tensor,) {
        fn fill(self) -> ModelArgs {
            ModelArgs(__p::Call::new((__p::Some(self.0), __p::None), 1usize))
        }
    }
    impl __p::Positional<Model, ModelArgs> for (Tensor, bool) {
        fn fill(self) -> ModelArgs {
            ModelArgs(__p::Call::new((__p::Some(self.0), __p::Some(self.1)), 2usize))
        }
    }
    impl Model {
        /**The arguments of a call of `forward(x, train)`, given by position: the first one alone, or a tuple of the first few.

The others are given by name, with the methods of the returned value.*/
        #[must_use]
        pub fn args<__P: __p::Positional<Self, ModelArgs>>(
            __positional: __P,
        ) -> ModelArgs {
            __positional.fill()
        }
        ///The arguments of a call of `forward(x, train)`, all given by name.
        #[must_use]
        pub fn kwargs() -> ModelArgs {
            ModelArgs(__p::Default::default())
        }
    }
    #[automatically_derived]
    impl __p::Module for Model
    where
        Tensor: __p::OwnedTree<__F>,
        bool: __p::OwnedTree<__F>,
    {
        type Family = __F;
        type Args = ModelArgs;
        type Output = <anyhow::Result<Tensor> as __p::Fallible>::Output;
        fn name() -> &'static __p::Str {
            "Model"
        }
        fn signature() -> &'static __p::Signature {
            &__SIGNATURE
        }
        fn call(
            &self,
            __args: &Self::Args,
        ) -> __p::Result<Self::Output, __p::ForwardError> {
            __args.0.check(&__SIGNATURE)?;
            let __s0 = __p::slot(&__args.0.slots.0, "x")?;
            let __d1: bool;
            let __s1 = *match &__args.0.slots.1 {
                __p::Some(__given) => __given,
                __p::None => {
                    __d1 = false;
                    &__d1
                }
            };
            __p::Ok(
                match __p::Fallible::into_result(
                    <Self as ModuleT>::forward_t(self, __s0, __s1),
                ) {
                    __p::Ok(__o) => __o,
                    __p::Err(__e) => {
                        #[allow(unused_imports)]
                        use __p::{BoxedKind as _, ShownKind as _};
                        return __p::Err((&__e).kind().error(__e));
                    }
                },
            )
        }
    }
};
