//! Conditions on inputs as Python code: `L['x'].size()[0] % 2 == 0`. Files hold them in this form.

use super::super::number::{NoResult, Number, apply};
use program::PythonFunction;
use std::collections::HashMap;
use std::fmt;

/// A condition, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Code {
    Number(Number),
    /// A size of a tensor among the inputs.
    Size {
        leaf: usize,
        dim: usize,
        /// As messages name it: `x.size()[0]`.
        name: String,
    },
    /// A number among the inputs.
    Leaf {
        leaf: usize,
        name: String,
    },
    Unary(PythonFunction, Box<Code>),
    Binary(PythonFunction, Box<Code>, Box<Code>),
    /// `max(a, b, ..)` or `min(a, b, ..)`
    Extremum(PythonFunction, Vec<Code>),
    /// `math.trunc(x)`, `torch.sym_float(x)` and the like
    Call(PythonFunction, Box<Code>),
    And(Vec<Code>),
    Or(Vec<Code>),
    Not(Box<Code>),
}

/// Code that is not a condition on inputs, or that uses something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at `{rest}`")]
pub(super) struct CodeError {
    problem: &'static str,
    rest: String,
}

/// The values of inputs.
pub(super) trait Values {
    /// A size of a tensor.
    fn size(&self, leaf: usize, dim: usize) -> Option<i64>;
    /// A number.
    fn number(&self, leaf: usize) -> Option<Number>;
}

impl Code {
    /// Reads code. `leaves` gives the leaf of each source: `L['x']`, `L['cache'].keys[0]`.
    pub(super) fn parse(text: &str, leaves: &HashMap<String, usize>) -> Result<Code, CodeError> {
        let mut parser = Parser { rest: text, depth: 0, leaves };
        let code = parser.or()?;
        parser.space();
        if parser.rest.is_empty() { Ok(code) } else { Err(parser.error("unexpected text")) }
    }

    /// The value. A size that the inputs do not have counts as an operand of the wrong kind.
    pub(super) fn eval(&self, values: &impl Values) -> Result<Number, NoResult> {
        Ok(match self {
            Code::Number(number) => *number,
            Code::Size { leaf, dim, .. } => Number::Int(values.size(*leaf, *dim).ok_or(NoResult::Operands)?),
            Code::Leaf { leaf, .. } => values.number(*leaf).ok_or(NoResult::Operands)?,
            Code::Unary(function, a) | Code::Call(function, a) => apply(*function, &[a.eval(values)?])?,
            Code::Binary(function, a, b) => apply(*function, &[a.eval(values)?, b.eval(values)?])?,
            Code::Extremum(function, items) => {
                let mut items = items.iter();
                let mut best = items.next().ok_or(NoResult::Operands)?.eval(values)?;
                for item in items {
                    best = apply(*function, &[best, item.eval(values)?])?;
                }
                best
            }
            Code::And(parts) => {
                for part in parts {
                    if !part.eval(values)?.is_true() {
                        return Ok(Number::Bool(false));
                    }
                }
                Number::Bool(true)
            }
            Code::Or(parts) => {
                for part in parts {
                    if part.eval(values)?.is_true() {
                        return Ok(Number::Bool(true));
                    }
                }
                Number::Bool(false)
            }
            Code::Not(a) => Number::Bool(!a.eval(values)?.is_true()),
        })
    }

    /// The inputs that it depends on, each once.
    pub(super) fn inputs<'c>(&'c self, found: &mut Vec<&'c Code>) {
        match self {
            Code::Number(_) => {}
            Code::Size { .. } | Code::Leaf { .. } => {
                if !found.contains(&self) {
                    found.push(self);
                }
            }
            Code::Unary(_, a) | Code::Call(_, a) | Code::Not(a) => a.inputs(found),
            Code::Binary(_, a, b) => {
                a.inputs(found);
                b.inputs(found);
            }
            Code::Extremum(_, parts) | Code::And(parts) | Code::Or(parts) => {
                parts.iter().for_each(|part| part.inputs(found));
            }
        }
    }

    /// How tightly its outermost operation binds, from `or` at 1.
    fn precedence(&self) -> u8 {
        use PythonFunction as P;
        match self {
            Code::Or(_) => 1,
            Code::And(_) => 2,
            Code::Not(_) => 3,
            Code::Binary(P::Eq | P::Ne | P::Lt | P::Le | P::Gt | P::Ge, ..) => 4,
            Code::Binary(P::Add | P::Sub, ..) => 9,
            Code::Binary(P::Pow, ..) => 12,
            Code::Binary(..) => 10,
            Code::Unary(..) => 11,
            Code::Number(number) if number.is_negative() => 11,
            _ => 20,
        }
    }
}

