//! The forwards.

use crate::Ends::{Either, Error, Program};
use crate::Row;
use crate::capture_support::{F, dims, fixed, guessed, randn, same, with_shapes};
use std::cell::{Cell, RefCell};
use std::hint::black_box;
use tch::{Device, Kind, Tensor};
use torch_export::ExportError;
use torch_export::prelude::*;

pub(crate) const ROWS: &[Row] = &[
    Row { name: "allocates by a size", ends: Program, run: || sized(&AllocatesBySize, AllocatesBySize::args) },
    Row { name: "fills memory by a size", ends: Program, run: || sized(&FillsBySize, FillsBySize::args) },
    Row { name: "recurses by a size", ends: Program, run: || sized(&RecursesBySize, RecursesBySize::args) },
    Row { name: "loops by a size", ends: Program, run: || sized(&LoopsBySize, LoopsBySize::args) },
    Row {
        name: "allocates by a value",
        ends: Error("DataDependent", ""),
        run: || valued(&Allocates, |x, n| Allocates::args(x).n(n)),
    },
    Row {
        name: "allocates by a value that is used",
        ends: Error("DataDependent", ""),
        run: || valued(&AllocatesUsed, |x, n| AllocatesUsed::args(x).n(n)),
    },
    Row {
        name: "recurses by a value",
        ends: Error("DataDependent", "ends the process"),
        run: || valued(&Recurses, |x, n| Recurses::args(x).n(n)),
    },
    Row {
        name: "recurses by a value that is used",
        ends: Error("DataDependent", "ends the process"),
        run: || valued(&RecursesUsed, |x, n| RecursesUsed::args(x).n(n)),
    },
    Row {
        name: "counts a value down",
        ends: Error("", "aten.item.default"),
        run: || valued(&CountsDown, |x, n| CountsDown::args(x).n(n)),
    },
    Row {
        name: "counts a value down and uses the count",
        ends: Error("DataDependent", "with -1 instead of 3 it does not end"),
        run: || valued(&CountsDownUsed, |x, n| CountsDownUsed::args(x).n(n)),
    },
    Row {
        name: "one op for each",
        ends: Error("DataDependent", ""),
        run: || valued(&OpForEach, |x, n| OpForEach::args(x).n(n)),
    },
    Row {
        name: "doubles a float until it is large",
        ends: Error("DataDependent", ""),
        run: || one(&Doubles, Doubles::args(randn(&[3]))),
    },
    Row { name: "panics", ends: Error("Panicked", "forwards.rs:"), run: || one(&Panics, Panics::args(randn(&[3]))) },
    Row {
        name: "panics with a payload that panics",
        ends: Error("Panicked", "payload is not a string"),
        run: || one(&Payload, Payload::args(randn(&[3]))),
    },
    Row {
        name: "panics with a payload that panics for ever",
        ends: Error("Panicked", "payload is not a string"),
        run: || one(&PayloadForEver, PayloadForEver::args(randn(&[3]))),
    },
    Row {
        name: "panics at other sizes with a payload that panics",
        ends: Either,
        run: || sized(&PayloadAtOthers, PayloadAtOthers::args),
    },
    Row {
        name: "resumes a panic",
        ends: Error("Panicked", "resumed"),
        run: || one(&Resumes, Resumes::args(randn(&[3]))),
    },
    Row {
        name: "panics in a thread",
        ends: Error("Panicked", ""),
        run: || one(&PanicsInThread, PanicsInThread::args(randn(&[3]))),
    },
    Row {
        name: "returns what panics when it is dropped",
        ends: Either,
        run: || one(&Dropped, Dropped::args(randn(&[3]))),
    },
    Row { name: "computes in a thread", ends: Either, run: || one(&InThread, InThread::args(randn(&[3]))) },
    Row {
        name: "ends a thread that holds tensors",
        ends: Either,
        run: || one(&EndsThread, EndsThread::args(randn(&[3]))),
    },
    Row { name: "sets a panic hook", ends: Program, run: || sized(&Hooks, Hooks::args) },
    Row { name: "runs backward", ends: Either, run: || one(&Backward, Backward::args(randn(&[3]))) },
    Row { name: "runs backward of a parameter", ends: Either, run: backward_of_a_parameter },
    Row { name: "writes its parameter", ends: Error("WrittenParameter", "weight"), run: writes_its_parameter },
    Row { name: "keeps its tensors", ends: Either, run: keeps_its_tensors },
    Row { name: "exports itself", ends: Either, run: || one(&Itself, Itself::args(randn(&[3]))) },
    Row { name: "turns gradients off", ends: Program, run: || sized(&NoGradients, NoGradients::args) },
    Row { name: "leaves gradients off", ends: Either, run: || sized(&LeavesGradientsOff, LeavesGradientsOff::args) },
    Row {
        name: "seeds the generator",
        ends: Program,
        run: || guessed(&Seeds, [3, 6].map(|n| Seeds::args(randn(&[n])))).map(drop),
    },
    Row {
        name: "makes a square table by a size",
        ends: Error("ConstantVaries", ""),
        run: || sized(&SquareTable, SquareTable::args),
    },
    Row { name: "asks for a square by a size", ends: Program, run: || sized(&Square, Square::args) },
    Row {
        name: "loops until a value is reached",
        ends: Error("DataDependent", "it does not end"),
        run: || valued(&Until, |x, n| Until::args(x).n(n)),
    },
    Row {
        name: "exits by a value",
        ends: Error("DataDependent", "ends the process"),
        run: || valued(&Exits, |x, n| Exits::args(x).n(n)),
    },
    Row { name: "exits by a size", ends: Program, run: || sized(&ExitsBySize, ExitsBySize::args) },
    Row {
        name: "views its input as other sizes",
        ends: Error("Verify", "x.size()[0] // 3 == 1"),
        run: || sized(&Reshapes, Reshapes::args),
    },
    Row {
        name: "replaces the data of its input",
        ends: Error("DataReplaced", ""),
        run: || sized(&SetsData, SetsData::args),
    },
    Row { name: "resizes its input", ends: Either, run: || sized(&Resizes, Resizes::args) },
    Row { name: "reads raw memory", ends: Error("ReadsData", ""), run: || one(&Raw, Raw::args(randn(&[3]))) },
    Row { name: "asks for more than there is", ends: Program, run: || sized(&Huge, Huge::args) },
];

