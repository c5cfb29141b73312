//! A future that stands beside another one in the same task, and is looked at only when something has happened to it.
//!
//! A connection's task wakes for each request, and has a dozen reasons to end that mostly do not come. Asking each of them
//! every time would be a good part of what a small request costs.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Polls `F` once, and afterwards when it has been woken.
#[derive(Debug)]
pub(crate) struct Aside<F> {
    inner: F,
    bell: Arc<Bell>,
    /// Rings `bell`.
    waker: Waker,
    /// What the bell wakes: the task that polled last.
    task: Waker,
}

/// Knows that the future has been woken, and wakes its task.
#[derive(Debug)]
struct Bell {
    has_rung: AtomicBool,
    task: Mutex<Waker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        self.task.lock().unwrap_or_else(PoisonError::into_inner).wake_by_ref();
    }
}

impl<F: Future + Unpin> Aside<F> {
    pub(crate) fn new(inner: F) -> Self {
        let task = Waker::noop();
        // The first look is for nothing but to be woken later.
        let bell = Arc::new(Bell { has_rung: AtomicBool::new(true), task: Mutex::new(task.clone()) });
        Self { inner, waker: bell.clone().into(), bell, task: task.clone() }
    }
}

impl<F: Future + Unpin> Future for Aside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        if !this.task.will_wake(cx.waker()) {
            this.task.clone_from(cx.waker());
            this.bell.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(cx.waker());
        }
        // Whoever rings from here on wakes the task, which comes here again.
        let has_rung = this.bell.has_rung.load(Ordering::Relaxed) && this.bell.has_rung.swap(false, Ordering::Acquire);
        if !has_rung {
            return Poll::Pending;
        }
        Pin::new(&mut this.inner).poll(&mut Context::from_waker(&this.waker))
    }
}

#[cfg(test)]
mod tests {
    use super::Aside;
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_polled_once_and_then_when_it_has_been_woken() {
        let (polls, inner_waker) = (Cell::new(0), Cell::new(None::<Waker>));
        let mut aside = Aside::new(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            inner_waker.set(Some(cx.waker().clone()));
            if polls.get() < 3 { Poll::Pending } else { Poll::Ready(()) }
        }));
        let (first, second) = (Arc::<Counter>::default(), Arc::<Counter>::default());
        let (one, other) = (Waker::from(first.clone()), Waker::from(second.clone()));
        let mut poll = |waker: &Waker| Pin::new(&mut aside).poll(&mut Context::from_waker(waker)).is_ready();
        assert!(!poll(&one) && !poll(&one) && !poll(&one));
        assert_eq!(polls.get(), 1);
        inner_waker.take().unwrap().wake();
        assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (1, 0));
        assert!(!poll(&one) && !poll(&one));
        assert_eq!(polls.get(), 2);
        // Another task takes over: the wake that it has not asked for itself reaches it all the same.
        assert!(!poll(&other));
        assert_eq!(polls.get(), 2);
        inner_waker.take().unwrap().wake();
        assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (1, 1));
        assert!(poll(&other));
    }

    #[test]
    fn a_wake_before_another_task_takes_over_is_not_lost() {
        let (polls, inner_waker) = (Cell::new(0), Cell::new(None::<Waker>));
        let mut aside = Aside::new(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            inner_waker.set(Some(cx.waker().clone()));
            if polls.get() < 2 { Poll::Pending } else { Poll::Ready(()) }
        }));
        let other = Waker::from(Arc::<Counter>::default());
        assert!(Pin::new(&mut aside).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        inner_waker.take().unwrap().wake();
        assert!(Pin::new(&mut aside).poll(&mut Context::from_waker(&other)).is_ready());
    }
}
