//! Laws of expressions and of the env, on random ones.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use proptest::collection::vec;
use proptest::prelude::*;
use symbolic::{EnvError, Expr, ExprError, Function, Naming, Rel, RelOp, ShapeEnv, Symbol, parse_srepr};

const SYMBOLS: usize = 3;

/// An expression as it was asked for, before anything is simplified.
#[derive(Clone, Debug)]
enum Asked {
    Int(i64),
    Size(usize),
    Add(Box<[Asked; 2]>),
    Sub(Box<[Asked; 2]>),
    Mul(Box<[Asked; 2]>),
    FloorDiv(Box<Asked>, i64),
    Mod(Box<Asked>, i64),
    Max(Box<[Asked; 2]>),
    Min(Box<[Asked; 2]>),
}

fn symbol(i: usize) -> Symbol {
    Symbol::size(&format!("s{i}"))
}

impl Asked {
    fn build(&self, leaf: &impl Fn(usize) -> Expr) -> Result<Expr, ExprError> {
        let both = |ab: &[Asked; 2]| Ok::<_, ExprError>((ab[0].build(leaf)?, ab[1].build(leaf)?));
        match self {
            Asked::Int(n) => Ok(Expr::int(*n)),
            Asked::Size(i) => Ok(leaf(*i)),
            Asked::Add(ab) => both(ab).and_then(|(a, b)| a.try_add(&b)),
            Asked::Sub(ab) => both(ab).and_then(|(a, b)| a.try_sub(&b)),
            Asked::Mul(ab) => both(ab).and_then(|(a, b)| a.try_mul(&b)),
            Asked::FloorDiv(a, k) => a.build(leaf)?.floor_div(&Expr::int(*k)),
            Asked::Mod(a, k) => Expr::apply(Function::PythonMod, vec![a.build(leaf)?, Expr::int(*k)]),
            Asked::Max(ab) => both(ab).and_then(|(a, b)| Expr::max_of([a, b])),
            Asked::Min(ab) => both(ab).and_then(|(a, b)| Expr::min_of([a, b])),
        }
    }

    /// What Python computes.
    fn value(&self, sizes: &[i64]) -> i64 {
        let both = |ab: &[Asked; 2]| (ab[0].value(sizes), ab[1].value(sizes));
        let on = |ab: &[Asked; 2], f: fn(i64, i64) -> i64| {
            let (a, b) = both(ab);
            f(a, b)
        };
        match self {
            Asked::Int(n) => *n,
            Asked::Size(i) => sizes[*i],
            Asked::Add(ab) => on(ab, |a, b| a + b),
            Asked::Sub(ab) => on(ab, |a, b| a - b),
            Asked::Mul(ab) => on(ab, |a, b| a * b),
            Asked::FloorDiv(a, k) => a.value(sizes).div_euclid(*k),
            Asked::Mod(a, k) => a.value(sizes).rem_euclid(*k),
            Asked::Max(ab) => on(ab, i64::max),
            Asked::Min(ab) => on(ab, i64::min),
        }
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let leaf = prop_oneof![(-4i64..9).prop_map(Asked::Int), (0..SYMBOLS).prop_map(Asked::Size)];
    leaf.prop_recursive(4, 16, 2, |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(a, b)| Box::new([a, b]));
        prop_oneof![
            two.clone().prop_map(Asked::Add),
            two.clone().prop_map(Asked::Sub),
            two.clone().prop_map(Asked::Mul),
            (inner.clone(), 1i64..7).prop_map(|(a, k)| Asked::FloorDiv(Box::new(a), k)),
            (inner, 1i64..7).prop_map(|(a, k)| Asked::Mod(Box::new(a), k)),
            two.clone().prop_map(Asked::Max),
            two.prop_map(Asked::Min),
        ]
    })
}

fn sizes() -> impl Strategy<Value = Vec<i64>> {
    vec(1i64..40, SYMBOLS)
}

fn op() -> impl Strategy<Value = RelOp> {
    prop_oneof![Just(RelOp::Eq), Just(RelOp::Ne), Just(RelOp::Lt), Just(RelOp::Le), Just(RelOp::Gt), Just(RelOp::Ge)]
}

fn by_name(sizes: &[i64]) -> impl Fn(&Symbol) -> Option<i64> {
    |s: &Symbol| s.name()[1..].parse::<usize>().ok().and_then(|i| sizes.get(i).copied())
}

