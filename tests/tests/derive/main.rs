//! `#[derive(PyTree)]`, on tensors without data.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod generics;
mod properties;
mod roles;
mod shapes;
mod statics;
mod structs;

use pytree_core::{DType, Meta, OwnedTree, PyTree, TensorMeta, TreeSpec, flatten, into_leaves, structure, unflatten};

fn tensor(size: i64) -> TensorMeta {
    TensorMeta::new(DType::Float32, [size])
}

fn paths<X: PyTree<Meta>>(tree: &X) -> Vec<String> {
    flatten(tree).unwrap().with_paths().map(|(path, _)| path.to_string()).collect()
}

/// Checks that a tree is the same after it is taken apart and rebuilt, also with its spec read from JSON. Returns the spec.
fn round_trips<X: OwnedTree<Meta> + Clone + PartialEq + std::fmt::Debug>(tree: &X) -> TreeSpec {
    let (leaves, spec) = into_leaves::<Meta, _>(tree.clone()).unwrap();
    assert_eq!(leaves.len(), spec.num_leaves());
    assert_eq!(spec, structure::<Meta, _>(tree).unwrap());
    assert_eq!(&unflatten::<Meta, X>(leaves.clone(), &spec).unwrap(), tree);
    let read = TreeSpec::from_json(&spec.to_json().unwrap()).unwrap();
    assert_eq!(&unflatten::<Meta, X>(leaves, &read).unwrap(), tree);
    spec
}

mod inner {
    #[derive(super::PyTree)]
    #[pytree(family = super::Meta)]
    pub(super) struct Named {}

    pub(super) fn local() -> impl super::PyTree<super::Meta> {
        #[derive(super::PyTree)]
        #[pytree(family = super::Meta)]
        struct r#Local {}
        r#Local {}
    }
}

#[test]
fn the_default_name_is_the_path_as_python_writes_it() {
    let name = |spec: TreeSpec| spec.root().context().unwrap().type_name().to_owned();
    assert_eq!(name(structure::<Meta, _>(&inner::Named {}).unwrap()), "derive.inner.Named");
    assert_eq!(name(structure::<Meta, _>(&inner::local()).unwrap()), "derive.inner.Local");
    assert_eq!(structure::<Meta, _>(&inner::Named {}).unwrap().to_string(), "TreeSpec(Named, [[], []], [])");
}
