//! The pickled weights of torch 2.8: a dict of tensors in an archive of its own (`torch.save`).
//!
//! The reader knows the five constructors that such files have, and calls nothing. Every other pickle is refused.

use super::budget::Budget;
use super::error::ContentError;
use super::zip::{Limits, Zip};
use crate::data::{Storage, TensorData};
use indexmap::IndexMap;
use pytree_core::{DType, TensorType};
use std::collections::HashMap;

/// The tensors of a dict that `torch.save` wrote.
pub(super) fn tensors(
    archive: Storage,
    limits: Limits,
    budget: &Budget,
) -> Result<IndexMap<String, TensorData>, ContentError> {
    let zip = Zip::open(archive, limits)?;
    let is_pickle = |name: &&str| name.ends_with("/data.pkl") && name.matches('/').count() == 1;
    let pickles: Vec<String> = zip.names().filter(is_pickle).map(str::to_owned).collect();
    let [pickle] = pickles.as_slice() else {
        return Err(ContentError::Pickle { at: 0, problem: "the archive has not exactly one `data.pkl`".to_owned() });
    };
    let root = pickle.trim_end_matches("data.pkl").to_owned();
    if let Some(order) = zip.read_checked(&format!("{root}byteorder"))?
        && order.as_bytes() != b"little"
    {
        return Err(ContentError::unsupported("a big-endian file"));
    }
    let Some(bytes) = zip.read_checked(pickle)? else {
        return Err(ContentError::UndefinedName { name: pickle.clone() });
    };
    let mut machine = Machine::new(bytes.as_bytes(), budget);
    let root_value = machine.run()?;
    let mut storages: HashMap<String, (DType, Storage)> = HashMap::new();
    let mut tensors = IndexMap::new();
    for (key, value) in machine.dict(root_value)? {
        let name = machine.text(*key)?.to_owned();
        budget.take(name.len())?;
        budget.entry::<(String, TensorData)>()?;
        let found = machine.tensor(*value)?;
        let Found { key, dtype, count, .. } = &found;
        let storage = match storages.get(key) {
            Some((known, storage)) if known == dtype => storage.clone(),
            Some(_) => return Err(ContentError::unsupported(format!("storage {key} with two element types"))),
            None => {
                let member = format!("{root}data/{key}");
                let storage = zip.read(&member)?.ok_or_else(|| ContentError::UndefinedName { name: member.clone() })?;
                let available = storage.as_bytes().len();
                if Some(available) != usize::try_from(*count).ok().and_then(|count| count.checked_mul(dtype.size())) {
                    let needed = i128::from(*count) * dtype.size() as i128;
                    return Err(ContentError::Bounds { payload: member, needed, available });
                }
                budget.take(key.len())?;
                budget.entry::<(String, (DType, Storage))>()?;
                storages.insert(key.clone(), (*dtype, storage.clone()));
                storage
            }
        };
        let mut tensor = TensorType::contiguous(*dtype, found.sizes);
        (tensor.strides, tensor.storage_offset) = (found.strides, found.offset);
        tensor.requires_grad = found.requires_grad;
        if tensors.insert(name.clone(), TensorData::new(tensor, found.is_parameter, storage)).is_some() {
            return Err(ContentError::DuplicateName { name });
        }
    }
    Ok(tensors)
}

/// A value on the stack: its index among all values.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ref(u32);

enum Value {
    Mark,
    None,
    Bool(bool),
    Int(i64),
    Text(Box<str>),
    Tuple(Box<[Ref]>),
    Dict(Vec<(Ref, Ref)>),
    Global(Global),
    Storage { key: Ref, dtype: DType, count: i64 },
    Tensor { storage: Ref, offset: i64, sizes: Ref, strides: Ref, requires_grad: bool, is_parameter: bool },
}

/// The constructors. Nothing else may be called.
#[derive(Clone, Copy)]
enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    /// `torch.FloatStorage` and its kin, which occur in persistent ids only.
    StorageType(DType),
}