/// Exports one example, and compares the program.
fn one<M: Module<Family = Tch>>(model: &M, example: M::Args) -> Result<(), ExportError>
where
    M::Args: torch_export::pytree::OwnedTree<Tch>,
{
    let kept = crate::capture_support::copied(&example);
    let program = fixed(model, example)?;
    same(model, &program, [kept]);
    Ok(())
}

/// Exports a model whose only size is dynamic.
fn sized<M: Module<Family = Tch>>(model: &M, args: impl Fn(Tensor) -> M::Args) -> Result<(), ExportError> {
    let program = guessed(model, [3, 6].map(|n| args(randn(&[n]))))?;
    same(model, &program, [2, 5, 9].map(|n| args(randn(&[n]))));
    Ok(())
}

/// Exports a model that reads a number.
fn valued<M: Module<Family = Tch>>(model: &M, args: impl Fn(Tensor, Tensor) -> M::Args) -> Result<(), ExportError> {
    let shapes = dims::<DimHint>(&[&[(0, Dim::dynamic())], &[]]);
    let program = with_shapes(model, args(randn(&[4]), Tensor::from(3i64)), &shapes)?;
    same(model, &program, [1, 2, 5].map(|n| args(randn(&[4]), Tensor::from(n))));
    Ok(())
}

use torch_export::shapes::DimHint;

model! { Ordinary(x: &Tensor) -> Tensor { x.relu() + x.size()[0] } }

/// An export that must run whatever was exported before it.
pub(crate) fn an_ordinary_export() {
    sized(&Ordinary, Ordinary::args).unwrap();
    assert!(!torch_export::is_exporting());
}

model! { AllocatesBySize(x: &Tensor) -> Tensor {
    let table = vec![0f32; x.size()[0] as usize * 1024];
    x + Tensor::from_slice(&black_box(table)[..1])
} }
model! { FillsBySize(x: &Tensor) -> Tensor {
    let table = vec![1f32; x.size()[0] as usize * 64];
    x + Tensor::from_slice(&black_box(table)[..1])
} }

fn deep(n: i64) -> i64 {
    if black_box(n) == 0 { 0 } else { 1 + black_box(deep(n - 1)) }
}

model! { RecursesBySize(x: &Tensor) -> Tensor { x + deep(x.size()[0]) } }
model! { LoopsBySize(x: &Tensor) -> Tensor { x + (0..x.size()[0]).fold(0, |sum, i| sum + black_box(i) % 2 + 1 - i % 2) } }

fn number(n: &Tensor) -> i64 {
    n.int64_value(&[])
}

