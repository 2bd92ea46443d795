//! Forwards that take memory, stack or time by a size or by a value, or end the process by one.

use crate::Ends::{Error, Program};
use crate::Row;
use crate::capture_support::randn;
use crate::forwards::{one, sized, valued};
use std::hint::black_box;
use tch::Tensor;

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
];

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
