//! Sympy's `srepr`, the form in which a `.pt2` file keeps expressions: writing, and reading by a closed grammar.

use crate::boolean::BoolExpr;
use crate::expr::order::{ordered_factors, ordered_terms};
use crate::expr::print::exact_real_text;
use crate::expr::{Case, Expr, ExprError, ExprKind, Function, Symbol};
use crate::rel::{Rel, RelOp};

/// Deeper nesting is refused: the text may come from a stranger's file.
const MAX_DEPTH: usize = 128;

impl Expr {
    /// The expression as `sympy.srepr` writes it, `Add(Symbol('s0', positive=True, integer=True), Integer(1))`.
    pub fn srepr(&self) -> String {
        let call = |name: &str, args: &[Expr]| {
            let args: Vec<String> = args.iter().map(Expr::srepr).collect();
            format!("{name}({})", args.join(", "))
        };
        match self.kind() {
            ExprKind::Int(n) => format!("Integer({n})"),
            ExprKind::Real(x) => format!("Float('{}', precision=53)", exact_real_text(x.0)),
            ExprKind::Symbol(s) if s.is_positive() => format!("Symbol('{s}', positive=True, integer=True)"),
            ExprKind::Symbol(s) if !s.is_real() => format!("Symbol('{s}', integer=True)"),
            ExprKind::Symbol(s) => format!("Symbol('{s}')"),
            ExprKind::Rational(x) => format!("Rational({}, {})", x.numerator(), x.denominator()),
            ExprKind::Piecewise(cases) => {
                let case = |case: &Case| format!("ExprCondPair({}, {})", case.value.srepr(), case.condition.srepr());
                format!("Piecewise({})", cases.iter().map(case).collect::<Vec<_>>().join(", "))
            }
            ExprKind::Add(_) => call("Add", &ordered_terms(self)),
            ExprKind::Mul(_) => call("Mul", &ordered_factors(self)),
            ExprKind::Pow(base, exponent) => call("Pow", &[base.clone(), exponent.clone()]),
            ExprKind::Apply(function, args) => call(function.name(), args),
        }
    }
}

/// Reads an expression written by [`Expr::srepr`] or by PyTorch, simplifying it on the way. Nothing is evaluated: names
/// outside the grammar (`Symbol`, `Integer`, `Rational`, `Float`, `Add`, `Mul`, `Pow`, `Piecewise` and the [`Function`]s) are
/// refused.
///
/// # Errors
/// [`ExprError::Parse`] names the byte; arithmetic errors as in the constructors.
pub fn parse_srepr(text: &str) -> Result<Expr, ExprError> {
    whole(text, |reader| reader.expr(0))
}

/// Reads a condition written by [`BoolExpr::srepr`] or by PyTorch: a relation, `true`, `false`, `And`, `Or` or `Not`.
///
/// # Errors
/// As [`parse_srepr`].
pub fn parse_srepr_bool(text: &str) -> Result<BoolExpr, ExprError> {
    whole(text, |reader| reader.condition(0))
}

