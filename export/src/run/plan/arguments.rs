//! The arguments of a call, in the form in which the shim reads them.

use super::super::CallError;
use super::compile::{Scope, number_of};
use super::registers::value_of;
use super::step::{Operand, Place};
use crate::dispatch::wire::Writer;
use crate::dispatch::{DispatchError, Schema};
use crate::run::number::Number;
use program::{Argument, Literal, NamedArgument, Node, NodeId, Sym, Value};
use pytree_core::Device;
use std::convert::Infallible;

/// The tags of arguments (`tx::From`).
pub(super) mod from {
    pub(in crate::run::plan) const DEFAULT: u8 = 0;
    pub(in crate::run::plan) const VALUE: u8 = 1;
    pub(in crate::run::plan) const TENSOR: u8 = 2;
    pub(in crate::run::plan) const TENSORS: u8 = 3;
    pub(in crate::run::plan) const NUMBER: u8 = 4;
    pub(in crate::run::plan) const NUMBERS: u8 = 5;
}

/// A plain value.
type Plain = Value<Infallible>;

/// Writes the arguments in the order of the schema.
pub(super) fn write(
    out: &mut Writer,
    scope: &Scope<'_>,
    node: &Node,
    schema: &Schema,
    given: &[NamedArgument],
    device: Option<&Device>,
) -> Result<(), CallError> {
    let bad = |argument: &str, expected: &str, given: &str| {
        let (argument, expected, given) = (argument.to_owned(), expected.to_owned(), given.to_owned());
        CallError::op(&node.name, DispatchError::BadArgument { op: schema.op.clone(), argument, expected, given })
    };
    for (i, argument) in given.iter().enumerate() {
        if schema.argument(&argument.name).is_none() {
            return Err(bad(&argument.name, "an argument of the schema", "an unknown name"));
        }
        if given.iter().take(i).any(|other| other.name == argument.name) {
            return Err(bad(&argument.name, "given once", "twice"));
        }
    }
    out.index(schema.arguments.len());
    for wanted in &schema.arguments {
        match given.iter().find(|argument| argument.name == wanted.name) {
            Some(argument) => Arguments { out, scope, node, schema, device }.write(&wanted.name, &argument.value)?,
            None if wanted.default.is_some() => out.tag(from::DEFAULT),
            None => return Err(bad(&wanted.name, &wanted.type_name, "absent")),
        }
    }
    Ok(())
}

struct Arguments<'a, 'g> {
    out: &'a mut Writer,
    scope: &'a Scope<'g>,
    node: &'a Node,
    schema: &'a Schema,
    device: Option<&'a Device>,
}

impl Arguments<'_, '_> {
    fn write(&mut self, name: &str, argument: &Argument) -> Result<(), CallError> {
        match argument {
            Argument::Tensor(id) => self.tensor(name, *id),
            Argument::Tensors(ids) => self.tensors(ids.iter().map(|id| Some(*id))),
            Argument::OptionalTensors(ids) => self.tensors(ids.iter().copied()),
            Argument::Int(v) => self.number(name, v, Value::Int),
            Argument::Float(v) => self.number(name, v, Value::Float),
            Argument::Bool(v) => self.number(name, v, Value::Bool),
            Argument::Ints(v) => self.numbers(name, v, Value::Ints, Number::Int, int_bits),
            Argument::Floats(v) => self.numbers(name, v, Value::Floats, Number::Float, float_bits),
            Argument::Bools(v) => self.numbers(name, v, Value::Bools, Number::Bool, bool_bits),
            Argument::None => self.plain(name, &Value::None),
            Argument::Str(v) => self.plain(name, &Value::Str(v.clone())),
            Argument::Strs(v) => self.plain(name, &Value::Strs(v.clone())),
            Argument::Complex(re, im) => self.plain(name, &Value::Complex(*re, *im)),
            Argument::DType(v) => self.plain(name, &Value::DType(*v)),
            Argument::Layout(v) => self.plain(name, &Value::Layout(*v)),
            Argument::MemoryFormat(v) => self.plain(name, &Value::MemoryFormat(*v)),
            Argument::Device(v) => self.plain(name, &Value::Device(*self.device.unwrap_or(v))),
            _ => Err(CallError::invalid(self.node, "has an argument that an op cannot take")),
        }
    }

