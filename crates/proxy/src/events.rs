//! The task of a worker for what belongs to no request: ticks of plugins, and events of queues.

use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};
use tollgate_host::plugin::Worker;

/// Does what the worker's plugins have to do outside of requests, for ever. Sleeps until the next timer is due or an
/// event arrives; where there is neither, nothing wakes it.
///
/// A plugin whose ticks take longer than their period, or that puts something into its own queue whenever it is told of
/// something there, has something to do at any time. It must not have the worker to itself, so that sockets are looked
/// after between one turn and the next: a task that merely wakes itself is polled many times before they are.
pub(crate) async fn drive(worker: Worker) {
    let mut alarm = pin!(sleep_until(Instant::now()));
    loop {
        worker.handle_mail();
        worker.handle_timers();
        yield_now().await;
        let mut begun = false;
        poll_fn(|cx| wait(&worker, alarm.as_mut(), std::mem::replace(&mut begun, true), cx)).await;
    }
}

/// Ready when there may be something to do: whatever wakes the task after it has begun to wait, is a reason to look.
fn wait(worker: &Worker, mut alarm: Pin<&mut Sleep>, begun: bool, cx: &mut Context<'_>) -> Poll<()> {
    if begun {
        return Poll::Ready(());
    }
    worker.set_waker(cx.waker());
    let Some(deadline) = worker.next_timer() else { return Poll::Pending };
    let wait = deadline.saturating_sub(worker.services().clock.monotonic_nanos());
    alarm.as_mut().reset(Instant::now() + Duration::from_nanos(wait));
    alarm.poll(cx)
}
