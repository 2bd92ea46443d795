//! Sizes that a model fixes, ties, relates, branches on or computes with.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{F, dims, fixed, guessed, header, named, randn, ranges, refused, same, statements, with_shapes};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::shapes::DimSpec;
use torch_export::{CallError, ExportError};

const VIOLATED: &str = "! For more information, run with TORCH_LOGS=\"+dynamic\".\n  - ";
const SPECIALISED: &str = "If you're using mark_dynamic, either remove it or use maybe_mark_dynamic. If you're using \
    Dim.DYNAMIC, replace it with either Dim.STATIC or Dim.AUTO.";

/// PyTorch's text of a violated constraint.
fn constraint(result: Result<ExportedProgram, ExportError>) -> String {
    match refused(result) {
        ExportError::Constraint(error) => error.pytorch(),
        other => panic!("{other:?}"),
    }
}

model! { Fixed(x: &Tensor) -> Tensor { x + Tensor::ones([4], F) } }

#[test]
fn a_dim_that_the_model_fixes() {
    let example = || Fixed::args(randn(&[4]));
    let text = constraint(with_shapes(&Fixed, example(), &dims(&[&[(0, named("batch"))]])));
    let of = |dim: &str| {
        format!("You marked {dim} as dynamic but your code specialized it to be a constant (4). {SPECIALISED}")
    };
    let expected = format!("Constraints violated (batch){VIOLATED}{}\nSuggested fixes:\n  batch = 4", of("batch"));
    assert!(text.starts_with(&expected), "{text}\n{expected}");
    let text = constraint(with_shapes(&Fixed, example(), &dims(&[&[(0, Dim::dynamic())]])));
    let expected = format!("Constraints violated (L['x'].size()[0]){VIOLATED}{}", of("L['x'].size()[0]"));
    assert!(text.starts_with(&expected), "{text}\n{expected}");
    assert!(!text.contains("Suggested fixes"), "{text}");
    let program = with_shapes(&Fixed, example(), &dims(&[&[(0, Dim::auto())]])).unwrap();
    assert_eq!(header(&program), "def forward(self, x: \"f32[4]\"):");
    assert_eq!(ranges(&program), "{}");
    same(&Fixed, &program, [example()]);
}

/// What is shown says for a user of Rust what PyTorch says for one of Python, with the line of the model that asks for it.
#[test]
fn a_violated_constraint_names_the_op_and_the_line() {
    let shown = |result| {
        let error = refused(result);
        assert!(matches!(error, ExportError::Constraint(_)), "{error:?}");
        let text = error.to_string();
        assert!(!text.contains("TORCH_LOGS") && !text.contains("mark_dynamic"), "{text}");
        text
    };
    let line = |model: &str| {
        let source = include_str!("capture_sizes.rs");
        source.lines().position(|line| line.starts_with(&format!("model! {{ {model}("))).unwrap() + 1
    };
    let demanded = |text: &str, op: &str, model: &str| {
        let (before, after) = text.split_once(&format!(" Demanded by `{op}` (")).unwrap_or_else(|| panic!("{text}"));
        assert!(before.starts_with("Constraints violated ("), "{text}");
        let place = after.split_once(").").unwrap().0;
        assert!(place.ends_with(&format!("tests/capture_sizes.rs:{}", line(model))), "{text}");
    };
    let text = shown(with_shapes(&Fixed, Fixed::args(randn(&[4])), &dims(&[&[(0, named("batch"))]])));
    demanded(&text, "aten.add.Tensor", "Fixed");
    assert!(text.contains(" Change the code, make the dimension static (`Dim::static_()`)"), "{text}");
    // The spec of the other input is what fixes it.
    let pair = || Add::args((randn(&[4]), randn(&[4])));
    let text = shown(with_shapes(&Add, pair(), &dims(&[&[(0, Dim::dynamic())], &[]])));
    demanded(&text, "aten.add.Tensor", "Add");
    assert!(
        text.contains(" L['y'].size()[0] is static in the spec and has this size: if the two belong together"),
        "{text}"
    );
    let text = shown(with_shapes(&Add, pair(), &dims(&[&[(0, named("a"))], &[(0, named("b"))]])));
    demanded(&text, "aten.add.Tensor", "Add");
    let text = shown(with_shapes(&Split, Split::args(randn(&[6])), &dims(&[&[(0, named("n"))]])));
    assert!(text.contains(" Demanded by "), "{text}");
}

