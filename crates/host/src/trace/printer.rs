//! An observer that writes lines.

use super::{Crossing, Observer};
use crate::services::LogOrigin;
use std::cell::Cell;

/// An observer that writes one line per crossing, indented by how deep it is.
///
/// ```text
/// --> #2 proxy_on_request_headers(num_headers=4, end_of_stream=true)
///   ==> #2 proxy_get_header_map_value(map_type=HTTP_REQUEST_HEADERS, key=":path", return_value_data=0x10, ...)
///     --> #2 allocate(size=1)
///     <-- #2 allocate = 0x8000
///   <== #2 proxy_get_header_map_value = OK, value="/"
/// <-- #2 proxy_on_request_headers = CONTINUE
/// ```
pub struct Printer<W> {
    write: W,
    depth: Cell<usize>,
}

impl<W: Fn(usize, &str)> Printer<W> {
    /// A printer that hands each line to `write`, with its depth.
    pub const fn new(write: W) -> Self {
        Self { write, depth: Cell::new(0) }
    }

    /// How many calls have been entered and not left.
    pub fn depth(&self) -> usize {
        self.depth.get()
    }
}

impl<W: Fn(usize, &str)> Observer for Printer<W> {
    fn observe(&self, about: LogOrigin<'_>, crossing: &Crossing<'_>) {
        let before = self.depth.get();
        let depth = if crossing.begins() {
            self.depth.set(before + 1);
            before
        } else {
            let depth = before.saturating_sub(1);
            self.depth.set(depth);
            depth
        };
        (self.write)(depth, &crossing.line(about.context_id));
    }
}

impl<W> std::fmt::Debug for Printer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printer").field("depth", &self.depth).finish_non_exhaustive()
    }
}
