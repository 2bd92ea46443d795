//! The lines under "Suggested fixes": what a spec would have to say to fit the program.

use indexmap::{IndexMap, IndexSet};

use crate::spec::dim::DimSpec;
use symbolic::{Affine, Bound, Expr, Symbol, ValueRange};

use super::ConstraintError;
use super::error::{Fixes, Specialization};
use super::fact::Fact;
use super::solver::Solver;
use super::view::View;

/// A dim as the user declared it, or a root that a suggestion introduces.
enum Known {
    Named(ValueRange),
    Derived { root: String, form: Affine },
}

/// Dims forced to one value, and the lines to suggest.
pub(super) fn suggest(
    view: &View<'_>,
    solver: Solver,
    fixes: Fixes,
) -> Result<(Vec<Specialization>, Vec<String>), ConstraintError> {
    let answer = solver.solve(view, fixes)?;
    let mut dims = declared(view);
    let forced = answer.forced.into_iter().map(|(dim, source, value)| {
        let root = match dims.get(&dim) {
            Some(Known::Derived { root, .. }) => root.clone(),
            _ => dim.clone(),
        };
        Specialization { root, dim, source, value }
    });
    let forced = forced.collect();
    let mut facts = answer.facts;
    if fixes == Fixes::Correct {
        move_to_roots(&mut facts, &dims)?;
    }
    let introduced = introduce_roots(&mut facts, &mut dims, fixes)?;
    swap_roots(&mut facts, &dims, &introduced);
    if fixes == Fixes::Correct {
        put_in_constants(&mut facts)?;
    }
    Ok((forced, lines(view, &facts, fixes)))
}

fn declared(view: &View<'_>) -> IndexMap<String, Known> {
    let mut known = IndexMap::new();
    for dim in &view.inputs.dims {
        match &dim.spec {
            DimSpec::Named(d) => {
                known.insert(d.name().to_owned(), Known::Named(d.range()));
            }
            DimSpec::Derived(d) => {
                let root = d.root().name().to_owned();
                known.entry(root.clone()).or_insert_with(|| Known::Named(d.root().range()));
                known.insert(d.to_string(), Known::Derived { root, form: d.form() });
            }
            _ => {}
        }
    }
    known
}

/// `seq = 2*c` where `c = 3` is `seq = 6`.
fn put_in_constants(facts: &mut IndexMap<String, Fact>) -> Result<(), ConstraintError> {
    let number = |(name, fact): (&String, &Fact)| Some((name.clone(), fact.eq.clone().filter(Expr::is_number)?));
    let constants: IndexMap<String, Expr> = facts.iter().filter_map(number).collect();
    for eq in facts.values_mut().filter_map(|f| f.eq.as_mut()) {
        let known = |s: Symbol| Some((s.clone(), constants.get(s.name())?.clone()));
        let with: IndexMap<Symbol, Expr> = eq.free_symbols().into_iter().filter_map(known).collect();
        *eq = eq.substitute(&with)?;
    }
    Ok(())
}

/// Moves what is known of a derived dim to its root: a spec has no other place for it.
fn move_to_roots(facts: &mut IndexMap<String, Fact>, dims: &IndexMap<String, Known>) -> Result<(), ConstraintError> {
    for (name, dim) in dims {
        let Known::Derived { root, form } = dim else { continue };
        let Some(fact) = facts.shift_remove(name) else { continue };
        let eq = match &fact.eq {
            Some(eq) => eq.try_sub(&Expr::int(form.add))?.expand()?.divided_exactly(form.mul),
            None => None,
        };
        let own = facts.entry(root.clone()).or_default();
        own.narrow(fact.min.map(|b| form.ceil_root(b)), fact.max.map(|b| form.floor_root(b)));
        let says_something = |eq: &Expr| !eq.free_symbols().iter().any(|s| s.name() == root);
        own.eq = own.eq.take().or(eq.filter(says_something));
        own.settle();
        if own.eq.is_none() && !own.is_range() {
            facts.shift_remove(root);
        }
    }
    Ok(())
}

