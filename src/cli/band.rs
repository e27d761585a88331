//! Bands: values over time, drawn one below the other on a common scale.

use unicode_width::UnicodeWidthStr as _;

use super::page::{clean, cut};

/// The values of one thing over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Its name.
    pub name: String,
    /// From when on it had which value, ascending; an empty one is none.
    pub values: Vec<(i64, String)>,
}

/// So far apart stand the labels of the scale.
const TICK_WIDTH: usize = 12;

/// The bands as lines of at most `width` columns, the scale above them; none when nothing changes. Each stretch begins with
/// its value, as far as there is room for it; a stretch without a value, or with NONE, is dotted.
pub fn draw(bands: &[Band], last: i64, width: usize, label: impl Fn(i64) -> String) -> Vec<String> {
    let Some(first) = bands.iter().flat_map(|band| &band.values).map(|(at, _)| *at).min() else {
        return Vec::new();
    };
    let names =
        bands.iter().map(|band| band.name.width()).max().unwrap_or(0).min((width * 2 / 5).max(TICK_WIDTH));
    let columns = width.saturating_sub(names + 4).max(TICK_WIDTH);
    let span = (last - first).max(1);
    let column = |at: i64| {
        let place = (at - first).max(0).saturating_mul(columns as i64) / (span + 1);
        usize::try_from(place).unwrap_or(0).min(columns - 1)
    };
    let mut scale = String::new();
    for tick in (0..columns).step_by(TICK_WIDTH) {
        let at = first + span * tick as i64 / columns as i64;
        scale.push_str(&format!("{:<TICK_WIDTH$}", cut(&label(at), TICK_WIDTH - 1)));
    }
    let scale = cut(scale.trim_end(), columns);
    let mut lines = vec![format!("  {:names$}  {scale}", "")];
    for band in bands {
        let name = cut(&clean(&band.name), names);
        let pad = " ".repeat(names.saturating_sub(name.width()));
        lines.push(format!("  {name}{pad}  {}", stretch(band, columns, &column)));
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

fn stretch(band: &Band, columns: usize, column: &impl Fn(i64) -> usize) -> String {
    let mut drawn = String::new();
    let mut values: Vec<(usize, &str)> = Vec::new();
    for (at, value) in &band.values {
        let place = column(*at);
        // Of several in one column the last is seen.
        values.retain(|(known, _)| *known < place);
        values.push((place, value));
    }
    let mut place = 0;
    let mut current = "";
    for (next, value) in values.iter().copied().chain([(columns, "")]) {
        drawn.push_str(&fill(current, next - place, 0 < place));
        (place, current) = (next, value);
    }
    drawn
}

/// A stretch of one value; `begins`: at a mark.
fn fill(value: &str, width: usize, begins: bool) -> String {
    let empty = value.is_empty() || value == "NONE";
    let mark = if begins && 0 < width { "│" } else { "" };
    let room = width - mark.width();
    let text = if empty || room < 2 { String::new() } else { cut(&clean(value), room) };
    let line = if empty { "·" } else { "─" };
    format!("{mark}{text}{}", line.repeat(room - text.width()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_on_a_common_scale() {
        let band = |name: &str, values: &[(i64, &str)]| Band {
            name: name.to_owned(),
            values: values.iter().map(|(at, value)| (*at, (*value).to_owned())).collect(),
        };
        let bands = [
            band("headline", &[(0, "NONE"), (10, "DORMANT"), (30, "RECOGNISED")]),
            band("contact", &[(5, "ENVOY"), (6, "TECHNICAL"), (39, "NONE")]),
        ];
        let lines = draw(&bands, 39, 52, |at| at.to_string());
        assert_eq!(
            lines,
            [
                "            0           11          23          35",
                "  headline  ··········│DORMANT────────────│RECOGNIS…",
                "  contact   ·····││TECHNICAL───────────────────────│",
            ]
        );
        for width in [20, 40, 100] {
            let lines = draw(&bands, 39, width, |at| at.to_string());
            assert!(lines.iter().all(|line| line.width() <= width.max(26)), "{width}: {lines:#?}");
        }
        assert!(draw(&[], 39, 52, |at| at.to_string()).is_empty());
    }
}
