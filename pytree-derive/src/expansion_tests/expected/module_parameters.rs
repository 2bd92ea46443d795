impl Model {
    fn forward(
        &self,
        cache: DynamicCache,
        state: &mut State,
        mask: Option<&Tensor>,
        scale: f64,
        rest: &[Tensor],
        sizes: &[i64],
        extra: &IndexMap<String, Tensor>,
    ) -> Tensor {
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
    use ::pytree_core::__private as __p;
    use __p::library as __pytree_core;
    type __F = __pytree_core::Tch;
    static __PARAMETERS: [__p::Parameter; 7usize] = [
        __p::Parameter::required("cache"),
        __p::Parameter::required("state"),
        __p::Parameter::optional("mask"),
        __p::Parameter::optional("scale"),
        __p::Parameter::new("rest", __p::ParameterKind::VarPositional),
        __p::keyword_only("sizes", true),
        __p::Parameter::new("extra", __p::ParameterKind::VarKeyword),
    ];
    static __SIGNATURE: __p::Signature = __p::Signature::of(&__PARAMETERS);
    ///The arguments of one call of `Model`, whose forward takes `(cache, state, mask, scale, *rest, sizes, **extra)`: a tree of `(args, kwargs)`.
    pub struct ModelArgs(
        __p::Call<
            (
                __p::Option<DynamicCache>,
                __p::Option<State>,
                __p::Option<__p::Option<Tensor>>,
                __p::Option<f64>,
                __p::VarArgs<Tensor>,
                __p::Option<__p::Vec<i64>>,
                __p::VarKwargs<Tensor>,
            ),
        >,
    );
    #[automatically_derived]
    impl __p::PyTree<__F> for ModelArgs
    where
        DynamicCache: __p::OwnedTree<__F>,
        State: __p::OwnedTree<__F>,
        __p::Option<Tensor>: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        __p::Vec<i64>: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
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
        State: __p::OwnedTree<__F>,
        __p::Option<Tensor>: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        __p::Vec<i64>: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
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
        State: __p::OwnedTree<__F>,
        __p::Option<Tensor>: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        __p::Vec<i64>: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
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
        ///Gives `state` by name.
        #[must_use]
        pub fn state(mut self, state: State) -> Self {
            self.0.slots.1 = __p::Some(state);
            self.0.name(1usize);
            self
        }
        ///Gives `mask` by name, with or without `Some`.
        #[must_use]
        pub fn mask<__G: __p::Given<__p::Option<Tensor>>>(mut self, mask: __G) -> Self {
            self.0.slots.2 = __p::Some(__p::Given::given(mask));
            self.0.name(2usize);
            self
        }
        ///Gives `scale` by name.
        #[must_use]
        pub fn scale(mut self, scale: f64) -> Self {
            self.0.slots.3 = __p::Some(scale);
            self.0.name(3usize);
            self
        }
        ///Adds to `*rest`, the positional arguments without a parameter of their own.
        #[must_use]
        pub fn rest<__I: __p::IntoIterator<Item = Tensor>>(mut self, rest: __I) -> Self {
            __p::Extend::extend(&mut self.0.slots.4.0, rest);
            self
        }
        ///Gives `sizes` by name.
        #[must_use]
        pub fn sizes(mut self, sizes: __p::Vec<i64>) -> Self {
            self.0.slots.5 = __p::Some(sizes);
            self.0.name(5usize);
            self
        }
        ///Adds to `**extra`, the named arguments without a parameter of their own.
        #[must_use]
        pub fn extra<
            __K: __p::Into<__p::String>,
            __I: __p::IntoIterator<Item = (__K, Tensor)>,
        >(mut self, extra: __I) -> Self {
            for (__k, __v) in extra {
                if self.0.slots.6.0.insert(__p::Into::into(__k), __v).is_none() {
                    self.0.extra(6usize);
                }
            }
            self
        }
    }
    impl __p::Positional<Model, ModelArgs> for DynamicCache {
        fn fill(self) -> ModelArgs {
            ModelArgs(
                __p::Call::new(
                    (
                        __p::Some(self),
                        __p::None,
                        __p::None,
                        __p::None,
                        __p::Default::default(),
                        __p::None,
                        __p::Default::default(),
                    ),
                    1usize,
                ),
            )
        }
    }
    impl __p::Positional<Model, ModelArgs> for (DynamicCache,) {
        fn fill(self) -> ModelArgs {
            ModelArgs(
                __p::Call::new(
                    (
                        __p::Some(self.0),
                        __p::None,
                        __p::None,
                        __p::None,
                        __p::Default::default(),
                        __p::None,
                        __p::Default::default(),
                    ),
                    1usize,
                ),
            )
        }
    }
    impl __p::Positional<Model, ModelArgs> for (DynamicCache, State) {
        fn fill(self) -> ModelArgs {
            ModelArgs(
                __p::Call::new(
                    (
                        __p::Some(self.0),
                        __p::Some(self.1),
                        __p::None,
                        __p::None,
                        __p::Default::default(),
                        __p::None,
                        __p::Default::default(),
                    ),
                    2usize,
                ),
            )
        }
    }
    impl __p::Positional<Model, ModelArgs>
    for (DynamicCache, State, __p::Option<Tensor>) {
        fn fill(self) -> ModelArgs {
            ModelArgs(
                __p::Call::new(
                    (
                        __p::Some(self.0),
                        __p::Some(self.1),
                        __p::Some(self.2),
                        __p::None,
                        __p::Default::default(),
                        __p::None,
                        __p::Default::default(),
                    ),
                    3usize,
                ),
            )
        }
    }
    impl __p::Positional<Model, ModelArgs>
    for (DynamicCache, State, __p::Option<Tensor>, f64) {
        fn fill(self) -> ModelArgs {
            ModelArgs(
                __p::Call::new(
                    (
                        __p::Some(self.0),
                        __p::Some(self.1),
                        __p::Some(self.2),
                        __p::Some(self.3),
                        __p::Default::default(),
                        __p::None,
                        __p::Default::default(),
                    ),
                    4usize,
                ),
            )
        }
    }
    impl Model {
        /**The arguments of a call of `forward(cache, state, mask, scale, *rest, sizes, **extra)`, given by position: the first one alone, or a tuple of the first few.

The others are given by name, with the methods of the returned value.*/
        #[must_use]
        pub fn args<__P: __p::Positional<Self, ModelArgs>>(
            __positional: __P,
        ) -> ModelArgs {
            __positional.fill()
        }
        ///The arguments of a call of `forward(cache, state, mask, scale, *rest, sizes, **extra)`, all given by name.
        #[must_use]
        pub fn kwargs() -> ModelArgs {
            ModelArgs(__p::Default::default())
        }
    }
    #[automatically_derived]
    impl __p::Module for Model
    where
        DynamicCache: __p::OwnedTree<__F>,
        State: __p::OwnedTree<__F>,
        __p::Option<Tensor>: __p::OwnedTree<__F>,
        f64: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
        __p::Vec<i64>: __p::OwnedTree<__F>,
        Tensor: __p::OwnedTree<__F>,
    {
        type Family = __F;
        type Args = ModelArgs;
        type Output = (Tensor, State);
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
            let __s0 = __p::share::<
                __F,
                DynamicCache,
            >(__p::slot(&__args.0.slots.0, "cache")?, "cache")?;
            let mut __s1 = __p::share::<
                __F,
                State,
            >(__p::slot(&__args.0.slots.1, "state")?, "state")?;
            let __d2: __p::Option<Tensor> = __p::None;
            let __s2 = __args.0.slots.2.as_ref().unwrap_or(&__d2).as_ref();
            let __d3: f64;
            let __s3 = *match &__args.0.slots.3 {
                __p::Some(__given) => __given,
                __p::None => {
                    __d3 = 1.0;
                    &__d3
                }
            };
            let __s4 = &__args.0.slots.4.0;
            let __d5: __p::Vec<i64>;
            let __s5 = match &__args.0.slots.5 {
                __p::Some(__given) => __given,
                __p::None => {
                    __d5 = vec![2];
                    &__d5
                }
            };
            let __s6 = &__args.0.slots.6.0;
            {
                let __o = Self::forward(
                    self,
                    __s0,
                    &mut __s1,
                    __s2,
                    __s3,
                    __s4,
                    __s5,
                    __s6,
                );
                __p::Ok((__o, __s1))
            }
        }
    }
};