model! { Allocates(x: &Tensor, n: &Tensor) -> Tensor {
    let table = vec![0f32; number(n) as usize * 1024];
    x + Tensor::from_slice(&black_box(table)[..1])
} }
model! { AllocatesUsed(x: &Tensor, n: &Tensor) -> Tensor {
    let n = number(n);
    let table = vec![0f32; n as usize * 1024];
    x * n + Tensor::from_slice(&black_box(table)[..1])
} }
model! { Recurses(x: &Tensor, n: &Tensor) -> Tensor {
    black_box(deep(number(n)));
    x.relu()
} }
model! { RecursesUsed(x: &Tensor, n: &Tensor) -> Tensor { x * deep(number(n)) } }
model! { CountsDown(x: &Tensor, n: &Tensor) -> Tensor {
    let mut n = number(n);
    while n != 0 {
        n -= 1;
    }
    x.relu()
} }
model! { CountsDownUsed(x: &Tensor, n: &Tensor) -> Tensor {
    let (mut n, mut count) = (number(n), 0);
    while n != 0 {
        n -= 1;
        count += 2;
    }
    x * count
} }
model! { Until(x: &Tensor, n: &Tensor) -> Tensor {
    let (mut n, mut steps) = (number(n), 0);
    while black_box(n) < 1000 {
        n *= 2;
        steps += 1;
    }
    x * steps
} }
model! { Exits(x: &Tensor, n: &Tensor) -> Tensor {
    let n = number(n);
    if n == 1000 {
        std::process::exit(3);
    }
    x * n
} }
model! { ExitsBySize(x: &Tensor) -> Tensor {
    if x.size()[0] > 2000 {
        std::process::abort();
    }
    x.relu()
} }
model! { SquareTable(x: &Tensor) -> Tensor {
    let n = x.size()[0] as usize;
    let table: Vec<f32> = (0..n * n).map(|i| (i % (n + 1) == 0) as u8 as f32).collect();
    x.matmul(&Tensor::from_slice(&table).view([n as i64, n as i64]))
} }
model! { Square(x: &Tensor) -> Tensor {
    let n = x.size()[0] as usize;
    let table = vec![1u8; n * n];
    x + i64::from(black_box(table)[0])
} }
model! { OpForEach(x: &Tensor, n: &Tensor) -> Tensor { (0..number(n)).fold(x.shallow_clone(), |y, _| y + 1) } }
model! { Doubles(x: &Tensor) -> Tensor {
    let (mut norm, mut count) = (x.norm().double_value(&[]), 0);
    while norm < 1e6 {
        norm *= 2.0;
        count += 1;
    }
    x * count
} }
model! { Panics(x: &Tensor) -> Tensor {
    assert!(x.dim() == 7, "seven dimensions");
    x.relu()
} }

struct Bomb(usize);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            std::panic::panic_any(Bomb(self.0 - 1));
        }
    }
}

model! { Payload(x: &Tensor) -> Tensor {
    assert!(x.dim() == 1);
    std::panic::panic_any(Bomb(1))
} }
model! { PayloadForEver(x: &Tensor) -> Tensor {
    assert!(x.dim() == 1);
    std::panic::panic_any(Bomb(usize::MAX))
} }
model! { PayloadAtOthers(x: &Tensor) -> Tensor {
    if x.size()[0] > 40 {
        std::panic::panic_any(Bomb(1));
    }
    x.relu()
} }
model! { Resumes(x: &Tensor) -> Tensor {
    assert!(x.dim() == 1);
    std::panic::resume_unwind(Box::new("resumed".to_owned()))
} }
model! { PanicsInThread(x: &Tensor) -> Tensor {
    let x = x.shallow_clone();
    std::thread::spawn(move || panic!("in a thread: {:?}", x.size())).join().unwrap()
} }

/// A result whose destructor panics.
#[derive(PyTree)]
#[pytree(borrow_only)]
struct Fragile {
    y: Tensor,
    #[pytree(skip)]
    armed: bool,
}