model! { Add(x: &Tensor, y: &Tensor) -> Tensor { x + y } }

#[test]
fn two_dims_that_the_model_ties() {
    let example = || Add::args((randn(&[4]), randn(&[4])));
    let text = constraint(with_shapes(&Add, example(), &dims(&[&[(0, named("a"))], &[(0, named("b"))]])));
    let expected = format!(
        "Constraints violated (b){VIOLATED}The values of b = L['y'].size()[0] and a = L['x'].size()[0] must always be \
         equal.\nSuggested fixes:\n  b = a"
    );
    assert!(text.starts_with(&expected), "{text}\n{expected}");
    let program = with_shapes(&Add, example(), &dims(&[&[(0, Dim::dynamic())], &[(0, Dim::dynamic())]])).unwrap();
    let mut symbols = header(&program);
    symbols.retain(|c| c.is_ascii_digit() || c == '[' || c == ']');
    let halves: Vec<&str> = symbols.split_inclusive(']').collect();
    assert_eq!(halves[0].split_once('[').unwrap().1, halves[1].split_once('[').unwrap().1, "{symbols}");
    same(&Add, &program, [2, 4, 9].map(|n| Add::args((randn(&[n]), randn(&[n])))));
}

model! { Shifted(x: &Tensor, y: &Tensor) -> Tensor { x + y.slice(0, 1, None, 1) } }

#[test]
fn two_dims_that_the_model_relates() {
    let example = || Shifted::args((randn(&[4]), randn(&[5])));
    let text = constraint(with_shapes(&Shifted, example(), &dims(&[&[(0, named("a"))], &[(0, named("b"))]])));
    let expected = format!(
        "Constraints violated (b){VIOLATED}The values of b = L['y'].size()[0] must always be related to the values of a = \
         L['x'].size()[0] by b = a + 1.\nSuggested fixes:\n  b = a + 1"
    );
    assert!(text.starts_with(&expected), "{text}\n{expected}");
    let program = with_shapes(&Shifted, example(), &dims(&[&[(0, Dim::auto())], &[(0, Dim::auto())]])).unwrap();
    assert_eq!(header(&program), "def forward(self, x: \"f32[s77]\", y: \"f32[s77 + 1]\"):");
    assert_eq!(ranges(&program), "{s77: VR[2, int_oo], s77 + 1: VR[3, int_oo]}");
    same(&Shifted, &program, [2, 4, 9].map(|n| Shifted::args((randn(&[n]), randn(&[n + 1])))));
}

model! { Split(x: &Tensor) -> Tensor { x.split(2, 0)[0].shallow_clone() } }

#[test]
fn split_fixes_the_number_of_its_parts() {
    // As in PyTorch: the guard on the number of results only narrows the range.
    let program = with_shapes(&Split, Split::args(randn(&[6])), &dims(&[&[(0, Dim::auto())]])).unwrap();
    assert_eq!(
        statements(&program)[1..],
        [
            "getitem: \"f32[2]\" = split[0]",
            "getitem_1: \"f32[2]\" = split[1]",
            "getitem_2: \"f32[s77 - 4]\" = split[2]",
            "return (getitem,)",
        ]
    );
    assert_eq!(ranges(&program), "{s77: VR[6, int_oo]}");
    same(&Split, &program, [Split::args(randn(&[6]))]);
    let text = constraint(with_shapes(&Split, Split::args(randn(&[6])), &dims(&[&[(0, named("n"))]])));
    assert!(text.starts_with("Constraints violated (n)!") && text.contains("\n  n = 6"), "{text}");
    let program = fixed(&Split, Split::args(randn(&[6]))).unwrap();
    assert_eq!(
        statements(&program),
        [
            "split = torch.ops.aten.split.Tensor(x, 2)",
            "getitem: \"f32[2]\" = split[0]",
            "getitem_1: \"f32[2]\" = split[1]",
            "getitem_2: \"f32[2]\" = split[2]",
            "return (getitem,)",
        ]
    );
    same(&Split, &program, [Split::args(randn(&[6]))]);
}

