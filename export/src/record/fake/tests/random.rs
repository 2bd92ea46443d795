//! Random sizes, strides and calls, from a seed.

use std::collections::HashMap;

use crate::dispatch::call;
use program::{OpName, Value};
use pytree_core::DType;
use tch::{Device, Kind, Tensor};

/// A small generator (splitmix64): the same numbers for a seed on every machine.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: i64) -> i64 {
        (self.next() % n.unsigned_abs()) as i64
    }
}

/// A line of the table: an op and its arguments as text.
pub(super) struct Row<'a> {
    op: OpName,
    arguments: Vec<&'a str>,
    channels_last: bool,
}

/// The arguments of a call. Tensors stand in the list at the end, by their index.
pub(super) struct Inputs {
    arguments: Vec<Value<usize>>,
    pub(super) tensors: Vec<Tensor>,
}

impl<'a> Row<'a> {
    pub(super) fn parse(line: &'a str) -> Self {
        let (line, channels_last) = match line.split_once(" #channels_last") {
            Some((line, _)) => (line, true),
            None => (line, false),
        };
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, overload) = name.split_once('.').unwrap_or((name, "default"));
        let op = format!("aten.{name}.{overload}").parse().unwrap();
        Self { op, arguments: words(rest), channels_last }
    }

    /// The arguments at sizes and strides that follow from the seed.
    pub(super) fn inputs(&self, seed: u64) -> Inputs {
        let mut random = Random(seed);
        let mut sizes = HashMap::new();
        for letter in 'a'..='e' {
            let size =
                if random.below(40) == 0 { 0 } else { 1 + random.below(if seed.is_multiple_of(3) { 3 } else { 7 }) };
            sizes.insert(letter, size);
        }
        let mut maker = Maker {
            random,
            sizes,
            tensors: Vec::new(),
            plain: seed.is_multiple_of(4),
            channels_last: self.channels_last,
        };
        let arguments = self.arguments.iter().map(|word| maker.value(word)).collect();
        Inputs { arguments, tensors: maker.tensors }
    }

    /// Calls the op on these tensors, which stand for those of `inputs`.
    pub(super) fn call(&self, inputs: &Inputs, tensors: &[Tensor]) -> Vec<Tensor> {
        let arguments: Vec<Value<&Tensor>> = inputs.arguments.iter().map(|a| a.clone().map(|i| &tensors[i])).collect();
        let results = call(&self.op, &arguments).unwrap_or_else(|e| panic!("{e}"));
        results.iter().flat_map(Value::tensors).map(Tensor::shallow_clone).collect()
    }
}

/// The words of a line; brackets keep words together.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in line.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 => {
                words.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[start..]);
    words.retain(|word| !word.is_empty());
    words
}

struct Maker {
    random: Random,
    sizes: HashMap<char, i64>,
    tensors: Vec<Tensor>,
    plain: bool,
    channels_last: bool,
}

impl Maker {
    fn value(&mut self, word: &str) -> Value<usize> {
        if let Some(list) = word.strip_prefix('(') {
            let items = words(list.trim_end_matches(')'));
            let values: Vec<Option<usize>> = items.into_iter().map(|item| self.tensor(item)).collect();
            return if values.iter().all(Option::is_some) {
                Value::Tensors(values.into_iter().flatten().collect())
            } else {
                Value::OptionalTensors(values)
            };
        }
        if let Some(list) = word.strip_prefix('{') {
            let items: Vec<&str> = list.trim_end_matches('}').split(',').filter(|item| !item.is_empty()).collect();
            return if items.iter().any(|item| item.contains('.')) {
                Value::Floats(items.iter().map(|item| item.parse().unwrap()).collect())
            } else {
                Value::Ints(items.iter().map(|item| self.size(item)).collect())
            };
        }
        if let Some(text) = word.strip_prefix('"') {
            return Value::Str(text.trim_end_matches('"').to_owned());
        }
        if let Some(dtype) = word.strip_prefix('@') {
            return Value::DType(match dtype {
                "float64" => DType::Float64,
                "bfloat16" => DType::BFloat16,
                "int64" => DType::Int64,
                other => panic!("{other}"),
            });
        }
        match word {
            "none" => Value::None,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ if word.contains('[') => Value::Tensor(self.tensor(word).unwrap()),
            _ if word.contains(['.', 'e']) && word.len() > 1 => Value::Float(word.parse().unwrap()),
            _ => Value::Int(self.size(word)),
        }
    }

