// A type that is not a visitor, a source or a slot is reported in the words of the trait.
use pytree_core::{
    Holder, Holders, LeafClass, MapKeys, Meta, Slots, Source, Statics, Visitor, VisitorMut, VisitorOwned, cache::CacheClass,
};

struct Nothing;

fn looks<'a, V: Visitor<'a, Meta>>() {}
fn changes<V: VisitorMut<Meta>>() {}
fn takes<V: VisitorOwned<Meta>>() {}
fn gives<S: Source<Meta>>() {}
fn keys<M: MapKeys>() {}
fn statics<S: Statics>() {}
fn class<L: LeafClass>() {}
fn cache<C: CacheClass>() {}
fn holder<H: Holder>() {}
fn holders<H: Holders>() {}
fn slots<S: Slots<Meta>>() {}

fn main() {
    looks::<Nothing>();
    changes::<Nothing>();
    takes::<Nothing>();
    gives::<Nothing>();
    keys::<Nothing>();
    statics::<Nothing>();
    class::<Nothing>();
    cache::<Nothing>();
    holder::<Nothing>();
    holders::<Nothing>();
    slots::<Nothing>();
}