model! { Parts(x: &Tensor) -> Vec<Tensor> { x.split(2, 0) } }

#[test]
fn as_many_outputs_as_parts() {
    // PyTorch exports this, and its program is wrong at any other number of parts; here it has guards.
    for shapes in [dims(&[&[(0, Dim::dynamic())]]), dims(&[&[(0, Dim::auto())]])] {
        let program = with_shapes(&Parts, Parts::args(randn(&[6])), &shapes).unwrap();
        same(&Parts, &program, [Parts::args(randn(&[6]))]);
        for n in [2, 3, 4, 7, 8, 64] {
            let other: Result<Vec<Tensor>, _> = program.call(&Parts::args(randn(&[n])));
            assert!(matches!(other, Err(CallError::Inputs(_))), "{n}: {other:?}");
        }
    }
}

model! { Halves(x: &Tensor) -> Vec<Tensor> {
    let n = x.size()[0];
    x.split_with_sizes([n - n / 2, n / 2], 0)
} }

#[test]
fn parts_of_computed_sizes() {
    let program = guessed(&Halves, [7, 12, 9].map(|n| Halves::args(randn(&[n, 2])))).unwrap();
    same(&Halves, &program, [5, 6, 13].map(|n| Halves::args(randn(&[n, 2]))));
}

model! { Flat(x: &Tensor) -> Tensor { let s = x.size(); x.view([s[0] * s[1], 4]) } }

#[test]
fn a_view_with_computed_sizes() {
    let shapes = dims(&[&[(0, Dim::auto()), (1, Dim::auto())]]);
    let program = with_shapes(&Flat, Flat::args(randn(&[2, 3, 4])), &shapes).unwrap();
    // The order of the factors is that of the expression and not of the source.
    let ordered: Vec<String> = statements(&program)
        .iter()
        .map(|line| line.replace("sym_size_int_3 * sym_size_int_2", "sym_size_int_2 * sym_size_int_3"))
        .collect();
    assert_eq!(
        ordered,
        [
            "sym_size_int_2: \"Sym(s77)\" = torch.ops.aten.sym_size.int(x, 0)",
            "sym_size_int_3: \"Sym(s27)\" = torch.ops.aten.sym_size.int(x, 1)",
            "mul: \"Sym(s27*s77)\" = sym_size_int_2 * sym_size_int_3",
            "view: \"f32[s27*s77, 4]\" = torch.ops.aten.view.default(x, [mul, 4])",
            "return (view,)",
        ]
    );
    assert_eq!(ranges(&program), "{s77: VR[2, int_oo], s27: VR[2, int_oo]}");
    same(&Flat, &program, [(2, 3), (5, 5), (11, 2)].map(|(a, b)| Flat::args(randn(&[a, b, 4]))));
}

model! { Positions(x: &Tensor) -> Tensor { x + Tensor::arange(x.size()[1], (Kind::Int64, Device::Cpu)) } }

