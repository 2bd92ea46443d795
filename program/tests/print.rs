//! The text of a program, for every kind of argument and value: as PyTorch 2.13 prints them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod support;

use program::{
    Argument, Frame, Graph, GraphOutput, InputKind, Literal, NamedArgument, Node, NodeId, NodeKind, NodeValue,
    PythonFunction, Sym, Target, TextRelease,
};
use pytree_core::{DType, Device, Layout, MemoryFormat};
use support::{call, floats, input, program};
use symbolic::{Expr, Function, Rel, RelOp};

/// The statements of the body, without comments, blank lines and `return`.
fn statements(graph: Graph) -> Vec<String> {
    let text = program(graph).to_string();
    let body = text.split("    \nGraph signature").next().unwrap();
    let lines = body.lines().skip(3).map(str::trim).filter(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with('#') && !line.starts_with("return")).map(str::to_owned).collect()
}

/// The text of an argument of an op. Three nodes exist: the tensors `x` and `y` and the int `n`.
fn shown(argument: Argument) -> String {
    let mut graph = Graph::default();
    input(&mut graph, "x", floats(&[Expr::int(4)]));
    input(&mut graph, "y", floats(&[Expr::int(4)]));
    input(&mut graph, "n", NodeValue::Int(Expr::size("s27")));
    graph.push(Node::new("op", call("test.op.default", vec![("a", argument)]), NodeValue::Nothing));
    let line = statements(graph).remove(0);
    let call = line.split(";  ").next().unwrap();
    call.strip_prefix("op = torch.ops.test.op.default(").unwrap().strip_suffix(')').unwrap().to_owned()
}

const X: NodeId = NodeId(0);
const Y: NodeId = NodeId(1);
const N: NodeId = NodeId(2);

#[test]
fn arguments_of_every_kind() {
    let cases = [
        (Argument::None, "None"),
        (Argument::Tensor(X), "x"),
        (Argument::Tensors(vec![X, Y]), "[x, y]"),
        (Argument::Tensors(vec![]), "[]"),
        (Argument::OptionalTensors(vec![None, Some(Y)]), "[None, y]"),
        (Argument::Int(Sym::Value(-3)), "-3"),
        (Argument::Int(Sym::Node(N)), "n"),
        (Argument::Ints(vec![Sym::Node(N), Sym::Value(3)]), "[n, 3]"),
        (Argument::Float(Sym::Value(1e-5)), "1e-05"),
        (Argument::Float(Sym::Value(1e20)), "1e+20"),
        (Argument::Float(Sym::Value(0.1)), "0.1"),
        (Argument::Float(Sym::Value(f64::INFINITY)), "inf"),
        (Argument::Float(Sym::Value(f64::NEG_INFINITY)), "-inf"),
        (Argument::Float(Sym::Value(f64::NAN)), "nan"),
        (Argument::Float(Sym::Node(N)), "n"),
        (Argument::Floats(vec![Sym::Value(2.0), Sym::Value(2.0)]), "[2.0, 2.0]"),
        (Argument::Floats(vec![Sym::Value(2.5), Sym::Node(N)]), "[2.5, n]"),
        (Argument::Bool(Sym::Value(true)), "True"),
        (Argument::Bool(Sym::Node(N)), "n"),
        (Argument::Bools(vec![Sym::Value(false), Sym::Node(N)]), "[False, n]"),
        (Argument::Str("ij,jk->ik".to_owned()), "'ij,jk->ik'"),
        (Argument::Str("it's".to_owned()), "\"it's\""),
        (Argument::Strs(vec!["a".to_owned(), "b".to_owned()]), "['a', 'b']"),
        (Argument::Complex(1.0, 2.0), "(1+2j)"),
        (Argument::Complex(1.5, -2.0), "(1.5-2j)"),
        (Argument::Complex(0.0, 2.0), "2j"),
        (Argument::DType(DType::Float64), "torch.float64"),
        (Argument::Layout(Layout::Strided), "torch.strided"),
        (Argument::MemoryFormat(MemoryFormat::Contiguous), "torch.contiguous_format"),
        (Argument::Device(Device::Cpu), "device(type='cpu')"),
        (Argument::Device(Device::Cuda(1)), "device(type='cuda', index=1)"),
    ];
    for (argument, text) in cases {
        assert_eq!(shown(argument.clone()), text, "{argument:?}");
    }
}

