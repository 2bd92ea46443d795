//! `()` and tuples of up to twelve items.

use crate::{Family, Node, OwnedTree, PyTree, Retype, Source, UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

macro_rules! tuple {
    ($count:literal $($name:ident $index:tt)*) => {
        impl<F: Family, $($name: PyTree<F>),*> PyTree<F> for ($($name,)*) {
            #[inline]
            fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
                if v.enter(&Node::Tuple($count))? {
                    $(v.child($index); self.$index.walk(v)?;)*
                    v.exit()?;
                }
                ControlFlow::Continue(())
            }
        }

        impl<F: Family, $($name: OwnedTree<F>),*> OwnedTree<F> for ($($name,)*) {
            #[inline]
            fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
                let _ = v;
                $(self.$index.walk_mut(v)?;)*
                ControlFlow::Continue(())
            }

            #[inline]
            fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
                v.enter(&Node::Tuple($count))?;
                $(self.$index.into_walk(v)?;)*
                v.exit()
            }

            #[inline]
            fn rebuild<Z: Source<F>>(source: &mut Z) -> Result<Self, UnflattenError> {
                source.tuple($count)?;
                Ok(($($name::rebuild(source)?,)*))
            }
        }

        impl<$($name: Retype),*> Retype for ($($name,)*) {
            type As<U> = ($($name::As<U>,)*);
        }
    };
}

tuple!(0);
tuple!(1 A 0);
tuple!(2 A 0 B 1);
tuple!(3 A 0 B 1 C 2);
tuple!(4 A 0 B 1 C 2 D 3);
tuple!(5 A 0 B 1 C 2 D 3 E 4);
tuple!(6 A 0 B 1 C 2 D 3 E 4 G 5);
tuple!(7 A 0 B 1 C 2 D 3 E 4 G 5 H 6);
tuple!(8 A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7);
tuple!(9 A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8);
tuple!(10 A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9);
tuple!(11 A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9 L 10);
tuple!(12 A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11);