#[test]
fn a_range_as_long_as_a_dim() {
    let program = guessed(&Positions, [(2, 3), (4, 7)].map(|(a, b)| Positions::args(randn(&[a, b])))).unwrap();
    let body = statements(&program);
    assert!(body[0].contains("torch.ops.aten.sym_size.int(x, 1)"), "{body:?}");
    assert!(body[1].starts_with("arange: \"i64[s"), "{body:?}");
    same(&Positions, &program, [(2, 2), (5, 13)].map(|(a, b)| Positions::args(randn(&[a, b]))));
}

model! { Dead(x: &Tensor) -> Tensor { let _unused = x.exp(); x + 1 } }

#[test]
fn an_op_whose_result_is_not_used_stays() {
    let program = with_shapes(&Dead, Dead::args(randn(&[4])), &dims(&[&[(0, Dim::auto())]])).unwrap();
    let text = program.to_string();
    assert!(text.contains("exp: \"f32[s77]\" = torch.ops.aten.exp.default(x);  exp = None\n"), "{text}");
    same(&Dead, &program, [Dead::args(randn(&[9]))]);
}

model! { Branching(x: &Tensor) -> Tensor { if x.size()[0] > 6 { x.sin() } else { x.cos() } } }

#[test]
fn a_branch_on_a_size() {
    // As in PyTorch: the range is narrower, which a name does not allow.
    let text = constraint(with_shapes(&Branching, Branching::args(randn(&[4])), &dims(&[&[(0, named("n"))]])));
    let expected = format!(
        "Constraints violated (n){VIOLATED}Not all values of n = L['x'].size()[0] in the specified range satisfy the \
         generated guard 2 <= L['x'].size()[0] and L['x'].size()[0] <= 6\nSuggested fixes:\n  n = Dim('n', max=6)"
    );
    assert_eq!(text, expected);
    for dim in [Dim::dynamic(), Dim::auto()] {
        for (example, range, path, inside, outside) in [
            (4, "{s77: VR[2, 6]}", "cos", [2, 5, 6], [7, 8, 100]),
            (9, "{s77: VR[7, int_oo]}", "sin", [7, 8, 100], [2, 5, 6]),
        ] {
            let shapes = dims(&[&[(0, dim)]]);
            let program = with_shapes(&Branching, Branching::args(randn(&[example])), &shapes).unwrap();
            assert_eq!(ranges(&program), range);
            assert!(program.to_string().contains(&format!("torch.ops.aten.{path}.default(x)")), "{program}");
            same(&Branching, &program, inside.map(|n| Branching::args(randn(&[n]))));
            for n in outside {
                let other: Result<Tensor, _> = program.call(&Branching::args(randn(&[n])));
                assert!(matches!(other, Err(CallError::Inputs(_))), "{n}: {other:?}");
            }
        }
    }
    // The path is that of the first set. One on the other side is refused.
    let error = refused(guessed(&Branching, [4, 9].map(|n| Branching::args(randn(&[n])))));
    let ExportError::Verify { sizes, source } = &error else { panic!("{error:?}") };
    assert!(sizes == "x [9]" && matches!(**source, CallError::Inputs(_)), "{error:?}");
    assert!(error.to_string().contains("export this set on its own"), "{error}");
    // On one side of the branch there is one path.
    let below = dims(&[&[(0, Dim::with_range("n", 2, Some(6)).unwrap())]]);
    let program = with_shapes(&Branching, Branching::args(randn(&[4])), &below).unwrap();
    same(&Branching, &program, [2, 5, 6].map(|n| Branching::args(randn(&[n]))));
}

model! { Picky(x: &Tensor) -> Tensor {
    assert!(x.size()[0] % 4 == 0, "the length must be a multiple of 4");
    x.relu()
} }

