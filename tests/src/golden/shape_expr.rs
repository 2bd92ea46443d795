//! Expressions over sizes, compared with the text that torch's sympy prints for them.

use crate::json::{Miss, Outcome, array, fail, not_yet, text, unexpected};
use serde_json::Value;
use symbolic::{Expr, Function, Rel, RelOp, Symbol, parse_srepr};

/// Runs a row of `exprs`, `[construction, text]` or `[construction, text, srepr]`, or of `ops`, an export with its guards.
pub(super) fn run(row: &Value) -> Outcome {
    let [construction, want, srepr @ ..] = array(row)? else { return not_yet("the shapes of an operator") };
    let (construction, want) = (text(construction)?, text(want)?);
    let term = read(construction)?;
    let got = term.text()?;
    if got != want {
        return fail(format!("got {got}, want {want}"));
    }
    let [srepr] = srepr else { return Ok(()) };
    let (expr, want) = (term.expr()?, text(srepr)?);
    let got = expr.srepr();
    if got != want {
        return fail(format!("got {got}, want {want}"));
    }
    let back = parse_srepr(want).map_err(unexpected)?;
    if back == expr { Ok(()) } else { fail(format!("{want} reads back as {back}")) }
}

/// Reads a comparison as Python writes it: `d0_0 % 3 == 0`.
pub(super) fn relation(text: &str) -> Outcome<Rel> {
    read(text)?.rel()
}

fn read(text: &str) -> Outcome<Term> {
    let mut reader = Reader { text: text.chars().filter(|c| *c != ' ').collect(), at: 0, depth: 0 };
    let term = reader.comparison()?;
    if reader.at != reader.text.len() {
        return fail(format!("unread from character {} on", reader.at));
    }
    Ok(term)
}

/// A part of a construction.
enum Term {
    Expr(Expr),
    Rel(Rel),
    Joined(&'static str, Vec<Rel>),
}

impl Term {
    fn text(&self) -> Outcome<String> {
        Ok(match self {
            Term::Expr(e) => e.to_string(),
            Term::Rel(rel) => match rel.assumed().map_err(unexpected)? {
                Some(true) => "True".to_owned(),
                Some(false) => "False".to_owned(),
                None => rel.to_string(),
            },
            Term::Joined(by, rels) => rels.iter().map(|r| format!("({r})")).collect::<Vec<_>>().join(by),
        })
    }

    fn expr(self) -> Outcome<Expr> {
        match self {
            Term::Expr(e) => Ok(e),
            _ => fail("a relation where an expression is needed"),
        }
    }

    fn rel(self) -> Outcome<Rel> {
        match self {
            Term::Rel(rel) => Ok(rel),
            _ => fail("an expression where a relation is needed"),
        }
    }
}

/// Reads Python, left to right.
struct Reader {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn eat(&mut self, token: &str) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(&token.chars().collect::<Vec<_>>()));
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn close(&mut self) -> Outcome {
        if self.eat(")") { Ok(()) } else { fail(format!("no `)` at character {}", self.at)) }
    }

    fn comparison(&mut self) -> Outcome<Term> {
        let left = self.sum()?;
        for (token, op) in [
            (">=", RelOp::Ge),
            ("<=", RelOp::Le),
            ("==", RelOp::Eq),
            ("!=", RelOp::Ne),
            (">", RelOp::Gt),
            ("<", RelOp::Lt),
        ] {
            if self.eat(token) {
                return Ok(Term::Rel(Rel::new(op, left.expr()?, self.sum()?.expr()?)));
            }
        }
        Ok(left)
    }

    fn sum(&mut self) -> Outcome<Term> {
        let mut left = self.product()?;
        loop {
            let joined = if self.eat("+") {
                left.expr()?.try_add(&self.product()?.expr()?)
            } else if self.eat("-") {
                left.expr()?.try_sub(&self.product()?.expr()?)
            } else {
                return Ok(left);
            };
            left = Term::Expr(joined.map_err(unexpected)?);
        }
    }

    fn product(&mut self) -> Outcome<Term> {
        let mut left = self.unary()?;
        loop {
            let joined = if self.eat("//") {
                left.expr()?.floor_div(&self.unary()?.expr()?)
            } else if self.eat("%") {
                left.expr()?.modulo(&self.unary()?.expr()?)
            } else if self.eat("*") {
                left.expr()?.try_mul(&self.unary()?.expr()?)
            } else {
                return Ok(left);
            };
            left = Term::Expr(joined.map_err(unexpected)?);
        }
    }

    fn unary(&mut self) -> Outcome<Term> {
        self.depth += 1;
        if self.depth > 100 {
            return fail("an expression nested more than 100 deep");
        }
        let term = if self.eat("-") {
            Term::Expr(self.unary()?.expr()?.try_neg().map_err(unexpected)?)
        } else {
            let base = self.atom()?;
            match self.eat("**") {
                true => Term::Expr(base.expr()?.try_pow(&self.unary()?.expr()?).map_err(unexpected)?),
                false => base,
            }
        };
        self.depth -= 1;
        Ok(term)
    }

    fn atom(&mut self) -> Outcome<Term> {
        if self.eat("(") {
            let inner = self.comparison()?;
            self.close()?;
            return Ok(inner);
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || "._".contains(**c)).collect();
        self.at += word.len();
        if let Ok(number) = word.parse::<i64>() {
            return Ok(Term::Expr(Expr::int(number)));
        }
        if word.is_empty() {
            return fail(format!("nothing to read at character {}", self.at));
        }
        if !self.eat("(") {
            // The sign of an unbacked symbol is not known.
            let symbol = if word.starts_with('u') { Symbol::integer(&word) } else { Symbol::size(&word) };
            return Ok(Term::Expr(Expr::symbol(&symbol)));
        }
        let mut args = vec![self.comparison()?];
        while self.eat(",") {
            args.push(self.comparison()?);
        }
        self.close()?;
        call(&word, args)
    }
}

fn call(name: &str, args: Vec<Term>) -> Outcome<Term> {
    let name = name.trim_start_matches("sympy.");
    let relation = match name {
        "Eq" => Some(RelOp::Eq),
        "Ne" => Some(RelOp::Ne),
        "Gt" => Some(RelOp::Gt),
        "Ge" => Some(RelOp::Ge),
        "Lt" => Some(RelOp::Lt),
        "Le" => Some(RelOp::Le),
        _ => None,
    };
    if let Some(op) = relation {
        let sides: [Term; 2] = args.try_into().map_err(|_| Miss::Failed(format!("{name} has two sides")))?;
        let [left, right] = sides;
        return Ok(Term::Rel(Rel::new(op, left.expr()?, right.expr()?)));
    }
    let joined = |by, args: Vec<Term>| Ok(Term::Joined(by, args.into_iter().map(Term::rel).collect::<Outcome<_>>()?));
    let function = match name {
        "And" => return joined(" & ", args),
        "Or" => return joined(" | ", args),
        "FloorDiv" => Function::FloorDiv,
        "Mod" => Function::Mod,
        "PythonMod" => Function::PythonMod,
        "Max" => Function::Max,
        "Min" => Function::Min,
        "CeilToInt" => Function::CeilToInt,
        "FloorToInt" => Function::FloorToInt,
        "IntTrueDiv" => Function::IntTrueDiv,
        other => return not_yet(format!("the function {other}")),
    };
    let args = args.into_iter().map(Term::expr).collect::<Outcome<_>>()?;
    Ok(Term::Expr(Expr::apply(function, args).map_err(unexpected)?))
}
