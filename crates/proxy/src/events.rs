//! The task of a worker for what belongs to no request: ticks of plugins, and events of queues.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tollgate_host::plugin::Worker;

/// Does what the worker's plugins have to do outside of requests, for ever. Sleeps until the next timer is due or an
/// event arrives; where there is neither, nothing wakes it.
pub(crate) async fn drive(worker: Worker) {
    let mut alarm = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        if let Some(deadline) = worker.poll(cx.waker()) {
            let wait = deadline.saturating_sub(worker.services().clock.monotonic_nanos());
            alarm.as_mut().reset(Instant::now() + Duration::from_nanos(wait));
            if alarm.as_mut().poll(cx).is_ready() {
                // Due again already: after the requests that wait.
                cx.waker().wake_by_ref();
            }
        }
        Poll::<std::convert::Infallible>::Pending
    })
    .await;
}
