//! Calls that fail in the middle, numbers of another kind than the program was made for, and modules in models.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::program::{
    Argument, Graph, GraphOutput, GraphSignature, InputKind, InputSpec, NamedArgument, Node, NodeId, NodeKind,
    NodeValue, OutputKind, OutputSpec, PythonFunction, Sym, Target,
};
use torch_export::pytree::{DType, Leaf, TensorType};
use torch_export::symbolic::Expr;
use torch_export::{CallError, ModuleOptions, ProgramModule};

/// A program that Python exported.
fn recorded(name: &str) -> ProgramModule {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/zoo/torch-2.13").join(name);
    ExportedProgram::load(folder.join("model.pt2")).unwrap().module().unwrap()
}

fn tensors(outputs: Vec<Leaf<torch_export::pytree::Tch>>) -> Vec<Tensor> {
    let tensor = |leaf| match leaf {
        Leaf::Tensor(tensor) => tensor,
        other => panic!("{other:?}"),
    };
    outputs.into_iter().map(tensor).collect()
}

#[test]
fn a_call_that_fails_in_a_region_leaves_no_region_open() {
    let module = recorded("vmap_writes");
    let good = || vec![Leaf::Tensor(Tensor::ones([4, 3], (Kind::Float, Device::Cpu)))];
    let first = tensors(module.run(good()).unwrap());
    for _ in 0..3 {
        // A loaded program does not check element types, so that the layer inside of the region fails.
        let ints = vec![Leaf::Tensor(Tensor::ones([4, 3], (Kind::Int64, Device::Cpu)))];
        let error = module.run(ints).unwrap_err();
        assert!(matches!(error, CallError::Op { .. }), "{error}");
        let plain = Tensor::ones([2, 3], (Kind::Float, Device::Cpu)).sum(Kind::Float);
        assert_eq!(plain.double_value(&[]), 6.0);
    }
    // The failed calls have not reached the write to the buffer, which is `first[0]` now.
    let second = tensors(module.run(good()).unwrap());
    assert!(second[0].allclose(&(&first[0] * 2), 1e-6, 1e-6, false));
    assert!(second[1].allclose(&first[1], 0.0, 0.0, false));
}

#[test]
fn regions_of_several_threads_do_not_meet() {
    let module = recorded("vmap_dynamic");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let module = &module;
            scope.spawn(move || {
                for round in 0..50 {
                    let rows = 2 + (thread + round) % 5;
                    let x = Tensor::randn([rows, 3], (Kind::Float, Device::Cpu));
                    let w = Tensor::randn([3], (Kind::Float, Device::Cpu));
                    let expected = (&x * &w).sum_dim_intlist([1].as_slice(), true, Kind::Float) + &x;
                    let mut outputs = module.run(vec![Leaf::Tensor(x), Leaf::Tensor(w)]).unwrap();
                    assert!(matches!(outputs.pop(), Some(Leaf::Int(n)) if n == rows));
                    assert!(tensors(outputs)[0].allclose(&expected, 1e-5, 1e-5, false));
                }
            });
        }
    });
}

/// `op(.., [a ** b, 2])` for two int inputs. A negative exponent makes the power a float.
fn list_with_a_power(op: &str, list: &str, of_floats: bool) -> ExportedProgram {
    let mut graph = Graph::default();
    let int = |name: &str| NodeValue::Int(Expr::size(name));
    let tensor = |sizes: &[i64]| {
        NodeValue::Tensor(TensorType::contiguous(DType::Float32, sizes.iter().copied()).map(|n| Expr::int(*n)))
    };
    let inputs = ["a", "b"].map(|name| graph.push(Node::new(name, NodeKind::Placeholder, int(name))));
    let call = |target, arguments| NodeKind::Call { target, arguments };
    let operands = inputs.map(|id| NamedArgument::positional("a", Argument::Int(Sym::Node(id)))).to_vec();
    let power = graph.push(Node::new("pow_1", call(Target::Python(PythonFunction::Pow), operands), int("c")));
    let mut arguments = Vec::new();
    if op != "aten.zeros.default" {
        let sizes = vec![Sym::Value(1), Sym::Value(1), Sym::Value(2), Sym::Value(2)];
        let zeros = call(
            Target::Op("aten.ones.default".parse().unwrap()),
            vec![NamedArgument::positional("size", Argument::Ints(sizes))],
        );
        let ones = graph.push(Node::new("ones", zeros, tensor(&[1, 1, 2, 2])));
        arguments.push(NamedArgument::positional(if of_floats { "input" } else { "self" }, Argument::Tensor(ones)));
    }
    if of_floats {
        arguments.push(NamedArgument::positional("output_size", Argument::None));
    }
    let value = if of_floats {
        Argument::Floats(vec![Sym::Node(power), Sym::Value(2.0)])
    } else {
        Argument::Ints(vec![Sym::Node(power), Sym::Value(2)])
    };
    arguments.push(NamedArgument::positional(list, value));
    let result = call(Target::Op(op.parse().unwrap()), arguments);
    let result = graph.push(Node::new("result", result, tensor(&[2])));
    graph.outputs = vec![GraphOutput::Node(result)];
    let signature = GraphSignature {
        inputs: inputs.map(|node: NodeId| InputSpec { node, kind: InputKind::UserInput }).to_vec(),
        outputs: vec![OutputSpec { value: GraphOutput::Node(result), kind: OutputKind::UserOutput }],
    };
    let leaf = TreeSpec::leaf;
    let call = TreeSpec::tuple([TreeSpec::tuple([leaf(), leaf()]), TreeSpec::dict::<&str>([])]);
    ExportedProgram::new(graph, signature, call, leaf())
}

