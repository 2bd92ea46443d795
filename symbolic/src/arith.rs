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
