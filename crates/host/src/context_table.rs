//! The contexts of a VM by id.
//!
//! Ids are handed out in order, and most contexts live for as long as a stream: those that live at the same time have ids
//! next to each other. So each id has one place where it is nearly always found, and the few that live longer, as those of
//! plugins do, leave it to a younger one and are found in a map.

use crate::context::Context;
use crate::state::IdHasher;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Places at first: streams come to all of them in turn, each in a line of the processor's cache or two.
const FEW: usize = 8;

/// Contexts by id; no id is 0. What a stream asks of it when it begins stands here as well, beside each other.
#[derive(Debug)]
pub(crate) struct ContextTable {
    /// A power of two of places, or none; an id's place is its lowest bits.
    places: Box<[Option<(u32, Context)>]>,
    /// Those whose place a younger one has taken.
    displaced: HashMap<u32, Context, BuildHasherDefault<IdHasher>>,
    len: usize,
    /// How many of them are plugins'.
    plugins: usize,
    /// How many may be streams'.
    most: usize,
    next_id: u32,
    /// All ids have been given once: those that come again may be taken.
    come_round: bool,
}

impl ContextTable {
    /// A table without contexts. At most so many streams have one here.
    pub(crate) fn new(most: u32) -> Self {
        let (places, displaced) = (Box::default(), HashMap::default());
        Self { places, displaced, len: 0, plugins: 0, most: most as usize, next_id: 1, come_round: false }
    }

    fn place(&self, id: u32) -> usize {
        id as usize & self.places.len().wrapping_sub(1)
    }

    /// The context of an id.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&Context> {
        match self.places.get(self.place(id)) {
            Some(Some((of, context))) if *of == id => Some(context),
            _ if self.displaced.is_empty() => None,
            _ => self.displaced.get(&id),
        }
    }

    /// Whether no further stream may have a context.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.len - self.plugins >= self.most
    }

    /// Adds a context under an id that has none, which is the answer.
    pub(crate) fn add(&mut self, context: Context) -> u32 {
        let id = self.free_id();
        self.insert(id, context);
        id
    }

    /// An id that no context has.
    pub(crate) fn free_id(&mut self) -> u32 {
        loop {
            let id = self.next_id;
            self.next_id = id.wrapping_add(1);
            if self.next_id == 0 {
                (self.next_id, self.come_round) = (1, true);
            }
            if !self.come_round || !self.contains(id) {
                return id;
            }
        }
    }

    /// Whether an id has a context.
    pub(crate) fn contains(&self, id: u32) -> bool {
        self.get(id).is_some()
    }

    /// Adds a context under an id that has none.
    pub(crate) fn insert(&mut self, id: u32, context: Context) {
        if self.len * 2 >= self.places.len() {
            self.grow();
        }
        self.len += 1;
        self.plugins += usize::from(context.is_of_plugin());
        let place = self.place(id);
        if let Some((older, context)) = self.places[place].replace((id, context)) {
            self.displaced.insert(older, context);
        }
    }

    /// Takes the context of an id out.
    pub(crate) fn remove(&mut self, id: u32) -> Option<Context> {
        let place = self.place(id);
        let context = match self.places.get_mut(place) {
            Some(Some((of, _))) if *of == id => self.places[place].take().map(|(_, context)| context),
            _ if self.displaced.is_empty() => None,
            _ => self.displaced.remove(&id),
        };
        if let Some(context) = &context {
            self.len -= 1;
            self.plugins -= usize::from(context.is_of_plugin());
        }
        context
    }

    /// All contexts, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Context> {
        self.places.iter().flatten().map(|(_, context)| context).chain(self.displaced.values())
    }

    /// Doubles the places. Those who were in each other's way may no longer be.
    fn grow(&mut self) {
        let count = (self.places.len() * 2).max(FEW);
        let old = std::mem::replace(&mut self.places, (0..count).map(|_| None).collect());
        let displaced = std::mem::take(&mut self.displaced);
        (self.len, self.plugins) = (0, 0);
        // The older ones first, so that they do not take places from the younger ones.
        for (id, context) in displaced.into_iter().chain(old.into_iter().flatten()) {
            self.insert(id, context);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ContextTable;
    use crate::context::{Context, ContextKind, PluginContext};
    use crate::plugin::Tally;
    use std::collections::{BTreeMap, VecDeque};
    use std::rc::Rc;
    use std::sync::Arc;

    fn context(id: u32) -> Context {
        Context {
            plugin: Rc::new(PluginContext::new(id, Arc::default(), Rc::new(Tally::new(Arc::default())))),
            kind: ContextKind::Plugin,
        }
    }

    fn number(context: Option<&Context>) -> Option<u32> {
        context.map(|context| context.plugin.id)
    }

    #[test]
    fn it_answers_as_a_map_does() {
        // Every 7th lives to the end, the others for as long as 20 more are made; numbers begin anew at their end.
        let mut table = ContextTable::new(u32::MAX);
        let mut map = BTreeMap::new();
        let mut short = VecDeque::new();
        for id in (u32::MAX - 500..=u32::MAX).chain(1..2000) {
            table.insert(id, context(id));
            map.insert(id, ());
            if id % 7 != 0 {
                short.push_back(id);
            }
            if short.len() > 20 {
                let old = short.pop_front().unwrap();
                assert_eq!(number(table.remove(old).as_ref()), Some(old));
                assert!(table.remove(old).is_none() && !table.contains(old));
                map.remove(&old);
            }
        }
        for id in (u32::MAX - 500..=u32::MAX).chain(0..2100) {
            assert_eq!(number(table.get(id)), map.contains_key(&id).then_some(id));
        }
        let mut all: Vec<_> = table.values().map(|context| context.plugin.id).collect();
        all.sort_unstable();
        assert_eq!(all, map.into_keys().collect::<Vec<_>>());
    }

    #[test]
    fn ids_are_given_in_order_and_when_they_come_again_those_that_are_taken_are_not() {
        let mut table = ContextTable::new(2);
        assert_eq!((table.add(context(0)), table.add(context(0)), table.add(context(0))), (1, 2, 3));
        table.remove(2);
        assert!(!table.is_full(), "contexts of plugins do not count");
        table.next_id = u32::MAX;
        assert_eq!((table.add(context(0)), table.add(context(0)), table.add(context(0))), (u32::MAX, 2, 4));
    }

    #[test]
    fn an_empty_one_has_nothing() {
        let mut table = ContextTable::new(u32::MAX);
        assert!(table.get(1).is_none() && table.remove(1).is_none() && table.values().next().is_none());
    }

    #[test]
    fn who_lives_long_costs_the_others_no_memory() {
        let mut table = ContextTable::new(u32::MAX);
        table.insert(1, context(1));
        for id in 2..100_000 {
            table.insert(id, context(id));
            table.remove(id);
        }
        assert_eq!((table.places.len(), table.displaced.len()), (super::FEW, 1));
    }
}