#[test]
fn graphs_are_attributes_and_classes() {
    let mut inner = Graph::default();
    let a = input(&mut inner, "a", floats(&[Expr::int(2)]));
    inner.outputs = vec![GraphOutput::Node(a)];
    inner.returns_single = true;
    let mut graph = Graph::default();
    let x = input(&mut graph, "x", floats(&[Expr::int(2)]));
    let argument = |value| NamedArgument::positional("", value);
    let body = Argument::Graph { name: "body_graph_0".to_owned(), graph: Box::new(inner) };
    let arguments = vec![argument(body), argument(Argument::Tensors(vec![x])), argument(Argument::Ints(Vec::new()))];
    let target = Target::HigherOrder("map_impl".to_owned());
    let map = graph.push(Node::new("map", NodeKind::Call { target, arguments }, NodeValue::Nothing));
    graph.outputs = vec![GraphOutput::Node(map)];
    let text = program(graph).to_string();
    let expected = r#"            # No stacktrace found for following nodes
            body_graph_0 = self.body_graph_0
            map = torch.ops.higher_order.map_impl(body_graph_0, [x], []);  body_graph_0 = x = None
            return (map,)
    
        class body_graph_0(torch.nn.Module):
            def forward(self, a: "f32[2]"):
                return a
    
Graph signature: 
"#;
    assert!(text.contains(expected), "{text}");
    let text = program(Graph::default()).text(TextRelease::Torch2_15).to_string();
    assert!(text.contains("Graph signature:\n    # inputs"), "{text}");
}

#[test]
fn values_of_every_kind() {
    let s = || Expr::size("s77");
    let half = Expr::apply(Function::IntTrueDiv, vec![s(), Expr::int(2)]).unwrap();
    let cases = [
        (floats(&[s(), Expr::int(4)]), ": \"f32[s77, 4]\""),
        (floats(&[]), ": \"f32[]\""),
        (NodeValue::Int(s().try_mul(&Expr::int(2)).unwrap()), ": \"Sym(2*s77)\""),
        (NodeValue::Float(half), ": \"Sym(IntTrueDiv(s77, 2))\""),
        (NodeValue::Bool(Rel::new(RelOp::Gt, s(), Expr::int(7)).into()), ": \"Sym(s77 > 7)\""),
        (NodeValue::Several { count: 2, list: true }, ""),
        (NodeValue::Several { count: 2, list: false }, ""),
        (NodeValue::Literal(Literal::Int(3)), ""),
        (NodeValue::Nothing, ""),
    ];
    for (value, annotation) in cases {
        let mut graph = Graph::default();
        graph.push(Node::new("v", call("test.op.default", vec![]), value.clone()));
        graph.outputs = vec![GraphOutput::Node(NodeId(0))];
        assert_eq!(statements(graph), [format!("v{annotation} = torch.ops.test.op.default()")], "{value:?}");
        let mut graph = Graph::default();
        input(&mut graph, "v", value);
        let text = program(graph).to_string();
        assert!(text.contains(&format!("def forward(self, v{annotation}):\n")), "{text}");
    }
}

#[test]
fn functions_of_every_kind() {
    let mut graph = Graph::default();
    let n = input(&mut graph, "n", NodeValue::Int(Expr::size("s27")));
    let int = |value: Sym<i64>| NamedArgument::positional("a", Argument::Int(value));
    let mut python = |name: &str, function, operands: &[Sym<i64>]| {
        let arguments = operands.iter().copied().map(int).collect();
        let kind = NodeKind::Call { target: Target::Python(function), arguments };
        graph.push(Node::new(name, kind, NodeValue::Int(Expr::int(1))))
    };
    let two = Sym::Value(2);
    let add = python("add", PythonFunction::Add, &[Sym::Node(n), two]);
    python("sub", PythonFunction::Sub, &[Sym::Node(n), two]);
    python("mul", PythonFunction::Mul, &[two, Sym::Node(n)]);
    python("floordiv", PythonFunction::FloorDiv, &[Sym::Node(n), two]);
    python("mod", PythonFunction::Mod, &[Sym::Node(n), two]);
    python("pow_1", PythonFunction::Pow, &[Sym::Node(n), two]);
    python("neg", PythonFunction::Neg, &[Sym::Node(n)]);
    python("sym_max", PythonFunction::Max, &[Sym::Node(n), Sym::Node(add)]);
    let min = python("sym_min", PythonFunction::Min, &[Sym::Node(n), two]);
    let arguments = vec![
        NamedArgument::positional("size", Argument::Ints(vec![Sym::Node(min), Sym::Value(3)])),
        NamedArgument::keyword("device", Argument::Device(Device::Cpu)),
        NamedArgument::positional("pin_memory", Argument::Bool(Sym::Value(false))),
    ];
    let target = Target::Op("aten.zeros.default".parse().unwrap());
    graph.push(Node::new("zeros", NodeKind::Call { target, arguments }, floats(&[Expr::int(2), Expr::int(3)])));
    let target = Target::HigherOrder("cond".to_owned());
    let of = graph.push(Node::new(
        "cond",
        NodeKind::Call { target, arguments: Vec::new() },
        NodeValue::Several { count: 1, list: false },
    ));
    graph.push(Node::new("getitem", NodeKind::Item { of, index: 0 }, floats(&[])));
    assert_eq!(
        statements(graph),
        [
            "add: \"Sym(1)\" = n + 2",
            "sub: \"Sym(1)\" = n - 2;  sub = None",
            "mul: \"Sym(1)\" = 2 * n;  mul = None",
            "floordiv: \"Sym(1)\" = n // 2;  floordiv = None",
            "mod: \"Sym(1)\" = n % 2;  mod = None",
            "pow_1: \"Sym(1)\" = n ** 2;  pow_1 = None",
            "neg: \"Sym(1)\" = -n;  neg = None",
            "sym_max: \"Sym(1)\" = torch.sym_max(n, add);  add = sym_max = None",
            "sym_min: \"Sym(1)\" = torch.sym_min(n, 2);  n = None",
            // After a keyword argument the others are written by keyword too.
            "zeros: \"f32[2, 3]\" = torch.ops.aten.zeros.default([sym_min, 3], device = device(type='cpu'), \
             pin_memory = False);  sym_min = zeros = None",
            "cond = torch.ops.higher_order.cond()",
            "getitem: \"f32[]\" = cond[0];  cond = getitem = None",
        ]
    );
}