const STORAGE_TYPES: &[(&str, DType)] = &[
    ("DoubleStorage", DType::Float64),
    ("FloatStorage", DType::Float32),
    ("HalfStorage", DType::Float16),
    ("BFloat16Storage", DType::BFloat16),
    ("LongStorage", DType::Int64),
    ("IntStorage", DType::Int32),
    ("ShortStorage", DType::Int16),
    ("CharStorage", DType::Int8),
    ("ByteStorage", DType::UInt8),
    ("BoolStorage", DType::Bool),
    ("ComplexFloatStorage", DType::Complex64),
    ("ComplexDoubleStorage", DType::Complex128),
];

/// A tensor, with everything looked up.
struct Found {
    key: String,
    dtype: DType,
    count: i64,
    offset: i64,
    sizes: Vec<i64>,
    strides: Vec<i64>,
    requires_grad: bool,
    is_parameter: bool,
}

/// The pickle machine, protocol 2. An opcode of one byte makes a value of some thirty, so all of them are counted.
struct Machine<'b> {
    bytes: &'b [u8],
    budget: &'b Budget,
    at: usize,
    values: Vec<Value>,
    stack: Vec<Ref>,
    memo: HashMap<u32, Ref>,
}

/// The values that stand at the start of the list, once for all.
const MARK: Ref = Ref(0);
const NONE: Ref = Ref(1);
const TRUE: Ref = Ref(2);
const FALSE: Ref = Ref(3);

impl<'b> Machine<'b> {
    fn new(bytes: &'b [u8], budget: &'b Budget) -> Self {
        let values = vec![Value::Mark, Value::None, Value::Bool(true), Value::Bool(false)];
        Machine { bytes, budget, at: 0, values, stack: Vec::new(), memo: HashMap::new() }
    }

