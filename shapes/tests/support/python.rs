//! Reads an expression as Python would evaluate it, step by step and left to right, so that goldens stay readable.

use shapes::{Expr, ExprError, Function, Rel, RelOp, Symbol};

/// A value of the little language.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Expr(Expr),
    Rel(Rel),
    All(&'static str, Vec<Rel>),
}

impl Value {
    pub(crate) fn text(&self) -> String {
        match self {
            Value::Expr(e) => e.to_string(),
            Value::Rel(r) => match r.assumed() {
                Ok(Some(true)) => "True".into(),
                Ok(Some(false)) => "False".into(),
                _ => r.to_string(),
            },
            Value::All(joint, parts) => {
                parts.iter().map(|r| format!("({r})")).collect::<Vec<_>>().join(&format!(" {joint} "))
            }
        }
    }

    pub(crate) fn expr(self) -> Expr {
        match self {
            Value::Expr(e) => e,
            other => panic!("{other:?} is no expression"),
        }
    }

    pub(crate) fn rel(self) -> Rel {
        match self {
            Value::Rel(r) => r,
            other => panic!("{other:?} is no relation"),
        }
    }
}

pub(crate) fn read(text: &str) -> Result<Value, ExprError> {
    let text: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    let mut reader = Reader { text, at: 0 };
    let value = reader.comparison()?;
    assert_eq!(reader.at, reader.text.len(), "unread text");
    Ok(value)
}

struct Reader {
    text: Vec<char>,
    at: usize,
}

impl Reader {
    fn eat(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].iter().take(token.len()).copied().eq(token.chars());
        if found {
            self.at += token.len();
        }
        found
    }

    fn comparison(&mut self) -> Result<Value, ExprError> {
        let lhs = self.sum()?;
        for (token, op) in [
            (">=", RelOp::Ge),
            ("<=", RelOp::Le),
            ("==", RelOp::Eq),
            ("!=", RelOp::Ne),
            (">", RelOp::Gt),
            ("<", RelOp::Lt),
        ] {
            if self.eat(token) {
                return Ok(Value::Rel(Rel::new(op, lhs.expr(), self.sum()?.expr())));
            }
        }
        Ok(lhs)
    }

    fn sum(&mut self) -> Result<Value, ExprError> {
        let mut left = self.product()?;
        loop {
            left = Value::Expr(if self.eat("+") {
                left.expr().try_add(&self.product()?.expr())?
            } else if self.eat("-") {
                left.expr().try_sub(&self.product()?.expr())?
            } else {
                return Ok(left);
            });
        }
    }

    fn product(&mut self) -> Result<Value, ExprError> {
        let mut left = self.unary()?;
        loop {
            left = Value::Expr(if self.eat("//") {
                left.expr().floor_div(&self.unary()?.expr())?
            } else if self.eat("%") {
                left.expr().modulo(&self.unary()?.expr())?
            } else if self.eat("*") {
                left.expr().try_mul(&self.unary()?.expr())?
            } else {
                return Ok(left);
            });
        }
    }

    fn unary(&mut self) -> Result<Value, ExprError> {
        if self.eat("-") {
            return Ok(Value::Expr(self.unary()?.expr().try_neg()?));
        }
        let base = self.atom()?;
        if self.eat("**") { Ok(Value::Expr(base.expr().try_pow(&self.unary()?.expr())?)) } else { Ok(base) }
    }

    fn atom(&mut self) -> Result<Value, ExprError> {
        if self.eat("(") {
            let inner = self.comparison()?;
            assert!(self.eat(")"));
            return Ok(inner);
        }
        let word: String =
            self.text[self.at..].iter().take_while(|c| c.is_alphanumeric() || **c == '.' || **c == '_').collect();
        self.at += word.len();
        if let Ok(n) = word.parse::<i64>() {
            return Ok(Value::Expr(Expr::int(n)));
        }
        if !self.eat("(") {
            let symbol = if word.starts_with('u') { Symbol::integer(&word) } else { Symbol::size(&word) };
            return Ok(Value::Expr(Expr::symbol(&symbol)));
        }
        let mut args = vec![self.comparison()?];
        while self.eat(",") {
            args.push(self.comparison()?);
        }
        assert!(self.eat(")"));
        let rel = |op, args: Vec<Value>| {
            let [a, b]: [Value; 2] = args.try_into().expect("two sides");
            Ok(Value::Rel(Rel::new(op, a.expr(), b.expr())))
        };
        let function = match word.trim_start_matches("sympy.") {
            "Eq" => return rel(RelOp::Eq, args),
            "Ne" => return rel(RelOp::Ne, args),
            "Gt" => return rel(RelOp::Gt, args),
            "Lt" => return rel(RelOp::Lt, args),
            "And" => return Ok(Value::All("&", args.into_iter().map(Value::rel).collect())),
            "Or" => return Ok(Value::All("|", args.into_iter().map(Value::rel).collect())),
            "FloorDiv" => Function::FloorDiv,
            "Mod" => Function::Mod,
            "PythonMod" => Function::PythonMod,
            "Max" => Function::Max,
            "Min" => Function::Min,
            "CeilToInt" => Function::CeilToInt,
            "FloorToInt" => Function::FloorToInt,
            "IntTrueDiv" => Function::IntTrueDiv,
            other => panic!("unknown function {other}"),
        };
        Ok(Value::Expr(Expr::apply(function, args.into_iter().map(Value::expr).collect())?))
    }
}
