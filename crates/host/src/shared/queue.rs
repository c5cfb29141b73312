//! A queue: items in order, and who is told of them.

use super::mailbox::{Mail, Mailbox};
use super::{Rejected, lock};
use crate::state::VmId;
use crate::vm::Quotas;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Who is told of new items: the plugin that registered the queue last.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) vm: VmId,
    /// The plugin's context.
    pub(crate) context_id: u32,
}

#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    items: VecDeque<Bytes>,
    /// For how much they count.
    bytes: u64,
    target: Option<Target>,
}

impl Queue {
    /// Makes this plugin the one that is told, from the next item on.
    pub(super) fn tell(&self, target: Target) {
        lock(&self.0).target = Some(target);
    }

    /// A VM has gone or failed: it is not told any more. The items stay.
    pub(super) fn forget(&self, vm: VmId) {
        let mut inner = lock(&self.0);
        if inner.target.as_ref().is_some_and(|target| target.vm == vm) {
            inner.target = None;
        }
    }

    /// Appends an item and leaves word of it. All items together may count for `most` bytes.
    pub(super) fn push(&self, id: u32, item: Bytes, most: u64) -> Result<(), Rejected> {
        let target = {
            let mut inner = lock(&self.0);
            let after = inner.bytes.saturating_add(Quotas::entry(&[&item]));
            if after > most {
                return Err(Rejected::Full);
            }
            inner.bytes = after;
            inner.items.push_back(item);
            inner.target.clone()
        };
        if let Some(Target { mailbox, vm, context_id }) = target {
            mailbox.post(Mail { vm, context_id, queue_id: id });
        }
        Ok(())
    }

    /// Takes the oldest item.
    pub(super) fn pop(&self) -> Option<Bytes> {
        let mut inner = lock(&self.0);
        let item = inner.items.pop_front()?;
        inner.bytes -= Quotas::entry(&[&item]);
        Some(item)
    }

    /// Gives an item back that could not be delivered: it is the oldest again.
    pub(super) fn give_back(&self, item: Bytes) {
        let mut inner = lock(&self.0);
        inner.bytes = inner.bytes.saturating_add(Quotas::entry(&[&item]));
        inner.items.push_front(item);
    }
}
