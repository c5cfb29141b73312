//! Connections, and whether Redis is there at all.

use crate::connection::{Connection, Fault};
use crate::{Numbers, Settings};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tollgate_host::shared::Unavailable;

/// First pause before another attempt, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Least time between two messages about what Redis refuses.
const COMPLAINT_PERIOD: Duration = Duration::from_secs(10);

/// Connections that are at rest, and the thread that makes further ones. There are no more than threads that ask at once.
#[derive(Debug)]
pub(crate) struct Pool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: Settings,
    state: Mutex<State>,
    /// Tells the thread that there is something to do.
    work: Condvar,
    /// Tells those that wait that it has been done.
    done: Condvar,
    numbers: Numbers,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    reach: Reach,
    /// How many wait for a connection.
    wanted: usize,
    /// How often Redis has gone away, or not come back, since a call succeeded.
    failures: u32,
    /// When a message has been logged about what it refuses.
    complained: Option<Instant>,
    /// The store is gone, and the thread goes, too.
    closing: bool,
}

/// Whether Redis can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// It has not been tried yet.
    #[default]
    Unknown,
    Reachable,
    Away,
}

impl Pool {
    pub(crate) fn start(settings: Settings) -> std::io::Result<Self> {
        let deadline = Instant::now() + settings.connect_timeout;
        let inner = Arc::new(Inner {
            settings,
            state: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            numbers: Numbers::default(),
        });
        let thread = inner.clone();
        std::thread::Builder::new().name("shared-data".to_owned()).spawn(move || thread.run())?;
        // Plugins ask for values while they start.
        let mut state = inner.lock();
        while state.reach == Reach::Unknown {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                inner.leave(&mut state, &"no connection in time");
                break;
            }
            state = inner.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        Ok(Self { inner })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn numbers(&self) -> &Numbers {
        &self.inner.numbers
    }

    /// Has a connection for one exchange, which may take so long from the moment that it has begun.
    pub(crate) fn with_connection<T>(
        &self,
        begun: Instant,
        left: Duration,
        exchange: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Unavailable> {
        let Inner { numbers, settings, .. } = &*self.inner;
        Numbers::add(&numbers.rq_total);
        let deadline = begun + left;
        let mut connection = self.inner.take(deadline)?;
        connection.until(deadline);
        let fault = match exchange(&mut connection) {
            Ok(answer) => {
                Numbers::add(&numbers.rq_success);
                self.inner.give_back(connection, true);
                return Ok(answer);
            }
            Err(fault) => fault,
        };
        Numbers::add(match &fault {
            Fault::Io(_) | Fault::Protocol(_) => &numbers.rq_failure,
            Fault::Refused(_) => &numbers.rq_error,
            Fault::TimedOut => &numbers.rq_timeout,
        });
        match fault {
            // A replica now, or not ready: by its name there may be another by now.
            Fault::Refused(why) if !["READONLY", "LOADING", "MASTERDOWN"].iter().any(|word| why.starts_with(word)) => {
                self.inner.complain(&why);
                self.inner.give_back(connection, false);
            }
            // Other calls of the callback have used up most of its time, for which this one is not to blame.
            Fault::TimedOut if left < settings.timeout / 2 => {}
            fault => {
                drop(connection);
                let dead = self.inner.leave(&mut self.inner.lock(), &fault);
                drop(dead);
            }
        }
        Err(Unavailable)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.inner.lock().closing = true;
        self.inner.work.notify_all();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one step, so that a thread that panicked has left nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of one's own.
    fn take(&self, deadline: Instant) -> Result<Connection, Unavailable> {
        let mut asked = false;
        let mut state = self.lock();
        loop {
            if state.reach != Reach::Reachable {
                Numbers::add(&self.numbers.rq_rejected);
                return Err(Unavailable);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                Numbers::add(&self.numbers.rq_timeout);
                return Err(Unavailable);
            }
            if let Some(connection) = state.idle.pop() {
                drop(state);
                if connection.is_open() {
                    return Ok(connection);
                }
                state = self.lock();
                continue;
            }
            if !asked {
                asked = true;
                state.wanted += 1;
                self.work.notify_one();
            }
            state = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn give_back(&self, connection: Connection, succeeded: bool) {
        let mut state = self.lock();
        if succeeded {
            state.failures = 0;
        }
        state.idle.push(connection);
        drop(state);
        self.done.notify_one();
    }

    /// Redis cannot be asked until the thread has reached it. The connections that were at rest are handed to the caller, to be closed
    /// without the lock.
    fn leave(&self, state: &mut State, why: &dyn std::fmt::Display) -> Vec<Connection> {
        // Several calls may find out at the same time.
        if state.reach != Reach::Away {
            state.failures = state.failures.saturating_add(1);
            state.reach = Reach::Away;
            self.numbers.reachable.store(0, Ordering::Relaxed);
            let Settings { host, port, .. } = &self.settings;
            tracing::warn!(
                "shared data: Redis at {host}:{port} is away: {why}; until it is back, calls of plugins fail at once"
            );
        }
        self.work.notify_one();
        self.done.notify_all();
        std::mem::take(&mut state.idle)
    }

    /// Says what Redis refuses, now and then.
    fn complain(&self, why: &str) {
        let mut state = self.lock();
        let now = Instant::now();
        if state.complained.is_none_or(|before| now.duration_since(before) >= COMPLAINT_PERIOD) {
            state.complained = Some(now);
            drop(state);
            tracing::warn!("shared data: Redis refuses what plugins ask for: {why}");
        }
    }

    /// The thread: makes connections when somebody waits for one, or when Redis is away.
    fn run(&self) {
        let mut state = self.lock();
        loop {
            while !state.closing && state.reach == Reach::Reachable && state.wanted == 0 {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.reach == Reach::Away {
                state = self.pause(state);
            }
            if state.closing {
                return;
            }
            drop(state);
            let opened = Connection::open(&self.settings);
            state = self.lock();
            match opened {
                Ok(connection) => {
                    Numbers::add(&self.numbers.cx_total);
                    if state.reach == Reach::Away {
                        let Settings { host, port, .. } = &self.settings;
                        tracing::info!("shared data: Redis at {host}:{port} is back");
                    }
                    state.reach = Reach::Reachable;
                    self.numbers.reachable.store(1, Ordering::Relaxed);
                    state.wanted = state.wanted.saturating_sub(1);
                    state.idle.push(connection);
                    self.done.notify_all();
                }
                Err(fault) => {
                    Numbers::add(&self.numbers.cx_connect_fail);
                    state.wanted = 0;
                    if state.reach == Reach::Away {
                        state.failures = state.failures.saturating_add(1);
                    }
                    let dead = self.leave(&mut state, &fault);
                    drop(state);
                    drop(dead);
                    state = self.lock();
                }
            }
        }
    }

    /// Waits before another attempt, unless the store goes meanwhile.
    fn pause<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let until = Instant::now() + pause(state.failures, getrandom::u32().unwrap_or_default());
        while !state.closing {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }
}

/// How long to wait after so many failures: not at all after the first, for it may have been one connection's. Then twice as long each
/// time, less a random part of up to a half, so that the proxies that wait for a Redis do not all come at once.
fn pause(failures: u32, random: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(2) else { return Duration::ZERO };
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(16)).min(LONGEST_PAUSE);
    pause - pause.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::{FIRST_PAUSE, LONGEST_PAUSE, pause};
    use std::time::Duration;

    #[test]
    fn pauses_grow_up_to_a_bound() {
        assert_eq!([0, 1].map(|failures| pause(failures, 7)), [Duration::ZERO; 2]);
        assert_eq!([2, 3, 4].map(|failures| pause(failures, 0)), [1, 2, 4].map(|n| FIRST_PAUSE * n));
        assert_eq!([pause(10, 0), pause(u32::MAX, 0)], [LONGEST_PAUSE; 2]);
        assert_eq!(pause(u32::MAX, u32::MAX), LONGEST_PAUSE / 2);
    }
}
