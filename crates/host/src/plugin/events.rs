//! What a worker does outside of streams: ticks, events of queues, patience with plugins that are not done.
//!
//! Nothing here waits. An embedder has one task per worker, which calls [`Worker::poll`] when its waker was woken or the
//! deadline that the last call returned has come.

use super::delete_plugin_context;
use super::live::stop_plugin;
use super::timers::Purpose;
use super::worker::Worker;
use std::task::Waker;
use tollgate_abi::LogLevel;

/// Most events of queues that are delivered at once: whoever else the embedder's thread serves does not wait for a million.
const MAX_MAIL: usize = 256;

impl Worker {
    /// Does what there is to do, and says when there will be more: the next deadline in nanoseconds on the monotonic
    /// clock, `None` for none. `waker` is woken when there is something before that.
    pub fn poll(&self, waker: &Waker) -> Option<u64> {
        // The waker first: what comes from another thread after the mail was taken must wake.
        self.agenda().timers.set_waker(waker);
        self.agenda().mailbox.set_waker(waker);
        self.handle_mail();
        self.handle_timers();
        self.next_timer()
    }

    /// Sets who is woken when the next deadline comes nearer or an event for a VM of this worker arrives. Woken at once
    /// if one is there. [`Self::poll`] does this too.
    pub fn set_waker(&self, waker: &Waker) {
        self.agenda().timers.set_waker(waker);
        if self.agenda().mailbox.set_waker(waker) {
            waker.wake_by_ref();
        }
    }

    /// When [`Self::handle_timers`] has something to do, in nanoseconds on the monotonic clock; `None` for never.
    pub fn next_timer(&self) -> Option<u64> {
        self.agenda().timers.next()
    }

    /// Calls what is due: each timer once, however often its period has passed. Ticks that were missed are not made up
    /// for. A period counts from when the tick before it began; but a tick is followed by as much time without one as it took, so that
    /// timers have half of the thread's time at most.
    pub fn handle_timers(&self) {
        let timers = &self.agenda().timers;
        for key in timers.take_due(self.now()) {
            // A callback before it may have stopped this one, or set it anew.
            if !timers.is_due(key) {
                continue;
            }
            let (id, context_id, purpose) = key;
            let Some(vm) = self.vm_by_id(id) else {
                timers.cancel_vm(id);
                continue;
            };
            if !vm.has_context(context_id) {
                timers.cancel(key);
                continue;
            }
            match purpose {
                Purpose::Tick => {
                    let begun = self.now();
                    let ticked = vm.notify(context_id, "proxy_on_tick", |instance| instance.on_tick(context_id as i32));
                    match ticked {
                        Ok(Some(())) => {
                            let now = self.now();
                            timers.again(begun, now.saturating_add(now.saturating_sub(begun)), key);
                        }
                        // The module has no such callback, and will not get one.
                        Ok(None) => timers.cancel(key),
                        Err(_) => {}
                    }
                }
                Purpose::Stop => {
                    timers.cancel(key);
                    stop_plugin(self, &vm, context_id);
                }
                Purpose::Linger => {
                    let message = b"the plugin has not called proxy_done in time; its context is deleted";
                    vm.with_state(|state| {
                        state.log_as(context_id, LogLevel::Warn, message);
                        state.pending_done.retain(|pending| *pending != context_id);
                    });
                    delete_plugin_context(&vm, context_id);
                }
            }
        }
    }

    /// Delivers the events that are there, 256 at most. The others, and those that come meanwhile, are left for the next
    /// time, of which the waker is told.
    pub fn handle_mail(&self) {
        for mail in self.agenda().mailbox.take(MAX_MAIL) {
            let Some(vm) = self.vm_by_id(mail.vm) else { continue };
            let (context_id, queue_id) = (mail.context_id, mail.queue_id);
            if vm.has_context(context_id) {
                // If it fails, that has been logged, and its streams told.
                let _ = vm.notify(context_id, "proxy_on_queue_ready", |instance| {
                    instance.on_queue_ready(context_id as i32, queue_id as i32)
                });
            }
        }
    }

    fn now(&self) -> u64 {
        self.services().clock.monotonic_nanos()
    }
}
