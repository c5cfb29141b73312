//! Printing for people and scripts. A reader that has gone away (`tollgate inspect x | head`) is no failure.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

/// Prints a line to standard output.
pub(crate) fn line(text: impl fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a line to standard error.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why a command failed: one message or several.
#[derive(Debug)]
pub(crate) struct Failure(Vec<String>);

impl Failure {
    /// Several messages, each about one thing to mend.
    pub(crate) fn all(messages: impl IntoIterator<Item = impl fmt::Display>) -> Self {
        Self(messages.into_iter().map(|message| message.to_string()).collect())
    }

    /// The messages.
    pub(crate) fn messages(&self) -> &[String] {
        &self.0
    }
}

impl<T: fmt::Display> From<T> for Failure {
    fn from(message: T) -> Self {
        Self(vec![message.to_string()])
    }
}

/// A table with its columns aligned.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["a".to_owned(), "bb".to_owned()], vec!["ccc".to_owned(), "d".to_owned()]];
        assert_eq!(super::table(&rows), "a    bb\nccc  d\n");
    }
}