#[test]
fn a_model_that_fails_at_other_sizes_has_a_guard() {
    // As in PyTorch, which finds the divisor from the assertion.
    for n in [4, 12] {
        let example = || Picky::args(randn(&[n, 3]));
        for dim in [Dim::dynamic(), Dim::auto()] {
            let program = with_shapes(&Picky, example(), &dims(&[&[(0, dim), (1, dim)]])).unwrap();
            assert_eq!(header(&program), "def forward(self, x: \"f32[s77, s27]\"):");
            same(&Picky, &program, [(4, 2), (8, 3), (400, 1)].map(|(a, b)| Picky::args(randn(&[a, b]))));
            for n in [2, 3, 5, 6, 7, 9, 10, 62, 1001] {
                let other: Result<Tensor, _> = program.call(&Picky::args(randn(&[n, 3])));
                assert!(matches!(other, Err(CallError::Inputs(_))), "{n}: {other:?}");
            }
        }
    }
    let text = constraint(with_shapes(&Picky, Picky::args(randn(&[4, 3])), &dims(&[&[(0, named("n"))]])));
    let expected = format!(
        "Constraints violated (n){VIOLATED}Not all values of n = L['x'].size()[0] in the specified range satisfy the \
         generated guard (L['x'].size()[0] % 4) == 0.\nSuggested fixes:\n  _n = Dim('_n', min=1, max=oo)\n  n = 4*_n"
    );
    assert_eq!(text, expected);
}

model! { Weighted(x: &Tensor) -> Tensor { x.matmul(&Tensor::ones([3, 4], F)) } }

#[test]
fn an_op_that_fails_at_other_sizes() {
    let example = || Weighted::args(randn(&[5, 3]));
    let text = constraint(with_shapes(&Weighted, example(), &dims(&[&[(0, named("a")), (1, named("b"))]])));
    let expected = format!(
        "Constraints violated (b){VIOLATED}You marked b as dynamic but your code specialized it to be a constant (3). \
         {SPECIALISED}\nSuggested fixes:\n  b = 3"
    );
    assert!(text.starts_with(&expected), "{text}\n{expected}");
    let text = constraint(with_shapes(&Weighted, example(), &dims(&[&[(0, Dim::dynamic()), (1, Dim::dynamic())]])));
    assert!(text.starts_with("Constraints violated (L['x'].size()[1])!"), "{text}");
    let program = with_shapes(&Weighted, example(), &dims(&[&[(0, Dim::auto()), (1, Dim::auto())]])).unwrap();
    assert_eq!(header(&program), "def forward(self, x: \"f32[s77, 3]\"):");
    same(&Weighted, &program, [2, 7].map(|n| Weighted::args(randn(&[n, 3]))));
}

model! { Inc(x: &Tensor) -> Tensor { x + 1 } }

#[test]
fn sizes_of_zero_and_one() {
    for n in [0, 1] {
        let example = || Inc::args(randn(&[n, 3]));
        let program = with_shapes(&Inc, example(), &dims(&[&[(0, Dim::auto())]])).unwrap();
        assert_eq!(header(&program), format!("def forward(self, x: \"f32[{n}, 3]\"):"));
        same(&Inc, &program, [example()]);
        let text = refused(with_shapes(&Inc, example(), &dims(&[&[(0, Dim::dynamic())]]))).to_string();
        let expected = format!(
            "Found the following conflicts between user-specified ranges and inferred ranges from model tracing:\n- \
             Received user-specified dim hint Dim.DYNAMIC(min=None, max=None), but export 0/1 specialized due to hint of \
             {n} for dimension inputs['x'].shape[0].\nPyTorch takes a size of 0 or 1 in an example as a constant: give an \
             example of size 2 or more."
        );
        assert_eq!(text, expected);
    }
    let text = constraint(with_shapes(&Inc, Inc::args(randn(&[1, 3])), &dims(&[&[(0, named("a"))]])));
    assert!(text.contains("specialized it to be a constant (1)") && text.contains("\n  a = 1"), "{text}");
}

model! { Doubled(x: &Tensor) -> (Tensor, i64) { (x + 1, x.size()[0] * 2) } }

