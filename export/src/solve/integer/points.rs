//! The points at which every number of a model is seen.

use super::domain::{Domain, Random, TOP};

/// The points at which every number is seen, the example first. The others are in random order, the same in every export.
///
/// Each kind of point shows something that the others may hide:
/// - sizes of about 20 bits in every order: the expression without its small thresholds,
/// - all small sizes, each size alone over small values and powers of two: thresholds and periods,
/// - a size of few units beside one with an extreme remainder: a remainder that is larger than a small size, or is 0,
/// - sizes that are nearly equal, and sizes of any magnitude.
pub(super) fn shared(domain: &Domain) -> Vec<Vec<i64>> {
    if let Some(all) = domain.all() {
        let example = domain.example();
        let others = all.iter().filter(|point| **point != example).cloned();
        return std::iter::once(example.clone()).chain(others).collect();
    }
    let count = domain.variables.len();
    let mut random = Random::new(0x1234_5678_9ABC_DEF1);
    let lows: Vec<i64> = domain.variables.iter().map(|v| v.low).collect();
    let example = domain.example();
    let mut points: Vec<Vec<i64>> = Vec::new();
    for _ in 0..18 {
        points.push((0..count).map(|_| random.range(TOP / 8, TOP)).collect());
    }
    // The corner.
    match count {
        1 => points.extend((0..65).map(|d| vec![d])),
        2 => points.extend((0..25).map(|d| vec![d % 5, d / 5])),
        _ => points.extend((0..32).map(|i| (0..count).map(|_| if i == 0 { 0 } else { random.range(0, 4) }).collect())),
    }
    let corner = points.len();
    for point in points.iter_mut().take(corner).skip(18) {
        point.iter_mut().zip(&domain.variables).for_each(|(x, v)| *x = v.low + *x * v.step);
    }
    // Each size alone.
    let far: Vec<i64> = (0..count as i64).map(|i| 530_011 + 77_003 * (i % 5) + 10_007 * (i % 7)).collect();
    for i in 0..count {
        let mut alone = |from: &[i64], x: i64| {
            let mut point = from.to_vec();
            point.iter_mut().skip(i).take(1).for_each(|c| *c = x);
            points.push(point);
        };
        let dense = if count <= 2 { 40 } else { 12 };
        if let Some(variable) = domain.variables.get(i) {
            for d in 5..dense {
                alone(&lows, variable.low + d * variable.step);
            }
        }
        for x in [64, 65, 128, 513, 5040, 40_319, 201_599, 201_600, 806_399, TOP - 1, TOP] {
            alone(&lows, x);
        }
        for x in [2, 3, 31, 257, 4_097, 201_601, 806_399] {
            alone(&far, x);
        }
        for x in [2, 9, 65, 1_031, 40_320, 806_400] {
            alone(&example, x);
        }
    }
    let third: Vec<i64> = lows.iter().zip(&domain.variables).map(|(low, v)| low + v.step).collect();
    for i in 0..count {
        for x in [64, 201_600, 40_319, 806_399, 806_401, 100_003] {
            let mut point = third.clone();
            point.iter_mut().skip(i).take(1).for_each(|c| *c = x);
            points.push(point);
        }
    }
    // Nearly equal, and multiples of each other.
    for i in 0..if count > 1 { 16 } else { 0 } {
        let size = random.log(TOP);
        points.push((0..count).map(|_| size + random.range(-3, 3) * i64::from(i > 1)).collect());
    }
    for i in 0..56_usize {
        let near = |random: &mut Random, x: i64| x + random.range(-20, 20);
        points.push(match i % 7 {
            0 | 1 => (0..count).map(|_| random.log(TOP)).collect(),
            2 => example.iter().map(|x| near(&mut random, *x)).collect(),
            3 => (0..count).map(|_| random.log(72)).collect(),
            4 => (0..count).map(|_| random.log(TOP / 320) * 160 + random.range(-1, 1)).collect(),
            5 => (0..count).map(|j| random.log(if (i / 7 + j) % 2 == 0 { 300 } else { TOP })).collect(),
            _ => (0..count).map(|_| random.range(2, 200)).collect(),
        });
    }
    let mut snapped: Vec<Vec<i64>> = Vec::new();
    for point in points.iter().filter_map(|p| domain.snap(p)) {
        if !snapped.contains(&point) && point != example {
            snapped.push(point);
        }
    }
    for i in (1..snapped.len()).rev() {
        snapped.swap(i, random.range(0, i as i64) as usize);
    }
    snapped.insert(0, example);
    snapped
}
