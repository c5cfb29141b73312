//! A small writer of SVG: what plots are drawn with.

use std::fmt::Write as _;

/// Text and marks.
pub const INK: &str = "#24292f";
/// Text that is not the point.
pub const QUIET: &str = "#656d76";
/// Lines of the grid.
pub const GRID: &str = "#e4e8ec";

/// Colours of runtimes, in their order.
const COLOURS: [&str; 5] = ["#2f6fde", "#e07b1a", "#1f9d6b", "#c73a4f", "#2a9fb5"];
const NATIVE: &str = "#5c4b8a";

/// A picture that is being drawn, in pixels from the top left.
#[derive(Clone, Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text stands to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// How a mark looks, which says whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A disk: through the host.
    Disk,
    /// A ring: the engine alone.
    Ring,
    /// A square: the engine alone, with allocator and copy.
    Square,
    /// A diamond: the host alone.
    Diamond,
}

impl Svg {
    /// An empty picture, white, so that it can be read on a dark page too.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.body,
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{colour}" stroke-width="{width}"/>"#
        );
    }

    /// Lines from point to point.
    pub fn path(&mut self, points: &[(f64, f64)], colour: &str) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            self.body,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            points.join(" ")
        );
    }

    /// A mark.
    pub fn mark(&mut self, (x, y): (f64, f64), mark: Mark, colour: &str) {
        let _ = match mark {
            Mark::Disk => writeln!(self.body, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4.5" fill="{colour}"/>"#),
            Mark::Ring => writeln!(
                self.body,
                r##"<circle cx="{x:.1}" cy="{y:.1}" r="3.6" fill="#fff" stroke="{colour}" stroke-width="1.6"/>"##
            ),
            Mark::Square => writeln!(
                self.body,
                r##"<rect x="{:.1}" y="{:.1}" width="6.4" height="6.4" fill="#fff" stroke="{colour}" stroke-width="1.6"/>"##,
                x - 3.2,
                y - 3.2
            ),
            Mark::Diamond => {
                writeln!(self.body, r#"<path d="M{x:.1} {:.1}l5 5l-5 5l-5-5z" fill="{colour}"/>"#, y - 5.0)
            }
        };
    }

    /// A line of text; `y` is its base line.
    pub fn text(&mut self, (x, y): (f64, f64), text: &str, size: f64, colour: &str, anchor: Anchor) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    /// The file.
    pub fn finish(self) -> String {
        let Self { width, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
        )
    }
}

/// Colour and name of what a subject belongs to, and how its mark looks.
pub fn look(subject: &str) -> (&'static str, Mark) {
    let mark = match subject {
        "native" => Mark::Diamond,
        _ if subject.ends_with("_alloc") => Mark::Square,
        _ if subject.starts_with("raw_") => Mark::Ring,
        _ => Mark::Disk,
    };
    let colour =
        if lane(subject) == tollgate_runtimes::names().len() { NATIVE } else { COLOURS[lane(subject) % COLOURS.len()] };
    (colour, mark)
}

/// Which of the runtimes a subject belongs to, in their order; the native one comes last.
pub fn lane(subject: &str) -> usize {
    let engine = subject.trim_start_matches("raw_").trim_end_matches("_alloc");
    let names = tollgate_runtimes::names();
    names.iter().position(|name| *name == engine).unwrap_or(names.len())
}

#[cfg(test)]
mod tests {
    use super::{Anchor, INK, Mark, Svg, lane, look};

    #[test]
    fn an_engine_alone_has_the_colour_of_its_runtime_and_another_mark() {
        for name in tollgate_runtimes::names() {
            let (colour, mark) = look(name);
            assert_eq!(mark, Mark::Disk);
            assert_eq!(look(&format!("raw_{name}")), (colour, Mark::Ring));
            assert_eq!(look(&format!("raw_{name}_alloc")), (colour, Mark::Square));
        }
        assert_eq!(look("native").1, Mark::Diamond);
        assert_eq!(lane("native"), tollgate_runtimes::names().len());
    }

    #[test]
    fn text_cannot_end_an_element() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text((1.0, 2.0), "a < b & c", 11.0, INK, Anchor::Start);
        assert!(svg.finish().contains(">a &lt; b &amp; c</text>"));
    }
}
