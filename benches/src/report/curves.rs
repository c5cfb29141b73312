//! How the cost of a stream grows with what there is more of: plugins, fields, other streams.

use super::figures::Figures;
use super::svg::{Anchor, GRID, INK, QUIET, Svg, look};
use super::{round_time, table};

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 330.0;
const TOP: f64 = 92.0;
const BOTTOM: f64 = 56.0;
const LEFT: f64 = 62.0;
/// From the beginning of one panel to the next.
const PANEL: f64 = (WIDTH - 8.0) / 3.0;

/// What there is more of.
struct Panel {
    title: &'static str,
    axis: &'static str,
    logarithmic: bool,
    /// How many, and the scenario.
    points: [(f64, &'static str); 3],
}

const PANELS: [Panel; 3] = [
    Panel {
        title: "empty plugins in the chain",
        axis: "plugins",
        logarithmic: false,
        points: [(1.0, "empty"), (5.0, "empty_5_plugins"), (20.0, "empty_20_plugins")],
    },
    Panel {
        title: "fields, one of them read",
        axis: "fields of the request",
        logarithmic: false,
        points: [(20.0, "get_1_add_1"), (200.0, "headers_200"), (1000.0, "headers_1000")],
    },
    Panel {
        title: "among other live streams",
        axis: "other live streams, logarithmic",
        logarithmic: true,
        points: [(1.0, "live_1"), (1000.0, "live_1000"), (10_000.0, "live_10000")],
    },
];

/// Draws the curves of group `stream`.
pub fn streams(figures: &Figures, about: &str) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT);
    svg.text((16.0, 28.0), "A stream's life, and what it grows with", 18.0, INK, Anchor::Start);
    let mut x = 20.0;
    for subject in table::ours() {
        let (colour, mark) = look(subject);
        let words = if subject == "native" { "native plugin" } else { subject };
        svg.mark((x, 48.0), mark, colour);
        svg.text((x + 10.0, 52.5), words, 13.0, INK, Anchor::Start);
        x += 34.0 + 7.2 * words.len() as f64;
    }
    for (index, panel) in PANELS.iter().enumerate() {
        draw(&mut svg, figures, panel, PANEL * index as f64);
    }
    svg.text((LEFT, HEIGHT - 8.0), about, 11.0, QUIET, Anchor::Start);
    svg.finish()
}

fn draw(svg: &mut Svg, figures: &Figures, panel: &Panel, left: f64) {
    let (from, to) = (left + LEFT, left + PANEL - 14.0);
    let bottom = HEIGHT - BOTTOM;
    let time = |scenario: &str, subject: &str| figures.time(&format!("stream/{scenario}"), subject).unwrap_or(0.0);
    let subjects = table::ours();
    let times = panel.points.iter().flat_map(|(_, scenario)| subjects.iter().map(|subject| time(scenario, subject)));
    let most = times.fold(1.0, f64::max);
    let step = step(most);
    let lines = (most / step).ceil();
    let y = |ns: f64| bottom - ns / (step * lines) * (bottom - TOP);
    let scale = |count: f64| if panel.logarithmic { count.log10() } else { count };
    let last = scale(panel.points[2].0);
    let x = |count: f64| from + scale(count) / last * (to - from);
    svg.text((from, TOP - 14.0), panel.title, 13.0, INK, Anchor::Start);
    for line in 0..=lines as u32 {
        let ns = f64::from(line) * step;
        svg.line((from, y(ns)), (to, y(ns)), GRID, 1.0);
        let words = if line == 0 { "0".to_owned() } else { round_time(ns) };
        svg.text((from - 6.0, y(ns) + 4.0), &words, 11.0, QUIET, Anchor::End);
    }
    for (count, _) in panel.points {
        let anchor = if count == panel.points[2].0 { Anchor::End } else { Anchor::Middle };
        svg.text((x(count), bottom + 15.0), &count.to_string(), 11.0, QUIET, anchor);
    }
    svg.text(((from + to) / 2.0, bottom + 31.0), panel.axis, 11.0, QUIET, Anchor::Middle);
    for subject in table::ours() {
        let (colour, mark) = look(subject);
        let points = panel.points.map(|(count, scenario)| (x(count), y(time(scenario, subject))));
        svg.path(&points, colour);
        points.iter().for_each(|point| svg.mark(*point, mark, colour));
    }
}

/// A round distance of lines, so that there are three to seven.
fn step(most: f64) -> f64 {
    let decade = 10_f64.powf(most.log10().floor());
    match most / decade {
        part if part < 1.5 => decade / 4.0,
        part if part < 3.5 => decade / 2.0,
        part if part < 7.0 => decade,
        _ => decade * 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn lines_are_few_and_round() {
        for most in [1.0, 1.4, 2.0, 3.4, 5.0, 6.9, 8.0, 9.9, 1234.0] {
            let lines = (most / step(most)).ceil();
            assert!((3.0..=7.0).contains(&lines), "{lines} lines up to {most}");
        }
    }
}
