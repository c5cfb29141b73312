//! What went wrong and where: the only error type of this crate.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A place in a configuration file, kept by decoded values so that later stages can point at it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Location {
    /// Name of the file, as given to [`parse`](crate::parse).
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// Path of the field from the root, such as `static_resources.listeners[0].address`; empty for the root.
    pub path: String,
}

/// One message about one place of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the file, as given to [`parse`](crate::parse).
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// Path of the field from the root; empty when the message is about the file as a whole.
    pub path: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

/// Every error found in a file, in the order of its lines. Never empty when returned by this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

// === impl Location ===

impl Location {
    /// A message about this place.
    pub fn diagnostic(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            file: Arc::clone(&self.file),
            line: self.line,
            column: self.column,
            path: self.path.clone(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, ": {}", self.path) }
    }
}

// === impl Diagnostic ===

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl Error for Diagnostic {}

// === impl Diagnostics ===

impl Diagnostics {
    /// Sorts by place; messages about the same place keep the order in which they were found.
    pub(crate) fn sorted(mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by_key(|d| (d.line, d.column));
        Self(diagnostics)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostics, Location};

    fn location(line: usize, path: &str) -> Location {
        Location { file: "envoy.yaml".into(), line, column: 9, path: path.to_owned() }
    }

    #[test]
    fn one_line_each_in_the_order_of_the_file() {
        let all =
            Diagnostics::sorted(vec![location(12, "a.b").diagnostic("second"), location(3, "").diagnostic("first")]);
        assert_eq!(all.to_string(), "envoy.yaml:3:9: first\nenvoy.yaml:12:9: a.b: second");
        assert_eq!(location(12, "a.b").to_string(), "envoy.yaml:12:9: a.b");
    }
}
