//! A resolver that notes what is asked, and answers what a test says.

use std::cell::RefCell;
use std::rc::Rc;
use tollgate_host::resolver::{ResolutionId, Resolver};

/// A resolver that notes what is asked. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct ScriptedResolver {
    asked: Rc<RefCell<Vec<(ResolutionId, String)>>>,
    shown: Rc<RefCell<usize>>,
}

impl ScriptedResolver {
    /// The id of what was asked for, by its number from 1.
    pub fn id(&self, number: usize) -> Option<ResolutionId> {
        self.asked.borrow().get(number.checked_sub(1)?).map(|(id, _)| *id)
    }

    /// The names asked for since the last time, with their numbers.
    pub fn names(&self) -> Vec<(usize, String)> {
        let asked = self.asked.borrow();
        let from = self.shown.replace(asked.len());
        asked.iter().enumerate().skip(from).map(|(index, (_, name))| (index + 1, name.clone())).collect()
    }
}

impl Resolver for ScriptedResolver {
    fn resolve(&self, id: ResolutionId, name: &str) -> bool {
        self.asked.borrow_mut().push((id, name.to_owned()));
        true
    }
}
