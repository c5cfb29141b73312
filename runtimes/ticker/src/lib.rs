//! How the runtimes hold guests to their deadlines.
//!
//! Asking the system for the time costs as much as a callback. Here one thread per process counts ticks, so that to begin
//! a call and to ask whether it is time for a look are loads of an integer. The thread starts with the first deadline, and
//! sleeps when the last has been over for a second. What is found when a tick has come, and whether the call may go on, is
//! the [`Watch`]'s.

#![forbid(unsafe_code)]

mod clock;
mod watch;

pub use clock::{Clock, Reading, ThreadClock};
pub use watch::{Look, Watch};

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// Least time between two ticks.
pub const TICK: Duration = Duration::from_millis(5);

/// Ticks that go on after the last deadline, so that a proxy with requests now and then does not start and stop them.
const LINGER: u64 = 200;

/// Ticks so far.
static NOW: AtomicU64 = AtomicU64::new(0);

/// The tick up to which somebody needs ticks.
static NEEDED: AtomicU64 = AtomicU64::new(0);

static ASLEEP: AtomicBool = AtomicBool::new(false);
static THREAD: OnceLock<Thread> = OnceLock::new();

/// Told of every tick.
type Listener = Box<dyn Fn() -> Listening + Send>;

static LISTENERS: Mutex<Vec<Listener>> = Mutex::new(Vec::new());

/// Whether a listener wants to hear of further ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listening {
    /// It does.
    Continue,
    /// It has gone.
    Stop,
}

/// Ticks so far.
#[inline]
fn now() -> u64 {
    NOW.load(Ordering::Relaxed)
}

/// Has ticks go on up to this one, and the next `LINGER`.
#[inline]
fn keep_ticking(until: u64) {
    // While `NEEDED` is in the future, the thread is awake.
    if NEEDED.load(Ordering::Relaxed) < until {
        need(until + LINGER);
    }
}

/// Has `listener` called on every tick, on the ticker's thread, until it says that it has gone. It must be quick.
pub fn listen(listener: impl Fn() -> Listening + Send + 'static) {
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
}

#[cold]
fn need(until: u64) {
    NEEDED.fetch_max(until, Ordering::SeqCst);
    match THREAD.get() {
        // Either the thread sees what is needed before it sleeps, or it is seen asleep here.
        Some(thread) if ASLEEP.load(Ordering::SeqCst) => thread.unpark(),
        Some(_) => {}
        None => start(),
    }
}

fn start() {
    static STARTING: Mutex<()> = Mutex::new(());
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if THREAD.get().is_some() {
        return;
    }
    match thread::Builder::new().name("tollgate-ticker".to_owned()).stack_size(128 * 1024).spawn(run) {
        Ok(handle) => {
            let _ = THREAD.set(handle.thread().clone());
        }
        // The next deadline tries again: what is needed is as if it had not been asked for.
        Err(_) => NEEDED.store(0, Ordering::SeqCst),
    }
}

fn run() {
    loop {
        sleep_while_nobody_needs_ticks();
        // Two ticks are never less than this apart: one that comes late is not made up for.
        pause(TICK);
        tick();
    }
}

#[allow(clippy::disallowed_methods, reason = "that time passes is all that is waited for")]
fn pause(time: Duration) {
    thread::sleep(time);
}

fn tick() {
    NOW.fetch_add(1, Ordering::Relaxed);
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|listener| listener() == Listening::Continue);
}

fn sleep_while_nobody_needs_ticks() {
    let idle = || NEEDED.load(Ordering::SeqCst) < NOW.load(Ordering::SeqCst);
    if !idle() {
        return;
    }
    ASLEEP.store(true, Ordering::SeqCst);
    while idle() {
        thread::park();
    }
    ASLEEP.store(false, Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::{Listening, TICK, keep_ticking, listen, now};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::Instant;

    fn wait_for_ticks(ticks: u64) {
        let until = now() + ticks;
        keep_ticking(until);
        while now() < until {
            std::thread::park_timeout(TICK / 5);
        }
    }

    #[test]
    fn ticks_take_their_time() {
        let begun = Instant::now();
        wait_for_ticks(4);
        // The first may be over at once.
        assert!(begun.elapsed() >= TICK * 3);
    }

    #[test]
    fn ticks_go_on_after_the_thread_has_slept() {
        wait_for_ticks(1);
        // Until it sleeps, in whatever time that takes.
        while !super::ASLEEP.load(Ordering::SeqCst) {
            std::thread::park_timeout(TICK);
        }
        wait_for_ticks(2);
    }

    #[test]
    fn a_listener_is_told_until_it_has_gone() {
        let (tell, told) = mpsc::channel();
        let calls = Arc::new(AtomicUsize::new(0));
        let gone = Arc::new(AtomicBool::new(false));
        let (counted, leaves) = (calls.clone(), gone.clone());
        listen(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = tell.send(());
            if leaves.load(Ordering::SeqCst) { Listening::Stop } else { Listening::Continue }
        });
        keep_ticking(now() + 10);
        told.recv().unwrap();
        gone.store(true, Ordering::SeqCst);
        // The sender is dropped with the listener.
        while told.recv().is_ok() {}
        let after = calls.load(Ordering::SeqCst);
        wait_for_ticks(3);
        assert_eq!(calls.load(Ordering::SeqCst), after);
    }
}
