//! Room for what comes of calls, until plugins have been told.

use super::CallId;
use crate::plugin::Worker;
use crate::vm::Quotas;
use std::cell::Cell;
use std::rc::Rc;

/// What an embedder keeps of the answers to all calls of a VM.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    bytes: Cell<u64>,
    refused: Cell<u64>,
    most_bytes: u64,
    most_of_each: u64,
}

impl Answers {
    pub(crate) fn new(quotas: &Quotas) -> Rc<Self> {
        let Quotas { answer_bytes, response_bytes, .. } = *quotas;
        Rc::new(Self { most_bytes: answer_bytes, most_of_each: response_bytes, ..Self::default() })
    }

    /// How often there was no room.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.get()
    }
}

/// Room for what comes of one call. An embedder that keeps bytes of an answer takes room for them first, and lets go of it when
/// the plugin has been told: at the latest, when this is dropped.
#[derive(Debug)]
pub struct AnswerRoom {
    of_vm: Rc<Answers>,
    bytes: u64,
}

/// There is no room for an answer: it is more than it may be, or all those of its VM together are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerTooLarge {
    /// Most bytes that it may have, or that all may have.
    pub most: u64,
    /// Name of the limit.
    pub limit: &'static str,
}

impl std::fmt::Display for AnswerTooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { most, limit } = self;
        match *limit {
            "response_bytes" => write!(f, "the response is more than {most} bytes (limit response_bytes)"),
            limit => write!(f, "answers to the calls under way are more than {most} bytes together (limit {limit})"),
        }
    }
}

impl std::error::Error for AnswerTooLarge {}

impl AnswerRoom {
    /// Takes room for more bytes.
    ///
    /// # Errors
    ///
    /// [`AnswerTooLarge`] if there is not so much. What was taken before stays taken.
    pub fn take(&mut self, bytes: usize) -> Result<(), AnswerTooLarge> {
        let bytes = bytes as u64;
        let all = self.of_vm.bytes.get().saturating_add(bytes);
        if all > self.of_vm.most_bytes {
            return Err(self.too_large(self.of_vm.most_bytes, "answer_bytes"));
        }
        self.bytes += bytes;
        self.of_vm.bytes.set(all);
        Ok(())
    }

    /// Whether a response or message may have so many bytes. None of them are taken.
    ///
    /// # Errors
    ///
    /// [`AnswerTooLarge`] if not.
    pub fn check(&self, bytes: u64) -> Result<(), AnswerTooLarge> {
        let most = self.of_vm.most_of_each;
        if bytes > most { Err(self.too_large(most, "response_bytes")) } else { Ok(()) }
    }

    /// Lets go of all but so many bytes.
    pub fn keep(&mut self, bytes: usize) {
        let gone = self.bytes.saturating_sub(bytes as u64);
        self.bytes -= gone;
        self.of_vm.bytes.set(self.of_vm.bytes.get() - gone);
    }

    fn too_large(&self, most: u64, limit: &'static str) -> AnswerTooLarge {
        self.of_vm.refused.set(self.of_vm.refused.get() + 1);
        AnswerTooLarge { most, limit }
    }
}

impl Drop for AnswerRoom {
    fn drop(&mut self) {
        self.keep(0);
    }
}

impl Worker {
    /// Room for what comes of a call. For one that nobody waits for any more there is none.
    pub fn answer_room(&self, id: CallId) -> AnswerRoom {
        let of_vm = self.vm_by_id(id.vm).map(|vm| vm.with_state(|state| state.answers.clone()));
        AnswerRoom { of_vm: of_vm.unwrap_or_default(), bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{AnswerRoom, Answers};
    use crate::vm::Quotas;
    use std::rc::Rc;

    #[test]
    fn room_is_bounded_for_each_and_for_all_and_given_back() {
        let answers = Answers::new(&Quotas { answer_bytes: 100, response_bytes: 60, ..Quotas::default() });
        let room = || AnswerRoom { of_vm: Rc::clone(&answers), bytes: 0 };
        let (mut one, mut two) = (room(), room());
        assert!(one.take(60).is_ok() && one.check(60).is_ok());
        assert_eq!(one.check(61).unwrap_err().limit, "response_bytes");
        assert!(two.take(40).is_ok());
        assert_eq!(two.take(1).unwrap_err().limit, "answer_bytes");
        one.keep(10);
        assert!(two.take(20).is_ok());
        drop(two);
        assert_eq!((answers.bytes.get(), answers.refused()), (10, 2));
        one.keep(1000);
        assert_eq!(answers.bytes.get(), 10);
        drop(one);
        assert_eq!(answers.bytes.get(), 0);
    }
}
