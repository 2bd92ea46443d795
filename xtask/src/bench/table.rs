use std::collections::HashMap;
use std::fmt::Write;

use super::figures::{Figure, Limit};
use super::peers::Measured;
use crate::Error;

/// The table in Markdown. Each figure has our time, that of the loop by hand and of each peer, ratios, and whether its limit
/// is met.
pub(super) fn table(
    what: &str,
    figures: &[Figure],
    ours: &HashMap<String, f64>,
    peers: &[Measured],
) -> Result<String, Error> {
    let mut text = format!("| {what} | ours | by hand | ratio |");
    let mut rule = String::from("|---|--:|--:|--:|");
    for peer in peers {
        _ = write!(text, " {} |", peer.name);
        rule.push_str("--:|");
    }
    _ = writeln!(text, " limit | met |\n{rule}---|---|");
    for figure in figures {
        let time = |name: &str| ours.get(name).copied().ok_or_else(|| Error::NoFigure { name: name.to_owned() });
        let own = time(figure.ours)?;
        let hand = figure.by_hand.map(time).transpose()?;
        let times = hand.map_or_else(String::new, |hand| format!("{:.2}", own / hand));
        let by_hand = hand.map_or_else(String::new, duration);
        _ = write!(text, "| {} | {} | {by_hand} | {times} |", figure.what, duration(own));
        for peer in peers {
            _ = write!(text, " {} |", cell(figure, peer, own));
        }
        let (limit, is_met) = judge(figure, own, hand, peers);
        _ = writeln!(text, " {limit} | {} |", is_met.map_or("", |met| if met { "yes" } else { "no" }));
    }
    Ok(text)
}

/// The time of a peer, and its ratio to ours.
fn cell(figure: &Figure, peer: &Measured, own: f64) -> String {
    match (figure.peers, &peer.figures) {
        (None, _) => String::new(),
        (Some(_), None) => "not installed".to_owned(),
        (Some(name), Some(figures)) => {
            figures.get(name).map_or_else(String::new, |time| format!("{} ({}x)", duration(*time), rounded(time / own)))
        }
    }
}

/// The limit of a figure, and whether it is met, if that is known.
fn judge(figure: &Figure, own: f64, hand: Option<f64>, peers: &[Measured]) -> (String, Option<bool>) {
    match figure.limit {
        Limit::None => (String::new(), None),
        Limit::TimesByHand(times) => (format!("{times} by hand"), hand.map(|hand| own <= times * hand)),
        Limit::Nanoseconds(most) => (duration(most), Some(own <= most)),
        Limit::TimesFaster(times, name) => {
            let peer = peers.iter().find(|peer| peer.name == name);
            let time = peer.and_then(|peer| peer.figures.as_ref()?.get(figure.peers?).copied());
            (format!("{times}x faster than {name}"), time.map(|time| own * times <= time))
        }
    }
}

/// Three digits and a unit: `52.1 ns`, `1.38 ms`.
fn duration(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n => (n / 1e6, "ms"),
    };
    format!("{} {unit}", rounded(value))
}

/// Three digits.
fn rounded(value: f64) -> String {
    let digits = match value {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
#[allow(clippy::unreachable, reason = "a test")]
mod tests {
    use super::{duration, table};
    use crate::bench::figures::{Figure, Limit};
    use crate::bench::peers::Measured;
    use std::collections::HashMap;

    #[test]
    fn a_row_has_times_ratios_and_the_limit() {
        let limit = Limit::TimesFaster(40.0, "torch");
        let figure = |limit| [Figure { what: "dumps", ours: "a", by_hand: Some("b"), peers: Some("p"), limit }];
        let ours = HashMap::from([("a".to_owned(), 50.0), ("b".to_owned(), 40.0)]);
        let peers = [
            Measured { name: "torch", figures: Some(HashMap::from([("p".to_owned(), 1900.0)])) },
            Measured { name: "jax", figures: None },
        ];
        let rows = |limit| table("rows", &figure(limit), &ours, &peers).map_err(|e| e.to_string());
        let row = |limit| rows(limit).map(|text| text.lines().nth(2).unwrap_or_default().to_owned());
        assert_eq!(
            row(limit),
            Ok("| dumps | 50.0 ns | 40.0 ns | 1.25 | 1.90 µs (38.0x) | not installed | 40x faster than torch | no |"
                .to_owned())
        );
        assert!(row(Limit::TimesByHand(1.3)).is_ok_and(|row| row.ends_with("| 1.3 by hand | yes |")));
        assert!(row(Limit::Nanoseconds(49.0)).is_ok_and(|row| row.ends_with("| 49.0 ns | no |")));
        let missing =
            [Figure { ours: "c", ..figure(Limit::None).into_iter().next().unwrap_or_else(|| unreachable!()) }];
        assert!(table("rows", &missing, &ours, &peers).is_err());
        assert_eq!(duration(1_384_000.0), "1.38 ms");
    }
}
