//! The regular expressions in an expression, which a few letters can make as large as they want.

use super::cost::LIMIT;
use regex::{Error, RegexBuilder};
use std::collections::HashMap;

/// Bytes that a regular expression may become. What it costs goes by the first that it fits in.
const SIZES: [usize; 4] = [4 << 10, 16 << 10, 64 << 10, 256 << 10];

/// Units of work for each byte that it becomes.
const MAKING: u64 = 30;

/// So many bytes that it becomes are one more unit for each byte that it is applied to.
const APPLYING: u64 = 200;

/// What a regular expression costs each time, in units of work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    /// Before it is applied.
    pub(super) making: u64,
    /// For each byte that it is applied to.
    pub(super) applying: u64,
}

/// Those of an expression, by their text.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    known: HashMap<String, Pattern>,
    making: u64,
}

impl Patterns {
    /// Adds one, and says why it cannot be.
    pub(super) fn add(&mut self, text: &str) -> Result<(), String> {
        if self.known.contains_key(text) {
            return Ok(());
        }
        let Some(size) = SIZES.into_iter().find(|size| fits(text, *size)) else {
            return Err("a regular expression in it is too large".to_owned());
        };
        let size = size as u64;
        let pattern = Pattern { making: size * MAKING, applying: (size / APPLYING).max(text.len() as u64) };
        self.making += pattern.making;
        if self.making > LIMIT {
            return Err("its regular expressions are too large together".to_owned());
        }
        self.known.insert(text.to_owned(), pattern);
        Ok(())
    }

    /// What one of them costs.
    pub(super) fn cost(&self, text: &str) -> Option<Pattern> {
        self.known.get(text).copied()
    }
}

/// Whether it becomes no larger. One that is none does not: that it is none is found out when it is applied, and costs little.
fn fits(text: &str, size: usize) -> bool {
    !matches!(RegexBuilder::new(text).size_limit(size).build(), Err(Error::CompiledTooBig(_)))
}
