// Sets and locks are not trees.
use pytree_core::{Meta, PyTree, TensorMeta};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    names: HashSet<String>,
    sizes: BTreeSet<i64>,
    cache: RefCell<TensorMeta>,
}

fn main() {}
