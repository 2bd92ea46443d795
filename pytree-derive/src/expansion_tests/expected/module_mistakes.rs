impl Model {
    fn forward(&mut self, x: Tensor) {}
}
::core::compile_error! {
    "forward must take `&self`: an export calls it many times on the same model"
}
const _: () = {
    use ::pytree_core::__private as __p;
    static __SIGNATURE: __p::Signature = __p::Signature::of(&[]);
    #[automatically_derived]
    impl __p::Module for Model {
        type Family = __p::Meta;
        type Args = ();
        type Output = ();
        fn name() -> &'static __p::Str {
            ""
        }
        fn signature() -> &'static __p::Signature {
            &__SIGNATURE
        }
        fn call(&self, _: &()) -> __p::Result<(), __p::ForwardError> {
            __p::Ok(())
        }
    }
};
