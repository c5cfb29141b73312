//! The task of a worker for what belongs to no request: ticks of plugins, and events of queues.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout;
use tollgate_host::plugin::Worker;

/// Rings when there is something to do.
#[derive(Default)]
struct Bell(Notify);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

/// Does what the worker's plugins have to do outside of requests, for ever. Sleeps until the next timer is due or an
/// event arrives; where there is neither, nothing wakes it.
///
/// A plugin whose ticks take longer than their period, or that puts something into its own queue whenever it is told of
/// something there, has something to do at any time. It must not have the worker to itself, so that sockets are looked
/// after between one turn and the next. A task that is woken while it runs is polled many times before they are, which
/// is why events ring a bell and do not wake the task.
pub(crate) async fn drive(worker: Worker) {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    loop {
        worker.handle_mail();
        worker.handle_timers();
        yield_now().await;
        worker.set_waker(&waker);
        match worker.next_timer() {
            None => bell.0.notified().await,
            Some(deadline) => {
                let wait = deadline.saturating_sub(worker.services().clock.monotonic_nanos());
                let _ = timeout(Duration::from_nanos(wait), bell.0.notified()).await;
            }
        }
    }
}