/// The code as `ast.unparse` of Python writes it, with the inputs by their names.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |f: &mut fmt::Formatter<'_>, code: &Code, least: u8| {
            if code.precedence() < least { write!(f, "({code})") } else { write!(f, "{code}") }
        };
        // `ast.unparse` puts the later parts of `a or b or c` into parentheses more and more easily.
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Code], by: &str, least: u8, rises: u8| {
            let mut least = least;
            for (i, code) in parts.iter().enumerate() {
                if i > 0 {
                    f.write_str(by)?;
                }
                part(f, code, least)?;
                least = least.saturating_add(rises).min(14);
            }
            Ok(())
        };
        let own = self.precedence();
        match self {
            Code::Number(number) => number.fmt(f),
            Code::Size { name, .. } | Code::Leaf { name, .. } => f.write_str(name),
            Code::Unary(function, a) => {
                f.write_str(function.symbol())?;
                part(f, a, own)
            }
            Code::Binary(function, a, b) => {
                // Operators of one kind are grouped from the left, powers from the right. Comparisons are not.
                let (left, right) = match own {
                    12 => (13, 12),
                    4 => (5, 5),
                    _ => (own, own + 1),
                };
                part(f, a, left)?;
                write!(f, " {} ", function.symbol())?;
                part(f, b, right)
            }
            Code::Extremum(function, items) => {
                f.write_str(if *function == PythonFunction::Max { "max(" } else { "min(" })?;
                joined(f, items, ", ", 0, 0)?;
                f.write_str(")")
            }
            Code::Call(function, a) => write!(f, "{}({a})", function.path()),
            Code::And(parts) => joined(f, parts, " and ", own + 1, 1),
            Code::Or(parts) => joined(f, parts, " or ", own + 1, 1),
            Code::Not(a) => {
                f.write_str("not ")?;
                part(f, a, own)
            }
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
    leaves: &'t HashMap<String, usize>,
}

/// How deep code may be nested.
const MAX_DEPTH: usize = 200;