/// `n = 3*_n + 1` moves the bounds of n to the new root.
fn introduce_roots(
    facts: &mut IndexMap<String, Fact>,
    dims: &mut IndexMap<String, Known>,
    fixes: Fixes,
) -> Result<IndexMap<String, String>, ConstraintError> {
    let mut introduced: IndexMap<String, String> = IndexMap::new();
    for name in facts.keys().cloned().collect::<Vec<_>>() {
        let Some(fact) = facts.get_mut(&name) else { continue };
        let Some((root, form)) = fact.eq.as_ref().and_then(Affine::of).filter(|(_, form)| form.mul > 0) else {
            continue;
        };
        let root = root.name().to_owned();
        if dims.contains_key(&root) {
            continue;
        }
        let (low, high) = (fact.min.take().unwrap_or(Bound::Finite(2)), fact.max.take().unwrap_or(Bound::PosInf));
        let range = form.roots(ValueRange { lower: low, upper: high });
        // A root of one value is not a dim: torch fails there.
        let point = range.as_point().and_then(|n| form.apply(i64::try_from(n).ok()?));
        if let (Fixes::Correct, Some(n)) = (fixes, point) {
            fact.eq = Some(Expr::int(n));
            continue;
        }
        facts.insert(root.clone(), Fact { eq: None, min: Some(range.lower), max: Some(range.upper) });
        dims.insert(root.clone(), Known::Named(range));
        introduced.insert(root, name);
    }
    for old in introduced.values() {
        let Some(new) = facts.get(old).and_then(|f| f.eq.clone()) else { continue };
        for fact in facts.values_mut() {
            let Some(eq) = fact.eq.as_mut() else { continue };
            let free = eq.free_symbols();
            if let (1, Some(symbol)) = (free.len(), free.first())
                && symbol.name() == old
            {
                *eq = eq.substitute(&IndexMap::from([(symbol.clone(), new.clone())]))?;
            }
        }
    }
    Ok(introduced)
}

/// Facts about derived dims become facts about their roots; unchanged ranges go.
fn swap_roots(
    facts: &mut IndexMap<String, Fact>,
    dims: &IndexMap<String, Known>,
    introduced: &IndexMap<String, String>,
) {
    let plain = |name: &str| match dims.get(name) {
        Some(Known::Named(range)) => Some(range),
        _ => None,
    };
    let mut modified: IndexSet<String> = IndexSet::new();
    for (name, fact) in facts.iter().filter(|(name, _)| dims.contains_key(*name)) {
        if plain(name).is_some() && fact.is_range() {
            modified.insert(name.clone());
        } else if let Some(symbol) = fact.eq.as_ref().and_then(|e| e.free_symbols().first().cloned()) {
            modified.insert(symbol.name().to_owned());
        }
    }
    modified.retain(|root| !introduced.contains_key(root));
    let mut values: Vec<(String, Fact)> = Vec::new();
    for root in &modified {
        let number = |f: &Fact| f.eq.as_ref().is_some_and(Expr::is_number);
        if let Some(own) = facts.get(root).filter(|f| f.is_range() || number(f)) {
            if !plain(root).is_some_and(|range| own.is_range() && unchanged(own, range)) {
                values.push((root.clone(), own.clone()));
            }
            continue;
        }
        let through = facts.iter().find_map(|(name, fact)| match dims.get(name) {
            Some(Known::Derived { root: own, form }) if own == root && fact.is_range() => {
                // Torch rounds both bounds down.
                let back = |bound: Bound| form.floor_root(bound);
                let new = Fact { eq: None, min: fact.min.map(back), max: fact.max.map(back) };
                plain(root).is_some_and(|range| !unchanged(&new, range)).then_some(new)
            }
            _ => None,
        });
        values.extend(through.map(|fact| (root.clone(), fact)));
    }
    facts.retain(|name, _| !dims.contains_key(name) || (plain(name).is_some() && !modified.contains(name)));
    facts.extend(values);
}

/// Whether the range is what the user declared; every minimum below 2 counts as 2.
fn unchanged(fact: &Fact, declared: &ValueRange) -> bool {
    let two = Bound::Finite(2);
    let min = fact.min.unwrap_or(two);
    let same_min = (declared.lower < two && min == two) || declared.lower == min;
    same_min && declared.upper == fact.max.unwrap_or(Bound::PosInf)
}

/// Ranges first, then equalities, each sorted by source.
fn lines(view: &View<'_>, facts: &IndexMap<String, Fact>, fixes: Fixes) -> Vec<String> {
    // The key is the name with every dim name replaced textually by its source, as in torch.
    let put = |n: String, (source, dim): (&String, &String)| if n.contains(dim) { n.replace(dim, source) } else { n };
    let key = |name: &str| view.names.iter().fold(name.to_owned(), put);
    let mut sorted: Vec<(&String, &Fact)> = facts.iter().collect();
    sorted.sort_by_cached_key(|(name, _)| key(name));
    let (mut ranges, mut others) = (Vec::new(), Vec::new());
    for (name, fact) in sorted {
        if let Some(eq) = &fact.eq {
            // Torch also suggests `7 - b`, which no dim can be.
            let can_be = |mul: i64| mul > 0 || fixes == Fixes::Compatible;
            if eq.is_number() || Affine::of(eq).is_some_and(|(_, form)| can_be(form.mul)) {
                others.push(format!("{name} = {eq}"));
            }
            continue;
        }
        let mut line = format!("{name} = Dim('{name}'");
        for (which, bound) in [("min", fact.min), ("max", fact.max)] {
            match bound {
                Some(Bound::Finite(2)) if which == "min" => {}
                Some(Bound::Finite(n)) => line += &format!(", {which}={n}"),
                Some(_) => line += &format!(", {which}=oo"),
                None => {}
            }
        }
        ranges.push(line + ")");
    }
    ranges.append(&mut others);
    ranges
}