    /// A number, or the size that a letter stands for.
    fn size(&self, word: &str) -> i64 {
        word.parse().unwrap_or_else(|_| self.sizes[&word.chars().next().unwrap()])
    }

    /// A tensor with these sizes and random strides, and its index.
    fn tensor(&mut self, word: &str) -> Option<usize> {
        if word == "none" {
            return None;
        }
        let (kind, list) = word.trim_end_matches(']').split_once('[').unwrap();
        let sizes: Vec<i64> = list.split(',').filter(|item| !item.is_empty()).map(|item| self.size(item)).collect();
        let kind = kind.to_owned();
        let made = self.laid_out(&sizes, &mut |this, sizes| this.content(&kind, sizes));
        self.tensors.push(made);
        Some(self.tensors.len() - 1)
    }

    fn content(&mut self, kind: &str, sizes: &[i64]) -> Tensor {
        let options = (Kind::Float, Device::Cpu);
        let below = kind.strip_prefix("i<").map(|n| self.size(n.trim_end_matches('>')).max(1));
        match kind {
            _ if below.is_some() => Tensor::randint(below.unwrap_or(1), sizes, (Kind::Int64, Device::Cpu)),
            "f" => Tensor::randn(sizes, options),
            "d" => Tensor::randn(sizes, (Kind::Double, Device::Cpu)),
            "h" => Tensor::randn(sizes, options).to_kind(Kind::BFloat16),
            "z" => Tensor::randn(sizes, (Kind::ComplexFloat, Device::Cpu)),
            "i" => Tensor::randint(5, sizes, (Kind::Int64, Device::Cpu)) + 1,
            "i8" => Tensor::randint(5, sizes, (Kind::Int8, Device::Cpu)),
            "b" => Tensor::rand(sizes, options).gt(0.5),
            "p1" => Tensor::rand(sizes, options) * 0.8 + 0.1,
            "p" => {
                let n = sizes.last().copied().unwrap_or(0);
                let x = Tensor::randn(sizes, options) * 0.1;
                x.matmul(&x.transpose(-1, -2)) + Tensor::eye(n, options) * 2
            }
            other => panic!("{other}"),
        }
    }

    /// Content in a layout: contiguous, permuted, with gaps, channels last, or expanded.
    fn laid_out(&mut self, sizes: &[i64], make: &mut dyn FnMut(&mut Self, &[i64]) -> Tensor) -> Tensor {
        let dims = sizes.len();
        if self.channels_last && dims == 4 {
            let turned = [sizes[0], sizes[2], sizes[3], sizes[1]];
            return make(self, &turned).permute([0, 3, 1, 2]);
        }
        if self.plain || dims == 0 {
            return make(self, sizes);
        }
        let content = make(self, sizes);
        match self.random.below(8) {
            // Other strides for the same content.
            0 | 1 if dims > 1 => {
                let mut order: Vec<i64> = (0..dims as i64).collect();
                for i in (1..dims).rev() {
                    order.swap(i, self.random.below(i as i64 + 1) as usize);
                }
                let mut back = vec![0; dims];
                for (place, dim) in order.iter().enumerate() {
                    back[*dim as usize] = place as i64;
                }
                content.permute(&order).contiguous().permute(&back)
            }
            2 => {
                let dim = self.random.below(dims as i64);
                let doubled = Tensor::cat(&[&content, &content], dim);
                doubled.slice(dim, 0, 2 * sizes[dim as usize], 2).copy(&content)
            }
            3 if dims == 4 => content.contiguous_format(),
            4 => {
                let dim = self.random.below(dims as i64);
                if sizes[dim as usize] == 0 { content } else { content.narrow(dim, 0, 1).expand(sizes, false) }
            }
            5 => {
                // A part of a larger memory, not at its start.
                let dim = self.random.below(dims as i64);
                Tensor::cat(&[&content, &content], dim).narrow(dim, sizes[dim as usize], sizes[dim as usize])
            }
            _ => content,
        }
    }
}

trait Layouts {
    fn copy(self, content: &Tensor) -> Tensor;
    fn contiguous_format(self) -> Tensor;
}

impl Layouts for Tensor {
    fn copy(mut self, content: &Tensor) -> Tensor {
        self.copy_(content);
        self
    }

    /// Channels last.
    fn contiguous_format(self) -> Tensor {
        self.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
    }
}
