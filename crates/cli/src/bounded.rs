//! Compiling on threads that can be given up. A compiler cannot be interrupted, and a module can be made to keep it for hours
//! or to have it take all the memory there is: so others do it, and this thread waits for as long as the command line says.

use clap::Args;
use std::fmt;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};
use tollgate_config::{Limit, LimitValue};

/// Stack of the threads that compile: as much as the first thread of a process has.
const STACK: usize = 8 * 1024 * 1024;

/// How often time and memory are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How much compiling may take.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct BoundArgs {
    /// Time that compiling one plugin may take, such as 250ms or 60s, or "none".
    #[arg(long = "compile-timeout", value_name = "TIME", default_value = "60s")]
    timeout: Timeout,
    /// Memory that the process may take while plugins are compiled, such as 4GiB, or "none". Linux only.
    #[arg(long = "compile-memory", value_name = "SIZE", default_value = "4GiB")]
    memory: Memory,
}

/// A time, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeout(pub(crate) Option<Duration>);

impl FromStr for Timeout {
    type Err = String;

    /// As limits of time are written.
    fn from_str(text: &str) -> Result<Self, String> {
        match Limit::parse("start_deadline", text)?.value {
            LimitValue::Time(time) => Ok(Self(time)),
            LimitValue::Bytes(_) | LimitValue::Count(_) | LimitValue::Fuel(_) => Err(format!("{text:?} is not a time")),
        }
    }
}

/// A size, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory(pub(crate) Option<u64>);

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        match Limit::parse("memory_bytes", text)?.value {
            LimitValue::Bytes(bytes) => Ok(Self(Some(bytes))),
            LimitValue::Time(_) | LimitValue::Count(_) | LimitValue::Fuel(_) => Err(format!("{text:?} is not a size")),
        }
    }
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// It took this long, and more.
    Time(Duration),
    /// The process took so many bytes meanwhile, and more.
    Memory(u64),
    /// It panicked, which is a mistake of ours or of the engine's.
    Panic,
    /// There was no thread for it.
    NoThread(String),
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(most) => write!(f, "compiling took longer than {most:?} and was given up (--compile-timeout)"),
            Self::Memory(most) => {
                write!(f, "compiling took more than {} MiB of memory and was given up (--compile-memory)", most >> 20)
            }
            Self::Panic => f.write_str("the compiler has panicked, which is a bug; what it said is above"),
            Self::NoThread(error) => write!(f, "there is no thread to compile on: {error}"),
        }
    }
}

