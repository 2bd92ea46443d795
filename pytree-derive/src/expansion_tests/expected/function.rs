fn example() {
    let add = {
        struct __Function<__Closure>(__Closure);
        impl<
            __Closure: ::pytree_core::__private::Fn(&TensorMeta, i64) -> TensorMeta,
        > __Function<__Closure> {
            fn forward(&self, x: &TensorMeta, n: i64) -> TensorMeta {
                (self.0)(x, n)
            }
            /// Gives the closure its type, so that its references may have any lifetime.
            fn wrap(closure: __Closure) -> Self {
                __Function(closure)
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
            static __PARAMETERS: [__p::Parameter; 2usize] = [
                __p::Parameter::required("x"),
                __p::Parameter::optional("n"),
            ];
            static __SIGNATURE: __p::Signature = __p::Signature::of(&__PARAMETERS);
            ///The arguments of one call of `Add`, whose forward takes `(x, n)`: a tree of `(args, kwargs)`.
            pub struct AddArgs(__p::Call<(__p::Option<TensorMeta>, __p::Option<i64>)>);
            #[automatically_derived]
            impl __p::PyTree<Meta> for AddArgs
            where
                Meta: __p::Family,
                TensorMeta: __p::OwnedTree<Meta>,
                i64: __p::OwnedTree<Meta>,
            {
                fn walk<'__a, __V: __p::Visitor<'__a, Meta>>(
                    &'__a self,
                    __v: &mut __V,
                ) -> __p::Flow<__V::Break> {
                    self.0.walk::<Meta, __V>(&__SIGNATURE, __v)
                }
            }
            #[automatically_derived]
            impl __p::OwnedTree<Meta> for AddArgs
            where
                Meta: __p::Family,
                TensorMeta: __p::OwnedTree<Meta>,
                i64: __p::OwnedTree<Meta>,
            {
                fn walk_mut<__V: __p::VisitorMut<Meta>>(
                    &mut self,
                    __v: &mut __V,
                ) -> __p::Flow<__V::Break> {
                    self.0.walk_mut::<Meta, __V>(__v)
                }
                fn into_walk<__V: __p::VisitorOwned<Meta>>(
                    self,
                    __v: &mut __V,
                ) -> __p::Flow<__V::Break> {
                    self.0.into_walk::<Meta, __V>(&__SIGNATURE, __v)
                }
                fn rebuild<__S: __p::Source<Meta>>(__s: &mut __S) -> __p::Rebuilt<Self> {
                    __p::Ok(Self(__p::Call::rebuild::<Meta, __S>(&__SIGNATURE, __s)?))
                }
            }
            #[automatically_derived]
            impl __p::Debug for AddArgs
            where
                Meta: __p::Family,
                TensorMeta: __p::OwnedTree<Meta>,
                i64: __p::OwnedTree<Meta>,
            {
                fn fmt(&self, __f: &mut __p::Formatter<'_>) -> __p::FmtResult {
                    __p::debug_args::<Meta, _>(self, "Add::args", __f)
                }
            }
            impl AddArgs {
                ///Gives `x` by name.
                #[must_use]
                pub fn x(mut self, x: TensorMeta) -> Self {
                    self.0.slots.0 = __p::Some(x);
                    self.0.name(0usize);
                    self
                }
                ///Gives `n` by name.
                #[must_use]
                pub fn n(mut self, n: i64) -> Self {
                    self.0.slots.1 = __p::Some(n);
                    self.0.name(1usize);
                    self
                }
            }
            impl<
                __Closure: ::pytree_core::__private::Fn(&TensorMeta, i64) -> TensorMeta,
            > __p::Positional<__Function<__Closure>, AddArgs> for TensorMeta {
                fn fill(self) -> AddArgs {
                    AddArgs(__p::Call::new((__p::Some(self), __p::None), 1usize))
                }
            }
            impl<
                __Closure: ::pytree_core::__private::Fn(&TensorMeta, i64) -> TensorMeta,
            > __p::Positional<__Function<__Closure>, AddArgs> for (TensorMeta,) {
                fn fill(self) -> AddArgs {
                    AddArgs(__p::Call::new((__p::Some(self.0), __p::None), 1usize))
                }
            }
            impl<
                __Closure: ::pytree_core::__private::Fn(&TensorMeta, i64) -> TensorMeta,
            > __p::Positional<__Function<__Closure>, AddArgs> for (TensorMeta, i64) {
                fn fill(self) -> AddArgs {
                    AddArgs(
                        __p::Call::new((__p::Some(self.0), __p::Some(self.1)), 2usize),
                    )
                }
            }
            impl<
                __Closure: ::pytree_core::__private::Fn(&TensorMeta, i64) -> TensorMeta,
            > __Function<__Closure> {
                /**The arguments of a call of `forward(x, n)`, given by position: the first one alone, or a tuple of the first few.

The others are given by name, with the methods of the returned value.*/
                #[must_use]
                pub fn args<__P: __p::Positional<Self, AddArgs>>(
                    &self,
                    __positional: __P,
                ) -> AddArgs {
                    __positional.fill()
                }
                ///The arguments of a call of `forward(x, n)`, all given by name.
                #[must_use]
                pub fn kwargs(&self) -> AddArgs {
                    AddArgs(__p::Default::default())
                }
            }
            #[automatically_derived]
            impl<
                __Closure: ::pytree_core::__private::Fn(&TensorMeta, i64) -> TensorMeta,
            > __p::Module for __Function<__Closure>
            where
                Meta: __p::Family,
                TensorMeta: __p::OwnedTree<Meta>,
                i64: __p::OwnedTree<Meta>,
            {
                type Family = Meta;
                type Args = AddArgs;
                type Output = TensorMeta;
                fn name() -> &'static __p::Str {
                    "Add"
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
                    let __d1: i64;
                    let __s1 = *match &__args.0.slots.1 {
                        __p::Some(__given) => __given,
                        __p::None => {
                            __d1 = 1;
                            &__d1
                        }
                    };
                    __p::Ok(Self::forward(self, __s0, __s1))
                }
            }
        };
        __Function::wrap(move |x: &TensorMeta, n: i64| -> TensorMeta { x + n })
    };
}
