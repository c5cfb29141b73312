//! Tasks of the HTTP library, on the worker's own thread.

use hyper::rt::Executor;
use std::future::Future;

/// Spawns what the HTTP library asks for on the worker that it asks on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalExecutor;

impl<F: Future + 'static> Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move {
            future.await;
        });
    }
}
