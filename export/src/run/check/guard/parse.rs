//! Reading conditions.

use super::super::super::number::{Number, apply};
use super::super::sources::Leaves;
use super::Code;
use super::function::Function;
use program::PythonFunction;

/// Code that is not a condition on inputs, or that uses something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at `{rest}`")]
pub(in crate::run::check) struct CodeError {
    problem: &'static str,
    rest: String,
}

impl Code {
    /// Reads code. `leaves` gives the leaf of each source, such as `L['x']` or `L['cache'].keys[0]`, and its name in messages.
    pub(in crate::run::check) fn parse(text: &str, leaves: &Leaves) -> Result<Code, CodeError> {
        let mut parser = Parser { rest: text, depth: 0, leaves };
        let code = parser.choice()?;
        parser.space();
        if parser.rest.is_empty() { Ok(code) } else { Err(parser.error("unexpected text")) }
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
    leaves: &'t Leaves,
}

/// How deep code may be nested: a level takes some kilobytes of the stack, and a thread may have little.
const MAX_DEPTH: usize = 64;

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

    /// `a if c else b`
    fn choice(&mut self) -> Result<Code, CodeError> {
        let yes = self.or()?;
        if !self.word("if") {
            return Ok(yes);
        }
        let condition = self.or()?;
        if !self.word("else") {
            return Err(self.error("an `else` is missing"));
        }
        let no = self.nested(Self::choice)?;
        Ok(Code::IfElse(Box::new([condition, yes, no])))
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
        let mut last = self.bits()?;
        let mut parts = Vec::new();
        while let Some((_, function)) = OPERATORS.iter().find(|(token, _)| self.take(token)) {
            let next = self.bits()?;
            parts.push(Code::Binary(*function, Box::new(last), Box::new(next.clone())));
            last = next;
        }
        // A chain `a < b < c` is the conjunction of its parts.
        Ok(if parts.is_empty() { last } else { single(parts, Code::And) })
    }

    /// Reads operations of one precedence, which are grouped from the left.
    fn grouped(
        &mut self,
        token: &str,
        read: fn(&mut Self) -> Result<Code, CodeError>,
        join: fn(Box<Code>, Box<Code>) -> Code,
    ) -> Result<Code, CodeError> {
        let mut code = read(self)?;
        while self.take(token) {
            code = join(Box::new(code), Box::new(read(self)?));
        }
        Ok(code)
    }

    fn bits(&mut self) -> Result<Code, CodeError> {
        self.grouped("|", Self::exclusive_bits, |a, b| Code::Binary(PythonFunction::Or, a, b))
    }

    fn exclusive_bits(&mut self) -> Result<Code, CodeError> {
        self.grouped("^", Self::common_bits, Code::Xor)
    }

    fn common_bits(&mut self) -> Result<Code, CodeError> {
        self.grouped("&", Self::shift, |a, b| Code::Binary(PythonFunction::And, a, b))
    }

    fn shift(&mut self) -> Result<Code, CodeError> {
        let mut code = self.sum()?;
        loop {
            let function = match () {
                () if self.take("<<") => PythonFunction::LeftShift,
                () if self.take(">>") => PythonFunction::RightShift,
                () => return Ok(code),
            };
            code = Code::Binary(function, Box::new(code), Box::new(self.sum()?));
        }
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
            let code = self.nested(Self::choice)?;
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
        let function = Function::of(name).ok_or_else(|| self.error("a name that is not known"))?;
        self.rest = rest;
        self.expect("(", "a `(` is missing")?;
        let mut operands = vec![self.nested(Self::choice)?];
        while self.take(",") {
            operands.push(self.nested(Self::choice)?);
        }
        self.expect(")", "a `)` is missing")?;
        if !function.takes(operands.len()) {
            return Err(self.error("a function of another number of arguments"));
        }
        Ok(Code::Call(function, operands))
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
                let (leaf, name) = self.leaf(source)?;
                self.rest = rest;
                return Ok(Code::Size { leaf, dim, name: format!("{name}.size()[{dim}]") });
            }
            if self.rest.starts_with('[') {
                self.subscript()?;
            } else if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                self.rest = &rest[end..];
            } else {
                let source = &start[..start.len() - self.rest.len()];
                let (leaf, name) = self.leaf(source)?;
                return Ok(Code::Leaf { leaf, name: name.to_owned() });
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

    fn leaf(&self, source: &str) -> Result<(usize, &'t str), CodeError> {
        self.leaves.get(source).ok_or_else(|| self.error("an input that the program does not have"))
    }
}

fn single(mut parts: Vec<Code>, several: fn(Vec<Code>) -> Code) -> Code {
    if parts.len() == 1 { parts.remove(0) } else { several(parts) }
}
