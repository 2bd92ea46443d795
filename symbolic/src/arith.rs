//! Arithmetic of whole numbers that the standard library lacks.

/// `a // b` rounded towards minus infinity; `b` is not 0 and the pair is not (MIN, -1) for values derived from 64 bits.
pub fn floor_div(a: i128, b: i128) -> i128 {
    let (q, r) = (a.wrapping_div(b), a.wrapping_rem(b));
    if r != 0 && (r < 0) != (b < 0) { q - 1 } else { q }
}

/// `a / b` rounded up, for a positive `b`.
pub fn ceil_div(a: i128, b: i128) -> i128 {
    let down = floor_div(a, b);
    if a.wrapping_rem(b) == 0 { down } else { down + 1 }
}

/// The real that is nearest to `a / b`, as Python divides integers of any size. `b` is not 0.
///
/// ```
/// use symbolic::arith::true_div;
/// assert_eq!(true_div(5, 3), 1.6666666666666667);
/// // Both numbers as reals first would give another result.
/// assert_eq!(true_div(9007199254740993, 2), 4503599627370496.5);
/// ```
pub fn true_div(a: i64, b: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    let (n, d) = (a.unsigned_abs(), b.unsigned_abs());
    if (n <= EXACT && d <= EXACT) || n == 0 || d == 0 {
        return a as f64 / b as f64;
    }
    // The quotient with at least 63 binary digits, and a last one that says whether there are more: then rounding once is
    // right.
    let shift = u128::from(n).leading_zeros() - 1;
    let scaled = u128::from(n) << shift;
    let (quotient, rest) = (scaled / u128::from(d), scaled % u128::from(d));
    let magnitude = (quotient | u128::from(rest != 0)) as f64 / (1_u128 << shift) as f64;
    if (a < 0) == (b < 0) { magnitude } else { -magnitude }
}

/// The greatest common divisor; never negative.
pub fn gcd(a: i128, b: i128) -> i128 {
    bezout(a, b).0
}

/// The greatest common divisor `g` of `a` and `b`, and an `x` with `a*x = g` modulo `b`.
pub fn bezout(a: i128, b: i128) -> (i128, i128) {
    let ((mut g, mut rest), (mut x, mut next)) = ((a, b), (1i128, 0i128));
    while rest != 0 {
        let q = g.wrapping_div(rest);
        (g, rest) = (rest, g.wrapping_sub(q.wrapping_mul(rest)));
        (x, next) = (next, x.wrapping_sub(q.wrapping_mul(next)));
    }
    if g < 0 { (g.wrapping_neg(), x.wrapping_neg()) } else { (g, x) }
}
