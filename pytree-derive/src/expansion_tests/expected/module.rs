impl Model {
    fn forward(&self, cache: &DynamicCache, z: &Tensor, scale: f64) -> Tensor {
        z.shallow_clone()
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
    use ::torch_export::__private as __p;
    use __p::library as __pytree_core;
    type __F = __pytree_core::Tch;
    static __PARAMETERS: [__p::Parameter; 3usize] = [
        __p::Parameter::required("cache"),
        __p::Parameter::required("z"),
        __p::Parameter::required("scale"),
    ];
    static __SIGNATURE: __p::Signature = __p::Signature::of(&__PARAMETERS);
    ///The arguments of one call of `Model`, whose forward takes `(cache, z, scale)`: a tree of `(args, kwargs)`.
    pub struct ModelArgs(
        __p::Call<(__p::Option<DynamicCache>, __p::Option<Tensor>, __p::Option<f64>)>,
    );
    #[automatically_derived]
    impl __p::PyTree<__F> for ModelArgs
    where
        DynamicCache: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
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
        DynamicCache: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
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
        DynamicCache: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
    {
        fn fmt(&self, __f: &mut __p::Formatter<'_>) -> __p::FmtResult {
            __p::debug_args::<__F, _>(self, "Model::args", __f)
        }
    }
    impl ModelArgs {
        ///Gives `cache` by name.
        #[must_use]
        pub fn cache(mut self, cache: DynamicCache) -> Self {
            self.0.slots.0 = __p::Some(cache);
            self.0.name(0usize);
            self
        }
        ///Gives `z` by name.
        #[must_use]
        pub fn z(mut self, z: Tensor) -> Self {
            self.0.slots.1 = __p::Some(z);
            self.0.name(1usize);
            self
        }
        ///Gives `scale` by name.
        #[must_use]
        pub fn scale(mut self, scale: f64) -> Self {
            self.0.slots.2 = __p::Some(scale);
            self.0.name(2usize);
            self
        }
    }
    impl __p::Positional<Model, ModelArgs> for DynamicCache {
        fn fill(self) -> ModelArgs {
            ModelArgs(__p::Call::new((__p::Some(self), __p::None, __p::None), 1usize))
        }
    }
    impl __p::Positional<Model, ModelArgs> for (DynamicCache,) {
        fn fill(self) -> ModelArgs {
            ModelArgs(__p::Call::new((__p::Some(self.0), __p::None, __p::None), 1usize))
        }
    }
    impl __p::Positional<Model, ModelArgs> for (DynamicCache, Tensor) {
        fn fill(self) -> ModelArgs {
            ModelArgs(
                __p::Call::new((__p::Some(self.0), __p::Some(self.1), __p::None), 2usize),
            )
        }
    }
    impl __p::Positional<Model, ModelArgs> for (DynamicCache, Tensor, f64) {
        fn fill(self) -> ModelArgs {
            ModelArgs(
                __p::Call::new(
                    (__p::Some(self.0), __p::Some(self.1), __p::Some(self.2)),
                    3usize,
                ),
            )
        }
    }
    impl Model {
        /**The arguments of a call of `forward(cache, z, scale)`, given by position: the first one alone, or a tuple of the first few.

The others are given by name, with the methods of the returned value.*/
        #[must_use]
        pub fn args<__P: __p::Positional<Self, ModelArgs>>(
            __positional: __P,
        ) -> ModelArgs {
            __positional.fill()
        }
        ///The arguments of a call of `forward(cache, z, scale)`, all given by name.
        #[must_use]
        pub fn kwargs() -> ModelArgs {
            ModelArgs(__p::Default::default())
        }
    }
    #[automatically_derived]
    impl __p::Module for Model
    where
        DynamicCache: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
    {
        type Family = __F;
        type Args = ModelArgs;
        type Output = Tensor;
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
            let __s0 = __p::slot(&__args.0.slots.0, "cache")?;
            let __s1 = __p::slot(&__args.0.slots.1, "z")?;
            let __s2 = *__p::slot(&__args.0.slots.2, "scale")?;
            __p::Ok(Self::forward(self, __s0, __s1, __s2))
        }
    }
};
