//! The clock by which the runtimes measure deadlines.
//!
//! Asking the system for the time costs as much as a callback. Here one thread per process counts, so that to set a
//! deadline and to look whether it has passed are loads of an integer. The thread starts with the first deadline, and
//! sleeps when the last has been over for a second.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Time between two ticks.
pub const TICK: Duration = Duration::from_millis(5);

/// Ticks that go on after the last deadline, so that a proxy with requests now and then does not start and stop them.
const LINGER: u64 = 200;

/// Most ticks made up for when the thread was late. What is more was not the guests' time: the whole process stood still.
const LATE: u32 = 2;

/// No deadline. Far enough from the end that it can be added to a tick.
const NEVER: u64 = u64::MAX / 2;

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

/// How long calls may take, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(u64);

impl Span {
    /// As long as they want.
    pub const UNLIMITED: Self = Self(NEVER);

    /// At least this long, and on a machine that keeps up at most four ticks longer. `None` is as long as they want.
    pub fn of(duration: Option<Duration>) -> Self {
        let Some(duration) = duration else { return Self::UNLIMITED };
        // Those that are owed, and the one under way, count for nothing: they may be over at once.
        let ticks = duration.as_nanos().div_ceil(TICK.as_nanos()).saturating_add(u128::from(LATE) + 1);
        Self(u64::try_from(ticks).unwrap_or(NEVER).min(NEVER))
    }

    /// How many ticks that is.
    pub fn ticks(self) -> u64 {
        self.0
    }

    /// Begins a call that may take this long.
    #[inline]
    pub fn begin(self) -> Deadline {
        if self.0 == NEVER {
            return Deadline::NEVER;
        }
        let end = NOW.load(Ordering::Relaxed) + self.0;
        // While `NEEDED` is in the future, the thread is awake.
        if NEEDED.load(Ordering::Relaxed) < end {
            need(end + LINGER);
        }
        Deadline(end)
    }
}

/// When a call has to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(u64);

impl Deadline {
    /// No time in particular.
    pub const NEVER: Self = Self(u64::MAX);

    /// Whether it has passed.
    #[inline]
    pub fn has_passed(self) -> bool {
        NOW.load(Ordering::Relaxed) >= self.0
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
    let mut next = Instant::now() + TICK;
    loop {
        if sleep_while_nobody_needs_ticks() {
            next = Instant::now() + TICK;
        }
        let now = Instant::now();
        if let Some(wait) = next.checked_duration_since(now) {
            pause(wait);
        } else if now > next + TICK * LATE {
            next = now;
        }
        next += TICK;
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

/// Whether it slept.
fn sleep_while_nobody_needs_ticks() -> bool {
    let idle = || NEEDED.load(Ordering::SeqCst) < NOW.load(Ordering::SeqCst);
    if !idle() {
        return false;
    }
    ASLEEP.store(true, Ordering::SeqCst);
    while idle() {
        thread::park();
    }
    ASLEEP.store(false, Ordering::SeqCst);
    true
}

#[cfg(test)]
mod tests {
    use super::{Deadline, Listening, NEVER, Span, TICK, listen};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::{Duration, Instant};

    fn wait(deadline: Deadline) {
        while !deadline.has_passed() {
            std::thread::park_timeout(TICK / 5);
        }
    }

    #[test]
    fn a_deadline_passes_and_never_early() {
        for millis in [1, 7, 20] {
            let span = Duration::from_millis(millis);
            let begun = Instant::now();
            wait(Span::of(Some(span)).begin());
            assert!(begun.elapsed() >= span);
        }
    }

    #[test]
    fn a_deadline_passes_also_after_the_thread_has_slept() {
        wait(Span::of(Some(TICK)).begin());
        // Until it sleeps, in whatever time that takes.
        while !super::ASLEEP.load(Ordering::SeqCst) {
            std::thread::park_timeout(TICK);
        }
        wait(Span::of(Some(TICK)).begin());
    }

    #[test]
    fn no_deadline_never_passes() {
        assert!(!Span::UNLIMITED.begin().has_passed());
        assert_eq!(Span::of(None), Span::UNLIMITED);
        assert_eq!(Span::of(Some(Duration::MAX)).ticks(), NEVER);
        assert!(!Span::of(Some(Duration::MAX)).begin().has_passed());
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
        let _ticking = Span::of(Some(Duration::from_secs(1))).begin();
        told.recv().unwrap();
        gone.store(true, Ordering::SeqCst);
        // The sender is dropped with the listener.
        while told.recv().is_ok() {}
        let after = calls.load(Ordering::SeqCst);
        wait(Span::of(Some(TICK * 3)).begin());
        assert_eq!(calls.load(Ordering::SeqCst), after);
    }
}
