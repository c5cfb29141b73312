//! Events for the VMs of a worker that come from other threads, or from a guest that must not be called right now.

use super::lock;
use crate::state::VmId;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::task::Waker;

/// An item has come to a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) vm: VmId,
    /// The plugin's context.
    pub(crate) context_id: u32,
    pub(crate) queue_id: u32,
}

/// Where events for one worker are left.
#[derive(Debug, Default)]
pub(crate) struct Mailbox(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    mail: VecDeque<Mail>,
    waker: Option<Waker>,
}

impl Mailbox {
    /// Leaves an event, and wakes the worker if it may not know yet that there are some.
    pub(crate) fn post(&self, mail: Mail) {
        let waker = {
            let mut inner = lock(&self.0);
            inner.mail.push_back(mail);
            if inner.mail.len() == 1 { inner.waker.clone() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Takes the oldest events, `most` of them if there are more. Then the worker is woken for the rest.
    pub(crate) fn take(&self, most: usize) -> VecDeque<Mail> {
        let (taken, waker) = {
            let mut inner = lock(&self.0);
            if inner.mail.len() <= most {
                return std::mem::take(&mut inner.mail);
            }
            (inner.mail.drain(..most).collect(), inner.waker.clone())
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        taken
    }

    /// Sets who is woken by the first event. True if there are events already.
    pub(crate) fn set_waker(&self, waker: &Waker) -> bool {
        let mut inner = lock(&self.0);
        match &mut inner.waker {
            Some(old) => old.clone_from(waker),
            None => inner.waker = Some(waker.clone()),
        }
        !inner.mail.is_empty()
    }
}
