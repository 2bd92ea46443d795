//! Sympy's `srepr`, the form in which a `.pt2` file keeps expressions: writing, and reading by a closed grammar.

use crate::expr::order::{ordered_factors, ordered_terms};
use crate::expr::print::real_text;
use crate::expr::{Expr, ExprError, ExprKind, Function, Symbol};

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
            ExprKind::Real(x) => format!("Float('{}', precision=53)", real_text(x.0)),
            ExprKind::Symbol(s) if s.is_real() => format!("Symbol('{s}')"),
            ExprKind::Symbol(s) if s.is_positive() => format!("Symbol('{s}', positive=True, integer=True)"),
            ExprKind::Symbol(s) => format!("Symbol('{s}', integer=True)"),
            ExprKind::Add(_) => call("Add", &ordered_terms(self)),
            ExprKind::Mul(_) => call("Mul", &ordered_factors(self)),
            ExprKind::Pow(base, exponent) => call("Pow", &[base.clone(), exponent.clone()]),
            ExprKind::Apply(function, args) => call(function.name(), args),
        }
    }
}

/// Reads an expression written by [`Expr::srepr`] or by PyTorch, simplifying it on the way. Nothing is evaluated: names
/// outside the grammar (`Symbol`, `Integer`, `Float`, `Add`, `Mul`, `Pow` and the [`Function`]s) are refused.
///
/// # Errors
/// [`ExprError::Parse`] names the byte; arithmetic errors as in the constructors.
pub fn parse_srepr(text: &str) -> Result<Expr, ExprError> {
    let mut reader = Reader { text, at: 0 };
    let expr = reader.expr(0)?;
    reader.space();
    if reader.at < text.len() { Err(reader.error("text after the expression")) } else { Ok(expr) }
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
        let (mut positive, mut integer, mut assumed) = (false, false, false);
        while self.eat(",") {
            assumed = true;
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
        if !assumed {
            // A value that was read from a tensor of floats.
            return Ok(Expr::symbol(&Symbol::real(&name)));
        }
        if !integer {
            return Err(self.error(format!("symbol `{name}` is not an integer")));
        }
        Ok(Expr::symbol(&if positive { Symbol::size(&name) } else { Symbol::integer(&name) }))
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
        let at = self.at;
        let name = self.word();
        self.token("(")?;
        let atom = match name.as_str() {
            "Symbol" => Some(self.symbol()?),
            "Integer" => Some(Expr::int(self.integer()?)),
            "Float" => Some(self.float()?),
            _ => None,
        };
        if let Some(atom) = atom {
            self.token(")")?;
            return Ok(atom);
        }
        let Some((head, count)) = head(&name) else {
            return Err(ExprError::Parse { at, reason: format!("`{name}` is not in the grammar") });
        };
        let mut args = vec![self.expr(depth + 1)?];
        while self.eat(",") {
            args.push(self.expr(depth + 1)?);
        }
        self.token(")")?;
        if count.is_some_and(|n| n != args.len()) {
            let reason = format!("`{name}` takes {} arguments, got {}", count.unwrap_or_default(), args.len());
            return Err(ExprError::Parse { at, reason });
        }
        match head {
            Head::Add => Expr::sum(args),
            Head::Mul => Expr::product(args),
            Head::Pow => args[0].try_pow(&args[1]),
            Head::Apply(function) => Expr::apply(function, args),
        }
    }
}

/// What a name in the grammar builds.
enum Head {
    Add,
    Mul,
    Pow,
    Apply(Function),
}

/// A name's meaning and its number of arguments, where that is fixed.
fn head(name: &str) -> Option<(Head, Option<usize>)> {
    let (function, count) = match name {
        "Add" => return Some((Head::Add, None)),
        "Mul" => return Some((Head::Mul, None)),
        "Pow" | "PowByNatural" => return Some((Head::Pow, Some(2))),
        "Max" => (Function::Max, None),
        "Min" => (Function::Min, None),
        "FloorDiv" | "CleanDiv" => (Function::FloorDiv, Some(2)),
        "FloatPow" => (Function::FloatPow, Some(2)),
        "FloatTrueDiv" => (Function::FloatTrueDiv, Some(2)),
        "OpaqueUnaryFn_sqrt" => (Function::Sqrt, Some(1)),
        "Mod" => (Function::Mod, Some(2)),
        "PythonMod" => (Function::PythonMod, Some(2)),
        "IntTrueDiv" => (Function::IntTrueDiv, Some(2)),
        "CeilToInt" => (Function::CeilToInt, Some(1)),
        "FloorToInt" => (Function::FloorToInt, Some(1)),
        "RoundToInt" => (Function::RoundToInt, Some(1)),
        "ToFloat" => (Function::ToFloat, Some(1)),
        "TruncToInt" => (Function::TruncToInt, Some(1)),
        _ => return None,
    };
    Some((Head::Apply(function), count))
}