#[test]
fn an_int_computed_from_sizes_is_returned() {
    let program = with_shapes(&Doubled, Doubled::args(randn(&[4, 3])), &dims(&[&[(0, Dim::auto())]])).unwrap();
    assert_eq!(
        statements(&program),
        [
            "sym_size_int_1: \"Sym(s77)\" = torch.ops.aten.sym_size.int(x, 0)",
            "add: \"f32[s77, 3]\" = torch.ops.aten.add.Tensor(x, 1)",
            "mul: \"Sym(2*s77)\" = sym_size_int_1 * 2",
            "return (add, mul)",
        ]
    );
    same(&Doubled, &program, [2, 5, 9].map(|n| Doubled::args(randn(&[n, 3]))));
}

model! { Apart(x: &Tensor, y: &Tensor) -> Tensor { let n = y.size()[0]; x + y.narrow(0, 1, n - 1) } }

#[test]
fn two_dims_at_a_distance_as_in_torch() {
    let example = || Apart::args(randn(&[5])).y(randn(&[6]));
    let text = constraint(with_shapes(&Apart, example(), &dims(&[&[(0, named("a"))], &[(0, named("b"))]])));
    let expected = "Constraints violated (b)! For more information, run with TORCH_LOGS=\"+dynamic\".\n  - The values of b = \
                    L['y'].size()[0] must always be related to the values of a = L['x'].size()[0] by b = a + 1.\nSuggested \
                    fixes:\n  b = a + 1";
    assert!(text.starts_with(expected), "{text}");
    let a = named("a");
    let leaf = |dim: DimSpec| DynamicShapes::leaf(ShapeSpec::dims([(0, dim)]));
    let fixed = DynamicShapes::Tuple(vec![leaf(a.clone().into()), leaf(a.affine(1, 1).unwrap().into())]);
    let hints = [Dim::dynamic(), Dim::auto()].map(|dim| dims(&[&[(0, dim)], &[(0, dim)]]));
    for shapes in hints.iter().chain([&fixed]) {
        let program = with_shapes(&Apart, example(), shapes).unwrap();
        assert_eq!(header(&program), "def forward(self, x: \"f32[s77]\", y: \"f32[s77 + 1]\"):");
        same(&Apart, &program, [3, 8].map(|n| Apart::args(randn(&[n])).y(randn(&[n + 1]))));
    }
}

model! {
    CeilPools(x: &Tensor) -> Tensor {
        let pool = |x: &Tensor| x.max_pool2d([3, 3], [2, 2], [0, 0], [1, 1], true);
        pool(&pool(x))
    }
}

#[test]
fn a_window_with_ceil_mode_may_be_larger_than_its_input() {
    // As in PyTorch: one place is enough, and the window of the second pool need not fit.
    let image = |rows| CeilPools::args(randn(&[2, 3, rows, 64]));
    let program = with_shapes(&CeilPools, image(20), &dims(&[&[(2, Dim::auto())]])).unwrap();
    assert_eq!(ranges(&program), "{s53: VR[4, int_oo]}");
    same(&CeilPools, &program, [image(8), image(9), image(21)]);
}

model! {
    LargeImages(x: &Tensor) -> Tensor {
        let pool = |x: &Tensor, kernel, stride| x.max_pool2d([kernel; 2], [stride; 2], [0, 0], [1, 1], false);
        pool(&pool(x, 48, 48), 3, 2)
    }
}

#[test]
fn a_model_of_large_images_is_checked_below_its_example() {
    // The last pool has more than one place from 240 rows on; small sizes in all dims cost more than the given ones.
    let image = |n, rows, columns| LargeImages::args(randn(&[n, 3, rows, columns]));
    let program = guessed(&LargeImages, [image(2, 240, 300), image(3, 300, 240)]).unwrap();
    let verification = program.verification.as_ref().unwrap();
    assert!(verification.unseen && verification.unproven.is_empty(), "{verification:?}");
    same(&LargeImages, &program, [image(1, 250, 260)]);
}