#[test]
fn a_float_in_a_list_of_ints_is_an_error() {
    // The first op is called by its C++ function, the second one with boxes.
    for (op, list, sizes) in
        [("aten.zeros.default", "size", vec![3, 2]), ("aten.constant_pad_nd.default", "pad", vec![1, 1, 2, 7])]
    {
        let module = list_with_a_power(op, list, false).module().unwrap();
        let outputs = tensors(module.run(vec![Leaf::Int(3), Leaf::Int(1)]).unwrap());
        assert_eq!(outputs[0].size(), sizes, "{op}");
        let error = module.run(vec![Leaf::Int(2), Leaf::Int(-1)]).unwrap_err().to_string();
        assert!(error.contains(&format!("argument '{list}' must be an int, not a float")), "{error}");
    }
}

#[test]
fn an_int_in_a_list_of_floats_is_a_float() {
    let module = list_with_a_power("aten.upsample_nearest2d.vec", "scale_factors", true).module().unwrap();
    for (a, b, size) in [(3, 1, 6), (2, -1, 1)] {
        let outputs = tensors(module.run(vec![Leaf::Int(a), Leaf::Int(b)]).unwrap());
        assert_eq!(outputs[0].size(), [1, 1, size, 4]);
    }
}

struct Inner;

#[module]
impl Inner {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.sin() * 3.0
    }
}

struct Outer(ProgramModule);

#[module]
impl Outer {
    fn forward(&self, x: &Tensor) -> Tensor {
        let y: Tensor = self.0.call(&Inner::args(x + 1.0)).unwrap();
        y.relu() + x
    }
}

#[test]
fn a_module_is_a_part_of_a_model() {
    let x = |n| Tensor::randn([n, 3], (Kind::Float, Device::Cpu));
    let inputs = ModelInputs::new(&Inner, [Inner::args(x(2)), Inner::args(x(5))]).unwrap();
    let program = export(&Inner, &inputs, &inputs.guess_dynamic_shapes().unwrap()).unwrap();
    for gradients in [false, true] {
        let options = if gradients { ModuleOptions::new().gradients() } else { ModuleOptions::new() };
        let outer = Outer(program.module_with(&options).unwrap());
        let inputs = ModelInputs::new(&outer, [Outer::args(x(2)), Outer::args(x(5))]).unwrap();
        let program = export(&outer, &inputs, &inputs.guess_dynamic_shapes().unwrap()).unwrap();
        let t = x(7);
        let got: Tensor = program.module().unwrap().call(&Outer::args(t.shallow_clone())).unwrap();
        assert!(got.allclose(&outer.call(&Outer::args(t)).unwrap(), 1e-5, 1e-5, false));
    }
}

#[test]
fn guards_may_name_an_input_by_keys_that_only_python_knows() {
    // `box.a[0]` and `box['big one']['k']` are children 0 and 1 of a class that has no type here.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/foreign_class.pt2");
    let program = ExportedProgram::load(file).unwrap();
    assert!(program.guards[0].code.contains("L['box'].a[0].size()[0]"), "{:?}", program.guards);
    assert!(program.guards[1].code.contains("L['box']['big one']['k'].size()[0]"), "{:?}", program.guards);
    let module = program.module().unwrap();
    let ones = |rows: [i64; 3]| rows.map(|rows| Leaf::Tensor(Tensor::ones([rows, 4], (Kind::Float, Device::Cpu))));
    let sum = tensors(module.run(ones([5, 5, 5]).into()).unwrap());
    assert_eq!(sum[0], Tensor::full([5, 4], 3.0, (Kind::Float, Device::Cpu)));
    for rows in [[5, 6, 5], [5, 5, 6]] {
        let error = module.run(ones(rows).into()).unwrap_err();
        assert!(matches!(error, CallError::Inputs(_)), "{error}");
    }
    // Another key is another input.
    let mut other = program.clone();
    other.guards[0].code = other.guards[0].code.replace("['box'].a[0]", "['box'].c[0]");
    let error = other.module().unwrap_err().to_string();
    assert!(error.contains("an input that the program does not have"), "{error}");
}