fn whole<T>(text: &str, read: impl FnOnce(&mut Reader<'_>) -> Result<T, ExprError>) -> Result<T, ExprError> {
    let mut reader = Reader { text, at: 0 };
    let value = read(&mut reader)?;
    reader.space();
    if reader.at < text.len() { Err(reader.error("text after the expression")) } else { Ok(value) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn error(&self, reason: impl Into<String>) -> ExprError {
        ExprError::Parse { at: self.at, reason: reason.into() }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(' ').len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn token(&mut self, token: &str) -> Result<(), ExprError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(format!("expected `{token}`"))) }
    }

    /// The longest run of characters of one kind.
    fn run(&mut self, of: impl Fn(char) -> bool) -> String {
        self.space();
        let run: String = self.rest().chars().take_while(|c| of(*c)).collect();
        self.at += run.len();
        run
    }

    fn word(&mut self) -> String {
        self.run(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    fn integer(&mut self) -> Result<i64, ExprError> {
        let at = self.at;
        let digits = self.run(|c| c.is_ascii_digit() || c == '-');
        digits.parse().map_err(|_| ExprError::Parse { at, reason: format!("`{digits}` is not a 64-bit integer") })
    }

    /// A quoted text without quotes or backslashes inside.
    fn quoted(&mut self) -> Result<String, ExprError> {
        let quote = if self.eat("'") {
            '\''
        } else if self.eat("\"") {
            '"'
        } else {
            return Err(self.error("expected a quoted text"));
        };
        let end = self.rest().find(quote).ok_or_else(|| self.error("the quote is not closed"))?;
        let text = self.rest()[..end].to_owned();
        if text.is_empty() || text.contains('\\') {
            return Err(self.error("expected a plain, non-empty text in quotes"));
        }
        self.at += end + 1;
        Ok(text)
    }

    fn symbol(&mut self) -> Result<Expr, ExprError> {
        let name = self.quoted()?;
        let (mut positive, mut integer) = (false, false);
        while self.eat(",") {
            let key = self.word();
            self.token("=")?;
            let truth = match self.word().as_str() {
                "True" => true,
                "False" => false,
                other => return Err(self.error(format!("expected True or False, got `{other}`"))),
            };
            match key.as_str() {
                "positive" => positive = truth,
                "integer" => integer = truth,
                "nonnegative" | "negative" | "zero" | "real" | "finite" | "nonzero" => {}
                other => return Err(self.error(format!("unknown assumption `{other}`"))),
            }
        }
        Ok(Expr::symbol(&match (integer, positive) {
            (true, true) => Symbol::size(&name),
            (true, false) => Symbol::integer(&name),
            // Torch makes the symbols of floats without assumptions.
            (false, false) => Symbol::real(&name),
            (false, true) => return Err(self.error(format!("symbol `{name}` is positive and not an integer"))),
        }))
    }

    fn float(&mut self) -> Result<Expr, ExprError> {
        let text = self.quoted()?;
        let value: f64 = text.parse().map_err(|_| self.error(format!("`{text}` is not a number")))?;
        if self.eat(",") {
            self.token("precision")?;
            self.token("=")?;
            if self.integer()? != 53 {
                return Err(self.error("only precision=53 is supported"));
            }
        }
        if value.is_finite() { Ok(Expr::real(value)) } else { Err(self.error(format!("`{text}` is not finite"))) }
    }

    fn expr(&mut self, depth: usize) -> Result<Expr, ExprError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.space();
        let at = self.at;
        let name = self.word();
        self.token("(")?;
        let special = match name.as_str() {
            "Symbol" => Some(self.symbol()?),
            "Integer" => Some(Expr::int(self.integer()?)),
            "Float" => Some(self.float()?),
            "Rational" => {
                let numerator = self.integer()?;
                self.token(",")?;
                Some(Expr::fraction(numerator, self.integer()?)?)
            }
            "Piecewise" => Some(self.piecewise(depth)?),
            _ => None,
        };
        if let Some(expr) = special {
            self.token(")")?;
            return Ok(expr);
        }
        let Some((head, (least, most))) = head(&name) else {
            return Err(ExprError::Parse { at, reason: format!("`{name}` is not in the grammar") });
        };
        let mut args = vec![self.expr(depth + 1)?];
        while self.eat(",") {
            args.push(self.expr(depth + 1)?);
        }
        self.token(")")?;
        if !(least..=most).contains(&args.len()) {
            let reason = format!("`{name}` takes {least} arguments, got {}", args.len());
            return Err(ExprError::Parse { at, reason });
        }
        head.build(args)
    }

    /// The cases of a `Piecewise`.
    fn piecewise(&mut self, depth: usize) -> Result<Expr, ExprError> {
        let mut cases = Vec::new();
        loop {
            self.token("ExprCondPair")?;
            self.token("(")?;
            let value = self.expr(depth + 1)?;
            self.token(",")?;
            let condition = self.condition(depth + 1)?;
            self.token(")")?;
            cases.push(Case { value, condition });
            if !self.eat(",") {
                break;
            }
        }
        Expr::piecewise(cases).ok_or_else(|| self.error("no case of the `Piecewise` can apply"))
    }

    fn condition(&mut self, depth: usize) -> Result<BoolExpr, ExprError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.space();
        let at = self.at;
        let name = self.word();
        match name.as_str() {
            "true" => return Ok(BoolExpr::Const(true)),
            "false" => return Ok(BoolExpr::Const(false)),
            _ => {}
        }
        self.token("(")?;
        let condition = if let Some(op) = RelOp::ALL.into_iter().find(|op| op.class() == name) {
            let lhs = self.expr(depth + 1)?;
            self.token(",")?;
            BoolExpr::Rel(Rel::new(op, lhs, self.expr(depth + 1)?))
        } else {
            match name.as_str() {
                "Not" => match self.condition(depth + 1)? {
                    BoolExpr::Rel(rel) => BoolExpr::Rel(rel.negated()),
                    BoolExpr::Const(value) => BoolExpr::Const(!value),
                    BoolExpr::Not(inner) => *inner,
                    inner => BoolExpr::Not(Box::new(inner)),
                },
                "And" => BoolExpr::all(self.conditions(depth)?),
                "Or" => BoolExpr::any(self.conditions(depth)?),
                _ => {
                    return Err(ExprError::Parse { at, reason: format!("`{name}` is not a condition of the grammar") });
                }
            }
        };
        self.token(")")?;
        Ok(condition)
    }

    /// The parts of an `And` or `Or`.
    fn conditions(&mut self, depth: usize) -> Result<Vec<BoolExpr>, ExprError> {
        let mut parts = vec![self.condition(depth + 1)?];
        while self.eat(",") {
            parts.push(self.condition(depth + 1)?);
        }
        if parts.len() < 2 { Err(self.error("expected at least two conditions")) } else { Ok(parts) }
    }
}

