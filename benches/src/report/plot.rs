//! A group as a picture: a row per scenario, a mark per subject, times on a logarithmic axis. From an engine's own mark to
//! ours goes a line: what the host adds.

use super::figures::Figures;
use super::round_time;
use super::svg::{Anchor, GRID, INK, Mark, QUIET, Svg, lane, look};
use super::table;

const WIDTH: f64 = 920.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 34.0;

/// Distance of the lanes of a row: each runtime has one.
const LANE: f64 = 10.0;

/// Draws a group.
pub fn group(figures: &Figures, group: &str, title: &str, about: &str) -> String {
    let scenarios = figures.scenarios(group);
    let subjects = table::subjects();
    let lanes = table::ours().len();
    let row_height = LANE * lanes as f64 + 12.0;
    let height = TOP + row_height * scenarios.len() as f64 + BOTTOM;
    let axis = Axis::over(figures.group(group).map(|figure| figure.time));
    let mut svg = Svg::new(WIDTH, height);
    svg.text((16.0, 28.0), title, 18.0, INK, Anchor::Start);
    legend(&mut svg, figures, group);
    axis.draw(&mut svg, TOP, height - BOTTOM);
    for (row, scenario) in scenarios.iter().enumerate() {
        let top = TOP + row_height * row as f64;
        svg.line((16.0, top), (WIDTH - RIGHT, top), GRID, 1.0);
        svg.text((LEFT - 14.0, top + row_height / 2.0 + 4.5), scenario, 13.0, INK, Anchor::End);
        for lane_at in 0..lanes {
            let y = top + 6.0 + LANE * (lane_at as f64 + 0.5);
            // From the back to the front: ours covers its floor.
            let marks: Vec<_> = subjects
                .iter()
                .rev()
                .filter(|subject| lane(subject) == lane_at)
                .filter_map(|subject| Some((subject, figures.time(&format!("{group}/{scenario}"), subject)?)))
                .collect();
            let xs = || marks.iter().map(|(_, ns)| axis.x(*ns));
            let (from, to) = (xs().fold(f64::INFINITY, f64::min), xs().fold(f64::NEG_INFINITY, f64::max));
            if let Some((subject, _)) = marks.first().filter(|_| to > from) {
                svg.line((from, y), (to, y), look(subject).0, 1.2);
            }
            for (subject, ns) in &marks {
                let (colour, mark) = look(subject);
                svg.mark((axis.x(*ns), y), mark, colour);
            }
        }
    }
    svg.text((LEFT, height - 10.0 + 2.0), about, 11.0, QUIET, Anchor::Start);
    svg.finish()
}

/// Who is who, for those who occur.
fn legend(svg: &mut Svg, figures: &Figures, group: &str) {
    let mut x = 20.0;
    let mut seen = Vec::new();
    for subject in table::subjects() {
        let (colour, mark) = look(&subject);
        // One entry for all engines.
        let (words, colour) = match mark {
            Mark::Disk => (subject.as_str(), colour),
            Mark::Diamond => ("native plugin", colour),
            Mark::Ring => ("engine alone", QUIET),
            Mark::Square => ("with allocator and copy", QUIET),
        };
        let occurs = figures.group(group).any(|figure| figure.subject == subject);
        if !occurs || seen.contains(&words.to_owned()) {
            continue;
        }
        svg.mark((x, 48.0), mark, colour);
        svg.text((x + 10.0, 52.5), words, 13.0, INK, Anchor::Start);
        x += 34.0 + 7.2 * words.len() as f64;
        seen.push(words.to_owned());
    }
}

/// A logarithmic axis of times.
struct Axis {
    /// Logarithms to base 10 of nanoseconds.
    from: f64,
    to: f64,
}

impl Axis {
    fn over(times: impl Iterator<Item = f64> + Clone) -> Self {
        let logs = || times.clone().map(f64::log10);
        let (from, to) = (logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max));
        // Room at both ends, so that no mark stands on the edge.
        Self { from: from - 0.08, to: to + 0.08 }
    }

    fn x(&self, ns: f64) -> f64 {
        LEFT + (ns.log10() - self.from) / (self.to - self.from) * (WIDTH - LEFT - RIGHT)
    }

    fn draw(&self, svg: &mut Svg, top: f64, bottom: f64) {
        // Where decades are few, their parts are needed to read a figure.
        let parts: &[f64] = if self.to - self.from > 3.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let decades = self.from.floor() as i32..=self.to.ceil() as i32;
        for ns in decades.flat_map(|decade| parts.iter().map(move |part| part * 10_f64.powi(decade))) {
            if !(self.from..=self.to).contains(&ns.log10()) {
                continue;
            }
            let x = self.x(ns);
            svg.line((x, top), (x, bottom), GRID, 1.0);
            svg.text((x, top - 7.0), &round_time(ns), 11.0, QUIET, Anchor::Middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, LEFT, RIGHT, WIDTH};

    #[test]
    fn a_decade_is_as_long_as_the_next() {
        let axis = Axis::over([10.0, 100.0, 1000.0].into_iter());
        assert!((axis.x(100.0) - axis.x(10.0) - (axis.x(1000.0) - axis.x(100.0))).abs() < 1e-9);
        assert!(axis.x(10.0) > LEFT && axis.x(1000.0) < WIDTH - RIGHT);
    }
}