/// An env with one size for each example.
fn env_of(sizes: &[i64]) -> (ShapeEnv, Vec<Expr>) {
    let mut env = ShapeEnv::new(Naming::Sequential);
    let create = |(i, n): (usize, &i64)| env.create_size(&format!("L['x'].size()[{i}]"), *n, None).expect("a size");
    let exprs = sizes.iter().enumerate().map(create).collect();
    (env, exprs)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(asked in asked()) {
        let e = asked.build(&|i| Expr::symbol(&symbol(i))).expect("small numbers");
        let back = parse_srepr(&e.srepr()).expect("what we wrote");
        prop_assert_eq!(&back, &e, "{}", e.srepr());
        prop_assert_eq!(back.to_string(), e.to_string());
    }

    #[test]
    fn simplifying_keeps_the_value(asked in asked(), sizes in sizes()) {
        let e = asked.build(&|i| Expr::symbol(&symbol(i))).expect("small numbers");
        let value = asked.value(&sizes);
        prop_assert_eq!(e.eval(&by_name(&sizes)), Ok(value), "{}", e);
        prop_assert_eq!(e.expand().and_then(|e| e.eval(&by_name(&sizes))), Ok(value), "{} written out", e);
        let with = (0..SYMBOLS).map(|i| (symbol(i), Expr::int(sizes[i]))).collect();
        prop_assert_eq!(e.substitute(&with).map(|e| e.as_int()), Ok(Some(value)), "{} with numbers", e);
    }

    /// Whatever was asked before: guards hold for the example, ranges contain it, replacements agree with it, and what is
    /// decided without a guard is right, for the example and for every other call that passes the guards.
    #[test]
    fn what_the_env_knows_is_true(
        example in vec(2i64..12, SYMBOLS),
        questions in vec((asked(), op(), asked()), 1..5),
        last in (asked(), op(), asked()),
        others in vec(vec(2i64..30, SYMBOLS), 20),
    ) {
        let (mut env, exprs) = env_of(&example);
        let leaf = |i: usize| exprs[i].clone();
        let rel = |(a, op, b): &(Asked, RelOp, Asked)| {
            Rel::new(*op, a.build(&leaf).expect("small numbers"), b.build(&leaf).expect("small numbers"))
        };
        for question in &questions {
            let holds = question.1.accepts(question.0.value(&example).cmp(&question.2.value(&example)));
            prop_assert_eq!(env.evaluate(&rel(question), "test"), Ok(holds), "{}", rel(question));
        }
        let decided = env.static_eval(&rel(&last)).expect("small numbers");
        for sizes in others.iter().chain([&example]) {
            let value = by_name(sizes);
            if !env.guards().iter().all(|g| g.rel.eval(&value) == Ok(true)) {
                continue;
            }
            for (symbol, info) in env.symbols() {
                prop_assert!(info.range.contains(value(symbol).expect("a size")), "{} in {}", symbol, info.range);
            }
            for (symbol, target) in env.replacements() {
                prop_assert_eq!(Ok(value(symbol).expect("a size")), target.eval(&value), "{} is {}", symbol, target);
            }
            if let Some(decided) = decided {
                prop_assert_eq!(decided, last.1.accepts(last.0.value(sizes).cmp(&last.2.value(sizes))), "{}", rel(&last));
            }
            let simplified = env.simplify(&rel(&last).lhs).expect("small numbers");
            prop_assert_eq!(simplified.eval(&value), Ok(last.0.value(sizes)), "{} as {}", rel(&last).lhs, simplified);
        }
    }

    /// Equalities of sizes give the same classes and survivors in every order and either way round.
    #[test]
    fn unification_knows_no_order(
        edges in vec((0usize..6, 0usize..6, any::<bool>()), 0..8),
        order in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let run = |edges: &[(usize, usize)]| {
            let (mut env, exprs) = env_of(&[5; 6]);
            for (a, b) in edges {
                let equal = env.replace(&exprs[*a]).and_then(|a| {
                    let b = env.replace(&exprs[*b])?;
                    env.guard_eq(&a, &b, "test")
                });
                assert_eq!(equal, Ok(true));
            }
            exprs.iter().map(|e| env.replace(e)).collect::<Result<Vec<_>, EnvError>>()
        };
        let straight: Vec<(usize, usize)> = edges.iter().map(|(a, b, _)| (*a, *b)).collect();
        let other: Vec<(usize, usize)> = order
            .iter()
            .filter_map(|i| edges.get(*i))
            .map(|(a, b, turned)| if *turned { (*b, *a) } else { (*a, *b) })
            .collect();
        prop_assert_eq!(run(&straight), run(&other));
    }

    #[test]
    fn no_text_makes_the_reader_panic(bytes in vec(any::<u8>(), 0..60)) {
        _ = parse_srepr(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_damage_makes_the_reader_panic(asked in asked(), at in any::<prop::sample::Index>(), with in "[(),'=A-Za-z0-9 -]{0,3}") {
        let mut text: Vec<char> = asked.build(&|i| Expr::symbol(&symbol(i))).expect("small numbers").srepr().chars().collect();
        let at = at.index(text.len());
        text.splice(at..=at, with.chars());
        if let Ok(e) = parse_srepr(&text.into_iter().collect::<String>()) {
            prop_assert_eq!(parse_srepr(&e.srepr()), Ok(e));
        }
    }
}