/// What a name in the grammar builds.
enum Head {
    Add,
    Mul,
    Pow,
    CeilDiv,
    LeftShift,
    RightShift,
    Apply(Function),
}

impl Head {
    fn build(self, args: Vec<Expr>) -> Result<Expr, ExprError> {
        let two = |n: &Expr| Expr::apply(Function::PowByNatural, vec![Expr::int(2), n.clone()]);
        match (self, args.as_slice()) {
            (Head::Add, _) => Expr::sum(args),
            (Head::Mul, _) => Expr::product(args),
            (Head::Pow, [base, exponent]) => match exponent.kind() {
                ExprKind::Rational(_) | ExprKind::Real(_) => {
                    Err(ExprError::NotAnInteger { expr: format!("{base}**({exponent})") })
                }
                _ => base.try_pow(exponent),
            },
            (Head::CeilDiv, [a, b]) => a.try_add(&b.try_sub(&Expr::int(1))?)?.floor_div(b),
            (Head::LeftShift, [a, b]) => a.try_mul(&two(b)?),
            (Head::RightShift, [a, b]) => a.floor_div(&two(b)?),
            (Head::Apply(function), _) => Expr::apply(function, args),
            // The reader counts the arguments, so that this is not reached.
            (_, args) => Err(ExprError::Parse { at: 0, reason: format!("{} arguments do not fit", args.len()) }),
        }
    }
}

/// A name's meaning, and its smallest and largest number of arguments.
fn head(name: &str) -> Option<(Head, (usize, usize))> {
    Some(match name {
        "Add" => (Head::Add, (1, usize::MAX)),
        "Mul" => (Head::Mul, (1, usize::MAX)),
        "Pow" => (Head::Pow, (2, 2)),
        "CeilDiv" => (Head::CeilDiv, (2, 2)),
        "CleanDiv" => (Head::Apply(Function::FloorDiv), (2, 2)),
        "LShift" => (Head::LeftShift, (2, 2)),
        "RShift" => (Head::RightShift, (2, 2)),
        _ => {
            let function = *Function::ALL.iter().find(|function| function.name() == name)?;
            (Head::Apply(function), function.arity())
        }
    })
}