    fn error(&self, problem: impl Into<String>) -> ContentError {
        ContentError::Pickle { at: self.at, problem: problem.into() }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], ContentError> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| self.error("it is cut short"))?;
        self.at += count;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ContentError> {
        let taken = self.take(1)?;
        taken.first().copied().ok_or_else(|| self.error("it is cut short"))
    }

    fn u32(&mut self) -> Result<u32, ContentError> {
        Ok(self.take(4)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn line(&mut self) -> Result<&'b str, ContentError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == b'\n').ok_or_else(|| self.error("it is cut short"))?;
        let line = std::str::from_utf8(rest.get(..end).unwrap_or_default()).map_err(|_| self.error("not UTF-8"))?;
        self.at += end + 1;
        Ok(line)
    }

    fn push(&mut self, value: Value) -> Result<(), ContentError> {
        let index = u32::try_from(self.values.len()).map_err(|_| self.error("too many values"))?;
        self.budget.push(&mut self.values, value)?;
        self.push_ref(Ref(index))
    }

    fn push_ref(&mut self, value: Ref) -> Result<(), ContentError> {
        self.budget.push(&mut self.stack, value)
    }

    fn note(&mut self, key: u32) -> Result<(), ContentError> {
        self.budget.entry::<(u32, Ref)>()?;
        self.memo.insert(key, self.top()?);
        Ok(())
    }

    fn pop(&mut self) -> Result<Ref, ContentError> {
        self.stack.pop().ok_or_else(|| self.error("the stack is empty"))
    }

    fn top(&self) -> Result<Ref, ContentError> {
        self.stack.last().copied().ok_or_else(|| self.error("the stack is empty"))
    }

    fn value(&self, Ref(index): Ref) -> Result<&Value, ContentError> {
        self.values.get(index as usize).ok_or_else(|| self.error("a value is missing"))
    }

    /// The values above the last mark.
    fn marked(&mut self) -> Result<Vec<Ref>, ContentError> {
        let mark = self.stack.iter().rposition(|r| *r == MARK).ok_or_else(|| self.error("there is no mark"))?;
        self.budget.take((self.stack.len() - mark) * size_of::<Ref>())?;
        let above = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(above)
    }

    fn run(&mut self) -> Result<Ref, ContentError> {
        loop {
            match self.byte()? {
                0x80 => {
                    let protocol = self.byte()?;
                    if protocol != 2 {
                        return Err(self.error(format!("protocol {protocol}; torch writes protocol 2")));
                    }
                }
                b'.' => return self.pop(),
                b'(' => self.push_ref(MARK)?,
                b'N' => self.push_ref(NONE)?,
                0x88 => self.push_ref(TRUE)?,
                0x89 => self.push_ref(FALSE)?,
                b'J' => {
                    let number = self.u32()?.cast_signed();
                    self.push(Value::Int(number.into()))?;
                }
                b'K' => {
                    let number = self.byte()?;
                    self.push(Value::Int(number.into()))?;
                }
                b'M' => {
                    let number = self.take(2)?.iter().rev().fold(0, |number, byte| number << 8 | i64::from(*byte));
                    self.push(Value::Int(number))?;
                }
                0x8a => {
                    let size = usize::from(self.byte()?);
                    let bytes = self.take(size)?;
                    if size > 8 {
                        return Err(self.error("an int of more than 64 bits"));
                    }
                    let negative = bytes.last().is_some_and(|b| *b >= 0x80);
                    let start = if negative { -1_i64 } else { 0 };
                    let number = bytes.iter().rev().fold(start, |number, byte| number << 8 | i64::from(*byte));
                    self.push(Value::Int(number))?;
                }
                b'X' => {
                    let size = self.u32()? as usize;
                    let text = std::str::from_utf8(self.take(size)?).map_err(|_| self.error("not UTF-8"))?;
                    self.budget.take(size)?;
                    self.push(Value::Text(text.into()))?;
                }
                b'}' => self.push(Value::Dict(Vec::new()))?,
                b')' => self.push(Value::Tuple(Box::new([])))?,
                0x85 => self.tuple(1)?,
                0x86 => self.tuple(2)?,
                0x87 => self.tuple(3)?,
                b't' => {
                    let items = self.marked()?;
                    self.push(Value::Tuple(items.into()))?;
                }
                b'q' => {
                    let key = self.byte()?;
                    self.note(key.into())?;
                }
                b'r' => {
                    let key = self.u32()?;
                    self.note(key)?;
                }
                b'h' => {
                    let key = self.byte()?;
                    self.get(key.into())?;
                }
                b'j' => {
                    let key = self.u32()?;
                    self.get(key)?;
                }
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    let global = self.global(module, name)?;
                    self.push(Value::Global(global))?;
                }
                b'R' => self.reduce()?,
                b'Q' => self.persistent()?,
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set_items(vec![key, value])?;
                }
                b'u' => {
                    let items = self.marked()?;
                    self.set_items(items)?;
                }
                // The `_metadata` of a state dict, which says nothing of its tensors.
                b'b' => {
                    self.pop()?;
                    let Value::Dict(_) = self.value(self.top()?)? else {
                        return Err(self.error("the state of an object that is not a dict"));
                    };
                }
                other => return Err(self.error(format!("the opcode {other:#04x} is not allowed"))),
            }
        }
    }

    fn tuple(&mut self, count: usize) -> Result<(), ContentError> {
        let start = self.stack.len().checked_sub(count).ok_or_else(|| self.error("the stack is empty"))?;
        self.budget.take(count * size_of::<Ref>())?;
        let items = self.stack.split_off(start);
        self.push(Value::Tuple(items.into()))
    }

    fn get(&mut self, key: u32) -> Result<(), ContentError> {
        let known = self.memo.get(&key).copied().ok_or_else(|| self.error("a value is not in the memo"))?;
        self.push_ref(known)
    }

    fn global(&self, module: &str, name: &str) -> Result<Global, ContentError> {
        match (module, name) {
            ("collections", "OrderedDict") => Ok(Global::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2") => Ok(Global::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Ok(Global::RebuildParameter),
            ("torch", _) => {
                let known = STORAGE_TYPES.iter().find(|(known, _)| *known == name);
                known.map(|(_, dtype)| Global::StorageType(*dtype)).ok_or_else(|| self.foreign(module, name))
            }
            _ => Err(self.foreign(module, name)),
        }
    }

    fn foreign(&self, module: &str, name: &str) -> ContentError {
        self.error(format!("it names `{module}.{name}`, which is not a constructor of tensors; nothing was called"))
    }

    fn reduce(&mut self) -> Result<(), ContentError> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Global(function) = *self.value(function)? else { return Err(self.error("a call of a value")) };
        let Value::Tuple(arguments) = self.value(arguments)? else { return Err(self.error("a call without a tuple")) };
        let value = match (function, &**arguments) {
            (Global::OrderedDict, []) => Value::Dict(Vec::new()),
            (Global::RebuildTensor, &[storage, offset, sizes, strides, requires_grad, _hooks]) => Value::Tensor {
                storage,
                offset: self.int(offset)?,
                sizes,
                strides,
                requires_grad: self.bool(requires_grad)?,
                is_parameter: false,
            },
            (Global::RebuildParameter, &[tensor, requires_grad, _hooks]) => {
                let requires_grad = self.bool(requires_grad)?;
                let &Value::Tensor { storage, offset, sizes, strides, .. } = self.value(tensor)? else {
                    return Err(self.error("a parameter of something that is not a tensor"));
                };
                Value::Tensor { storage, offset, sizes, strides, requires_grad, is_parameter: true }
            }
            _ => return Err(self.error("a constructor with other arguments than torch gives it")),
        };
        self.push(value)
    }

    /// `('storage', torch.FloatStorage, '0', 'cpu', 12)`
    fn persistent(&mut self) -> Result<(), ContentError> {
        let id = self.pop()?;
        let Value::Tuple(parts) = self.value(id)? else {
            return Err(self.error("a persistent id that is not a tuple"));
        };
        let &[kind, of, key, _device, count] = &**parts else {
            return Err(self.error("a persistent id of another form"));
        };
        let (Value::Global(Global::StorageType(dtype)), "storage") = (self.value(of)?, self.text(kind)?) else {
            return Err(self.error("a persistent id that is not a storage"));
        };
        let value = Value::Storage { key, dtype: *dtype, count: self.int(count)? };
        self.text(key)?;
        self.push(value)
    }

    fn set_items(&mut self, items: Vec<Ref>) -> Result<(), ContentError> {
        let Ref(index) = self.top()?;
        let odd = !items.len().is_multiple_of(2);
        // The list of entries grows by doubling.
        self.budget.take(3 * items.len() * size_of::<Ref>())?;
        match self.values.get_mut(index as usize) {
            Some(Value::Dict(entries)) if !odd => {
                entries.extend(items.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))));
                Ok(())
            }
            _ => Err(self.error("items of something that is not a dict")),
        }
    }

    fn int(&self, value: Ref) -> Result<i64, ContentError> {
        match self.value(value)? {
            Value::Int(number) => Ok(*number),
            _ => Err(self.error("expected an int")),
        }
    }

    fn bool(&self, value: Ref) -> Result<bool, ContentError> {
        match self.value(value)? {
            Value::Bool(value) => Ok(*value),
            _ => Err(self.error("expected a bool")),
        }
    }

    fn text(&self, value: Ref) -> Result<&str, ContentError> {
        match self.value(value)? {
            Value::Text(text) => Ok(text),
            _ => Err(self.error("expected a str")),
        }
    }

    fn ints(&self, value: Ref) -> Result<Vec<i64>, ContentError> {
        match self.value(value)? {
            Value::Tuple(items) => {
                let mut numbers = self.budget.list(items.len())?;
                for item in items {
                    numbers.push(self.int(*item)?);
                }
                Ok(numbers)
            }
            _ => Err(self.error("expected a tuple of ints")),
        }
    }

    fn dict(&self, value: Ref) -> Result<&[(Ref, Ref)], ContentError> {
        match self.value(value)? {
            Value::Dict(entries) => Ok(entries),
            _ => Err(self.error("expected a dict")),
        }
    }

    fn tensor(&self, value: Ref) -> Result<Found, ContentError> {
        let &Value::Tensor { storage, offset, sizes, strides, requires_grad, is_parameter } = self.value(value)? else {
            return Err(self.error("expected a tensor"));
        };
        let &Value::Storage { key, dtype, count } = self.value(storage)? else {
            return Err(self.error("expected a storage"));
        };
        let (key, sizes, strides) = (self.text(key)?.to_owned(), self.ints(sizes)?, self.ints(strides)?);
        Ok(Found { key, dtype, count, offset, sizes, strides, requires_grad, is_parameter })
    }
}