#[test]
fn a_whole_program() {
    let mut graph = Graph::default();
    let x = input(&mut graph, "x", floats(&[Expr::int(2)]));
    let mut line = |name: &str, op: &str, of: NodeId, number: i64, line: u32, code: &str| {
        let kind = call(op, vec![("self", Argument::Tensor(of)), ("other", Argument::Int(Sym::Value(number)))]);
        let frame = Frame { file: "m.py".to_owned(), line, function: "forward".to_owned(), code: code.to_owned() };
        graph.push(Node::new(name, kind, floats(&[Expr::int(2)])).at(Some(frame)))
    };
    let add = line("add", "aten.add.Tensor", x, 1, 8, "y = x + 1");
    let mul = line("mul", "aten.mul.Tensor", add, 2, 9, "return y * 2");
    graph.outputs = vec![GraphOutput::Node(mul)];
    assert_eq!(
        program(graph).to_string(),
        "ExportedProgram:\n    class GraphModule(torch.nn.Module):\n        def forward(self, x: \"f32[2]\"):\n            \
         # File: m.py:8 in forward, code: y = x + 1\n            add: \"f32[2]\" = torch.ops.aten.add.Tensor(x, 1);  x = \
         None\n    \n            # File: m.py:9 in forward, code: return y * 2\n            mul: \"f32[2]\" = \
         torch.ops.aten.mul.Tensor(add, 2);  add = None\n            return (mul,)\n    \nGraph signature: \n    # \
         inputs\n    x: USER_INPUT\n    \n    # outputs\n    mul: USER_OUTPUT\n    \nRange constraints: {}\n"
    );
}

#[test]
fn the_signature_and_plain_outputs() {
    let mut graph = Graph::default();
    let x = input(&mut graph, "input", floats(&[]));
    input(&mut graph, "b_steps", floats(&[]));
    graph.outputs = vec![
        GraphOutput::Node(x),
        GraphOutput::Literal(Literal::None),
        GraphOutput::Literal(Literal::Int(3)),
        GraphOutput::Literal(Literal::Str("a".to_owned())),
        GraphOutput::Literal(Literal::Float(0.5)),
        GraphOutput::Literal(Literal::Bool(true)),
    ];
    let mut program = program(graph);
    program.signature.inputs[1].kind = InputKind::Buffer { name: "steps".to_owned(), persistent: false };
    program.range_constraints = vec![(Expr::size("s77"), symbolic::ValueRange::SIZE)];
    let text = program.to_string();
    // A placeholder that hides a Python builtin is renamed in the body, and only there.
    assert!(
        text.contains("            input_1 = input\n            return (input_1, None, 3, 'a', 0.5, True)\n"),
        "{text}"
    );
    assert!(text.contains("    input: USER_INPUT\n    b_steps: BUFFER target='steps' persistent=False\n"), "{text}");
    assert!(text.ends_with("Range constraints: {s77: VR[2, int_oo]}\n"), "{text}");
}