    fn plain(&mut self, name: &str, value: &Plain) -> Result<(), CallError> {
        self.out.tag(from::VALUE);
        let written = self.out.value(value, |never| match *never {});
        written.map_err(|e| CallError::op(&self.node.name, DispatchError::wire(&self.schema.op, name, &e)))
    }

    fn tensor(&mut self, name: &str, id: NodeId) -> Result<(), CallError> {
        match (self.scope.places.get(value_of(self.scope.graph, id)), self.scope.literal(id)) {
            (Some(Place::Register(register)), _) => {
                self.out.tag(from::TENSOR);
                self.out.places([Some(register)]);
                Ok(())
            }
            // As in Python, a number can stand for a tensor.
            (Some(Place::Number(place)), _) => {
                self.out.tag(from::NUMBER);
                self.out.places([Some(place)]);
                Ok(())
            }
            (None, Some(literal)) => self.literal(name, literal),
            // A result that is a missing tensor.
            (None, None) => Err(CallError::invalid(self.node, "uses a value as a tensor that is not one")),
        }
    }

    fn literal(&mut self, name: &str, literal: &Literal) -> Result<(), CallError> {
        let value = match literal {
            Literal::None => Value::None,
            Literal::Int(v) => Value::Int(*v),
            Literal::Float(v) => Value::Float(*v),
            Literal::Bool(v) => Value::Bool(*v),
            Literal::Str(v) => Value::Str(v.clone()),
            Literal::Tensor(never) => match *never {},
        };
        self.plain(name, &value)
    }

    fn tensors(&mut self, ids: impl Iterator<Item = Option<NodeId>>) -> Result<(), CallError> {
        let mut places = Vec::new();
        for id in ids {
            let Some(id) = id else {
                places.push(None);
                continue;
            };
            match (self.scope.places.get(value_of(self.scope.graph, id)), self.scope.literal(id)) {
                (Some(Place::Register(register)), _) => places.push(Some(register)),
                (None, Some(Literal::None)) => places.push(None),
                _ => return Err(CallError::invalid(self.node, "uses a value as a tensor that is not one")),
            }
        }
        self.out.tag(from::TENSORS);
        self.out.places(places);
        Ok(())
    }

    fn number<T: Copy>(&mut self, name: &str, number: &Sym<T>, plain: fn(T) -> Plain) -> Result<(), CallError> {
        let value = match number {
            Sym::Value(v) => plain(*v),
            Sym::Node(id) => match number_of(self.scope, self.node, *id)? {
                Operand::Place(place) => {
                    self.out.tag(from::NUMBER);
                    self.out.places([Some(place)]);
                    return Ok(());
                }
                Operand::Value(Number::Int(v)) => Value::Int(v),
                Operand::Value(Number::Float(v)) => Value::Float(v),
                Operand::Value(Number::Bool(v)) => Value::Bool(v),
            },
        };
        self.plain(name, &value)
    }

    fn numbers<T: Copy>(
        &mut self,
        name: &str,
        items: &[Sym<T>],
        plain: fn(Vec<T>) -> Plain,
        number: fn(T) -> Number,
        bits: fn(Number) -> Option<i64>,
    ) -> Result<(), CallError> {
        if let Some(values) = items.iter().map(|item| item.value().copied()).collect::<Option<Vec<T>>>() {
            return self.plain(name, &plain(values));
        }
        let mut entries = Vec::with_capacity(items.len());
        for item in items {
            let operand = match item {
                Sym::Value(v) => Operand::Value(number(*v)),
                Sym::Node(id) => number_of(self.scope, self.node, *id)?,
            };
            entries.push(match operand {
                // A place is an index into memory, so it fits.
                Operand::Place(place) => (true, place as i64),
                // In the list every number is of the list's kind.
                Operand::Value(value) => match bits(value) {
                    Some(bits) => (false, bits),
                    None => return Err(CallError::invalid(self.node, "has a list of ints with a float in it")),
                },
            });
        }
        self.out.tag(from::NUMBERS);
        self.out.index(entries.len());
        for (computed, value) in entries {
            self.out.tag(computed.into());
            self.out.i64(value);
        }
        Ok(())
    }
}

fn int_bits(number: Number) -> Option<i64> {
    match number {
        Number::Int(v) => Some(v),
        Number::Bool(v) => Some(v.into()),
        Number::Float(_) => None,
    }
}

fn float_bits(number: Number) -> Option<i64> {
    Some(number.to_float().to_bits().cast_signed())
}

fn bool_bits(number: Number) -> Option<i64> {
    Some(number.is_true().into())
}
