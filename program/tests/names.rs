//! Names of placeholders and nodes as `torch.export` gives them; the rows were taken from PyTorch 2.13.

use program::names::{Lifted, Namer, NodeNumbers, mapping_key_part, placeholder_base};

/// Names of user inputs whose paths have these parts, after mangling of the keys.
fn inputs(paths: &[&[&str]]) -> String {
    let mut namer = Namer::new();
    let name = |path: &&[&str]| namer.placeholder(&placeholder_base(path.iter().map(|p| mapping_key_part(p))));
    paths.iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn user_inputs() {
    let keys = ["a b", "c.d", "É", "日本", "1st", "", "UPPER", "a-b", "__x__"];
    let paths: Vec<Vec<&str>> = keys.iter().map(|k| vec!["x", *k]).collect();
    let paths: Vec<&[&str]> = paths.iter().map(Vec::as_slice).collect();
    assert_eq!(inputs(&paths), "x_a_b x_c_d x__ x___ x_1st x_ x_upper x_a_b_1 x___x__");
    assert_eq!(inputs(&[&["x_a"], &["x", "a"]]), "x_a x_a_1");
    assert_eq!(inputs(&[&["x", "a"], &["x", "A"], &["x_a"]]), "x_a x_a_1 x_a_2");
    assert_eq!(inputs(&[&["x", "a.b"], &["x", "a_b"], &["x", "a b"]]), "x_a_b x_a_b_1 x_a_b_2");
    let five: [&[&str]; 5] = [&["x", "a_1"], &["x", "A_1"], &["x", "a"], &["x", "A"], &["x", "a_2"]];
    assert_eq!(inputs(&five), "x_a_1 x_a_1_1 x_a x_a_2 x_a_2_1");
    assert_eq!(inputs(&[&["x", "a", "b"], &["x", "a_b"], &["x", "a_b_1"]]), "x_a_b x_a_b_1 x_a_b_1_1");
    assert_eq!(inputs(&[&["x", "0"], &["x", "1"], &["x_0"], &["x_1"]]), "x_0 x_1 x_0_1 x_1_1");
    assert_eq!(inputs(&[&["X"], &["x"]]), "x x_1");
    assert_eq!(inputs(&[&["x_2_y"], &["X"], &["x"]]), "x_2_y x x_3");
}

#[test]
fn lifted_placeholders() {
    let base = |target| Lifted::Parameter.placeholder_base(target);
    assert_eq!(base("Lin.weight"), "p_lin_weight");
    assert_eq!(base("sub.0.bias"), "p_sub_0_bias");
    assert_eq!(base("self_w"), "p_w");
    assert_eq!(base("p_"), "p_p_");
    assert_eq!(base("été"), "p__t_");
    assert_eq!(base("A_b.K-1.weight"), "p_a_b_k_1_weight");
    assert_eq!(Lifted::Buffer.placeholder_base("_lin"), "b__lin");
    assert_eq!(Lifted::Constant.placeholder_base("sub.lifted_tensor_0"), "c_sub_lifted_tensor_0");
    // User inputs keep their names, parameters give way.
    let mut namer = Namer::new();
    assert_eq!(namer.placeholder("x"), "x");
    assert_eq!(namer.placeholder("p_a_b"), "p_a_b");
    assert_eq!(namer.placeholder(&base("a_b")), "p_a_b_1");
    assert_eq!(namer.placeholder(&base("a.b")), "p_a_b_2");
}

/// Names of nodes for operator base names, after inputs of these names.
fn nodes(inputs: &[&str], ops: &[&str]) -> String {
    let (mut namer, mut numbers) = (Namer::new(), NodeNumbers::new());
    for name in inputs {
        namer.placeholder(name);
    }
    ops.iter().map(|op| namer.node(&numbers.next(op))).collect::<Vec<_>>().join(" ")
}

#[test]
fn operator_nodes() {
    assert_eq!(nodes(&["x"], &["add", "add", "add"]), "add add_1 add_2");
    assert_eq!(nodes(&["x"], &["add_", "add_"]), "add_ add__1");
    assert_eq!(nodes(&["x"], &["sum", "max", "slice", "sum"]), "sum_1 max_1 slice_1 sum_2");
    assert_eq!(nodes(&["x"], &["__and__", "__xor__", "numpy_T"]), "and_1 xor numpy_t");
    assert_eq!(nodes(&["mul", "add"], &["mul", "add"]), "mul_1 add_1");
    assert_eq!(nodes(&["add_1", "add"], &["add", "add", "add"]), "add_2 add_3 add_4");
    assert_eq!(nodes(&["add_2"], &["add", "add", "add", "add"]), "add add_1 add_3 add_4");
    assert_eq!(nodes(&["add", "add_5"], &["add", "add", "add"]), "add_6 add_1 add_2");
    assert_eq!(nodes(&["add_7z"], &["add", "add"]), "add add_1");
}
