//! Messages about types that are often taken for trees.
//!
//! The macros ask for one of these traits instead of `OwnedTree` where the name of a type suggests that it is not a tree.
//! Every tree implements them, so a name only chooses the message and never decides whether the code is right.

use crate::walk::{Fields, FieldsMut, FieldsOwned, Rebuilder};
use crate::{Family, OwnedTree, Source, UnflattenError};

/// The trait and its impl for every tree.
macro_rules! field {
    ($field:ident; $(#[$of_trait:meta])*; $(#[$of_impl:meta])*) => {
        $(#[$of_trait])*
        pub trait $field<F: Family>: Sized {
            /// `OwnedTree::read_field`
            fn read_field<'a, W: Fields<'a, F>>(&'a self, fields: &mut W);
            /// `OwnedTree::walk_field_mut`
            fn walk_field_mut<W: FieldsMut<F>>(&mut self, fields: &mut W);
            /// `OwnedTree::into_field`
            fn into_field<W: FieldsOwned<F>>(self, fields: &mut W);
            /// `OwnedTree::rebuild_field`
            fn rebuild_field<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<Self, UnflattenError>;
        }

        $(#[$of_impl])*
        impl<F: Family, X: OwnedTree<F>> $field<F> for X {
            #[inline(always)]
            fn read_field<'a, W: Fields<'a, F>>(&'a self, fields: &mut W) {
                OwnedTree::read_field(self, fields);
            }
            #[inline(always)]
            fn walk_field_mut<W: FieldsMut<F>>(&mut self, fields: &mut W) {
                OwnedTree::walk_field_mut(self, fields);
            }
            #[inline(always)]
            fn into_field<W: FieldsOwned<F>>(self, fields: &mut W) {
                OwnedTree::into_field(self, fields);
            }
            #[inline]
            fn rebuild_field<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<Self, UnflattenError> {
                <X as OwnedTree<F>>::rebuild_field(fields)
            }
        }
    };
}

/// A trait for the type of a field. It has no supertrait: the compiler would report a type once for each function then.
macro_rules! hint {
    ($field:ident: $why:literal; $use:literal $(; $note:literal)*) => {
        field!(
            $field;
            #[doc = $why] #[diagnostic::on_unimplemented(message = $why, label = $use $(, note = $note)*)];
            #[diagnostic::do_not_recommend]
        );
    };
}

// A type around a parameter, whatever its name.
field!(Child; #[doc = "The type of a field is a tree."];);

hint!(SmallNumber:
    "`{Self}` is not a tree: numbers are `i64` or `f64`, as in torch"; "write `i64` or `f64`";
    "`#[pytree(leaf)]` converts a field of a smaller type, and `#[pytree(static)]` keeps it as configuration");
hint!(LargeNumber:
    "`{Self}` is not a tree: ints are `i64`, as in torch"; "write `i64`";
    "`#[pytree(static)]` keeps a field as configuration, with its type");
hint!(Character:
    "`{Self}` is not a tree: Python has strings, but no type for a single character"; "write `String`";
    "`#[pytree(static)]` keeps a field as configuration, with its type");
hint!(Unordered:
    "`{Self}` is not a tree: a `HashMap` has no stable order, which the leaves of a dict need";
    "use `IndexMap` or `BTreeMap`";
    "`#[pytree(skip)]` leaves a field out");
hint!(Set:
    "`{Self}` is not a tree: PyTorch takes a set for a single leaf"; "use `Vec`";
    "`#[pytree(static)]` keeps a `BTreeSet` as configuration, and `#[pytree(skip)]` leaves a field out");
hint!(Marker:
    "`{Self}` is not a tree: it marks a type and has no value"; "add `#[pytree(skip)]`");
hint!(Locked:
    "`{Self}` is not a tree: the content of a cell or lock cannot be borrowed for as long as the tree";
    "use the type inside";
    "`#[pytree(skip)]` leaves a field out");
hint!(Shared:
    "`{Self}` can be read, but not rebuilt from leaves: what is rebuilt would not be shared"; "use `Box`, or the type inside";
    "a type that is only read may hold it: `#[pytree(borrow_only)]`");
hint!(Outcome:
    "`{Self}` is not a tree: Python raises an error instead"; "use the type of the value";
    "an `Option` is a tree: it is Python's `None` or the value");
hint!(Object:
    "`{Self}` is not a tree: a trait object (`dyn`) cannot be rebuilt from leaves, since they do not say its type";
    "use an enum with a variant for each type, or name the type";
    "`#[pytree(static)]` keeps a field that serde can write as configuration, and `#[pytree(skip)]` leaves it out");