impl<'t> Parser<'t> {
    fn error(&self, problem: &'static str) -> CodeError {
        CodeError { problem, rest: self.rest.chars().take(40).collect() }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a word that is not the beginning of a longer one.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let longer = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        match self.rest.strip_prefix(word) {
            Some(rest) if !longer(rest) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, token: &str, problem: &'static str) -> Result<(), CodeError> {
        if self.take(token) { Ok(()) } else { Err(self.error(problem)) }
    }

    fn or(&mut self) -> Result<Code, CodeError> {
        let mut parts = vec![self.and()?];
        while self.word("or") {
            parts.push(self.and()?);
        }
        Ok(single(parts, Code::Or))
    }

    fn and(&mut self) -> Result<Code, CodeError> {
        let mut parts = vec![self.not()?];
        while self.word("and") {
            parts.push(self.not()?);
        }
        Ok(single(parts, Code::And))
    }

    fn not(&mut self) -> Result<Code, CodeError> {
        if !self.word("not") {
            return self.comparison();
        }
        Ok(Code::Not(Box::new(self.nested(Self::not)?)))
    }

    /// Reads a part that may hold parts of the same kind.
    fn nested(&mut self, read: fn(&mut Self) -> Result<Code, CodeError>) -> Result<Code, CodeError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("code that is nested too deeply"));
        }
        self.depth += 1;
        let code = read(self);
        self.depth -= 1;
        code
    }

    fn comparison(&mut self) -> Result<Code, CodeError> {
        use PythonFunction as P;
        const OPERATORS: [(&str, P); 6] =
            [("==", P::Eq), ("!=", P::Ne), ("<=", P::Le), (">=", P::Ge), ("<", P::Lt), (">", P::Gt)];
        let mut last = self.sum()?;
        let mut parts = Vec::new();
        while let Some((_, function)) = OPERATORS.iter().find(|(token, _)| self.take(token)) {
            let next = self.sum()?;
            parts.push(Code::Binary(*function, Box::new(last), Box::new(next.clone())));
            last = next;
        }
        // A chain `a < b < c` is the conjunction of its parts.
        Ok(if parts.is_empty() { last } else { single(parts, Code::And) })
    }

    fn sum(&mut self) -> Result<Code, CodeError> {
        let mut sum = self.product()?;
        loop {
            let function = match () {
                () if self.take("+") => PythonFunction::Add,
                () if self.take("-") => PythonFunction::Sub,
                () => return Ok(sum),
            };
            sum = Code::Binary(function, Box::new(sum), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Code, CodeError> {
        let mut product = self.sign()?;
        loop {
            self.space();
            let function = match () {
                () if self.rest.starts_with("**") => return Ok(product),
                () if self.take("//") => PythonFunction::FloorDiv,
                () if self.take("/") => PythonFunction::TrueDiv,
                () if self.take("*") => PythonFunction::Mul,
                () if self.take("%") => PythonFunction::Mod,
                () => return Ok(product),
            };
            product = Code::Binary(function, Box::new(product), Box::new(self.sign()?));
        }
    }

    fn sign(&mut self) -> Result<Code, CodeError> {
        if self.take("-") {
            return Ok(match self.nested(Self::sign)? {
                Code::Number(number) => match apply(PythonFunction::Neg, &[number]) {
                    Ok(number) => Code::Number(number),
                    Err(_) => return Err(self.error("a number that is too large")),
                },
                code => Code::Unary(PythonFunction::Neg, Box::new(code)),
            });
        }
        if self.take("+") { self.nested(Self::sign) } else { self.power() }
    }

    fn power(&mut self) -> Result<Code, CodeError> {
        let base = self.atom()?;
        if self.take("**") {
            let exponent = self.nested(Self::sign)?;
            return Ok(Code::Binary(PythonFunction::Pow, Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Result<Code, CodeError> {
        self.space();
        if self.rest.starts_with("L[") {
            return self.source();
        }
        if self.take("(") {
            let code = self.nested(Self::or)?;
            self.expect(")", "a `)` is missing")?;
            return Ok(code);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return self.number();
        }
        for (name, value) in [("True", true), ("False", false)] {
            if self.word(name) {
                return Ok(Code::Number(Number::Bool(value)));
            }
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let call = Self::function(name).ok_or_else(|| self.error("a name that is not known"))?;
        self.rest = rest;
        self.expect("(", "a `(` is missing")?;
        let mut operands = vec![self.nested(Self::or)?];
        while self.take(",") {
            operands.push(self.nested(Self::or)?);
        }
        self.expect(")", "a `)` is missing")?;
        match (call, operands.len()) {
            (PythonFunction::Max | PythonFunction::Min, _) => Ok(Code::Extremum(call, operands)),
            (_, 1) => Ok(Code::Call(call, Box::new(operands.remove(0)))),
            _ => Err(self.error("a function of another number of arguments")),
        }
    }

    fn function(name: &str) -> Option<PythonFunction> {
        match name {
            "max" | "Max" | "torch.sym_max" => Some(PythonFunction::Max),
            "min" | "Min" | "torch.sym_min" => Some(PythonFunction::Min),
            "float" => Some(PythonFunction::Float),
            "int" => Some(PythonFunction::Int),
            name => PythonFunction::from_path(name).filter(|function| function.argument_names().len() == 1),
        }
    }

    fn number(&mut self) -> Result<Code, CodeError> {
        let mut end = 0;
        let bytes = self.rest.as_bytes();
        while let Some(byte) = bytes.get(end) {
            let sign = matches!(byte, b'+' | b'-') && matches!(bytes.get(end.wrapping_sub(1)), Some(b'e' | b'E'));
            if !(byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E') || sign) {
                break;
            }
            end += 1;
        }
        let (text, rest) = self.rest.split_at(end);
        let number = match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(int), _) => Number::Int(int),
            (_, Ok(float)) if text.contains(['.', 'e', 'E']) => Number::Float(float),
            _ => return Err(self.error("a number that cannot be read")),
        };
        self.rest = rest;
        Ok(Code::Number(number))
    }

    /// `L['x'].size()[0]`, or an input that is a number.
    fn source(&mut self) -> Result<Code, CodeError> {
        let start = self.rest;
        self.rest = &start[1..];
        loop {
            if let Some(rest) = self.rest.strip_prefix(".size()[") {
                let source = &start[..start.len() - self.rest.len()];
                let (digits, rest) = rest.split_once(']').ok_or_else(|| self.error("a `]` is missing"))?;
                let dim = digits.parse().map_err(|_| self.error("a dimension that is not a number"))?;
                let leaf = self.leaf(source)?;
                self.rest = rest;
                return Ok(Code::Size { leaf, dim, name: format!("{}.size()[{dim}]", short(source)) });
            }
            if self.rest.starts_with('[') {
                self.subscript()?;
            } else if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                self.rest = &rest[end..];
            } else {
                let source = &start[..start.len() - self.rest.len()];
                let leaf = self.leaf(source)?;
                return Ok(Code::Leaf { leaf, name: short(source) });
            }
        }
    }

    /// Skips `[..]`, which may hold a str.
    fn subscript(&mut self) -> Result<(), CodeError> {
        let mut quote = None;
        let mut escaped = false;
        for (at, c) in self.rest.char_indices() {
            match quote {
                _ if escaped => escaped = false,
                Some(_) if c == '\\' => escaped = true,
                Some(open) if c == open => quote = None,
                Some(_) => {}
                None if c == '\'' || c == '"' => quote = Some(c),
                None if c == ']' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(());
                }
                None => {}
            }
        }
        Err(self.error("a `]` is missing"))
    }

    fn leaf(&self, source: &str) -> Result<usize, CodeError> {
        self.leaves.get(source).copied().ok_or_else(|| self.error("an input that the program does not have"))
    }
}

fn single(mut parts: Vec<Code>, several: fn(Vec<Code>) -> Code) -> Code {
    if parts.len() == 1 { parts.remove(0) } else { several(parts) }
}

/// The parameter of a source by its name: `d['a'][0]` for `L['d']['a'][0]`.
fn short(source: &str) -> String {
    let name = |quote: char| source.strip_prefix("L[")?.strip_prefix(quote)?.split_once(quote);
    match name('\'').or_else(|| name('"')) {
        Some((name, rest)) => format!("{name}{}", rest.strip_prefix(']').unwrap_or(rest)),
        None => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PythonFunction as P;

    struct Sizes;

    impl Values for Sizes {
        fn size(&self, leaf: usize, dim: usize) -> Option<i64> {
            [[12, 5], [7, 3]].get(leaf)?.get(dim).copied()
        }

        fn number(&self, leaf: usize) -> Option<Number> {
            (leaf == 2).then_some(Number::Int(-4))
        }
    }

    fn leaves() -> HashMap<String, usize> {
        [("L['x']", 0), ("L['cache'].keys[0]['a b']", 1), ("L['n']", 2)].map(|(k, v)| (k.to_owned(), v)).into()
    }

    fn parse(text: &str) -> Result<Code, String> {
        Code::parse(text, &leaves()).map_err(|error| error.to_string())
    }

    #[test]
    fn code_is_evaluated_and_written_as_in_python() {
        // The second text is what `ast.unparse` gives for the first one with the inputs by name.
        let cases: [(&str, &str, Number); 25] = [
            ("L['x'].size()[0] % 2 == 0", "x.size()[0] % 2 == 0", Number::Bool(true)),
            ("((1 + L['x'].size()[0]) // 2) == L['n']", "(1 + x.size()[0]) // 2 == n", Number::Bool(false)),
            ("L['cache'].keys[0]['a b'].size()[1] != 1", "cache.keys[0]['a b'].size()[1] != 1", Number::Bool(true)),
            ("((-1) + L['x'].size()[1])*(2 + L['n']) >= 2", "(-1 + x.size()[1]) * (2 + n) >= 2", Number::Bool(false)),
            ("max(1, L['n'], L['x'].size()[0])", "max(1, n, x.size()[0])", Number::Int(12)),
            ("min(8, 16*L['x'].size()[0])", "min(8, 16 * x.size()[0])", Number::Int(8)),
            (
                "math.trunc(0.5*torch.sym_float(L['x'].size()[1])) != 1",
                "math.trunc(0.5 * torch.sym_float(x.size()[1])) != 1",
                Number::Bool(true),
            ),
            ("L['n'] == 2 or (L['n'] % 2) == 0 and True", "n == 2 or (n % 2 == 0 and True)", Number::Bool(true)),
            ("not L['n'] == 2", "not n == 2", Number::Bool(true)),
            ("2 - (3 - 4)", "2 - (3 - 4)", Number::Int(3)),
            ("2 - 3 - 4", "2 - 3 - 4", Number::Int(-5)),
            ("2 * (3 // 2)", "2 * (3 // 2)", Number::Int(2)),
            ("-2 ** 2", "-2 ** 2", Number::Int(-4)),
            ("(-2) ** 2", "(-2) ** 2", Number::Int(4)),
            ("2 ** 3 ** 2", "2 ** 3 ** 2", Number::Int(512)),
            ("(2 ** 3) ** 2", "(2 ** 3) ** 2", Number::Int(64)),
            ("2 ** -1", "2 ** (-1)", Number::Float(0.5)),
            ("7 / 2", "7 / 2", Number::Float(3.5)),
            ("1e3 + .5", "1000.0 + 0.5", Number::Float(1000.5)),
            ("-7 // 2", "-7 // 2", Number::Int(-4)),
            ("-L['n'] % 3", "-n % 3", Number::Int(1)),
            ("1 < 2 < 2", "1 < 2 and 2 < 2", Number::Bool(false)),
            ("int(7 / 2)", "torch.sym_int(7 / 2)", Number::Int(3)),
            ("False or L['n'] < 0", "False or n < 0", Number::Bool(true)),
            ("1==2 or 1==3 or 1==4 or 1==1", "1 == 2 or 1 == 3 or 1 == 4 or (1 == 1)", Number::Bool(true)),
        ];
        for (text, shown, value) in cases {
            let code = parse(text).unwrap_or_else(|error| unreachable!("{text}: {error}"));
            assert_eq!(code.eval(&Sizes), Ok(value), "{text}");
            assert_eq!(code.to_string(), shown, "{text}");
        }
    }

    #[test]
    fn other_code_is_refused() {
        for (text, problem) in [
            ("L['y'].size()[0] == 1", "an input that the program does not have"),
            ("__import__('os')", "a name that is not known"),
            ("L['x'].size()[0", "a `]` is missing"),
            ("L['x'].size()[-1] == 1", "a dimension that is not a number"),
            ("(1 + 2", "a `)` is missing"),
            ("1 + 2)", "unexpected text"),
            ("math.sin(1.0)", "a name that is not known"),
            ("torch.sym_float(1, 2)", "a function of another number of arguments"),
            ("1 +", "a name that is not known"),
            ("", "a name that is not known"),
            ("99999999999999999999 == 1", "a number that cannot be read"),
        ] {
            let error = parse(text).map(|code| code.to_string());
            assert!(error.as_ref().is_err_and(|error| error.starts_with(problem)), "{text}: {error:?}");
        }
        for deep in
            [format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)), "-".repeat(100_000), "not ".repeat(100_000)]
        {
            assert!(parse(&deep).is_err_and(|error| error.starts_with("code that is nested too deeply")));
        }
    }

    #[test]
    fn what_has_no_value_does_not_hold() {
        for text in ["1 // 0 == 1", "L['x'].size()[7] == 1", "L['x'] == 1", "9223372036854775807 + 1 > 0"] {
            assert!(parse(text).is_ok_and(|code| code.eval(&Sizes).is_err()), "{text}");
        }
        assert_eq!(apply(P::Add, &[Number::Int(1)]), Err(NoResult::Operands));
    }
}
