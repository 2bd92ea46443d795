//! Treespec JSON, from anybody: it is read or refused, and what is read can be asked everything.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pytree_core::{Leaf, Meta, Names, TreeSpec, Value, flatten, unflatten};

fuzz_target!(|text: &str| {
    // Any namedtuple has as many fields as it has children, or one that is made up.
    let fields = |name: &str| (name.len() % 2 == 1).then(|| Names::from(vec!["x".into()]));
    let Ok(spec) = TreeSpec::from_json_with(text, fields) else { return };

    // No larger than the text deserves: every node takes some forty bytes of it.
    assert!(spec.num_nodes() <= 1 + text.len() / 40, "{} nodes of {} bytes", spec.num_nodes(), text.len());
    assert!(spec.depth() <= text.len());

    // What was read from a file can be written to one, and is the same then.
    let written = spec.to_json().expect("a file holds neither constants nor return types");
    let again = TreeSpec::from_json_with(&written, fields).expect("what is written can be read");
    assert_eq!(again, spec);
    assert_eq!(again.to_json().as_ref(), Ok(&written));

    let paths: Vec<_> = spec.leaf_paths().collect();
    assert_eq!(paths.len(), spec.num_leaves());
    for (i, path) in paths.iter().enumerate() {
        assert_eq!(spec.leaf_path(i).as_ref(), Some(path));
        assert!(spec.at(path).is_some_and(|node| node.is_leaf()));
    }
    let _ = (spec.to_string(), spec.pprint(), paths.iter().map(ToString::to_string).collect::<String>());

    let leaves = (0..spec.num_leaves()).map(|i| Leaf::<Meta>::Int(i as i64));
    let tree: Value<Meta> = unflatten(leaves, &spec).expect("a value takes any leaves");
    let flat = flatten(&tree).expect("what was rebuilt can be read");
    assert_eq!(flat.spec, spec);
    assert!(spec.flatten_up_to(flat.root()).is_ok_and(|parts| parts.len() == flat.leaves.len()));
});
