//! Numbers that are polynomials: affine, products, with rational coefficients as in `n*(n - 1)//2`.

use super::form::{Form, Op};

/// A prime below 2^61. Elimination is done modulo it, and the result is checked at every point.
const PRIME: i128 = (1 << 61) - 1;

/// The denominators that are tried.
const DENOMINATORS: [i64; 9] = [1, 2, 3, 4, 6, 8, 12, 16, 24];

fn reduced(x: i128) -> i128 {
    x.rem_euclid(PRIME)
}

fn inverse(x: i128) -> i128 {
    let (mut base, mut exponent, mut power) = (x, PRIME - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = power * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    power
}

/// Products of up to `degree` atoms, the empty product first: indices into the atoms.
fn products(atoms: usize, degree: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    let mut previous: Vec<Vec<usize>> = vec![vec![]];
    for _ in 0..degree {
        let mut next = Vec::new();
        for product in &previous {
            for i in product.last().copied().unwrap_or(0)..atoms {
                next.push(product.iter().copied().chain([i]).collect::<Vec<usize>>());
            }
        }
        all.extend(next.iter().cloned());
        previous = next;
    }
    all
}

/// The polynomial of the smallest degree over the atoms that gives the values. It agrees at every point that is given, of
/// which there must be `spare` more than coefficients.
pub(super) fn polynomial(atoms: &[Form], points: &[Vec<i64>], values: &[i64], spare: usize) -> Option<Form> {
    let columns: Vec<Vec<i64>> =
        atoms.iter().map(|a| points.iter().map(|p| a.at(p)).collect()).collect::<Option<_>>()?;
    for degree in 1..=3 {
        let products = products(atoms.len(), degree);
        if products.len() + spare > points.len() || products.len() > 80 {
            return None;
        }
        let column = |product: &Vec<usize>| {
            let value = |p: usize| {
                let factors = product.iter().map(|i| columns.get(*i)?.get(p).copied());
                factors.map(|f| f.map(i128::from)).try_fold(1_i128, |all, f| all.checked_mul(f?))
            };
            (0..points.len()).map(value).collect::<Option<Vec<i128>>>()
        };
        let columns = products.iter().map(column).collect::<Option<Vec<_>>>()?;
        let columns: Vec<&[i128]> = columns.iter().map(Vec::as_slice).collect();
        let Some(coefficients) = fit(&columns, values) else { continue };
        let terms: Vec<(i64, &Vec<usize>)> =
            coefficients.0.iter().copied().zip(&products).filter(|t| t.0 != 0).collect();
        let form = written(atoms, &terms, coefficients.1);
        if points.iter().zip(values).all(|(p, v)| form.at(p) == Some(*v)) {
            return Some(form);
        }
    }
    None
}

/// `c*x + d`, then `c*x + d*y + e`, where `x` and `y` are products of up to three atoms. For many atoms, of which few matter.
pub(super) fn sparse(atoms: &[Form], points: &[Vec<i64>], values: &[i64]) -> Option<Form> {
    let mut features: Vec<(Form, Vec<i128>)> = Vec::new();
    for degree in 1..=3 {
        for product in products(atoms.len(), degree).into_iter().filter(|p| p.len() == degree) {
            let factors = product.iter().filter_map(|i| atoms.get(*i).cloned());
            let form = factors.fold(Form::Int(1), |all, f| Form::new(Op::Mul, all, f));
            let Some(column) = points.iter().map(|p| form.at(p).map(i128::from)).collect::<Option<Vec<_>>>() else {
                continue;
            };
            features.push((form, column));
        }
        if features.len() > 500 {
            break;
        }
    }
    let ones = vec![1_i128; points.len()];
    let check = |columns: &[&[i128]], forms: &[Form]| {
        let (coefficients, denominator) = fit(columns, values)?;
        let products: Vec<Vec<usize>> = (0..=forms.len()).map(|i| i.checked_sub(1).into_iter().collect()).collect();
        let terms: Vec<(i64, &Vec<usize>)> = coefficients.into_iter().zip(&products).filter(|t| t.0 != 0).collect();
        let form = written(forms, &terms, denominator);
        points.iter().zip(values).all(|(p, v)| form.at(p) == Some(*v)).then_some(form)
    };
    for (form, column) in &features {
        if let Some(found) = check(&[&ones, column], std::slice::from_ref(form)) {
            return Some(found);
        }
    }
    for (i, (x, first)) in features.iter().take(48).enumerate() {
        for (y, second) in features.iter().take(48).skip(i + 1) {
            let columns: [&[i128]; 3] = [&ones, first, second];
            if let Some(found) = check(&columns, &[x.clone(), y.clone()]) {
                return Some(found);
            }
        }
    }
    None
}

/// Integer coefficients and their common denominator with which the columns give the values. Columns that follow from
/// others, as in narrow spaces, get the coefficient 0.
fn fit(columns: &[&[i128]], values: &[i64]) -> Option<(Vec<i64>, i64)> {
    let unknowns = columns.len();
    // One row more than unknowns decides nearly always; the caller checks all.
    let mut rows: Vec<Vec<i128>> = (0..values.len().min(unknowns + 2))
        .map(|r| {
            let cells = columns.iter().map(|c| c.get(r).copied().map(reduced));
            let value = values.get(r).map(|v| reduced(i128::from(*v)));
            cells.chain([value]).collect::<Option<Vec<i128>>>()
        })
        .collect::<Option<_>>()?;
    let mut pivots = vec![None; unknowns];
    let mut used = 0;
    for (column, pivot) in pivots.iter_mut().enumerate() {
        let Some(at) = (used..rows.len()).find(|r| rows[*r][column] != 0) else { continue };
        rows.swap(used, at);
        let scale = inverse(rows[used][column]);
        rows[used].iter_mut().for_each(|x| *x = *x * scale % PRIME);
        let base = rows[used].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if r != used && factor != 0 {
                row.iter_mut().zip(&base).for_each(|(x, y)| *x = reduced(*x - factor * y % PRIME));
            }
        }
        *pivot = Some(used);
        used += 1;
    }
    if rows.iter().skip(used).any(|row| row[unknowns] != 0) {
        return None;
    }
    'denominators: for denominator in DENOMINATORS {
        let mut coefficients = Vec::with_capacity(unknowns);
        for pivot in &pivots {
            let residue = pivot.map_or(0, |r: usize| rows[r][unknowns] * i128::from(denominator) % PRIME);
            let coefficient = if residue > PRIME / 2 { residue - PRIME } else { residue };
            if coefficient.abs() >= 1 << 42 {
                continue 'denominators;
            }
            coefficients.push(i64::try_from(coefficient).ok()?);
        }
        return Some((coefficients, denominator));
    }
    None
}

/// The sum of the terms, divided by the denominator. Positive terms come first.
fn written(atoms: &[Form], terms: &[(i64, &Vec<usize>)], denominator: i64) -> Form {
    let term = |coefficient: i64, product: &Vec<usize>| {
        let factors = product.iter().filter_map(|i| atoms.get(*i).cloned());
        factors.fold(Form::Int(coefficient), |all, f| Form::new(Op::Mul, all, f))
    };
    let mut sum: Option<Form> = None;
    for (c, product) in terms.iter().filter(|t| t.0 > 0 && !t.1.is_empty()) {
        let term = term(*c, product);
        sum = Some(sum.map_or(term.clone(), |s| Form::new(Op::Add, s, term)));
    }
    for (c, product) in terms.iter().filter(|t| t.0 < 0 && !t.1.is_empty()) {
        sum = Some(match sum {
            Some(s) => Form::new(Op::Sub, s, term(-c, product)),
            None => term(*c, product),
        });
    }
    let constant = terms.iter().find(|t| t.1.is_empty()).map_or(0, |t| t.0);
    let sum = sum.map_or(Form::Int(constant), |s| s.plus(constant));
    Form::new(Op::Div, sum, Form::Int(denominator))
}
