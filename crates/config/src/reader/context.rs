//! What one reading of a file collects.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostics::{Diagnostic, Diagnostics, Location};

/// The messages of one file, collected behind shared references.
pub(crate) struct Context {
    pub(crate) file: Arc<str>,
    errors: RefCell<Vec<Diagnostic>>,
    warnings: RefCell<Vec<Diagnostic>>,
    warned: RefCell<HashSet<String>>,
    cluster_uses: RefCell<Vec<(String, Location)>>,
    upstream_filters: RefCell<HashSet<String>>,
}

// === impl Context ===

impl Context {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.into(),
            errors: RefCell::default(),
            warnings: RefCell::default(),
            warned: RefCell::default(),
            cluster_uses: RefCell::default(),
            upstream_filters: RefCell::default(),
        }
    }

    /// Notes an error. A file of endless errors, which aliases can make, yields a bounded list.
    pub(crate) fn error(&self, diagnostic: Diagnostic) {
        let mut errors = self.errors.borrow_mut();
        if errors.len() < MAX_DIAGNOSTICS {
            errors.push(diagnostic);
        } else if errors.len() == MAX_DIAGNOSTICS {
            let message = format!("more errors follow; only the first {MAX_DIAGNOSTICS} are listed");
            errors.push(Diagnostic { path: String::new(), message, ..diagnostic });
        }
    }

    /// Whether further errors would not be listed.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.borrow().len() > MAX_DIAGNOSTICS
    }

    /// Whether anything was wrong so far.
    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.borrow().is_empty()
    }

    /// Notes a warning, unless one about the same `subject` was given before.
    pub(crate) fn warn_once(&self, subject: String, diagnostic: Diagnostic) {
        if self.warned.borrow_mut().insert(subject) {
            self.warnings.borrow_mut().push(diagnostic);
        }
    }

    /// Notes that a route or code names a cluster, for the check once all clusters are known.
    pub(crate) fn uses_cluster(&self, name: &str, location: Location) {
        self.cluster_uses.borrow_mut().push((name.to_owned(), location));
    }

    /// The clusters named so, each with its place.
    pub(crate) fn cluster_uses(&self) -> Vec<(String, Location)> {
        self.cluster_uses.borrow().clone()
    }

    /// Notes that a cluster has a filter of this name, for the check of what routes say about filters.
    pub(crate) fn has_upstream_filter(&self, name: &str) {
        self.upstream_filters.borrow_mut().insert(name.to_owned());
    }

    /// Whether a cluster has a filter of this name.
    pub(crate) fn knows_upstream_filter(&self, name: &str) -> bool {
        self.upstream_filters.borrow().contains(name)
    }

    /// All errors, or all warnings when there are no errors.
    pub(crate) fn finish(self) -> Result<Vec<Diagnostic>, Diagnostics> {
        let errors = self.errors.into_inner();
        if errors.is_empty() {
            return Ok(Diagnostics::sorted(self.warnings.into_inner()).0);
        }
        Err(Diagnostics::sorted(errors))
    }
}

const MAX_DIAGNOSTICS: usize = 100;