impl Drop for Fragile {
    fn drop(&mut self) {
        if self.armed && !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

model! { Dropped(x: &Tensor) -> Tensor {
    let fragile = Fragile { y: x.relu(), armed: true };
    fragile.y.shallow_clone()
} }
model! { InThread(x: &Tensor) -> Tensor {
    let x = x.shallow_clone();
    std::thread::spawn(move || x.relu()).join().unwrap()
} }
model! { EndsThread(x: &Tensor) -> Tensor {
    thread_local! { static HELD: RefCell<Vec<Tensor>> = const { RefCell::new(Vec::new()) }; }
    let other = x.shallow_clone();
    std::thread::spawn(move || HELD.with_borrow_mut(|held| held.push(other))).join().unwrap();
    HELD.with_borrow_mut(|held| held.push(x.shallow_clone()));
    x.relu()
} }
model! { Hooks(x: &Tensor) -> Tensor {
    let before = std::panic::take_hook();
    std::panic::set_hook(before);
    assert!(x.size()[0] < 1000, "too long");
    x.relu()
} }
model! { Backward(x: &Tensor) -> Tensor {
    let x = x.detach().set_requires_grad(true);
    let loss = (&x * &x).sum(Kind::Float);
    Tensor::run_backward(&[loss], &[&x], false, false).remove(0)
} }

struct Held {
    weight: Tensor,
}

#[module]
impl Held {
    fn forward(&self, x: &Tensor) -> Tensor {
        let loss = (x * &self.weight).sum(Kind::Float);
        Tensor::run_backward(&[loss], &[&self.weight], false, false).remove(0)
    }
}

fn backward_of_a_parameter() -> Result<(), ExportError> {
    let model = Held { weight: randn(&[3]).set_requires_grad(true) };
    let inputs = ModelInputs::new(&model, [Held::args(randn(&[3]))]).unwrap();
    let program = Export::new(&model, &inputs).parameter("weight", &model.weight).run()?;
    same(&model, &program, [Held::args(randn(&[3]))]);
    Ok(())
}

struct Writes {
    weight: Tensor,
}

#[module]
impl Writes {
    fn forward(&self, x: &Tensor) -> Tensor {
        let _ = self.weight.shallow_clone().fill_(7.0);
        x + &self.weight
    }
}

fn writes_its_parameter() -> Result<(), ExportError> {
    let model = Writes { weight: randn(&[3]) };
    let before = model.weight.copy();
    let inputs = ModelInputs::new(&model, [Writes::args(randn(&[3]))]).unwrap();
    let result = Export::new(&model, &inputs).parameter("weight", &model.weight).run();
    assert!(model.weight.equal(&before));
    result.map(|_| ())
}

struct Keeps {
    kept: RefCell<Vec<Tensor>>,
}

#[module]
impl Keeps {
    fn forward(&self, x: &Tensor) -> Tensor {
        let y = x.relu();
        self.kept.borrow_mut().push(y.shallow_clone());
        y
    }
}

fn keeps_its_tensors() -> Result<(), ExportError> {
    let model = Keeps { kept: RefCell::default() };
    let result = sized(&model, Keeps::args);
    // Tensors of runs without data: what is done to them fails, and does not end the process.
    for tensor in model.kept.borrow().iter() {
        let _ = (tensor.size(), tensor.f_relu(), tensor.f_sum(Kind::Float).and_then(|t| t.f_double_value(&[])));
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| format!("{tensor}")));
    }
    result
}

model! { Itself(x: &Tensor) -> Tensor {
    thread_local! { static DEPTH: Cell<usize> = const { Cell::new(0) }; }
    if DEPTH.get() < 3 {
        DEPTH.set(DEPTH.get() + 1);
        let _ = fixed(&Itself, Itself::args(randn(&[2])));
        DEPTH.set(DEPTH.get() - 1);
    }
    x.relu()
} }
model! { NoGradients(x: &Tensor) -> Tensor { tch::no_grad(|| x.relu()) } }
model! { LeavesGradientsOff(x: &Tensor) -> Tensor {
    std::mem::forget(tch::no_grad_guard());
    x.relu()
} }
model! { Seeds(x: &Tensor) -> Tensor {
    tch::manual_seed(7);
    x + x.rand_like()
} }
model! { Reshapes(x: &Tensor) -> Tensor { x.view([3, -1]) } }
model! { SetsData(x: &Tensor) -> Tensor {
    let mut own = x.shallow_clone();
    own.set_data(&Tensor::zeros([2], F));
    x.relu()
} }
model! { Resizes(x: &Tensor) -> Tensor { x.shallow_clone().resize_([2]).relu() } }
model! { Raw(x: &Tensor) -> Tensor {
    let address = x.data_ptr() as usize;
    x + i64::from(address == 0)
} }
model! { Huge(x: &Tensor) -> Tensor {
    let table = Tensor::zeros([x.size()[0], 1 << 20], (Kind::Float, Device::Cpu));
    x + table.select(1, 0)
} }
