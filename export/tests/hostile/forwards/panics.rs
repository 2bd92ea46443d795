//! Forwards that panic, and those that leave their thread.

use crate::Ends::{Either, Error, Program};
use crate::Row;
use crate::capture_support::randn;
use crate::forwards::{one, sized};
use std::cell::RefCell;
use tch::Tensor;
use torch_export::prelude::*;

pub(crate) const ROWS: &[Row] = &[
    Row { name: "panics", ends: Error("Panicked", "panics.rs:"), run: || one(&Panics, Panics::args(randn(&[3]))) },
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
];

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