impl BoundArgs {
    /// Does something with one value.
    pub(crate) fn run<R: Send + 'static>(self, work: impl FnOnce() -> R + Send + 'static) -> Result<R, GivenUp> {
        let mut result = None;
        self.each([work], NonZero::<usize>::MIN, |work| work(), |_, done| result = Some(done));
        result.unwrap_or(Err(GivenUp::Panic))
    }

    /// Does something with every item, as many at a time as there are cores; the results, in the order of the items. Items
    /// are begun in their order.
    pub(crate) fn in_parallel<T, R>(
        self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Send + Sync + 'static,
    ) -> Vec<Result<R, GivenUp>>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let mut results: Vec<Option<Result<R, GivenUp>>> = items.iter().map(|_| None).collect();
        let cores = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        self.each(items, cores, work, |number, result| results[number] = Some(result));
        results.into_iter().map(|result| result.unwrap_or(Err(GivenUp::Panic))).collect()
    }

    fn each<T, R>(
        self,
        items: impl IntoIterator<Item = T>,
        threads: NonZero<usize>,
        work: impl Fn(T) -> R + Send + Sync + 'static,
        mut tell: impl FnMut(usize, Result<R, GivenUp>),
    ) where
        T: Send + 'static,
        R: Send + 'static,
    {
        let before = resident_bytes();
        let work = Arc::new(work);
        let (sender, receiver) = mpsc::channel();
        let mut waiting = items.into_iter().enumerate();
        let mut running: Vec<(usize, Instant)> = Vec::new();
        loop {
            while running.len() < threads.get()
                && let Some((number, item)) = waiting.next()
            {
                match spawn(number, item, &work, &sender) {
                    Ok(()) => running.push((number, Instant::now())),
                    Err(error) => tell(number, Err(GivenUp::NoThread(error.to_string()))),
                }
            }
            if running.is_empty() {
                return;
            }
            match receiver.recv_timeout(LOOK) {
                // What has been given up may come to an end after all.
                Ok((number, result)) => {
                    if let Some(at) = running.iter().position(|(running, _)| *running == number) {
                        running.swap_remove(at);
                        tell(number, result);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            if let Some(most) = self.timeout.0 {
                running.retain(|(number, started)| {
                    let in_time = started.elapsed() <= most;
                    if !in_time {
                        tell(*number, Err(GivenUp::Time(most)));
                    }
                    in_time
                });
            }
            if let Some(most) = self.memory.0
                && resident_bytes().saturating_sub(before) > most
            {
                // Nobody can tell whose it is; and those that wait would add to it.
                let given_up = running.drain(..).map(|(number, _)| number).chain(waiting.by_ref().map(|(n, _)| n));
                given_up.for_each(|number| tell(number, Err(GivenUp::Memory(most))));
            }
        }
    }
}

/// What a thread sends when it has come to an end.
type Done<R> = (usize, Result<R, GivenUp>);

/// Does something on a thread of its own. Nobody joins it: it does not keep the process from ending.
fn spawn<T, R>(
    number: usize,
    item: T,
    work: &Arc<impl Fn(T) -> R + Send + Sync + 'static>,
    sender: &Sender<Done<R>>,
) -> std::io::Result<()>
where
    T: Send + 'static,
    R: Send + 'static,
{
    let (work, sender) = (work.clone(), sender.clone());
    let body = move || {
        let result = catch_unwind(AssertUnwindSafe(|| work(item))).map_err(|_| GivenUp::Panic);
        let _ = sender.send((number, result));
    };
    thread::Builder::new().name("compile".to_owned()).stack_size(STACK).spawn(body).map(drop)
}

/// Memory that the process has, as far as the system tells; else 0.
fn resident_bytes() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

#[cfg(test)]
mod tests {
    use super::{BoundArgs, GivenUp, Memory, Timeout};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier, mpsc};
    use std::time::Duration;

    const NONE: BoundArgs = BoundArgs { timeout: Timeout(None), memory: Memory(None) };

    #[test]
    fn every_item_is_done_once_and_the_results_are_in_order() {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = done.clone();
        let results = NONE.in_parallel((0..100).collect(), move |item: usize| {
            counted.fetch_add(1, Ordering::Relaxed);
            item * 2
        });
        let results: Vec<_> = results.into_iter().map(Result::unwrap).collect();
        assert_eq!(results, (0..100).map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(done.load(Ordering::Relaxed), 100);
        assert!(NONE.in_parallel(Vec::new(), |item: usize| item).is_empty());
    }

    #[test]
    fn items_are_done_at_the_same_time() {
        let mut done = 0;
        let both = Arc::new(Barrier::new(2));
        // Each waits for the other.
        NONE.each(
            [0, 1],
            2.try_into().unwrap(),
            move |_| _ = both.wait(),
            |_, result| done += result.map(|()| 1).unwrap(),
        );
        assert_eq!(done, 2);
    }

    /// The one that does not end waits for a word that comes after the answer; the other is done in its place.
    #[test]
    fn what_takes_too_long_is_given_up_and_the_rest_goes_on() {
        let most = Duration::from_millis(1);
        let bound = BoundArgs { timeout: Timeout(Some(most)), ..NONE };
        let (end, ended) = mpsc::channel::<()>();
        assert_eq!(bound.run(move || ended.recv().is_ok()), Err(GivenUp::Time(most)));
        drop(end);
        let (end, ended) = mpsc::channel::<()>();
        let ended = std::sync::Mutex::new(ended);
        let mut results = Vec::new();
        let bound = BoundArgs { timeout: Timeout(Some(Duration::from_millis(500))), ..NONE };
        let work = move |item: u8| if item == 0 { ended.lock().unwrap().recv().map_or(0, |()| 1) } else { item };
        bound.each([0, 7], 1.try_into().unwrap(), work, |number, result| results.push((number, result)));
        assert_eq!(results[0], (0, Err(GivenUp::Time(Duration::from_millis(500)))));
        assert_eq!(results[1], (1, Ok(7)));
        drop(end);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_takes_too_much_memory_is_given_up_with_what_waits() {
        let bound = BoundArgs { memory: Memory(Some(64 << 20)), ..NONE };
        let (end, ended) = mpsc::channel::<()>();
        let ended = std::sync::Mutex::new(ended);
        let mut results = Vec::new();
        let work = move |_| {
            let bytes = vec![1_u8; 256 << 20];
            let _ = ended.lock().unwrap().recv();
            bytes.len()
        };
        bound.each([0, 1], 1.try_into().unwrap(), work, |number, result| results.push((number, result)));
        assert_eq!(results, [0, 1].map(|number| (number, Err(GivenUp::Memory(64 << 20)))));
        drop(end);
    }

    #[test]
    fn a_panic_is_an_answer() {
        assert_eq!(
            NONE.run(|| if NONE.timeout.0.is_none() {
                panic!("on purpose")
            }),
            Err(GivenUp::Panic)
        );
        assert_eq!(NONE.run(|| 3), Ok(3));
    }

    #[test]
    fn the_messages_name_the_option() {
        assert_eq!(
            GivenUp::Time(Duration::from_secs(60)).to_string(),
            "compiling took longer than 60s and was given up (--compile-timeout)"
        );
        assert_eq!(
            GivenUp::Memory(4 << 30).to_string(),
            "compiling took more than 4096 MiB of memory and was given up (--compile-memory)"
        );
    }
}
